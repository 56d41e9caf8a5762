"""First-order steps made from the gradient of each term, not from their weighted sum."""

import abc
from collections.abc import Callable, Sequence
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PyTree

from sobolev._base.errors import ConfigError
from sobolev.losses.batch import Batch
from sobolev.optimisers import random_streams
from sobolev.optimisers.first_order.first_order import (
    after_step,
    batch_by_batch,
    checked_rate,
    checked_size,
    rate_at,
)
from sobolev.optimisers.linearisation import traces
from sobolev.optimisers.optimiser import Optimiser, State, Task
from sobolev.weighting.statistics import ROWS, Probe, asked, sketch_of, term_gradients


class Aggregator(eqx.Module):
    """From the gradients of the terms to one direction; pure, with a state of its own.

    `one_row`: whether it wants the gradient of one term a step, `turn(state)`: the other rows are
    then 0 and cost nothing.
    """

    one_row: ClassVar[bool] = False

    @abc.abstractmethod
    def init(self, rows: Float[Array, "K P"]) -> PyTree:
        """The state before the first step, for rows of this shape."""

    @abc.abstractmethod
    def update(self, rows: Float[Array, "K P"], state: PyTree) -> tuple[Float[Array, " P"], PyTree]:
        """`(direction, next state)` from the rows w_k ∇L_k."""

    def turn(self, state: PyTree) -> Int[Array, ""]:
        """Whose gradient comes next, where there is one a step."""
        raise NotImplementedError(f"{type(self).__name__} takes all rows")


class ByRows(Optimiser):
    """θ ← θ − η A(w_1 ∇L_1, …, w_K ∇L_K) with an aggregator A of the rows.

    K reverse passes and K·P numbers a step. The weights are those of the weighting of the fit; with
    one that does nothing (`Unweighted`) the rows are the gradients themselves.

    **Arguments:** `aggregator` A; `learning_rate` η and `batch_size` as in `FirstOrder`. A step
    that is not finite is rejected and counted. Raises `ConfigError`, also for a weighting that
    needs all rows where the aggregator wants one.

    ```python
    fit(surrogate, train, optimiser=MultiAdam(1e-3, batch_size=32), epochs=1000)
    ```
    """

    first_order = True
    batches = True
    attends = True

    aggregator: Aggregator
    learning_rate: Array | Callable[[Array], Array]
    batch_size: int | None = eqx.field(static=True)

    def __init__(
        self,
        aggregator: Aggregator,
        learning_rate: float | Callable[[Array], Array],
        batch_size: int | None = None,
    ):
        self.aggregator = aggregator
        self.learning_rate = checked_rate(learning_rate)
        self.batch_size = checked_size(batch_size)

    def init(self, task: Task, θ: Float[Array, " P"]) -> PyTree:
        """The state of the aggregator."""
        name = type(self.aggregator).__name__
        if self.aggregator.one_row and task.weighting.needs & (ROWS | {"sketch"}):
            raise ConfigError(
                f"{name} computes the gradient of one term a step, and "
                f"{type(task.weighting).__name__} needs those of all: let it not alternate."
            )
        return self.aggregator.init(jnp.zeros((len(task.loss.names), len(θ)), θ.dtype))

    def rows_a_step(self) -> int | None:
        """The size of a batch."""
        return self.batch_size

    def epoch(self, task: Task, state: State) -> State:
        """One step per batch."""
        return batch_by_batch(self._step, task, state, self.batch_size)

    def _step(self, task: Task, state: State, batches: Sequence[Batch]) -> State:
        losses, pullback = jax.vjp(lambda θ: task.losses(θ, batches), state.θ)
        if self.aggregator.one_row:
            rows = _one_row(pullback, losses, self.aggregator.turn(state.optimiser))
        else:
            rows = term_gradients(pullback, losses)
        probe = Probe(
            losses,
            lambda: rows,
            lambda vectors: sketch_of(rows, random_streams.sketch(task.key, state.step), vectors),
            lambda: traces(task, state.θ, batches),
        )
        weights, weighting = asked(task.weighting, state.weighting, probe)
        direction, optimiser = self.aggregator.update(weights[:, None] * rows, state.optimiser)
        step = rate_at(self.learning_rate, state.step) * direction
        return after_step(task, batches, state, step, optimiser, losses, weights, weighting)


def _one_row(pullback: Callable, losses: Array, k: Array) -> Float[Array, "K P"]:
    unit = jax.nn.one_hot(k, len(losses), dtype=losses.dtype)
    return unit[:, None] * pullback(unit)[0][None]
