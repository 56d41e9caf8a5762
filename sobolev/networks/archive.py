"""The arrays of a network by names, and a network of such arrays."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array


def arrays_of(network: Callable) -> dict[str, Array | np.ndarray]:
    """The arrays of a network: `.layers[0].weight` is called "layer0/weight"."""
    found = jax.tree_util.tree_leaves_with_path(network)
    return {_place(path): leaf for path, leaf in found if eqx.is_array(leaf)}


def alike(blank: Callable, network: Callable) -> bool:
    """Whether a network has the structure, shapes and dtypes of `blank`, and the same constants."""
    parts = [
        [(_place(p), (x.shape, x.dtype) if _is_shape(x) else x) for p, x in found]
        for found in map(jax.tree_util.tree_leaves_with_path, (blank, _shapes(network)))
    ]
    return jax.tree.structure(blank) == jax.tree.structure(network) and parts[0] == parts[1]


def _shapes(network: Callable) -> Any:
    return eqx.filter_eval_shape(lambda: network)


def filled(blank: Callable, arrays: Mapping[str, np.ndarray]) -> Any:
    """The network `blank`, which has shapes instead of arrays, with these arrays.

    Raises `ValueError` when names, shapes or dtypes are not those of the network.
    """
    found, structure = jax.tree_util.tree_flatten_with_path(blank)
    shapes = {_place(path): leaf for path, leaf in found if _is_shape(leaf)}
    if arrays.keys() != shapes.keys() or any(
        (array.shape, array.dtype) != (shapes[name].shape, shapes[name].dtype)
        for name, array in arrays.items()
    ):
        raise ValueError("its arrays are not those of its network")
    leaves = [jnp.asarray(arrays[_place(p)]) if _is_shape(leaf) else leaf for p, leaf in found]
    return jax.tree.unflatten(structure, leaves)


def _is_shape(leaf: object) -> bool:
    return isinstance(leaf, jax.ShapeDtypeStruct)


def _place(path: tuple) -> str:
    name = re.sub(r"s\[(\d+)\]", r"\1", jax.tree_util.keystr(path))
    return name.strip(".").replace(".", "/")
