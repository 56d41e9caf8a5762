"""The first modes of A φ = λ B φ, and what they change by, with a sparse factor at hand.

Lanczos' method (ARPACK) with one vector may miss copies of a repeated eigenvalue. It is therefore
run again beside the modes that it found, until what it finds there comes after all of them.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.linalg
import scipy.sparse as sp
import scipy.sparse.linalg as spla
from jaxtyping import Float

from sobolev._base.errors import Diverged
from sobolev.fem.kernel.pattern import Pattern
from sobolev.fem.solvers.solver import Prepared, Singular

DENSE = 300  # unknowns up to which all modes are found at once
# Above this relative distance two eigenvalues do not come in the wrong order by round-off.
ROUND_OFF = 1e-9

# Below this part of what is summed up for it, a value is zero: its sign is of round-off.
NOTHING = 1e-11

Solve = Callable[[Float[np.ndarray, " nf"]], Float[np.ndarray, " nf"]]


@dataclass(frozen=True, eq=False)
class Pencil:
    """A φ = λ B φ with symmetric A, B; modes of `inverted` are those of least λ, else of greatest.

    `solve` is by A where `inverted` (then B is a mass matrix, and A at best definite), else by B,
    which is definite.
    """

    A: sp.csr_matrix
    B: sp.csr_matrix
    inverted: bool
    solve: Solve

    @property
    def size(self) -> int:
        """Number of unknowns."""
        return len(self.A.indptr) - 1


def matrix(pattern: Pattern, values: Float[np.ndarray, " nnz"]) -> sp.csr_matrix:
    """The sparse matrix with these entries."""
    pieces = (np.asarray(values), pattern.indices, pattern.indptr)
    return sp.csr_matrix(pieces, (pattern.size, pattern.size))


def first_modes(
    pencil: Pencil, count: int
) -> tuple[Float[np.ndarray, " k"], Float[np.ndarray, "k nf"]]:
    """`(eigenvalues, modes)` of the `count` first modes and of the one that comes next, if any.

    In their order, φ · B φ = 1. Raises `Diverged` where there are not so many.
    """
    if pencil.size <= max(DENSE, 3 * count + 20):
        values, modes = _all(pencil)
        return values[: count + 1], modes[: count + 1]
    values, modes = _some(pencil, count, np.zeros((0, pencil.size)))
    for _ in range(count + 20):
        more, further = _some(pencil, 1, modes)
        last = values[count - 1]
        values, modes = _ritz(pencil, np.vstack([modes, further]))
        after = more[0] - last if pencil.inverted else last - more[0]
        if after >= -ROUND_OFF * abs(last):
            return values[: count + 1], modes[: count + 1]
    raise Diverged(
        "the modes of the structure were not found: Lanczos' method goes on to miss some."
    )


def above_round_off(
    pencil: Pencil, values: Float[np.ndarray, " k"], modes: Float[np.ndarray, "k nf"]
) -> int:
    """How many of the values, in their order, are positive: φ · A φ against |φ| · |A| |φ|."""
    sums = np.einsum("kn,kn->k", np.abs(modes), (abs(pencil.A) @ np.abs(modes).T).T)
    return int((values > NOTHING * sums).sum())


def _all(pencil):
    """By dense matrices, in the inner product of the one that is definite."""
    A, B = pencil.A.toarray(), pencil.B.toarray()
    if not pencil.inverted:
        values, vectors = scipy.linalg.eigh(A, B)
        return values[::-1], vectors.T[::-1]
    try:
        inverse, vectors = scipy.linalg.eigh(B, A)
    except scipy.linalg.LinAlgError:  # A is not definite: its least value says so
        return _least(A, B), np.zeros((1, len(A)))
    keep = inverse > 1e-14 * max(inverse.max(), 0.0)  # without mass: infinite, no mode
    inverse, vectors = inverse[keep][::-1], vectors.T[keep][::-1]
    return 1 / inverse, vectors / np.sqrt(inverse)[:, None]


def _least(A, B):
    """The least value, or where B is not definite either, that of A alone: of the same sign."""
    try:
        return scipy.linalg.eigh(A, B, eigvals_only=True)[:1]
    except scipy.linalg.LinAlgError:
        return np.linalg.eigvalsh(A)[:1]


def _some(pencil, count, known):
    """The first ones beside those that are known, by Lanczos' method."""
    # each time another one: the last one may have had no part along what was missed
    start = np.random.default_rng(len(known)).standard_normal(pencil.size)
    images = pencil.B @ known.T

    def beside(b):
        x = pencil.solve(b)
        return x - known.T @ (images.T @ x)

    shape = pencil.A.shape
    operator = spla.LinearOperator(shape, matvec=beside, dtype=float)  # type: ignore[call-arg]
    how = {"k": count, "M": pencil.B, "ncv": max(2 * count + 1, 20)}
    try:
        # in the range of the operator: a part without mass never enters
        how["v0"] = beside(pencil.B @ start)
        if pencil.inverted:
            _, vectors = spla.eigsh(pencil.A, sigma=0.0, OPinv=operator, which="LM", **how)
        else:
            _, vectors = spla.eigsh(pencil.A, Minv=operator, which="LA", **how)
    except (spla.ArpackError, Singular) as error:
        raise Diverged(
            f"the modes of the structure were not found ({error}): ask for fewer, or look whether "
            "there are as many."
        ) from error
    return _ritz(pencil, vectors.T)


def _ritz(pencil, vectors):
    """Rayleigh and Ritz's best values and modes in what the vectors span, in their order."""
    A, B = (vectors @ (each @ vectors.T) for each in (pencil.A, pencil.B))
    values, turn = scipy.linalg.eigh((A + A.T) / 2, (B + B.T) / 2)
    if not pencil.inverted:
        values, turn = values[::-1], turn[:, ::-1]
    return values, turn.T @ vectors


class Change:
    """Solves (A - λ B) ψ = b with Φᵀ B ψ = 0, of modes Φ of which λ is the value of one.

    b is orthogonal to Φ. The matrix is singular: as many unknowns as there are modes, where these
    are large and independent, are taken out of it; what is left has its pattern and a factor. Those
    unknowns and the multipliers of the constraint follow from a small system.

    Source: R. B. Nelson, AIAA J. 14 (1976) 1201, 10.2514/3.7211, for one mode.
    """

    def __init__(
        self, pattern: Pattern, prepared: Prepared, values: Float[np.ndarray, " nnz"],
        modes: Float[np.ndarray, "k nf"], images: Float[np.ndarray, "k nf"],
    ):  # fmt: skip
        k = len(modes)
        self._out = _pivots(modes)
        marked = np.zeros(pattern.size, bool)
        marked[self._out] = True
        rows, columns = pattern.rows, pattern.indices
        kept = np.where(marked[rows] | marked[columns], 0.0, values)
        kept[marked[rows] & (rows == columns)] = np.abs(values[rows == columns]).max()
        try:
            self._factor = prepared.factor(kept)
        except Singular as error:
            raise Diverged(
                f"the change of a mode with the parameters was not found ({error}): two of the "
                "asked modes lie apart, and the structure without them has one at the same place. "
                "Ask for them as responses of their own."
            ) from error
        # the columns that belong to the unknowns taken out, and to the multipliers
        taken = matrix(pattern, values)[self._out].toarray()
        scaled = images * (np.abs(taken).max() / np.abs(images).max())
        self._rest = np.vstack([taken, scaled])
        corner = np.zeros((2 * k, 2 * k))
        corner[:, :k] = self._rest[:, self._out]
        corner[:k, k:] = scaled[:, self._out].T
        self._rest[:, self._out] = 0.0
        self._columns = self._factor.solve(np.asfortranarray(self._rest.T))
        self._small = corner - self._rest @ self._columns
        self._modes, self._images = modes, images

    def __call__(self, b: Float[np.ndarray, "nf d"]) -> Float[np.ndarray, "nf d"]:
        """ψ of each column."""
        outer = np.concatenate([b[self._out], np.zeros((len(self._modes), b.shape[1]))])
        inner = np.array(b, order="F")
        inner[self._out] = 0.0
        found = self._factor.solve(inner)
        small = np.linalg.solve(self._small, outer - self._rest @ found)
        psi = found - self._columns @ small
        psi[self._out] = small[: len(self._out)]
        # what round-off left of the modes is taken out
        return psi - self._modes.T @ (self._images @ psi)


def _pivots(modes: Float[np.ndarray, "k nf"]) -> list[int]:
    """As many unknowns as modes, where these are large and independent: a QR with pivots."""
    rest, found = modes.copy(), []
    for _ in modes:
        found.append(int(np.linalg.norm(rest, axis=0).argmax()))
        direction = rest[:, found[-1]] / np.linalg.norm(rest[:, found[-1]])
        rest -= np.outer(direction, direction @ rest)
    return found
