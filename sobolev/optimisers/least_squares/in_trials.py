"""Optimisers of least squares: what each of their epochs does around its trial step."""

import abc

import jax
from jaxtyping import Array

from sobolev.losses.batch import Batch
from sobolev.optimisers.fresh_points import with_fresh_points
from sobolev.optimisers.optimiser import Optimiser, State, Task, keep_if


class InTrials(Optimiser):
    """One trial step on all rows an epoch, on fresh points where they are due: abstract.

    ```python
    class Steepest(InTrials):
        def init(self, task, θ):
            return ()

        def trial(self, task, state, batches):
            g = jax.grad(lambda θ: state.weights @ task.losses(θ, batches))(state.θ)
            return state._replace(θ=state.θ - 1e-3 * g), jnp.isfinite(g).all()
    ```
    """

    least_squares = True

    def epoch(self, task: Task, state: State) -> State:
        """One trial step; nothing once converged."""
        state = jax.lax.cond(state.converged, lambda s: s, lambda s: self.step(task, s), state)
        return state._replace(epoch=state.epoch + 1)

    def step(self, task: Task, state: State) -> State:
        """The state after a trial, taken where it is finite, and counted."""
        state, _ = with_fresh_points(task, state)
        tried, finite = self.trial(task, state, task.loss.batches(state.drawn))
        return keep_if(finite, tried, state)._replace(
            step=state.step + 1, rejected=state.rejected + ~finite
        )

    @abc.abstractmethod
    def trial(self, task: Task, state: State, batches: tuple[Batch, ...]) -> tuple[State, Array]:
        """The state after the trial, and whether all that it is made of is finite."""
