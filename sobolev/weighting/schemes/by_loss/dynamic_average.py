"""Dynamic weight average: softmax of how much of the loss was left over the last two epochs."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from sobolev.weighting.maths.ratios import mean_one, ratio, tempered
from sobolev.weighting.scheme import Scheme, Statistics
from sobolev.weighting.settings import count, positive


class AverageState(NamedTuple):
    """The mean of this epoch so far, those of the last two (newest first), and steps done."""

    current: Float[Array, " K"]
    means: Float[Array, "2 K"]
    step: Int[Array, ""]


class DynamicWeightAverage(Scheme):
    """w = K softmax(r/T), r_k = L̄_k(e − 1)/L̄_k(e − 2), of the mean losses of the last two epochs.

    **Arguments:** `window`: how many steps make an epoch (10; the batches of one pass over the
    data, or 1 for a full batch); `temperature` T (2). Weights are 1 in the first two epochs.
    Raises `ConfigError`.

    Pitfalls: the ratios are close to 1, so the weights are too; they cannot bridge decades between
    terms, chain it behind `InverseEnergy`. Source: Liu, Johns & Davison, CVPR 2019,
    arXiv 1803.10704.

    ```python
    weighting = Chain(InverseEnergy(), DynamicWeightAverage(window=10))
    fit(surrogate, train, weighting=weighting, optimiser=Adam(5e-3, 32))
    ```
    """

    name = "dwa"

    window: Array
    temperature: Array

    def __init__(self, window: int = 10, temperature: float = 2.0):
        self.window = count("the window", window)
        self.temperature = positive("the temperature", temperature)

    def init(self, energies: Float[Array, " K"]) -> AverageState:
        """No loss seen yet."""
        none = jnp.zeros_like(energies)
        return AverageState(none, jnp.stack([none, none]), jnp.zeros((), int))

    def update(
        self, statistics: Statistics, state: AverageState
    ) -> tuple[Float[Array, " K"], AverageState]:
        """The weights of this epoch; its losses count from the next one on."""
        weights = mean_one(tempered(ratio(*state.means), self.temperature))
        weights = jnp.where(state.step >= 2 * self.window, weights, 1.0)
        current, step = state.current + statistics.losses / self.window, state.step + 1
        over = step % self.window == 0
        means = jnp.where(over, jnp.stack([current, state.means[0]]), state.means)
        return weights, AverageState(jnp.where(over, 0.0, current), means, step)
