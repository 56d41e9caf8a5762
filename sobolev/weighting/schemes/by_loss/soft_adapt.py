"""SoftAdapt: the term whose loss falls the slowest gets the largest weight."""

from math import comb
from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from sobolev._base.arguments import one_of, real, shown
from sobolev._base.errors import ConfigError
from sobolev.weighting.maths.ratios import mean_one, tempered
from sobolev.weighting.scheme import Scheme, Statistics
from sobolev.weighting.settings import finite

VARIANTS = "plain", "normalised", "loss-weighted"


class SoftAdaptState(NamedTuple):
    """The last losses, newest first, and steps done."""

    history: Float[Array, "n K"]
    step: Int[Array, ""]


class SoftAdapt(Scheme):
    """w = K softmax(β s) with the slope s_k of L_k per step: what falls least, or rises, counts.

    **Arguments:** `sharpness` β (0.1; negative favours what falls fastest); `variant` "plain", or
    "normalised" (default): s_k/Σ_j|s_j|, which has no unit, or "loss-weighted":
    w_k ∝ L_k exp(β s_k); `order` 1 to 5 of the backward difference that measures the slope.
    Weights are 1 until `order` steps lie behind. Raises `ConfigError`.

    Pitfalls: plain slopes have the unit of the loss, so late in a training every s is small and
    the weights are 1; with mini-batches the slope is mostly noise. The weights cannot bridge
    decades between terms: chain it behind `InverseEnergy`. Source: Heydari, Thompson & Mehmood,
    arXiv 1912.12355, their three variants, times K.

    ```python
    weighting = Chain(InverseEnergy(), SoftAdapt(1.0))
    fit(surrogate, train, weighting=weighting, optimiser=Adam(5e-3))
    ```
    """

    name = "soft-adapt"

    sharpness: Array
    coefficients: Array
    variant: str = eqx.field(static=True)

    def __init__(self, sharpness: float = 0.1, variant: str = "normalised", order: int = 1):
        if real(order) not in range(1, 6):
            raise ConfigError(
                f"the order of the difference is a whole number 1 to 5: got {shown(order)}."
            )
        self.sharpness = finite("the sharpness", sharpness)
        self.coefficients = jnp.asarray(backward_difference(int(order)))
        self.variant = one_of("variant", variant, VARIANTS)

    def init(self, energies: Float[Array, " K"]) -> SoftAdaptState:
        """No loss seen yet."""
        shape = (len(self.coefficients), len(energies))
        return SoftAdaptState(jnp.zeros(shape, energies.dtype), jnp.zeros((), int))

    def update(
        self, statistics: Statistics, state: SoftAdaptState
    ) -> tuple[Float[Array, " K"], SoftAdaptState]:
        """The softmax of the slopes, this step's losses included."""
        L = statistics.losses
        history = jnp.concatenate([L[None], state.history[:-1]])
        slopes = self.coefficients @ history
        if self.variant == "normalised":
            total = jnp.sum(jnp.abs(slopes))
            slopes = slopes / jnp.where(total > 0, total, 1.0)
        scores = tempered(self.sharpness * slopes, 1.0)
        if self.variant == "loss-weighted":
            scores = scores + jnp.where(jnp.any(L > 0), jnp.log(L), 0.0)
        known = state.step >= len(history) - 1
        return jnp.where(known, mean_one(scores), 1.0), SoftAdaptState(history, state.step + 1)


def backward_difference(order: int) -> list[float]:
    """The coefficients of f(t), f(t−1), … in f′(t) ≈ Σ_{j=1}^{order} ∇ʲf(t)/j."""
    return [
        sum((-1) ** k * comb(j, k) / j for j in range(max(k, 1), order + 1))
        for k in range(order + 1)
    ]
