"""The state before the first step."""

from dataclasses import replace

import jax.numpy as jnp

from sobolev.networks.parameters import flatten
from sobolev.optimisers.attention import attended, points_before
from sobolev.optimisers.linearisation import traces
from sobolev.optimisers.protocol import Optimiser, State, Task
from sobolev.weighting.statistics import weighted_gradient


def start(task: Task, optimiser: Optimiser) -> State:
    """The state before the first step; its weights are those that the first step would use."""
    θ = flatten(task.network)
    weighting = task.weighting.init(task.loss.signals(task.labels))
    points = points_before(task)
    labels, _ = attended(task, θ, points, task.labels)
    _, _, weights, _ = weighted_gradient(
        lambda t: task.losses(t, labels), θ, task.weighting, weighting, task.key,
        lambda t: traces(replace(task, labels=labels), t),
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
    )
