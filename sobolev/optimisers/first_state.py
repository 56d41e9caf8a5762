"""The state before the first step."""

import jax.numpy as jnp

from sobolev.networks.parameters import flatten
from sobolev.optimisers import random_streams
from sobolev.optimisers.fresh_points import drawn_before
from sobolev.optimisers.linearisation import traces
from sobolev.optimisers.optimiser import Optimiser, State, Task
from sobolev.optimisers.point_weights import attended, points_before
from sobolev.weighting.scheme import Statistics
from sobolev.weighting.statistics import weighted_gradient


def start(task: Task, optimiser: Optimiser) -> State:
    """The state before the first step; its weights are those that this step would use on all rows.

    Also those of a sketch: it has the random directions of the step, by the stream of whoever makes
    it.
    """
    θ, zero = flatten(task.network), jnp.zeros((), int)
    drawn = drawn_before(task, θ)
    batches = task.loss.batches(drawn)
    signals = task.loss.signals(batches)
    weighting = task.weighting.init(signals)
    points = points_before(task)
    batches, _ = attended(task, θ, points, batches)
    if task.weighting.constant:  # it looks at nothing: no loss is traced
        weights, _ = task.weighting.update(Statistics(signals), weighting)
    else:
        first_order = optimiser.steps()[0].first_order
        stream = random_streams.sketch if first_order else random_streams.sketch_of_all
        _, _, weights, _ = weighted_gradient(
            lambda t: task.losses(t, batches), θ, task.weighting, weighting,
            stream(task.key, zero), lambda t: traces(task, t, batches),
        )  # fmt: skip
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
