"""Residual-based attention: a decaying sum of each point's relative residual."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from sobolev.weighting.points.point_rule import PointWeighting, is_real, put, taken
from sobolev.weighting.settings import fraction, not_negative, positive


class ResidualAttention(PointWeighting):
    """λ_n ← γ λ_n + η |r_n|/max_m |r_m|, and w_n = λ_n²: bounded, without a gradient of its own.

    **Arguments:** `decay` γ in [0, 1) (default 0.999); `rate` η > 0 (default 0.001), λ ends below
    η/(1 − γ); `start` ≥ 0 (default 1): from 0 the first thousand steps would have hardly any loss.
    A point that is not in the batch stays as it is. Raises `ConfigError`.

    One outlier or shock owns the maximum and takes the weight of all others. The points must stay
    the same during training. Source: Anagnostopoulos et al., Residual-based attention in
    physics-informed neural networks, arXiv 2307.00379, whose loss is mean (λ_n r_n)².

    ```python
    weights, state = ResidualAttention().update(residuals, index, state)
    ```
    """

    decay: Array
    rate: Array
    start: Array

    def __init__(self, decay: float = 0.999, rate: float = 1e-3, start: float = 1.0):
        self.decay = fraction("decay", decay)
        self.rate = positive("the rate of the weights", rate)
        self.start = not_negative("start", start)

    def init(self, n: int) -> Float[Array, " N"]:
        """λ at its start for all points."""
        return jnp.zeros(n) + self.start

    def update(
        self, residuals: Float[Array, " n"], index: Int[Array, " n"], state: Float[Array, " N"]
    ) -> tuple[Float[Array, " n"], Float[Array, " N"]]:
        """The weights with this step's residuals included; without any residual λ only decays."""
        real = is_real(index, len(state))
        size = jnp.where(real, jnp.abs(jax.lax.stop_gradient(residuals)), 0.0)
        largest = jnp.max(size)
        relative = size / jnp.where(largest > 0, largest, 1.0)
        λ = self.decay * taken(state, index) + self.rate * relative
        return jnp.where(real, λ**2, 0.0), put(state, index, λ)
