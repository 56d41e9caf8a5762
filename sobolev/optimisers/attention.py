"""Weights of the points inside each term: measured and moved on before a step on all rows."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from sobolev.losses.labels import Labels
from sobolev.networks.parameters import unflatten
from sobolev.optimisers.protocol import State, Task, keep_if, stays_finite

Step = Callable[[Task, State, Labels], State]


def points_before(task: Task) -> PyTree:
    """The state of the point weights before the first step, one for each entry of the loss."""
    if task.points is None:
        return ()
    init, rows = task.points.init, len(task.labels.x)
    return jax.vmap(lambda _: init(rows))(jnp.arange(len(task.loss.entries)))


def attended(
    task: Task, θ: Float[Array, " P"], points: PyTree, labels: Labels
) -> tuple[Labels, PyTree]:
    """The labels with the weight λ of each entry in each row, and the next state of these weights.

    They are told r_e √τ where there is a label, so that L_k = Σ_e ½ mean λ τ r_e²; a row without
    one does not exist for them.
    """
    if task.points is None:
        return labels, points
    scaled = task.loss.residuals(unflatten(task.network, θ), labels)
    there = task.loss.scales(labels) > 0
    residuals = scaled * jnp.sqrt(jnp.sum(there, axis=1, keepdims=True))
    index = jnp.where(there, jnp.arange(there.shape[1]), there.shape[1])
    λ, points = jax.vmap(task.points.update)(residuals, index, points)
    return labels._replace(attention=λ.T), points


def with_attention(step: Step) -> Step:
    """The step on labels with these weights; where it is rejected, they stay as they were."""

    def both(task: Task, state: State, labels: Labels) -> State:
        if task.points is None:
            return step(task, state, labels)
        labels, points = attended(task, state.θ, state.points, labels)
        done = step(task, state, labels)
        accept = (done.rejected == state.rejected) & stays_finite(points, state.points)
        return done._replace(points=keep_if(accept, points, state.points))

    return both
