"""Conjugate gradients with algebraic multigrid: for 3-D problems that are too large to factor."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from jaxtyping import Float

from sobolev._base.errors import ConfigError, Diverged
from sobolev.fem.kernel.pattern import Pattern
from sobolev.fem.solvers.solver import EXACT, Prepared, Singular, required

DIRECT = "A direct solver does not mind: Model(..., solver=fem.SuperLU()), or fem.Pardiso()."
EPS = float(np.finfo(float).eps)
COARSEST = 100  # nodes and aggregates that are left to a dense solve
# Of the smallest Ritz value of a rigid motion to the largest entry: below it nothing holds the body
FREE_MOTION = 1e-12
# Solutions of one matrix that the next one starts from, of two vectors each
REMEMBERED, DIGITS = 4, 1e-6


@dataclass(frozen=True)
class MultigridCG:
    """Conjugate gradients, preconditioned by smoothed aggregation that knows the rigid motions.

    Work and memory grow in proportion to the unknowns, where those of a factor grow like n² and
    n^(4/3) in three dimensions. The preconditioner is built where the nodes are now, and kept until
    the iterations double. A solution is given away only when its true residual is as small as that
    of a direct solver. Takes positive definite tangents: where conjugate gradients do not converge
    (nearly incompressible, very slender) they say so, `Diverged`. **Arguments:** `iterations` at
    most, of one solve.

    Needs the package pyamg. Sources: P. Vaněk, J. Mandel, M. Brezina, Computing 56 (1996) 179,
    10.1007/BF02238511; M. R. Hestenes, E. Stiefel, J. Res. Nat. Bur. Stand. 49 (1952) 409.

    ```python
    fem.Model(..., solver=fem.MultigridCG())
    ```
    """

    iterations: int = 500

    def prepare(self, pattern: Pattern, symmetric: bool = True) -> Prepared:
        """Put the unknowns of each node together; raises `ConfigError` without pyamg, and for a
        tangent that is not symmetric.
        """
        if not symmetric:
            raise ConfigError(
                f"conjugate gradients need a symmetric tangent: this problem's is not. {DIRECT}"
            )
        return _PreparedMultigrid(
            required("pyamg", "pyamg", "MultigridCG()"), pattern, self.iterations
        )


class _PreparedMultigrid:
    def __init__(self, package, pattern: Pattern, iterations: int):
        self._package, self._limit = package, iterations
        self._pattern, self._blocks = pattern, _Blocks(pattern)
        self._X: np.ndarray | None = None
        self._cycle: _Cycle | None = None

    def factor(self, values, X=None):
        if not np.isfinite(values).all():
            raise Singular("the tangent has entries that are not finite")
        matrix = self._blocks.matrix(values)
        if self._cycle is None or X is None or X is not self._X:
            self._X = X
            self._cycle = self._cycle_of(matrix)
        return _Iteration(self, matrix)

    def _cycle_of(self, matrix) -> "_Cycle":
        """A preconditioner of this very matrix; `Singular` where a rigid motion costs nothing."""
        B = self._blocks.spread(near_null_space(self._pattern, self._X))
        B = B / np.linalg.norm(B, axis=0)
        stiffness = np.linalg.eigvalsh(B.T @ (matrix @ B))
        if not stiffness[0] > FREE_MOTION * np.abs(matrix.data).max():
            raise Singular("a rigid motion meets no resistance, or a negative one")
        smoother = ("chebyshev", {"degree": 2})
        # Chebyshev's polynomial takes the matrix as it is, and next to stiff cells does nothing for
        # soft ones: with ones on the diagonal it does. S A S has the near null space S⁻¹ B.
        diagonal = matrix.diagonal()
        if not diagonal.min() > 0:
            raise Singular(f"not positive definite, as conjugate gradients need it. {DIRECT}")
        S = 1 / np.sqrt(diagonal)
        with _random_numbers_of_its_own():
            hierarchy = self._package.smoothed_aggregation_solver(
                _scaled(matrix, S), B / S[:, None], strength="symmetric", max_coarse=COARSEST,
                improve_candidates=None, presmoother=smoother, postsmoother=smoother,
            )  # fmt: skip
        cycle = hierarchy.aspreconditioner().matvec
        return _Cycle(lambda r: S * cycle(S * r))

    def solve(self, matrix, b, tolerance: float, found: "_Found"):
        """x with b - A x below the tolerance, one right-hand side; raises `Diverged`."""
        cycle = self._cycle or self._cycle_of(matrix)
        b = self._blocks.spread(b)
        start = found.nearest(b)
        r = b - matrix @ start if start.any() else b
        x, first = start, r
        norm = float(abs(matrix).sum(1).max())
        wanted, spent = tolerance * float(np.linalg.norm(b)), 0
        while True:
            # the recursion of conjugate gradients loses the residual to round-off in the end: the
            # true one counts, and nobody's gets below the round-off of A x
            enough = max(wanted, EPS * norm * float(np.linalg.norm(x)))
            if np.linalg.norm(r) <= enough:
                found.keep(x - start, first - r, b)
                return self._blocks.gather(x)
            if spent >= self._limit:
                reached = np.linalg.norm(r) / np.linalg.norm(b)
                raise Diverged(
                    f"conjugate gradients came down to a residual of {reached:.0e} in {spent} "
                    "iterations, which is no solution: the body is nearly incompressible (ν above "
                    f"0.49), very slender, or not held everywhere. {DIRECT}"
                )
            change, k, slow = cycle.towards(matrix, r, enough / 2, self._limit - spent)
            x, spent = x + change, spent + k
            r = b - matrix @ x
            if slow:
                self._cycle = cycle = self._cycle_of(matrix)


@dataclass
class _Cycle:
    """One multigrid cycle as a preconditioner, and its iterations a decade with its own matrix."""

    apply: Callable[[Any], Any]
    pace: float | None = None

    def towards(self, matrix, b, goal: float, limit: int) -> tuple[np.ndarray, int, bool]:
        """`(x, iterations, slow)`: x nearly solves A x = b, or the cycle has become too slow."""
        x, r = np.zeros_like(b), b
        start = np.linalg.norm(b)
        z = self.apply(r)
        direction, product = z, r @ z
        for k in range(1, limit + 1):
            along = matrix @ direction
            curvature = direction @ along
            if not (curvature > 0 and product > 0):
                raise Singular(f"not positive definite, as conjugate gradients need it. {DIRECT}")
            step = product / curvature
            x, r = x + step * direction, r - step * along
            decades = np.log10(start / max(np.linalg.norm(r), goal / 10))
            if np.linalg.norm(r) <= goal:
                if self.pace is None:
                    self.pace = k / decades
                return x, k, False
            if self.pace is not None and k > 10 + 2 * self.pace * max(decades, 0):
                return x, k, True
            z = self.apply(r)
            product, before = r @ z, product
            direction = z + product / before * direction
        return x, limit, False


class _Iteration:
    """A matrix, and the way to its inverse."""

    def __init__(self, prepared: _PreparedMultigrid, matrix):
        self._prepared, self._matrix, self._found = prepared, matrix, _Found()

    def solve(self, b, transposed=False, tolerance=EXACT):
        columns = np.reshape(b, (len(b), -1)).T
        solve, found = self._prepared.solve, self._found if tolerance <= EXACT else _Found()
        solved = [solve(self._matrix, each, tolerance, found) for each in columns]
        return np.stack(solved, axis=-1).reshape(b.shape)


class _Found:
    """Solutions of this matrix so far: the next one starts from the best of their combinations.

    Each solve adds what it has found beyond its start, x - Σ c_i d_i = |p| d, with p = A d of unit
    length. The c = Pᵀ b leave the least residual ‖b - P c‖, so the p are orthogonal by themselves.
    Of a right side that has been solved for nothing is left to do: the adjoint of the compliance
    of a linear body, Kᵀ λ = f, is its displacement, and that of its Hessian products their K z' =
    -R_p v.
    """

    def __init__(self):
        self._ways: list[tuple[np.ndarray, np.ndarray]] = []

    def nearest(self, b: Float[np.ndarray, " rows"]) -> Float[np.ndarray, " rows"]:
        """The combination with the least residual, zero of none."""
        parts = ((product @ b) * way for way, product in self._ways)
        return sum(parts, start=np.zeros_like(b))

    def keep(
        self, way: Float[np.ndarray, " rows"], product: Float[np.ndarray, " rows"],
        b: Float[np.ndarray, " rows"],
    ) -> None:  # fmt: skip
        """Remember what a solve for b has found, and its product; the oldest is forgotten."""
        size = float(np.linalg.norm(product))
        if size > DIGITS * np.linalg.norm(b):  # the rest is round-off
            self._ways = [*self._ways, (way / size, product / size)][-REMEMBERED:]


def _scaled(matrix: sp.bsr_matrix, S: Float[np.ndarray, " rows"]) -> sp.bsr_matrix:
    """S A S with a diagonal S."""
    each = S.reshape(-1, matrix.blocksize[0])
    rows = np.repeat(np.arange(len(each)), np.diff(matrix.indptr))
    data = matrix.data * each[rows][:, :, None] * each[matrix.indices][:, None, :]
    return sp.bsr_matrix((data, matrix.indices, matrix.indptr), matrix.shape)


@contextlib.contextmanager
def _random_numbers_of_its_own():
    """Always the same ones: spectral radii are estimated from vectors of NumPy's global state."""
    kept = np.random.get_state()  # noqa: NPY002 - the package knows no other
    np.random.seed(0)  # noqa: NPY002
    try:
        yield
    finally:
        np.random.set_state(kept)  # noqa: NPY002


class _Blocks:
    """The unknowns of each node together, those that are prescribed as rows of their own.

    A prescribed component keeps its row, with the diagonal alone and nothing on the right, so that
    every block has as many rows as there are fields and aggregates are made of nodes.
    """

    def __init__(self, pattern: Pattern):
        c = pattern.components
        free = np.arange(pattern.size) if pattern.free is None else pattern.free
        nodes, block = np.unique(free // c, return_inverse=True)
        self._place = c * block + free % c
        self._size = c * len(nodes)
        lengths = np.zeros(self._size, np.int64)
        lengths[self._place] = np.diff(pattern.indptr)
        held = np.flatnonzero(lengths == 0)
        nnz, shape = len(pattern.indices), (self._size, self._size)
        # a matrix of places instead of values, turned into blocks once: 0 is nothing, nnz + 1 the
        # diagonal of what is prescribed
        places = np.arange(1, nnz + 1, dtype=np.int32)
        starts = np.concatenate([[0], np.cumsum(lengths)])
        free_part = sp.csr_matrix((places, self._place[pattern.indices], starts), shape)
        held_part = sp.csr_matrix((np.full(len(held), nnz + 1, np.int32), (held, held)), shape)
        blocked = sp.bsr_matrix(free_part + held_part, blocksize=(c, c))
        blocked.sort_indices()
        self._from = blocked.data.astype(np.int32)
        self._indices, self._indptr = blocked.indices, blocked.indptr
        rows = np.repeat(np.arange(pattern.size), np.diff(pattern.indptr))
        self._diagonal = np.flatnonzero(rows == pattern.indices)

    def matrix(self, values: Float[np.ndarray, " nnz"]) -> sp.bsr_matrix:
        """The tangent in blocks."""
        scale = np.abs(values[self._diagonal]).mean()
        data = np.concatenate([[0.0], values, [scale]])[self._from]
        return sp.bsr_matrix((data, self._indices, self._indptr), (self._size, self._size))

    def spread(self, b: Float[np.ndarray, "nf *k"]) -> Float[np.ndarray, "rows *k"]:
        """Zero where a value is prescribed."""
        whole = np.zeros((self._size, *b.shape[1:]))
        whole[self._place] = b
        return whole

    def gather(self, x: Float[np.ndarray, "rows *k"]) -> Float[np.ndarray, "nf *k"]:
        """The values of the unknowns."""
        return x[self._place]


def near_null_space(
    pattern: Pattern, X: Float[np.ndarray, "n d"] | None
) -> Float[np.ndarray, "nf m"]:
    """What costs least energy, as columns: rigid motions of displacements, constants of others.

    Rotations are taken about the centre, so that they are not nearly translations. Without
    positions there are none.
    """
    free = np.arange(pattern.size) if pattern.free is None else pattern.free
    node, component = np.divmod(free, pattern.components)
    columns = [component == k for k in range(pattern.components)]
    if X is not None and X.shape[1] == pattern.components > 1:
        x = (X - X.mean(0))[node]
        for i in range(pattern.components):
            for j in range(i):
                columns.append((component == i) * x[:, j] - (component == j) * x[:, i])
    return np.stack(columns, 1).astype(float)
