"""In which order a term meets the others: drawn anew in each step."""

import jax
from jaxtyping import Array, Int


def orders(seed: Int[Array, ""], step: Int[Array, ""], terms: int) -> Int[Array, "K K"]:
    """Row k: all terms in the order in which term k meets them."""
    key = jax.random.fold_in(jax.random.key(seed), step)
    return jax.vmap(lambda k: jax.random.permutation(k, terms))(jax.random.split(key, terms))
