"""From cells and facets to the whole: residual, tangent, energy, virtual work of a state."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from sobolev._base.compiled import STEPS, jitted
from sobolev.fem._arrays import AnyArray
from sobolev.fem.kernel.cell import Clock, cell_energy, cell_force, cell_state, cell_work
from sobolev.fem.kernel.space import (
    CHUNK,
    Boundary,
    Case,
    Cells,
    Follower,
    Parts,
    Piece,
    Space,
)  # fmt: skip
from sobolev.fem.kernel.surface import facet_force, facet_tangent
from sobolev.fem.values import levels

States = tuple[Any, ...]


class System(NamedTuple):
    """The linearised equilibrium at one state.

    `residual [nf]` = internal minus external force plus the tangent times the pending increment of
    the prescribed displacements; `values [nnz]` of the tangent; `scale`, the norm of all cell
    forces before they cancel and of the loads; the least det(∂X/∂ξ) and the least det F; the new
    `states` of the points.
    """

    residual: Float[AnyArray, " nf"]
    values: Float[AnyArray, " nnz"]
    scale: Float[AnyArray, ""]
    least_J: Float[AnyArray, ""]
    least_F: Float[AnyArray, ""]
    states: States


def no_states(parts: Parts) -> States:
    """Of laws without history."""
    return ((),) * len(parts.pieces)


@jitted(STEPS)
def linearise(
    parts: Parts,
    space: Space,
    case: Case,
    states: States,
    u: Float[AnyArray, "n c"],
    increment: Float[AnyArray, "n c"],
    clock: Clock = Clock(),
) -> System:
    """Assemble residual and tangent at `u`, with `increment` of prescribed displacement pending."""
    nnz = len(space.pattern.indices)
    total = jnp.zeros_like(u), jnp.zeros(nnz + 1), jnp.asarray(0.0)
    minima, news = [], []
    for piece, cells, constants, state in _zipped(parts, space, case, states):

        def one(u, X, increment, constants, state, piece=piece, tables=cells.tables):
            made = cell_state(piece.law, tables, u, X, constants, state, clock)
            pending = jnp.einsum("aibk,bk->ai", made.tangent, increment)
            return made, made.force + pending

        def some(total, part, piece=piece, one=one):
            internal, values, square = total
            nodes, slots, there, constants, state = part
            of_cell = _by_cell(piece)
            made, force = jax.vmap(one, (0, 0, 0, of_cell, 0))(
                u[nodes], case.X[nodes], increment[nodes], constants, state
            )
            internal = internal.at[nodes].add(_masked(force, there))
            values = values.at[slots].add(made.tangent.reshape(slots.shape))
            square = square + jnp.sum(_masked(made.force, there) ** 2)
            return (internal, values, square), (made.least_J.min(), made.least_F.min()), made.state

        total, (J, F), new = _in_chunks(some, total, piece, cells, constants, state)
        minima.append((jnp.min(J), jnp.min(F)))
        news.append(new)
    internal, values, square = total
    for follower, boundary, constants in _followers(parts, space, case):
        force, tangent = (
            _facets(function, follower, boundary, case, constants, u)
            for function in (facet_force, facet_tangent)
        )
        pending = jnp.einsum("eaibk,ebk->eai", tangent, increment[boundary.nodes])
        internal = internal.at[boundary.nodes].add(-force - pending)
        values = values.at[boundary.slots].add(-tangent.reshape(boundary.slots.shape))
        square = square + jnp.sum(force**2)
    scale = jnp.sqrt(square + jnp.sum(case.force**2))
    residual = (internal - case.force).reshape(-1)[space.free]
    least_J, least_F = (jnp.stack(least).min() for least in zip(*minima, strict=True))
    return System(residual, values[:nnz], scale, least_J, least_F, tuple(news))


def first_states(parts: Parts, space: Space) -> States:
    """The states of all points at the beginning."""

    def of(piece, cells):
        shape = (len(cells.nodes), len(cells.tables.weights))
        return jax.tree.map(
            lambda s: np.broadcast_to(s, (*shape, *np.shape(s))).copy(), piece.law.start()
        )

    return tuple(of(*each) for each in zip(parts.pieces, space.cells, strict=True))


def forces(
    parts: Parts, space: Space, case: Case, states: States, u: Float[AnyArray, "n c"],
    clock: Clock = Clock(),
) -> tuple[Float[AnyArray, "n c"], States]:  # fmt: skip
    """`(internal forces, new states)` at u, in a form that may be differentiated again."""
    total, news = jnp.zeros_like(u), []
    for piece, cells, constants, state in _zipped(parts, space, case, states):

        def one(u, X, constants, state, piece=piece, tables=cells.tables):
            return cell_force(piece.law, tables, u, X, constants, state, clock)

        def some(total, part, piece=piece, one=one):
            nodes, _, there, constants, state = part
            of_cell = _by_cell(piece)
            force, new = jax.vmap(one, (0, 0, of_cell, 0))(
                u[nodes], case.X[nodes], constants, state
            )
            return total.at[nodes].add(_masked(force, there)), (), new

        total, _, new = _in_chunks(some, total, piece, cells, constants, state)
        news.append(new)
    for follower, boundary, constants in _followers(parts, space, case):
        force = _facets(facet_force, follower, boundary, case, constants, u)
        total = total.at[boundary.nodes].add(-force)
    return total, tuple(news)


def virtual_work(
    parts: Parts, space: Space, case: Case, states: States, u: Float[AnyArray, "n c"],
    v: Float[AnyArray, "n c"], clock: Clock = Clock(),
) -> Float[AnyArray, ""]:  # fmt: skip
    """R(u) · v, summed at the points: R itself is not assembled."""
    total = -jnp.sum(case.force * v)
    for piece, cells, constants, state in _zipped(parts, space, case, states):

        def one(u, v, X, constants, state, piece=piece, tables=cells.tables):
            return cell_work(piece.law, tables, u, v, X, constants, state, clock)

        def some(total, part, piece=piece, one=one):
            nodes, _, there, constants, state = part
            of_cell = _by_cell(piece)
            work = jax.vmap(one, (0, 0, 0, of_cell, 0))(
                u[nodes], v[nodes], case.X[nodes], constants, state
            )
            return total + jnp.sum(_masked(work, there)), (), ()

        total, _, _ = _in_chunks(some, total, piece, cells, constants, state)
    for follower, boundary, constants in _followers(parts, space, case):
        force = _facets(facet_force, follower, boundary, case, constants, u)
        total = total - jnp.sum(force * v[boundary.nodes])
    return total


def potential(
    parts: Parts, space: Space, case: Case, u: Float[AnyArray, "n c"], clock: Clock = Clock()
) -> Float[AnyArray, ""]:
    """Potential energy Π of laws that have one: their energy minus the work of the dead loads."""
    total = -jnp.sum(case.force * u)
    for piece, cells, constants, _ in _zipped(parts, space, case, no_states(parts)):

        def one(u, X, constants, piece=piece, tables=cells.tables):
            return cell_energy(piece.law, tables, u, X, constants, clock)

        def some(total, part, piece=piece, one=one):
            nodes, _, there, constants, _ = part
            energies = jax.vmap(one, (0, 0, _by_cell(piece)))(u[nodes], case.X[nodes], constants)
            return total + jnp.sum(_masked(energies, there)), (), ()

        total, _, _ = _in_chunks(some, total, piece, cells, constants, ())
    return total


def insert(space: Space, case: Case, z: Float[AnyArray, " nf"]) -> Float[AnyArray, "n c"]:
    """All values `[n, c]` from the free ones `z [nf]` and the prescribed ones."""
    return spread(space, case.displacement, z)


def spread(
    space: Space, given: Float[AnyArray, "n c"], z: Float[AnyArray, " nf"]
) -> Float[AnyArray, "n c"]:
    """`given` with its free values replaced by `z`; no index twice, or derivatives are long."""
    places = jnp.asarray(given).reshape(-1).at[space.free]
    return places.set(z, unique_indices=True, indices_are_sorted=True).reshape(given.shape)


def residual(
    parts: Parts, space: Space, case: Case, states: States, z: Float[AnyArray, " nf"],
    clock: Clock = Clock(),
) -> Float[AnyArray, " nf"]:  # fmt: skip
    """R of the free degrees of freedom, in a form that may be differentiated again."""
    internal, _ = forces(parts, space, case, states, insert(space, case, z), clock)
    return (internal - case.force).reshape(-1)[space.free]


def _zipped(parts, space, case, states):
    return zip(parts.pieces, space.cells, case.constants, states, strict=True)


def _followers(parts, space, case):
    return zip(parts.followers, space.boundaries, case.followers, strict=True)


def _facets(function, follower: Follower, boundary: Boundary, case: Case, constants, u):
    """Force or tangent of all facets of a follower."""

    def one(u, X, of_load, of_law):
        return function(follower.load, follower.law, boundary.tables, u, X, of_load, of_law)

    axes = (tuple(0 if level else None for level in levels(each))
            for each in (follower.load, follower.law))  # fmt: skip
    return jax.vmap(one, (0, 0, *axes))(u[boundary.nodes], case.X[boundary.nodes], *constants)


def _by_cell(piece: Piece) -> tuple[int | None, ...]:
    return tuple(0 if level else None for level in levels(piece.law))


def _masked(array, there):
    """Without what the cells that only fill the last chunk have; `there` None: all are there."""
    if there is None:
        return array
    return array * there.reshape(-1, *[1] * (array.ndim - 1))


def _in_chunks(some, total, piece: Piece, cells: Cells, constants, state):
    """`some(total, part) -> (total, least, new state)` over all cells at once, or by chunks."""
    m = len(cells.nodes)
    if m <= CHUNK:
        return some(total, (cells.nodes, cells.slots, None, constants, state))
    chunks = m // CHUNK

    def parts(array):
        return jnp.asarray(array).reshape(chunks, -1, *array.shape[1:])

    by_cell = _by_cell(piece)
    there = jnp.asarray(np.arange(m) < cells.real, float)
    moving = [c for c, axis in zip(constants, by_cell, strict=True) if axis == 0]
    scanned = jax.tree.map(parts, (cells.nodes, cells.slots, there, moving, state))

    @jax.checkpoint
    def step(total, part):
        nodes, slots, there, moving, state = part
        rest = iter(moving)
        mixed = tuple(
            next(rest) if axis == 0 else c for c, axis in zip(constants, by_cell, strict=True)
        )
        total, least, new = some(total, (nodes, slots, there, mixed, state))
        return total, (least, new)

    total, (least, new) = jax.lax.scan(step, total, scanned)
    return total, least, jax.tree.map(lambda a: a.reshape(-1, *a.shape[2:]), new)
