"""One optimiser after another."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from sobolev._base.arguments import whole
from sobolev.optimisers.first_order.first_order import Adam
from sobolev.optimisers.optimiser import Optimiser, State, Task
from sobolev.optimisers.quasi_newton.lbfgs import LBFGS


class Both(NamedTuple):
    """The states of both optimisers, and how many epochs the first has done."""

    first: PyTree
    second: PyTree
    done: Array


class Then(Optimiser):
    """`first` for `epochs` epochs, or until it has converged, then `second`.

    The first may be noisy and find a good region, the second end sharply. Chains of three are
    `Then(a, 10, Then(b, 20, c))`. Raises `ConfigError`.

    ```python
    fit(surrogate, train, optimiser=Then(Adam(1e-2, 64), 50, LBFGS()), epochs=2000)
    ```
    """

    first: Optimiser
    epochs: Array
    second: Optimiser

    def __init__(self, first: Optimiser, epochs: int, second: Optimiser):
        epochs = whole("the number of epochs of the first optimiser", epochs)
        self.first, self.epochs, self.second = first, jnp.asarray(epochs), second

    @property
    def first_order(self) -> bool:  # pyright: ignore  # a trait that the parts decide
        """Whether both are."""
        return self.first.first_order and self.second.first_order

    @property
    def batches(self) -> bool:  # pyright: ignore
        """Whether both can."""
        return self.first.batches and self.second.batches

    @property
    def least_squares(self) -> bool:  # pyright: ignore
        """Whether one of them does."""
        return self.first.least_squares or self.second.least_squares

    def steps(self) -> tuple[Optimiser, ...]:
        """Those of both."""
        return (*self.first.steps(), *self.second.steps())

    def init(self, task: Task, θ: Float[Array, " P"]) -> Both:
        """Both at their start; the second one starts from where the first one ends."""
        none = jnp.zeros((), int)
        return Both(self.first.init(task, θ), self.second.init(task, θ), none)

    def epoch(self, task: Task, state: State) -> State:
        """One epoch of whoever's turn it is."""
        return jax.lax.cond(
            state.optimiser.done < self.epochs,
            lambda s: self._one(task, s, first=True),
            lambda s: self._one(task, s, first=False),
            state,
        )

    def _one(self, task: Task, state: State, first: bool) -> State:
        both: Both = state.optimiser
        part = self.first if first else self.second
        own = both.first if first else both.second
        after = part.epoch(task, state._replace(optimiser=own))
        if not first:
            return after._replace(optimiser=both._replace(second=after.optimiser))
        done = jnp.where(after.converged, self.epochs, both.done + 1)
        return after._replace(
            optimiser=both._replace(first=after.optimiser, done=done),
            converged=jnp.zeros_like(after.converged),
        )


def AdamThenLBFGS(
    epochs: int, learning_rate: float = 1e-2, batch_size: int | None = 64, memory: int = 30
) -> Then:
    """Adam on mini-batches for `epochs` epochs, then L-BFGS on all rows.

    ```python
    fit(surrogate, train, optimiser=AdamThenLBFGS(100), epochs=2000)
    ```
    """
    return Then(Adam(learning_rate, batch_size), epochs, LBFGS(memory))
