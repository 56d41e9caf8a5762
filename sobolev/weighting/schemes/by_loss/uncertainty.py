"""Weights by a trained uncertainty of each term."""

from typing import NamedTuple

import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, PyTree

from sobolev.weighting.maths.descent import Descent
from sobolev.weighting.maths.ratios import floored
from sobolev.weighting.scheme import Scheme, Statistics
from sobolev.weighting.settings import PerTerm, as_many, per_term, within

STEEPEST = 1e8  # of L/exp(s) in the slope: beyond, the moments of an optimiser would overflow


class UncertaintyState(NamedTuple):
    """The logarithms s of the variances and the state of their optimiser."""

    s: Float[Array, " K"]
    optimiser: PyTree


class Uncertainty(Scheme):
    """w_k = ½ exp(−s_k), with s trained to minimise Σ_k ½ exp(−s_k) L_k + ½ s_k.

    s and the network step simultaneously, s ← s − η T(½(1 − exp(−s) L)); at the optimum
    s_k = log L_k the loss is ½ Σ_k log L_k + const, which may be negative and is no measure of
    progress.

    **Arguments:** `rate` η (0.02) and `optimiser` T, an optax transformation without learning rate
    (default `optax.scale_by_adam()`); `start` s at the beginning (0, or one for each term); `floor`
    (1e-8) of a loss as share of the largest. |s| stays below 0.4 log(largest float). Raises
    `ConfigError`.

    Pitfalls: s lags behind log L. With Adam it moves by about η a step: at the customary 1e-3 it
    needs some 18 000 steps to get to log 1e-8, at 0.02 some 900; `LogSum` is the same without
    lag. Source: Kendall, Gal & Cipolla, CVPR 2018, arXiv 1705.07115, eq. 7.

    ```python
    weighting = Uncertainty(rate=0.02)
    fit(surrogate, train, weighting=weighting, optimiser=Adam(5e-3))
    ```
    """

    name = "uncertainty"

    descent: Descent
    start: Array
    floor: Array

    def __init__(
        self,
        rate: float = 0.02,
        optimiser: optax.GradientTransformation | None = None,
        start: PerTerm = 0.0,
        floor: float = 1e-8,
    ):
        self.descent = Descent(rate, optimiser)
        self.start = per_term("the start of s", start)
        self.floor = within("the floor", floor)

    def init(self, energies: Float[Array, " K"]) -> UncertaintyState:
        """s at its start."""
        as_many("the start of s", self.start, energies)
        s = jnp.broadcast_to(self.start, energies.shape).astype(energies.dtype)
        return UncertaintyState(s, self.descent.init(s))

    def update(
        self, statistics: Statistics, state: UncertaintyState
    ) -> tuple[Float[Array, " K"], UncertaintyState]:
        """The weights of this step, and s moved on."""
        s, optimiser = state
        L, bound = floored(statistics.losses, self.floor), 0.4 * jnp.log(jnp.finfo(s.dtype).max)
        slope = 0.5 * (1 - jnp.exp(jnp.minimum(jnp.log(L) - s, jnp.log(STEEPEST))))
        moved, optimiser = self.descent.moved(s, slope, optimiser)
        return 0.5 * jnp.exp(-s), UncertaintyState(jnp.clip(moved, -bound, bound), optimiser)
