"""The state before the first step."""

import jax.numpy as jnp

from sobolev.networks.parameters import flatten
from sobolev.optimisers.fresh_points import drawn_before
from sobolev.optimisers.linearisation import traces
from sobolev.optimisers.optimiser import Optimiser, State, Task
from sobolev.optimisers.point_weights import attended, points_before
from sobolev.weighting.statistics import weighted_gradient


def start(task: Task, optimiser: Optimiser) -> State:
    """The state before the first step; its weights are those that the first step would use."""
    θ = flatten(task.network)
    drawn = drawn_before(task, θ)
    batches = task.loss.batches(drawn)
    weighting = task.weighting.init(task.loss.signals(batches))
    points = points_before(task)
    batches, _ = attended(task, θ, points, batches)
    _, _, weights, _ = weighted_gradient(
        lambda t: task.losses(t, batches), θ, task.weighting, weighting, task.key,
        lambda t: traces(task, t, batches),
    )  # fmt: skip
    zero = jnp.zeros((), int)
    return State(
        θ=θ,
        optimiser=optimiser.init(task, θ),
        weighting=weighting,
        weights=weights,
        weight_step=jnp.zeros_like(weights),
        step=zero,
        epoch=zero,
        rejected=zero,
        converged=jnp.zeros((), bool),
        points=points,
        drawn=drawn,
    )
