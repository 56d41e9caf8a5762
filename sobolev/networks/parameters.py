"""The trainable parameters of a network as one flat vector θ [P], and back."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree
from jaxtyping import Array, Float, PyTree

# Whatever is a floating-point array is trained; integers, functions and the like are structure.
_trainable = eqx.is_inexact_array


def flatten(network: PyTree) -> Float[Array, " P"]:
    """θ: all parameters of a network, in the order of its leaves.

    ```python
    θ = flatten(surrogate.network)
    ```
    """
    return ravel_pytree(eqx.filter(network, _trainable))[0]


def unflatten(network: PyTree, θ: Float[Array, " P"]) -> PyTree:
    """The network with the flat parameters θ instead of its own; inside a compiled function.

    ```python
    jax.grad(lambda θ: loss.losses(unflatten(network, θ), labels).sum())(flatten(network))
    ```
    """
    return with_parameters(network, parameter_tree(network, θ))


def with_parameters(network: PyTree, parameters: PyTree) -> PyTree:
    """The network with the arrays of a `parameter_tree` instead of its own."""
    return eqx.combine(parameters, eqx.filter(network, _trainable, inverse=True))


def parameter_tree(network: PyTree, θ: Float[Array, " P"]) -> PyTree:
    """θ in the shapes of the parameters, None where the network has anything else."""
    return ravel_pytree(eqx.filter(network, _trainable))[1](θ)


def size(network: PyTree) -> int:
    """The number P of parameters."""
    return sum(leaf.size for leaf in jax.tree.leaves(eqx.filter(network, _trainable)))


def trainable_sizes(network: PyTree) -> tuple[int, ...]:
    """How many parameters each array of a network has, in the order of θ."""
    return tuple(leaf.size for leaf in jax.tree.leaves(eqx.filter(network, _trainable)))


def unflatten_on_host(network: PyTree, θ: np.ndarray) -> PyTree:
    """As `unflatten`, put together by NumPy: outside of a compiled function nothing is compiled."""
    parameters, structure = eqx.partition(network, _trainable)
    leaves, tree = jax.tree.flatten(parameters)
    ends = np.cumsum([leaf.size for leaf in leaves])[:-1]
    parts = [
        jnp.asarray(part.reshape(leaf.shape).astype(leaf.dtype))
        for leaf, part in zip(leaves, np.split(np.asarray(θ), ends), strict=True)
    ]
    return eqx.combine(jax.tree.unflatten(tree, parts), structure)
