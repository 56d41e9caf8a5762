"""The residuals of all rows and their derivatives in the parameters."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from sobolev.losses.labels import Labels
from sobolev.networks.parameters import unflatten
from sobolev.optimisers import streams
from sobolev.optimisers.protocol import State, Task
from sobolev.weighting.statistics import Probe, asked, sketch_of


class Linearisation(NamedTuple):
    """The residuals `[E, n]` (weights not applied) and their derivatives in θ `[E, n, P]`."""

    residuals: Float[Array, "E n"]
    rows: Float[Array, "E n P"]


def linearised(task: Task, θ: Float[Array, " P"]) -> Linearisation:
    """r and ∂r/∂θ at θ, scaled so that L_k is ½ the sum of the squares of its entries.

    Row by row, since a sample has its own residuals only; vectorised, to compile little. Memory:
    E·n·P numbers.
    """

    def of_one_row(row: Labels):
        one = jax.tree.map(lambda a: a[None], row)

        def residuals(t):
            return (task.loss.raw_residuals(unflatten(task.network, t), one)[:, 0],) * 2

        return jax.jacrev(residuals, has_aux=True)(θ)

    rows, residuals = jax.vmap(of_one_row)(task.labels)
    scale = task.loss.scales(task.labels)
    return Linearisation(residuals.T * scale, jnp.swapaxes(rows, 0, 1) * scale[..., None])


def traces(task: Task, θ: Float[Array, " P"]) -> Float[Array, " K"]:
    """Σ_e mean_n ‖∂r_en/∂θ‖² of each term: the trace of its tangent kernel over its labels."""
    return _traces(task, linearised(task, θ).rows)


def _traces(task: Task, rows: Float[Array, "E n P"]) -> Float[Array, " K"]:
    return task.loss.per_term(jnp.sum(rows**2, axis=(1, 2)))


def residuals(task: Task, θ: Float[Array, " P"]) -> Float[Array, "E n"]:
    """The residuals alone."""
    return task.loss.residuals(unflatten(task.network, θ), task.labels)


def updated_weights(
    task: Task, state: State, here: Linearisation
) -> tuple[Float[Array, " K"], PyTree]:
    """Weights and next state of the weighting at a linearisation; a negative weight counts as 0."""
    losses = 0.5 * task.loss.per_term(jnp.sum(here.residuals**2, axis=1))
    key = streams.sketch_of_all(task.key, state.step)

    def rows() -> Array:
        return task.loss.per_term(jnp.einsum("en,enp->ep", here.residuals, here.rows))

    probe = Probe(
        losses,
        rows,
        lambda vectors: sketch_of(rows(), key, vectors),
        lambda: _traces(task, here.rows),
    )
    weights, weighting = asked(task.weighting, state.weighting, probe)
    return jnp.maximum(weights, 0.0), weighting  # √w needs w ≥ 0
