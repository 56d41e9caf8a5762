"""Ratios, floors and softmax of losses and sizes which stay finite whatever these are."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

FLOOR = 1e-6  # the smallest size that is told from zero, relative to the largest


def ratio(new: Float[Array, " K"], old: Float[Array, " K"]) -> Float[Array, " K"]:
    """new/old of numbers ≥ 0, at most 1e12; 1 where both vanish: nothing has changed."""
    below = jnp.maximum(old, 1e-12 * new)
    some = below > 0
    return jnp.where(some, new / jnp.where(some, below, 1.0), 1.0)


def floored(losses: Float[Array, " K"], floor: Array | float) -> Float[Array, " K"]:
    """The losses, none below `floor` times the largest; positive even when all vanish."""
    least = jnp.maximum(floor * jnp.max(losses), jnp.finfo(losses.dtype).tiny)
    return jnp.maximum(losses, least)


def tempered(scores: Float[Array, " K"], temperature: Array | float) -> Float[Array, " K"]:
    """scores/temperature up to a constant, ≤ 0: what a softmax may be taken of."""
    return (scores - jnp.max(scores)) / temperature


def mean_one(scores: Float[Array, " K"]) -> Float[Array, " K"]:
    """K softmax(scores): positive weights with mean 1."""
    return len(scores) * jax.nn.softmax(scores)


def ratios(
    top: Float[Array, ""], sizes: Float[Array, " K"], held: Float[Array, " K"]
) -> Float[Array, " K"]:
    """top/size_k, a size floored at 1e-6 of the largest; `held` where either of them is 0."""
    least = jnp.maximum(sizes, FLOOR * jnp.max(sizes))
    known = (sizes > 0) & (top > 0)
    return jnp.where(known, top / jnp.where(known, least, 1.0), held)
