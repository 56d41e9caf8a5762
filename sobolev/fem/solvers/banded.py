"""LAPACK banded Cholesky after reverse Cuthill-McKee: the fastest solver for narrow 2-D meshes."""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from jaxtyping import Int
from scipy.linalg import get_lapack_funcs
from scipy.sparse.csgraph import reverse_cuthill_mckee

from sobolev.fem.kernel.pattern import Pattern
from sobolev.fem.solvers.solver import EXACT, Prepared, Singular, SuperLU, check_pivots

_dpbtrf, _dpbtrs = get_lapack_funcs(("pbtrf", "pbtrs"), dtype=np.float64)


def band_order(pattern: Pattern) -> Int[np.ndarray, " nf"]:
    """Position of every unknown after reverse Cuthill-McKee, or as it is when that is no wider.

    E. Cuthill, J. McKee, Proc. 24th ACM National Conference (1969) 157, 10.1145/800195.805928.
    """
    graph = sp.csr_matrix((np.ones(len(pattern.indices)), pattern.indices, pattern.indptr))
    position = np.empty(pattern.size, np.int64)
    position[reverse_cuthill_mckee(graph, symmetric_mode=True)] = np.arange(pattern.size)
    natural = np.arange(pattern.size)
    return min((natural, position), key=lambda order: _width(pattern, order))


def half_bandwidth(pattern: Pattern) -> int:
    """Greatest distance of an entry from the diagonal after reordering."""
    return _width(pattern, band_order(pattern))


def _width(pattern: Pattern, position: np.ndarray) -> int:
    return int(np.abs(position[pattern.rows] - position[pattern.indices]).max())


@dataclass(frozen=True)
class BandedCholesky:
    """Banded Cholesky (LAPACK dpbtrf); an indefinite or unsymmetric tangent goes to SuperLU."""

    def prepare(self, pattern: Pattern, symmetric: bool = True) -> Prepared:
        """Reorder the unknowns and find the place of every entry in the band."""
        return _PreparedBand(pattern) if symmetric else SuperLU().prepare(pattern, symmetric)


class _PreparedBand:
    def __init__(self, pattern: Pattern):
        self._position = band_order(pattern)
        self._order = np.argsort(self._position)
        i, j = self._position[pattern.rows], self._position[pattern.indices]
        self._lower = np.flatnonzero(i >= j)
        self._shape = (_width(pattern, self._position) + 1, pattern.size)
        # Fortran order: LAPACK then works in place, without a copy
        self._place = (i - j + j * self._shape[0])[self._lower]
        self._fallback = SuperLU().prepare(pattern)

    def factor(self, values, X=None):
        if not np.isfinite(values).all():
            raise Singular("the tangent has entries that are not finite")
        band = np.zeros(self._shape[0] * self._shape[1])
        band[self._place] = values[self._lower]
        factor, info = _dpbtrf(band.reshape(self._shape, order="F"), lower=1, overwrite_ab=1)
        if info > 0:  # not positive definite: a Cholesky factor does not exist, an LU may
            return self._fallback.factor(values)
        check_pivots(factor[0] ** 2)
        return _BandFactor(factor, self._position, self._order)


class _BandFactor:
    def __init__(self, factor, position, order):
        self._factor, self._position, self._order = factor, position, order

    def solve(self, b, transposed=False, tolerance=EXACT):
        x, _ = _dpbtrs(self._factor, b[self._order], lower=1, overwrite_b=1)
        return x[self._position]
