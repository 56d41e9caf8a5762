"""Optimisers of least squares: what each of their epochs does around its trial step."""

import abc

import jax
import jax.numpy as jnp
from jaxtyping import Array

from sobolev.losses.batch import Batch
from sobolev.optimisers.fresh_points import with_fresh_points
from sobolev.optimisers.optimiser import Optimiser, State, Task, keep_if, stays_finite
from sobolev.optimisers.point_weights import attended


class InTrials(Optimiser):
    """One trial step on all rows an epoch, on fresh points where they are due: abstract.

    Weights of points are taken before the trial and stay while it is judged.

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
    attends = True

    def epoch(self, task: Task, state: State) -> State:
        """One trial step; nothing once converged."""
        state = jax.lax.cond(state.converged, lambda s: s, lambda s: self.step(task, s), state)
        return state._replace(epoch=state.epoch + 1)

    def step(self, task: Task, state: State) -> State:
        """The state after a trial, taken where it is finite, and counted."""
        state, _ = with_fresh_points(task, state)
        batches = task.loss.batches(state.drawn)
        batches, points = attended(task, state.θ, state.points, batches)
        tried, finite = self.trial(task, state, batches)
        finite = finite & stays_finite(points, state.points)
        # A trial that is made anew with more damping is judged by the weights it had.
        moved = finite & jnp.any(tried.θ != state.θ)
        return keep_if(finite, tried, state)._replace(
            step=state.step + 1,
            rejected=state.rejected + ~finite,
            points=keep_if(moved, points, state.points),
        )

    @abc.abstractmethod
    def trial(self, task: Task, state: State, batches: tuple[Batch, ...]) -> tuple[State, Array]:
        """The state after the trial, and whether all that it is made of is finite."""
