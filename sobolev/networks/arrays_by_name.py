"""The arrays of a network by names, and a network of such arrays."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array


def arrays_of(network: Callable) -> dict[str, Array | np.ndarray]:
    """The arrays of a network: `.layers[0].weight` is called "layer0/weight"."""
    found = jax.tree_util.tree_leaves_with_path(network)
    return {_place(path): leaf for path, leaf in found if _has_shape(leaf)}


def alike(one: Callable, other: Callable) -> bool:
    """Whether two networks have the same structure, shapes and dtypes, and the same constants."""
    leaves = [list(map(_shape, jax.tree.leaves(network))) for network in (one, other)]
    return jax.tree.structure(one) == jax.tree.structure(other) and leaves[0] == leaves[1]


def filled(blank: Callable, arrays: Mapping[str, np.ndarray]) -> Any:
    """The network `blank`, which has shapes instead of arrays, with these arrays.

    Raises `ValueError` when names, shapes or dtypes are not those of the network.
    """
    found, structure = jax.tree_util.tree_flatten_with_path(blank)
    shapes = {_place(path): _shape(leaf) for path, leaf in found if _has_shape(leaf)}
    if {name: _shape(array) for name, array in arrays.items()} != shapes:
        raise ValueError("its arrays are not those of its network")
    leaves = [jnp.asarray(arrays[_place(p)]) if _has_shape(leaf) else leaf for p, leaf in found]
    return jax.tree.unflatten(structure, leaves)


def _has_shape(leaf: object) -> bool:
    return isinstance(leaf, jax.Array | np.ndarray | jax.ShapeDtypeStruct)


def _shape(leaf: Any) -> Any:
    return (leaf.shape, leaf.dtype) if _has_shape(leaf) else leaf


def _place(path: tuple) -> str:
    name = re.sub(r"s\[(\d+)\]", r"\1", jax.tree_util.keystr(path))
    return name.strip(".").replace(".", "/")
