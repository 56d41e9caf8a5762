"""MultiAdam: Adam for each term by itself, and the mean of their steps."""

from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from sobolev.optimisers.by_terms.by_rows import Aggregator, ByRows
from sobolev.weighting.settings import fraction

TINY = 1e-30  # beside √v̂: only told from zero, so that the unit of a term does not matter


class RowMoments(NamedTuple):
    """Adam's two moments of each row, and steps done."""

    mean: Float[Array, "K P"]
    square: Float[Array, "K P"]
    step: Int[Array, ""]


class MeanOfAdams(Aggregator):
    """(1/K) Σ_k m̂_k/√v̂_k with Adam's moments m, v of each row by itself."""

    b1: Array
    b2: Array

    def __init__(self, b1: float = 0.99, b2: float = 0.99):
        self.b1, self.b2 = fraction("b1", b1), fraction("b2", b2)

    def init(self, rows: Float[Array, "K P"]) -> RowMoments:
        """No moments yet."""
        return RowMoments(jnp.zeros_like(rows), jnp.zeros_like(rows), jnp.zeros((), int))

    def update(
        self, rows: Float[Array, "K P"], state: RowMoments
    ) -> tuple[Float[Array, " P"], RowMoments]:
        """The mean of the K steps of Adam."""
        step = state.step + 1
        mean = self.b1 * state.mean + (1 - self.b1) * rows
        square = self.b2 * state.square + (1 - self.b2) * rows**2
        size = jnp.sqrt(square / (1 - self.b2**step))
        steps = mean / (1 - self.b1**step) / (size + TINY)
        return jnp.mean(steps, axis=0), RowMoments(mean, square, step)


def MultiAdam(
    learning_rate: float | Callable = 1e-3,
    batch_size: int | None = 32,
    b1: float = 0.99,
    b2: float = 0.99,
) -> ByRows:
    """The mean of Adam's steps for each term: δ = (1/K) Σ_k m̂_k/√v̂_k, whatever their units.

    **Arguments:** `learning_rate` η (default 0.001), `batch_size` as in `Adam`; `b1`, `b2` in
    [0, 1) (defaults 0.99, 0.99). Weights of the terms that do not change cancel. There is no ε
    beside √v̂ but one that is told from zero. Memory: 2·K·P numbers; time: K reverse passes a step.
    Steps of terms that disagree cancel entry by entry; a term whose gradient is noise steps as far
    as one that has something to say. Raises `ConfigError`. Source: Yao et al., MultiAdam:
    parameter-wise scale-invariant optimizer, ICML 2023 (arXiv 2306.02816).

    ```python
    fit(surrogate, train, optimiser=MultiAdam(1e-3, batch_size=32), epochs=1000)
    ```
    """
    return ByRows(MeanOfAdams(b1, b2), learning_rate, batch_size)
