"""Ratios of sizes that stay finite, whatever the unit."""

from numbers import Integral

import jax.numpy as jnp
from jaxtyping import Array, Float

from sobolev._base.arguments import shown
from sobolev._base.errors import ConfigError

FLOOR = 1e-6  # the smallest size that is told from zero, relative to the largest


def ratios(
    top: Float[Array, ""], sizes: Float[Array, " K"], held: Float[Array, " K"]
) -> Float[Array, " K"]:
    """top/size_k, a size floored at 1e-6 of the largest; `held` where either of them is 0."""
    floored = jnp.maximum(sizes, FLOOR * jnp.max(sizes))
    known = (sizes > 0) & (top > 0)
    return jnp.where(known, top / jnp.where(known, floored, 1.0), held)


def term_number(number: int) -> int:
    """A number that may be that of a term, from 0; `ConfigError`."""
    if isinstance(number, bool) or not (isinstance(number, Integral) and number >= 0):
        raise ConfigError(f"the reference is the number of a term, 0 or more: got {shown(number)}.")
    return int(number)


def check_there(reference: int, terms: int) -> None:
    """`ConfigError` when there is no such term."""
    if reference >= terms:
        raise ConfigError(
            f"the reference is term {reference}, but the loss has {terms}: they count from 0."
        )
