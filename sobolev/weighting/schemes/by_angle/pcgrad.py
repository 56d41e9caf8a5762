"""PCGrad: each gradient without what in it conflicts with another one."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from sobolev.weighting.maths.angles import angles_of, weights_of
from sobolev.weighting.scheme import Scheme, Statistics
from sobolev.weighting.settings import whole


class PCGrad(Scheme):
    """d = Σ_k g̃_k: from g̃_k = g_k on, for all j in random order, g̃_k −= min(g̃_k·u_j, 0) u_j.

    **Arguments:** `seed` of the orders, which are drawn anew in each step and for each term. Exact
    on the Gram matrix: the g̃_k are known by their coefficients. With gradients that do not conflict
    it is the plain sum; with more than two terms the result may still conflict with some, and a
    large term stays large: normalise the terms first. Source: Yu et al., arXiv 2001.06782
    (algorithm 1). Raises `ConfigError`.

    ```python
    fit(surrogate, train, weighting=Chain(InverseEnergy(), PCGrad(seed=3)))
    ```
    """

    name = "pcgrad"
    needs = frozenset({"gram"})

    seed: Array

    def __init__(self, seed: int = 0):
        self.seed = whole("the seed", seed)

    def init(self, energies: Float[Array, " K"]) -> Int[Array, ""]:
        """Steps done."""
        del energies
        return jnp.zeros((), int)

    def update(
        self, statistics: Statistics, state: Int[Array, ""]
    ) -> tuple[Float[Array, " K"], Int[Array, ""]]:
        """The weights of the sum of the projected gradients, and one step more."""
        assert statistics.gram is not None
        angles = angles_of(statistics.gram)
        order = orders(self.seed, state, len(angles.sizes))
        rows = projected(angles.cosines, order)
        return weights_of(angles.sizes @ rows, angles), state + 1


def projected(C: Float[Array, "K K"], order: Int[Array, "K K"]) -> Float[Array, "K K"]:
    """Row k: the parts of unit gradient u_k after it has met the others in the order `order[k]`."""
    K = len(C)

    def one(k: Array, start: Array, others: Array) -> Array:
        def meet(row: Array, j: Array) -> tuple[Array, None]:
            conflict = jnp.where(j == k, 0.0, jnp.minimum(row @ C[j], 0.0))
            return row.at[j].add(-conflict), None

        return jax.lax.scan(meet, start, others)[0]

    return jax.vmap(one)(jnp.arange(K), jnp.eye(K, dtype=C.dtype), order)


def orders(seed: Int[Array, ""], step: Int[Array, ""], terms: int) -> Int[Array, "K K"]:
    """Row k: all terms in the order in which term k meets them."""
    key = jax.random.fold_in(jax.random.key(seed), step)
    return jax.vmap(lambda k: jax.random.permutation(k, terms))(jax.random.split(key, terms))
