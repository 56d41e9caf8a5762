"""Loss and gradient of many rows, a few at a time, so that what they need stays in the cache."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from sobolev.losses.batch import Batch
from sobolev.losses.block import Block
from sobolev.losses.loss import joined
from sobolev.optimisers.optimiser import Task

MANY, PART = 512, 128  # rows: beyond so many at once, so many at a time


def losses_and_gradient(
    task: Task, θ: Float[Array, " P"], batches: Sequence[Batch], weights: Float[Array, " K"]
) -> tuple[Float[Array, " K"], Float[Array, " P"]]:
    """`(L_k, Σ_k w_k ∇L_k)`: one pull-back by the weights, where K gradients cost K times as much.

    A block of more than 512 rows whose residuals are of one row each is summed over parts of about
    128 on a processor: a pass backwards keeps everything that the pass forwards has made, and of
    8192 rows of a 20-20-20 network with second derivatives that is beyond the cache (31 instead of
    16 ms). To rounding the sum is the same.
    """
    blocks = task.loss.blocks
    few = [not _divided(b, batch) for b, batch in zip(blocks, batches, strict=True)]
    if all(few):
        losses, pullback = jax.vjp(lambda t: task.losses(t, batches), θ)
        return losses, pullback(weights)[0]
    found, gradient, first = [], jnp.zeros_like(θ), 0
    for block, batch, at_once in zip(blocks, batches, few, strict=True):
        own = weights[first : first + len(block.names)]
        first += len(block.names)
        losses, g = (_at_once if at_once else _in_parts)(task, θ, block, batch, own)
        found.append(losses)
        gradient = gradient + g
    return joined(found), gradient


def _divided(block: Block, batch: Batch) -> bool:
    # A graphics card has the memory, and is idle with few rows.
    alone = block.rowwise and block.least_squares
    return alone and len(batch.weight) > MANY and jax.default_backend() == "cpu"


def _at_once(task: Task, θ: Array, block: Block, batch: Batch, weights: Array):
    losses, pullback = jax.vjp(lambda t: block.losses(task.view(t), batch), θ)
    return losses, pullback(weights)[0]


def _in_parts(task: Task, θ: Array, block: Block, batch: Batch, weights: Array):
    scales = block.scales(batch)  # of all rows: they have the number that counts in them
    of_entries = weights[block.term_of]

    def add(sums: tuple[Array, Array], part: tuple[Batch, Array]):
        rows, scale = part

        def squares(t: Array) -> Float[Array, " E"]:
            return 0.5 * jnp.sum((block.raw_residuals(task.view(t), rows) * scale.T) ** 2, axis=1)

        found, pullback = jax.vjp(squares, θ)
        return (sums[0] + found, sums[1] + pullback(of_entries)[0]), None

    start = jnp.zeros(len(scales), θ.dtype), jnp.zeros_like(θ)
    (squares, gradient), _ = jax.lax.scan(add, start, _parts((batch, scales.T)))
    return block.per_term(squares), gradient


def _parts(rows: tuple[PyTree, Array]) -> tuple[PyTree, Array]:
    """`[parts, rows of one, …]`; the scale of a row that only fills up is 0.

    Part k has the rows k, k + parts, …: where rows are divided over devices, each has some of it.
    """
    n = len(rows[1])
    count = -(-n // PART)
    size = -(-n // count)
    batch, scales = rows
    if count * size > n:
        order = jnp.arange(count * size)
        batch = jax.tree.map(lambda a: a[order % n], batch)
        scales = jnp.asarray(jnp.where((order < n)[:, None], scales[order % n], 0.0))
    return jax.tree.map(
        lambda a: jnp.swapaxes(a.reshape(size, count, *a.shape[1:]), 0, 1), (batch, scales)
    )
