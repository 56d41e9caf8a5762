"""The discretisation as arrays, and what in it is static."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from sobolev._base.errors import ConfigError
from sobolev.fem._arrays import AnyArray
from sobolev.fem.conditions.loads import SurfaceLoad
from sobolev.fem.elements.tables import Tables, tables
from sobolev.fem.kernel.pattern import Pattern, lay_out
from sobolev.fem.laws.law import Law
from sobolev.fem.values import constants_in, fill

CHUNK = 4096  # cells at once: more would hold all their tangents in memory


@dataclass(frozen=True)
class Piece:
    """Cells of one element and one law (its skeleton): the static part of a loop over cells."""

    law: Law
    element: str
    exact: int | None = None

    @property
    def tables(self) -> Tables:
        """Shape functions and quadrature."""
        return tables(self.element, self.exact)


@dataclass(frozen=True)
class Follower:
    """Facets under a load that follows the fields, on cells of a law: both are skeletons."""

    load: SurfaceLoad
    law: Law


class Parts(NamedTuple):
    """All that is static in the sums over cells and facets."""

    pieces: tuple[Piece, ...]
    followers: tuple[Follower, ...] = ()


class Cells(NamedTuple):
    """The arrays of a piece: nodes `[m, a]`, tables, and `slots [m, b, b]` of the tangent's entries
    (nnz = nowhere). Of more than `CHUNK` cells the last chunk is filled up with cells that go
    nowhere; `real` of them are not.
    """

    nodes: Int[np.ndarray, "m a"]
    tables: Tables
    slots: Int[np.ndarray, "m b b"]
    real: int


class Boundary(NamedTuple):
    """The arrays of a follower: nodes `[k, b]`, tables, and slots of the tangent's entries."""

    nodes: Int[np.ndarray, "k b"]
    tables: Tables
    slots: Int[np.ndarray, "k e e"]


class Space(NamedTuple):
    """Arrays that describe the discretisation; they enter jitted functions as arguments.

    Captured index arrays would become constants and compile three to four times slower.
    `cells` of each piece, `boundaries` of each follower; `free [nf]` numbers the unknowns
    in the full vector (node i, component k -> c i + k).
    """

    cells: tuple[Cells, ...]
    boundaries: tuple[Boundary, ...]
    free: Int[np.ndarray, " nf"]
    pattern: Pattern


class Case(NamedTuple):
    """One instance of the boundary-value problem: all that may depend on the parameters.

    Node coordinates `X [n, d]`; `constants` of each piece's law; of each follower those `(of its
    load, of its law)`; dead nodal loads `force [n, c]`
    and prescribed values `displacement [n, c]` (read where a degree of freedom is fixed).
    """

    X: Float[AnyArray, "n d"]
    constants: tuple[tuple[Any, ...], ...]
    followers: tuple[tuple[Any, Any], ...]
    force: Float[AnyArray, "n c"]
    displacement: Float[AnyArray, "n c"]


def part_of(parts: Parts, case: Case, part: Float[AnyArray, ""] | float) -> Case:
    """The case where a part of all loads and prescribed values acts."""
    followers = tuple(
        (constants_in(follower.load, fill(follower.load, of_load).scaled(part)), of_law)
        for follower, (of_load, of_law) in zip(parts.followers, case.followers, strict=True)
    )
    return case._replace(
        force=part * case.force, displacement=part * case.displacement, followers=followers
    )


def make_space(
    parts: Parts,
    nodes: Sequence[Int[np.ndarray, "m a"]],
    facets: Sequence[tuple[Int[np.ndarray, "k b"], Tables]],
    fixed: Bool[np.ndarray, "n c"],
) -> Space:
    """Number the free degrees of freedom and lay out the tangent, once per mesh and supports.

    **Arguments:** the `nodes` of each piece's cells, the `facets` of each follower; `fixed [n, c]`
    marks prescribed degrees of freedom. Raises `ConfigError` when nothing is free.
    """
    if fixed.all():
        raise ConfigError("every degree of freedom is prescribed: there is nothing to solve for.")
    components = fixed.shape[1]
    free = np.flatnonzero(~fixed.ravel())
    number = np.full(fixed.size, -1, np.int32)
    number[free] = np.arange(len(free))

    def numbers(nodes):
        dofs = components * nodes[:, :, None] + np.arange(components)
        return number[dofs.reshape(len(nodes), -1)]

    groups = [*nodes, *(of for of, _ in facets)]
    pattern, slots = lay_out([numbers(group) for group in groups], len(free))
    pattern = pattern._replace(free=free, components=components)
    cells = tuple(
        Cells(filled_up(of.astype(np.int32)), piece.tables,
              filled_up(places, len(pattern.indices)), len(of))
        for piece, of, places in zip(parts.pieces, nodes, slots, strict=False)
    )  # fmt: skip
    boundaries = tuple(
        Boundary(of.astype(np.int32), tables, places)
        for (of, tables), places in zip(facets, slots[len(nodes) :], strict=True)
    )
    return Space(cells, boundaries, free, pattern)


def filled_up(array: np.ndarray, value: int | None = None) -> np.ndarray:
    """With whole chunks of rows, the missing ones copies of the last or of this value."""
    short = -len(array) % CHUNK
    if len(array) <= CHUNK or short == 0:
        return array
    last = np.full_like(array[-1:], value) if value is not None else array[-1:]
    return np.concatenate([array, np.repeat(last, short, 0)])
