"""The residuals of all rows and their derivatives in the parameters."""

import functools
from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from sobolev.losses.batch import Batch
from sobolev.losses.block import Block
from sobolev.losses.loss import joined
from sobolev.optimisers import random_streams
from sobolev.optimisers.optimiser import State, Task
from sobolev.weighting.statistics import Probe, asked, sketch_of


class Linearisation(NamedTuple):
    """Residuals `[E, n]` of each block (weights not applied), derivatives in θ `[E, n, P]`."""

    residuals: tuple[Float[Array, "E n"], ...]
    rows: tuple[Float[Array, "E n P"], ...]


def linearised(task: Task, θ: Float[Array, " P"], batches: Sequence[Batch]) -> Linearisation:
    """r and ∂r/∂θ at θ, scaled so that L_k is ½ the sum of the squares of its entries.

    Memory: E·n·P numbers for each block.
    """
    pairs = zip(task.loss.blocks, batches, strict=True)
    parts = [(_row_by_row if b.rowwise else _at_once)(task, θ, b, batch) for b, batch in pairs]
    return Linearisation(*(tuple(part) for part in zip(*parts, strict=True)))


def nothing_linearised(
    task: Task, θ: Float[Array, " P"], batches: Callable[[], Sequence[Batch]]
) -> Linearisation:
    """Zeros in the shapes of a linearisation: a state to begin with, for which nothing is run."""
    shapes = jax.eval_shape(lambda: residuals(task, θ, batches()))
    return Linearisation(
        tuple(jnp.zeros(r.shape, θ.dtype) for r in shapes),
        tuple(jnp.zeros((*r.shape, len(θ)), θ.dtype) for r in shapes),
    )


def _row_by_row(task: Task, θ: Float[Array, " P"], block: Block, batch: Batch) -> tuple:
    """Each row has its own residuals only; vectorised, to compile little."""

    def of_one_row(row: Batch):
        one = jax.tree.map(lambda a: a[None], row)

        def residuals(t):
            return (block.raw_residuals(task.view(t), one)[:, 0],) * 2

        return jax.jacrev(residuals, has_aux=True)(θ)

    rows, residuals = jax.vmap(of_one_row)(batch)
    scale = block.scales(batch)
    return residuals.T * scale, jnp.swapaxes(rows, 0, 1) * scale[..., None]


def _at_once(task: Task, θ: Float[Array, " P"], block: Block, batch: Batch) -> tuple:
    """A pass backwards for each residual, through all rows."""

    def residuals(t):
        return (block.residuals(task.view(t), batch),) * 2

    rows, found = jax.jacrev(residuals, has_aux=True)(θ)
    return found, rows


def stacked(task: Task, here: Linearisation, weights: Float[Array, " K"]) -> tuple[Array, Array]:
    """`(r [m], J [m, P])` of all residuals one below the other, with the roots of the weights."""
    roots = [root[:, None] for root in task.loss.per_entry(jnp.sqrt(weights))]
    pairs = list(zip(roots, here.residuals, here.rows, strict=True))
    r = joined([(root * residuals).reshape(-1) for root, residuals, _ in pairs])
    J = [(root[..., None] * rows).reshape(residuals.size, -1) for root, residuals, rows in pairs]
    return r, joined(J)


def residuals(
    task: Task, θ: Float[Array, " P"], batches: Sequence[Batch]
) -> tuple[Float[Array, "E n"], ...]:
    """The residuals alone."""
    pairs = zip(task.loss.blocks, batches, strict=True)
    return tuple(block.residuals(task.view(θ), batch) for block, batch in pairs)


def square_sum(
    task: Task, θ: Float[Array, " P"], batches: Sequence[Batch], weights: Float[Array, " K"]
) -> Float[Array, ""]:
    """Σ_k w_k r_kᵀr_k, twice the weighted loss."""
    pairs = zip(task.loss.per_entry(jnp.sqrt(weights)), residuals(task, θ, batches), strict=True)
    sums = [jnp.sum((root[:, None] * r) ** 2) for root, r in pairs]
    return functools.reduce(jnp.add, sums)


def traces(task: Task, θ: Float[Array, " P"], batches: Sequence[Batch]) -> Float[Array, " K"]:
    """Σ_e mean_n ‖∂r_en/∂θ‖² of each term: the trace of its tangent kernel over its labels."""
    return _traces(task, linearised(task, θ, batches).rows)


def _traces(task: Task, rows: Sequence[Float[Array, "E n P"]]) -> Float[Array, " K"]:
    return task.loss.per_term([jnp.sum(part**2, axis=(1, 2)) for part in rows])


def updated_weights(
    task: Task, state: State, here: Linearisation
) -> tuple[Float[Array, " K"], PyTree]:
    """Weights and next state of the weighting at a linearisation; a negative weight counts as 0."""
    losses = 0.5 * task.loss.per_term([jnp.sum(part**2, axis=1) for part in here.residuals])
    key = random_streams.sketch_of_all(task.key, state.step)

    def rows() -> Array:
        pairs = zip(*here, strict=True)
        return task.loss.per_term([jnp.einsum("en,enp->ep", r, J) for r, J in pairs])

    probe = Probe(
        losses,
        rows,
        lambda vectors: sketch_of(rows(), key, vectors),
        lambda: _traces(task, here.rows),
    )
    weights, weighting = asked(task.weighting, state.weighting, probe)
    return jnp.maximum(weights, 0.0), weighting  # √w needs w ≥ 0
