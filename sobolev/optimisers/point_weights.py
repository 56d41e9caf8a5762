"""Weights of the points inside each term: measured and moved on before a step on all rows.

An optimiser whose steps are made on what `attended` gives says so, `Optimiser.attends`. While a
trial or a line search is judged, the weights are held: before and after are of one loss.
"""

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from sobolev.losses.batch import Batch
from sobolev.losses.block import Block
from sobolev.optimisers.optimiser import State, Task, keep_if, stays_finite
from sobolev.weighting.points.point_rule import PointWeighting

Batches = Sequence[Batch]
Step = Callable[[Task, State, Batches], State]


def points_before(task: Task) -> PyTree:
    """The states of the point weights before the first step, one for each entry of each block."""
    return tuple(
        jax.vmap(lambda _, w=weighting, n=block.rows: w.init(n))(jnp.arange(len(block.term_of)))
        for weighting, block in zip(task.points, task.loss.blocks, strict=bool(task.points))
    )


def attended(
    task: Task, θ: Float[Array, " P"], points: PyTree, batches: tuple[Batch, ...]
) -> tuple[tuple[Batch, ...], PyTree]:
    """The batches with the weight λ of each entry in each row, and the next states of the weights.

    They are told r_e √τ where there is a label, so that L_k = Σ_e ½ mean λ τ r_e²; a row without
    one does not exist for them.
    """
    if not task.points:
        return batches, points
    parts = zip(task.points, task.loss.blocks, batches, points, strict=True)
    found = [_attended(task, θ, *part) for part in parts]
    return tuple(batch for batch, _ in found), tuple(state for _, state in found)


def _attended(
    task: Task,
    θ: Float[Array, " P"],
    weighting: PointWeighting,
    block: Block,
    batch: Any,
    state: PyTree,
) -> tuple[Batch, PyTree]:
    own, batch = batch.attention, batch._replace(attention=None)  # how it was drawn is not told
    if block.every:
        scaling = task.scaling
        x = batch.x
        if scaling is not None:
            x = (x - scaling.x_shift[None]) / scaling.x_scale[None]
        weighting = weighting.seeing(x)
    scaled, there = block.residuals(task.view(θ), batch), block.scales(batch) > 0
    residuals = scaled * jnp.sqrt(jnp.sum(there, axis=1, keepdims=True))
    index = jnp.where(there, jnp.arange(there.shape[1]), there.shape[1])
    λ, state = jax.vmap(weighting.update)(residuals, index, state)
    return batch._replace(attention=λ.T if own is None else λ.T * own), state


def with_attention(step: Step) -> Step:
    """The step on points with these weights; where it is rejected, they stay as they were."""

    def both(task: Task, state: State, batches: Batches) -> State:
        if not task.points:
            return step(task, state, batches)
        batches, points = attended(task, state.θ, state.points, tuple(batches))
        done = step(task, state, batches)
        accept = (done.rejected == state.rejected) & stays_finite(points, state.points)
        return done._replace(points=keep_if(accept, points, state.points))

    return both
