"""M-ConFIG: the conflict-free direction of the momenta of the terms."""

from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from sobolev.optimisers.by_terms.by_rows import Aggregator, ByRows
from sobolev.optimisers.by_terms.multi_adam import TINY
from sobolev.weighting.scheme import Statistics
from sobolev.weighting.schemes.by_angle.config import ConFIG
from sobolev.weighting.settings import fraction


class Momenta(NamedTuple):
    """Decayed sums of the rows, how often each was seen; of the direction the last sum, its square.

    `step` counts all steps.
    """

    rows: Float[Array, "K P"]
    seen: Int[Array, " K"]
    last: Float[Array, " P"]
    square: Float[Array, " P"]
    step: Int[Array, ""]


class ConFIGOfMomenta(Aggregator):
    """m̂/√v̂ with m̂ the conflict-free direction of the rows' momenta; see `MomentumConFIG`."""

    b1: Array
    b2: Array

    def __init__(self, b1: float = 0.9, b2: float = 0.999):
        self.b1, self.b2 = fraction("b1", b1), fraction("b2", b2)

    def init(self, rows: Float[Array, "K P"]) -> Momenta:
        """Nothing seen yet."""
        K, zero = len(rows), jnp.zeros_like(rows[0])
        return Momenta(jnp.zeros_like(rows), jnp.zeros(K, int), zero, zero, jnp.zeros((), int))

    def update(
        self, rows: Float[Array, "K P"], state: Momenta
    ) -> tuple[Float[Array, " P"], Momenta]:
        """Every row is new."""
        return self.moved(rows, jnp.ones(len(rows), bool), state)

    def moved(
        self, rows: Float[Array, "K P"], new: Bool[Array, " K"], state: Momenta
    ) -> tuple[Float[Array, " P"], Momenta]:
        """The step after the `new` rows; the others are not looked at."""
        averaged = self.b1 * state.rows + (1 - self.b1) * rows
        sums = jnp.where(new[:, None], averaged, state.rows)
        seen, step = state.seen + new, state.step + 1
        # A row that was never seen is zero: the direction leaves it out.
        momenta = sums / jnp.where(seen > 0, 1 - self.b1**seen, 1.0)[:, None]
        direction = conflict_free(momenta)
        # The gradient whose own momentum would be this direction; it only gives the step its size.
        total = (1 - self.b1**step) * direction
        implied = (total - self.b1 * state.last) / (1 - self.b1)
        square = self.b2 * state.square + (1 - self.b2) * implied**2
        size = jnp.sqrt(square / (1 - self.b2**step))
        return direction / (size + TINY), Momenta(sums, seen, total, square, step)


class AlternatingConFIG(Aggregator):
    """The same with the gradient of one term a step, each in its turn."""

    one_row = True

    every: ConFIGOfMomenta

    def init(self, rows: Float[Array, "K P"]) -> Momenta:
        """Nothing seen yet."""
        return self.every.init(rows)

    def turn(self, state: Momenta) -> Int[Array, ""]:
        """Term after term."""
        return state.step % len(state.seen)

    def update(
        self, rows: Float[Array, "K P"], state: Momenta
    ) -> tuple[Float[Array, " P"], Momenta]:
        """One row is new."""
        return self.every.moved(rows, jnp.arange(len(rows)) == self.turn(state), state)


def MomentumConFIG(
    learning_rate: float | Callable = 5e-4,
    batch_size: int | None = 32,
    b1: float = 0.9,
    b2: float = 0.999,
    alternating: bool = True,
) -> ByRows:
    """M-ConFIG: δ = m̂/√v̂, m̂ the direction with equal angles to the momenta m̂_k of the terms.

    m̂ = (Σ_k m̂_k·d) d, d the unit vector with equal positive cosines to all m̂_k; v̂ is the second
    moment of the gradient whose momentum m̂ would be.

    **Arguments:** `learning_rate` η (default 0.0005), `batch_size` as in `Adam`; `b1`, `b2` in
    [0, 1) (defaults 0.9, 0.999); `alternating` (default): one term's gradient a step, each in its
    turn, so a step costs as much as the plain one; else all. Memory: K·P numbers. The momentum of a
    term is up to K steps old: with many terms take `alternating=False` or fewer groups. Let the
    rate decay: the last iterate may be far worse than the best. A weighting that needs all
    gradients cannot be combined with alternating. Raises `ConfigError`. Source: Liu, Chu & Thuerey,
    ConFIG, arXiv 2408.11104; its second moment is written from memory of algorithm 1.

    ```python
    fit(surrogate, train, optimiser=MomentumConFIG(5e-4, batch_size=64), epochs=1000)
    ```
    """
    every = ConFIGOfMomenta(b1, b2)
    aggregator = AlternatingConFIG(every) if alternating else every
    return ByRows(aggregator, learning_rate, batch_size)


def conflict_free(rows: Float[Array, "K P"]) -> Float[Array, " P"]:
    """(Σ_k g_k·d) d with the unit vector d of equal angles, that of `ConFIG`; rows of 0 left out.

    0 where the rows cancel to rounding: such a rest would be made a full step.
    """
    weights, _ = ConFIG().update(Statistics(jnp.zeros(len(rows), rows.dtype), rows @ rows.T), ())
    pulls = weights[:, None] * rows
    d = jnp.sum(pulls, axis=0)
    rounding = jnp.sqrt(jnp.finfo(rows.dtype).eps) * jnp.sum(jnp.linalg.norm(pulls, axis=1))
    return jnp.where(jnp.linalg.norm(d) > rounding, d, 0.0)
