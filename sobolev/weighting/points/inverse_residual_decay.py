"""Points whose residual falls slowly gain weight: balanced residual decay rates."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from sobolev.weighting.points.point_rule import PointWeighting, is_real, mean_of, put, taken
from sobolev.weighting.settings import fraction


class DecayRates(NamedTuple):
    """Of each point: weight, decayed sums of r⁴ and of counts, step last seen; and steps done."""

    weights: Float[Array, " N"]
    fourth: Float[Array, " N"]
    total: Float[Array, " N"]
    seen: Int[Array, " N"]
    step: Int[Array, ""]


class InverseResidualDecay(PointWeighting):
    """w_n ← β w_n + (1 − β) ρ_n/mean_m ρ_m with ρ_n = r_n²/√⟨r_n⁴⟩, ⟨·⟩ an average over steps.

    ρ is the inverse of the rate at which a residual falls: 1 for a constant one, small for one that
    falls fast. The weights have mean 1 when all points are seen in every step.

    **Arguments:** `decay` β in [0, 1) (default 0.999) of the weights; `memory` in [0, 1) (default
    0.999) of ⟨r⁴⟩, which has no bias at the start. A point that was not in the last s − 1 batches
    is averaged with decay^s and memory^s. ρ of a residual that was always 0 counts as 1. Raises
    `ConfigError`.

    Only the balance between the points: the global scale of the paper is left to the weighting of
    the terms. Source: Chen, Howard & Stinis, Self-adaptive weights based on balanced residual decay
    rate, arXiv 2407.01613.

    ```python
    weights, state = InverseResidualDecay().update(residuals, index, state)
    ```
    """

    decay: Array
    memory: Array

    def __init__(self, decay: float = 0.999, memory: float = 0.999):
        self.decay, self.memory = fraction("decay", decay), fraction("memory", memory)

    def init(self, n: int) -> DecayRates:
        """Weights 1; nothing seen yet."""
        zero = jnp.zeros(n)
        return DecayRates(zero + 1, zero, zero, jnp.zeros(n, int), jnp.zeros((), int))

    def update(
        self, residuals: Float[Array, " n"], index: Int[Array, " n"], state: DecayRates
    ) -> tuple[Float[Array, " n"], DecayRates]:
        """The weights with this step's residuals included."""
        real, step = is_real(index, len(state.weights)), state.step + 1
        square = jax.lax.stop_gradient(residuals) ** 2
        since = step - taken(state.seen, index)
        keep, remember = self.decay**since, self.memory**since
        fourth = remember * taken(state.fourth, index) + (1 - remember) * square**2
        count = remember * taken(state.total, index) + (1 - remember)
        usual = jnp.sqrt(fourth / count)
        ρ = jnp.where(usual > 0, square / jnp.where(usual > 0, usual, 1.0), 1.0)
        mean = mean_of(ρ, real)
        relative = jnp.where(mean > 0, ρ / jnp.where(mean > 0, mean, 1.0), 1.0)
        weights = keep * taken(state.weights, index) + (1 - keep) * relative
        state = DecayRates(
            put(state.weights, index, weights),
            put(state.fourth, index, fourth),
            put(state.total, index, count),
            put(state.seen, index, jnp.broadcast_to(step, index.shape)),
            step,
        )
        return jnp.where(real, weights, 0.0), state
