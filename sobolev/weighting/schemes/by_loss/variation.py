"""Weights by how much each loss still varies, in relation to its own size."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from sobolev.weighting.maths.ratios import ratio
from sobolev.weighting.scheme import Scheme, Statistics
from sobolev.weighting.settings import positive


class VariationState(NamedTuple):
    """Mean loss; mean of the loss ratios ℓ and sum of their squared deviations; steps done."""

    mean_loss: Float[Array, " K"]
    mean: Float[Array, " K"]
    squares: Float[Array, " K"]
    step: Int[Array, ""]


class CoefficientOfVariation(Scheme):
    """w_k = K c_k/Σ_j c_j, c_k = σ_k/μ_k over all steps so far of ℓ_k(t) = L_k(t)/mean L_k(< t).

    A loss that no longer moves is taken as learnt and loses weight. Weights are 1 in the first two
    steps; ℓ(0) = 1.

    **Arguments:** `floor` (1e-8), added to each c_k: c has no unit, and losses that are constant or
    zero give weights 1 instead of 0/0. Raises `ConfigError`.

    Pitfalls: a term that is stuck counts as learnt; with mini-batches the variation is noise of the
    batch; the statistics never forget. Times K of the published weights. Source: Groenendijk,
    Karaoglu, Gevers & Mensink, WACV 2021, arXiv 2009.01717.

    ```python
    weighting = Chain(InverseEnergy(), CoefficientOfVariation())
    fit(surrogate, train, weighting=weighting, optimiser=Adam(5e-3))
    ```
    """

    name = "cov"

    floor: Array

    def __init__(self, floor: float = 1e-8):
        self.floor = positive("the floor", floor)

    def init(self, energies: Float[Array, " K"]) -> VariationState:
        """No loss seen yet."""
        none = jnp.zeros_like(energies)
        return VariationState(none, none, none, jnp.zeros((), int))

    def update(
        self, statistics: Statistics, state: VariationState
    ) -> tuple[Float[Array, " K"], VariationState]:
        """Weights from the variation before this step; this step's losses count from the next."""
        L, n = statistics.losses, state.step
        deviation = jnp.sqrt(state.squares / jnp.maximum(n, 1))
        c = deviation / jnp.where(state.mean > 0, state.mean, 1.0) + self.floor
        weights = jnp.where(n < 2, 1.0, c / jnp.mean(c))
        relative = jnp.where(n == 0, 1.0, ratio(L, state.mean_loss))
        mean = state.mean + (relative - state.mean) / (n + 1)
        squares = state.squares + (relative - state.mean) * (relative - mean)
        mean_loss = state.mean_loss + (L - state.mean_loss) / (n + 1)
        return weights, VariationState(mean_loss, mean, squares, n + 1)
