"""Why a problem has no solution, where that can be named: read off after a solve has failed."""

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp
from jaxtyping import Float
from scipy.sparse.csgraph import connected_components

from sobolev._base.errors import ConfigError, Diverged
from sobolev.fem.demands import broken_demand
from sobolev.fem.kernel.pattern import Pattern
from sobolev.fem.kernel.space import Case, Parts, Piece, Space
from sobolev.fem.values import fill, levels

SAME = 1e-8  # of the largest: below it is round-off
_AXES = "xyz"


def check_constants(parts: Parts, case: Case, regions: Sequence[np.ndarray]) -> None:
    """Raise `Diverged` where constants are not as their laws and loads demand."""
    for number, (piece, constants) in enumerate(zip(parts.pieces, case.constants, strict=True)):
        found = broken_demand(_filled(piece.law, constants))
        if found:
            sentence, row = found
            place = "" if row is None else f" in {_cell(piece, number, row, regions)}"
            raise Diverged(f"{sentence}{place}.")
    for follower, (constants, _) in zip(parts.followers, case.followers, strict=True):
        found = broken_demand(_filled(follower.load, constants))
        if found:
            raise Diverged(f"{found[0]} at '{follower.load.where}'.")


def check_symmetry(parts: Parts, pattern: Pattern, values: Float[np.ndarray, " nnz"]) -> None:
    """Raise `ConfigError` where the tangent is not as symmetric as all of its laws say.

    A factorisation that sees one half of it gives Newton's method slow and every derivative wrong.
    Of two random vectors, xᵀ K y - yᵀ K x is as large as what is not symmetric. Tangents of
    energies are symmetric by their making and are not asked.
    """
    traits = {type(piece.law).__name__: piece.law.traits() for piece in parts.pieces}
    said = all(each.symmetric for each in traits.values())
    if not said or not all(each.load.symmetric for each in parts.followers):
        return
    asked = [name for name, each in traits.items() if not each.energy]
    if not asked:
        return
    size = pattern.size
    K = sp.csr_matrix((values, pattern.indices, pattern.indptr), (size, size))
    x, y = np.random.default_rng(0).standard_normal((2, size))
    gap = abs(x @ (K @ y) - y @ (K @ x)) / np.linalg.norm(values)
    if gap > SAME:
        raise ConfigError(
            f"the tangent of {', '.join(asked)} is said to be symmetric and is not, by {gap:.1e} "
            "of its size: say symmetric=False in its traits, or mend the law."
        )


def why_inside_out(parts: Parts, space: Space, case: Case, regions: Sequence[np.ndarray]) -> str:
    """The sentence about the cell that the geometry turns inside out, or carries over an axis."""
    worst, sentence = np.inf, ""
    for number, (piece, cells) in enumerate(zip(parts.pieces, space.cells, strict=True)):
        X = case.X[cells.nodes[: cells.real]]
        det = np.linalg.det(np.einsum("mai,qaj->mqij", X, cells.tables.gradients)).min(1)
        row = int(det.argmin())
        if det[row] < worst:
            worst = det[row]
            sentence = (
                f"the geometry turns {_cell(piece, number, row, regions)} around "
                f"{_place(X[row].mean(0))} inside out: the least determinant of its map is "
                f"{worst:.3g}, it must be positive ({int((det <= 0).sum())} of {len(det)} cells). "
                "Choose a shape that fits."
            )
    if worst > 0:
        return (
            "the section of a body of revolution lies on one side of its axis, R > 0: got cells "
            f"down to R = {case.X[:, 0].min():.3g}. Move the mesh."
        )
    return sentence


def refuse_what_no_step_mends(
    parts: Parts, space: Space, case: Case, u: np.ndarray, values: np.ndarray,
    regions: Sequence[np.ndarray],
) -> None:  # fmt: skip
    """Of a tangent without an inverse: raise `ConfigError` where smaller steps cannot help.

    A law without stiffness or whose tangent is not finite at rest; motions of a body, or of a part
    of it, that no support stops.
    """
    where = _bad_cells(parts, space, ~np.isfinite(values))
    if where is not None:
        if not u.any():
            number, row, count = where
            piece = parts.pieces[number]
            raise ConfigError(
                f"the law {type(piece.law).__name__} gives a tangent that is not finite at rest, "
                f"in {count} of {space.cells[number].real} cells, the first is "
                f"{_cell(piece, number, row, regions)}: what it divides by, or takes the root of, "
                "is zero there."
            )
        return
    if not values.any():
        laws = ", ".join(type(piece.law).__name__ for piece in parts.pieces)
        raise ConfigError(f"{laws} has no stiffness: its tangent is zero everywhere.")
    found = _free_motion(space, case, u, values)
    if found:
        raise ConfigError(found)


def _filled(law, constants):
    """With own values of cells as a column, so that they meet those of points."""
    shaped = [
        np.asarray(c)[:, None] if level == 1 else np.asarray(c)
        for c, level in zip(constants, levels(law), strict=True)
    ]
    return fill(law, shaped)


def _cell(piece: Piece, number: int, row: int, regions: Sequence[np.ndarray]) -> str:
    """The cell as the mesh numbers it."""
    if number < len(regions):
        row = int(regions[number][min(row, len(regions[number]) - 1)])
    return f"cell {row} of '{piece.element}'"


def _place(x) -> str:
    return f"({', '.join(f'{each:.3g}' for each in x)})"


def _bad_cells(parts, space, bad):
    """`(piece, first cell, how many)` of the cells with bad entries of the tangent, or None."""
    bad = np.append(bad, False)
    for number, (_, cells) in enumerate(zip(parts.pieces, space.cells, strict=True)):
        rows = np.flatnonzero(bad[cells.slots[: cells.real]].any((1, 2)))
        if len(rows):
            return number, int(rows[0]), len(rows)
    return None


def _free_motion(space: Space, case: Case, u: np.ndarray, values: np.ndarray) -> str | None:
    """A sentence about the first part of the mesh that can move as a whole, if one can."""
    size, pattern = space.pattern.size, space.pattern
    K = sp.csr_matrix((values, pattern.indices, pattern.indptr), (size, size))
    x, components = np.asarray(case.X), u.shape[1]
    if u.shape == x.shape:
        x = x + u
    count, label = _connected(space, len(x))
    free = np.zeros(u.size, bool)
    free[space.free] = True
    for part in range(count):
        nodes = np.flatnonzero(label == part)
        motions = _motions(x[nodes], components)
        dofs = (components * nodes[:, None] + np.arange(components)).ravel()
        left = _null(motions[~free[dofs]], np.eye(motions.shape[1]))
        whole = np.zeros((u.size, left.shape[1]))
        whole[dofs] = motions @ left
        left = left @ _null(K @ whole[space.free] / np.abs(values).max(), np.eye(left.shape[1]))
        if left.shape[1]:
            body = "the body"
            if count > 1:
                body = (
                    f"the mesh has {count} parts that share no node, and the one of {len(nodes)} "
                    f"nodes around {_place(x[nodes].mean(0))}"
                )
            return _told(body, left, x.shape[1], components) + _touching(x, label, part, count)
    return None


def _connected(space: Space, count: int):
    """`(how many parts, part of each node)` of nodes that share cells."""
    rows, columns = [], []
    for cells in space.cells:
        nodes = np.asarray(cells.nodes[: cells.real])
        rows.append(np.repeat(nodes[:, 0], nodes.shape[1]))
        columns.append(nodes.ravel())
    pairs = np.concatenate(rows), np.concatenate(columns)
    graph = sp.csr_matrix((np.ones(len(pairs[0])), pairs), (count, count))
    return connected_components(graph, directed=False)


def _motions(x: np.ndarray, components: int) -> np.ndarray:
    """Columns `[n c, k]`: translations and, of mechanics, rotations about the middle."""
    n, d = x.shape
    columns = [np.tile(row, n) for row in np.eye(components)]
    if components == d:
        arm = x - x.mean(0)
        arm = arm / max(np.abs(arm).max(), 1e-300)
        for i, j in [(0, 1)] if d == 2 else [(1, 2), (2, 0), (0, 1)]:
            turn = np.zeros((n, d))
            turn[:, i], turn[:, j] = -arm[:, j], arm[:, i]
            columns.append(turn.ravel())
    return np.stack(columns, 1)


def _null(A: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """An orthonormal basis of the null space of A, which is all where A has no rows."""
    if not A.size:
        return whole
    _, s, Vt = np.linalg.svd(A, full_matrices=True)
    rank = int((s > SAME * max(1.0, s[0])).sum())
    return Vt[rank:].T


def _told(body: str, left: np.ndarray, d: int, components: int) -> str:
    """What is left, in words: translations along axes first, then rotations."""
    inside = (left**2).sum(1) > 1 - 1e-6
    if components != d:
        names = " and ".join(f"component {k}" for k in np.flatnonzero(inside[:components]))
        level = "its temperature" if components == 1 else names or "a combination of its fields"
        return (
            f"{body} has nothing that sets the level of {level}: every constant may be added to a "
            "solution. Prescribe a value somewhere, with Prescribed or Convection."
        )
    moves = [f"move along {_AXES[k]}" for k in range(d) if inside[k]]
    turning = left[d:] @ _null(left[:d][inside[:d]], np.eye(left.shape[1]))
    axes, sizes, _ = np.linalg.svd(turning)
    spun = axes[:, : int((sizes > 1e-6).sum())]
    if spun.shape[1]:
        if d == 2:
            moves.append("rotate about z")
        else:
            held = (spun**2).sum(1) > 1 - 1e-6
            about = [_AXES[k] for k in range(3) if held[k]]
            if len(about) < spun.shape[1]:
                about.append(f"the direction {_place(spun[:, 0])}")
            moves += [f"rotate about {axis}" for axis in about]
    said = ", ".join(moves[:-1]) + " and " + moves[-1] if len(moves) > 1 else moves[0]
    return f"{body} can still {said}: hold it, with supports such as Fixed('left')."


def _touching(x, label, part, count):
    if count == 1:
        return ""
    mine, others = (np.unique(np.round(x[chosen] / (np.ptp(x) or 1.0), 9), axis=0)
                    for chosen in (label == part, label != part))  # fmt: skip
    both = len(np.unique(np.concatenate([mine, others]), axis=0))
    shared = len(mine) + len(others) - both
    return f" {shared} of its nodes lie on nodes of other parts: merge them." if shared else ""
