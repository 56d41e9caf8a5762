"""Ratios, floors and softmax of losses which stay finite whatever the losses are."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float


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
