"""In which order a term meets the others: drawn anew in each step."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Int

from sobolev._errors import ConfigError


def seed_leaf(seed: int) -> Int[Array, ""]:
    """A seed as an array leaf; `ConfigError`."""
    if isinstance(seed, bool) or seed != int(seed) or seed < 0:
        raise ConfigError(f"seed is a whole number ≥ 0: got {seed}.")
    return jnp.asarray(int(seed))


def orders(seed: Int[Array, ""], step: Int[Array, ""], terms: int) -> Int[Array, "K K"]:
    """Row k: all terms in the order in which term k meets them."""
    key = jax.random.fold_in(jax.random.key(seed), step)
    return jax.vmap(lambda k: jax.random.permutation(k, terms))(jax.random.split(key, terms))
