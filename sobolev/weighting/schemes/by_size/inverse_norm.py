"""The closed form of CD_min (sum): equal weighted gradient norms."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from sobolev.weighting.maths.cosine import inverse_with_floor, term_norms
from sobolev.weighting.scheme import Scheme, Statistics
from sobolev.weighting.settings import fraction


class InverseNorm(Scheme):
    """w_k ∝ 1/‖g_k‖ with mean 1: the minimiser of Σ_k (1 − cos(G, g_k)) for independent g_k.

    **Arguments:** `decay` in [0, 1): the norms are averaged over about 1/(1 − decay) steps. A norm
    below 1e-6 of the largest is floored there. Same direction as gradient-norm balancing (Wang et
    al., arXiv 2308.08468). Raises `ConfigError`.
    """

    name = "inverse-norm"
    needs = frozenset({"gram"})
    unit_free = True

    decay: Array

    def __init__(self, decay: float = 0.9):
        self.decay = fraction("decay", decay)

    def init(self, energies: Float[Array, " K"]) -> Float[Array, " K"]:
        """The decayed sum of the norms: nothing seen yet."""
        return jnp.zeros_like(energies)

    def update(
        self, statistics: Statistics, state: Float[Array, " K"]
    ) -> tuple[Float[Array, " K"], Float[Array, " K"]]:
        """Weights from the averaged norms, this step's included."""
        assert statistics.gram is not None
        norms = self.decay * state + term_norms(statistics.gram)
        return inverse_with_floor(norms), norms  # a sum, not a mean: only ratios matter
