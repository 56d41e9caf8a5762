"""The state before the first step."""

import equinox as eqx
import jax.numpy as jnp
from jax.flatten_util import ravel_pytree

from sobolev.optimisers.linearisation import traces
from sobolev.optimisers.protocol import Optimiser, State, Task
from sobolev.weighting.engine import weighted_gradient


def start(task: Task, optimiser: Optimiser) -> State:
    """The state before the first step; its weights are those that the first step would use."""
    θ, _ = ravel_pytree(eqx.filter(task.network, eqx.is_inexact_array))
    weighting = task.weighting.init(task.loss.energies(task.labels))
    _, _, weights, _ = weighted_gradient(
        lambda t: task.losses(t, task.labels), θ, task.weighting, weighting, task.key,
        lambda t: traces(task, t),
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
    )
