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
from sobolev.losses.view import View
from sobolev.networks.parameters import parameter_tree, with_parameters
from sobolev.optimisers import random_streams
from sobolev.optimisers.optimiser import State, Task
from sobolev.weighting.statistics import Probe, asked, sketch, sketch_of

PIECE = 2**16  # numbers, half a megabyte: about what a core has for itself


class Linearisation(NamedTuple):
    """Residuals `[E, n]` of each block (weights not applied), derivatives in θ `[E, n, P]`."""

    residuals: tuple[Float[Array, "E n"], ...]
    rows: tuple[Float[Array, "E n P"], ...]


class Quadratic(NamedTuple):
    """‖r + J L p‖² of a step L p: ‖r‖², g = LᵀJᵀr, G = LᵀJᵀJL, and what L makes of p."""

    square: Float[Array, ""]
    g: Float[Array, " s"]
    G: Float[Array, "s s"]
    step: Callable[[Float[Array, " s"]], Float[Array, " P"]]


def linearised(task: Task, θ: Float[Array, " P"], batches: Sequence[Batch]) -> Linearisation:
    """r and ∂r/∂θ at θ, scaled so that L_k is ½ the sum of the squares of its entries.

    Memory: E·n·P numbers for each block.
    """
    pairs = zip(task.loss.blocks, batches, strict=True)
    parts = [(_row_by_row if b.rowwise else _mapped)(task, θ, b, batch) for b, batch in pairs]
    return Linearisation(*(tuple(part) for part in zip(*parts, strict=True)))


def _row_by_row(task: Task, θ: Float[Array, " P"], block: Block, batch: Batch) -> tuple:
    """Each row has its own residuals only; vectorised, to compile little."""

    def of_some(some: Batch) -> tuple[Float[Array, "E n"], Float[Array, "E P n"]]:
        return _of_rows(task, θ, block, some)

    residuals, rows = _in_pieces(of_some, batch, len(block.term_of) * len(θ))
    scale = block.scales(batch)
    return residuals * scale, jnp.swapaxes(rows * scale[:, None], 1, 2)


def _of_rows(task: Task, θ: Float[Array, " P"], block: Block, batch: Batch) -> tuple:
    """The residuals themselves `[E, n]` and their derivatives `[E, P, n]`, not scaled."""

    def of_one_row(row: Batch):
        one = jax.tree.map(lambda a: a[None], row)
        return _backwards(task, θ, lambda view: block.raw_residuals(view, one)[:, 0])

    parts, residuals = jax.vmap(of_one_row)(batch)
    rows = jnp.concatenate(parts, axis=-1, dtype=θ.dtype)
    return residuals.T, jnp.moveaxis(rows, 0, -1)


def _in_pieces(of_some: Callable, batch: Batch, numbers: int) -> tuple[Array, ...]:
    """What it gives `[…, n]` of some rows at a time, so few that they stay in the cache.

    `numbers`: how many belong to a row. They are put where those who multiply them want them, the
    rows last; in the cache that costs little.
    """
    n = len(batch.weight)
    piece = max(16, PIECE // numbers)
    if n <= piece:
        return of_some(batch)

    def one(i: Array, whole: tuple[Array, ...]) -> tuple[Array, ...]:
        # The last piece begins before the end of the one before it: some rows are made twice.
        start = jnp.minimum(i * piece, n - piece)
        some = jax.tree.map(lambda a: jax.lax.dynamic_slice_in_dim(a, start, piece), batch)
        pairs = zip(whole, of_some(some), strict=True)
        put = jax.lax.dynamic_update_slice_in_dim
        return tuple(put(a, b, start, a.ndim - 1) for a, b in pairs)

    shapes = jax.eval_shape(of_some, batch)
    empty = [jnp.zeros(shape.shape, shape.dtype) for shape in shapes]
    return jax.lax.fori_loop(0, -(-n // piece), one, tuple(empty))


def _mapped(task: Task, θ: Float[Array, " P"], block: Block, batch: Batch) -> tuple:
    """What is linear in residuals of one row each is so in their derivatives."""
    if not block.mapped:
        return _at_once(task, θ, block, batch)

    def of_some(some: Batch) -> tuple[Float[Array, "E n"], Float[Array, "E P n"]]:
        return _of_rows(task, θ, block, some)

    raw, rows = _in_pieces(of_some, batch, len(block.term_of) * len(θ))
    J = jax.vmap(lambda column: block.vectors(column, batch), 1, 2)(rows)
    return block.vectors(raw, batch), J


def _at_once(task: Task, θ: Float[Array, " P"], block: Block, batch: Batch) -> tuple:
    """A pass backwards for each residual, through all rows."""
    parts, found = _backwards(task, θ, lambda view: block.residuals(view, batch))
    return found, jnp.concatenate(parts, axis=-1, dtype=θ.dtype)


def _backwards(task: Task, θ: Float[Array, " P"], of: Callable[[View], Array]) -> tuple:
    """Derivatives in each array of the network `[…, p]`, and the residuals `[…]` themselves.

    By arrays, not by θ: a network uses a weight once for each derivative it is asked for, and each
    of these parts would be put among zeros as long as θ before they are added.
    """

    def residuals(parameters: PyTree) -> tuple[Array, Array]:
        found = of(View(with_parameters(task.network, parameters), task.scaling))
        return found, found

    parts, found = jax.jacrev(residuals, has_aux=True)(parameter_tree(task.network, θ))
    flat = [part.reshape(*found.shape, -1) for part in jax.tree.leaves(parts)]
    return flat, found


def weighted(
    task: Task, here: Linearisation, weights: Float[Array, " K"]
) -> tuple[list[Float[Array, " m"]], list[Float[Array, "P m"]]]:
    """r and Jᵀ of each block with the roots of the weights: its entries one after the other.

    In parts, since to put large matrices beside each other costs more than to make them.
    """
    roots = [root[:, None] for root in task.loss.per_entry(jnp.sqrt(weights))]
    parts = list(zip(roots, here.residuals, here.rows, strict=True))
    columns = [jnp.moveaxis(root[..., None] * rows, 2, 0) for root, _, rows in parts]
    r = [(root * residuals).reshape(-1) for root, residuals, _ in parts]
    return r, [part.reshape(len(part), -1) for part in columns]


def stacked(task: Task, here: Linearisation, weights: Float[Array, " K"]) -> tuple[Array, Array]:
    """`(r [m], J [m, P])` of all residuals one below the other, with the roots of the weights."""
    r, columns = weighted(task, here, weights)
    return joined(r), joined(columns, 1).T


def folded(
    task: Task,
    θ: Float[Array, " P"],
    batches: Sequence[Batch],
    weights: Float[Array, " K"],
    add: Callable[[PyTree, Float[Array, " k"], Float[Array, "k P"], Array], PyTree],
    so_far: PyTree,
    most: int,
) -> PyTree:
    """`add(so far, r, J, number)` of `most` residuals at a time: for a J that is never kept.

    r and J have the roots of the weights; a row that is made twice, to fill the last piece, is zero
    the second time. Blocks that are not `rowwise` are one piece.
    """
    number = 0
    parts = zip(task.loss.per_entry(jnp.sqrt(weights)), task.loss.blocks, batches, strict=True)
    for root, block, batch in parts:
        if not block.rowwise:
            found, J = _mapped(task, θ, block, batch)
            J = (root[:, None, None] * J).reshape(-1, len(θ))
            so_far = add(so_far, (root[:, None] * found).reshape(-1), J, jnp.asarray(number))
            number += 1
            continue
        n = len(batch.weight)
        piece = min(n, max(1, most // len(block.term_of)))
        scale = root[:, None] * block.scales(batch)

        def one(i: Array, so_far: PyTree, batch=batch, block=block, scale=scale,
                piece=piece, n=n, number=number) -> PyTree:  # fmt: skip
            start = jnp.minimum(i * piece, n - piece)
            cut = functools.partial(
                jax.lax.dynamic_slice_in_dim, start_index=start, slice_size=piece
            )
            own = jnp.where(start + jnp.arange(piece) >= i * piece, cut(scale, axis=1), 0.0)
            found, rows = _of_rows(task, θ, block, jax.tree.map(cut, batch))
            J = jnp.moveaxis(rows * own[:, None], 1, 2).reshape(-1, len(θ))
            return add(so_far, (found * own).reshape(-1), J, number + i)

        so_far = jax.lax.fori_loop(0, -(-n // piece), one, so_far)
        number += -(-n // piece)
    return so_far


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
    return summed([jnp.sum((root[:, None] * r) ** 2) for root, r in pairs])


def summed(parts: Sequence[Array]) -> Array:
    """The sum of arrays of one shape."""
    return functools.reduce(jnp.add, parts)


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


def weights_without_rows(
    task: Task, state: State, losses: Float[Array, " K"], batches: Sequence[Batch]
) -> tuple[Float[Array, " K"], PyTree]:
    """As `updated_weights`, the losses known, where no row is linearised unless one is asked for.

    Seldom, or beside much dearer work, so that all of it is vectorised to compile little.
    """
    θ, key = state.θ, random_streams.sketch_of_all(task.key, state.step)
    of_terms = lambda t: task.losses(t, batches)  # noqa: E731
    probe = Probe(
        losses,
        lambda: jax.jacrev(of_terms)(θ),
        lambda vectors: sketch(of_terms, θ, key, vectors),
        lambda: traces(task, θ, batches),
    )
    return asked(task.weighting, state.weighting, probe)
