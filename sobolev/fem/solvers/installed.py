"""Solvers that are used when the user has installed them: PARDISO and CHOLMOD."""

import functools
import weakref
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from sobolev.fem.kernel.pattern import Pattern
from sobolev.fem.solvers.solver import EXACT, Prepared, Singular, SuperLU, required


@dataclass(frozen=True)
class Pardiso:
    """Intel MKL PARDISO through pypardiso, as a general matrix: indefinite tangents are fine."""

    def prepare(self, pattern: Pattern, symmetric: bool = True) -> Prepared:
        """Raise `ConfigError` when pypardiso is not installed."""
        # the error class is not among the public names of the package
        package = required("pypardiso.pardiso_wrapper", "pypardiso", "Pardiso()")
        return _PreparedPardiso(package, pattern, symmetric)


class _PreparedPardiso:
    def __init__(self, package, pattern: Pattern, symmetric: bool):
        # one solver for all factors: pypardiso looks for its library anew in each, for 0.1 s
        self._pattern, self._failure = pattern, package.PyPardisoError
        self._symmetric = symmetric
        self._solver = package.PyPardisoSolver(mtype=11)
        self._held: sp.csr_matrix | None = None
        weakref.finalize(self, self._solver.free_memory, everything=True)

    def factor(self, values, X=None):
        size = self._pattern.size
        pieces = (values.copy(), self._pattern.indices, self._pattern.indptr)
        factor = _PardisoFactor(self, sp.csr_matrix(pieces, (size, size)), self._symmetric)
        self.solver_with(factor.matrix)
        return factor

    def solver_with(self, matrix: sp.csr_matrix):
        """The solver, holding the factors of this very matrix; factored anew unless it does."""
        if self._held is not matrix:
            # the factors live outside Python: without this every factorisation would leak
            self._held = None
            self._solver.free_memory(everything=True)
            try:
                self._solver.factorize(matrix)
            except self._failure as error:
                raise Singular(str(error)) from error
            self._held = matrix
        return self._solver


class _PardisoFactor:
    def __init__(self, prepared: _PreparedPardiso, matrix: sp.csr_matrix, symmetric: bool):
        self.matrix, self._prepared, self._symmetric = matrix, prepared, symmetric

    @functools.cached_property
    def _turned(self) -> sp.csr_matrix:
        return self.matrix if self._symmetric else self.matrix.T.tocsr()

    def solve(self, b, transposed=False, tolerance=EXACT):
        matrix = self._turned if transposed else self.matrix
        x = self._prepared.solver_with(matrix).solve(matrix, np.asfortranarray(b))
        # PARDISO perturbs vanishing pivots silently; a residual tells
        if not np.linalg.norm(matrix @ x - b) <= 1e-8 * np.linalg.norm(b):
            raise Singular("PARDISO left a residual above 1e-8")
        return x


@dataclass(frozen=True)
class Cholmod:
    """CHOLMOD through scikit-sparse 0.4; an indefinite or unsymmetric tangent goes to SuperLU."""

    def prepare(self, pattern: Pattern, symmetric: bool = True) -> Prepared:
        """Analyse the pattern once; raise `ConfigError` when scikit-sparse is not installed."""
        if not symmetric:
            return SuperLU().prepare(pattern, symmetric)
        return _PreparedCholmod(required("sksparse.cholmod", "scikit-sparse", "Cholmod()"), pattern)


class _PreparedCholmod:
    def __init__(self, package, pattern: Pattern):
        self._package, self._pattern = package, pattern
        diagonal = pattern.rows == pattern.indices
        self._symbolic = package.analyze(self._matrix(np.where(diagonal, 1.0, 0.0)))
        self._fallback = SuperLU().prepare(pattern)

    def _matrix(self, values):
        size = self._pattern.size
        return sp.csc_matrix((values, self._pattern.indices, self._pattern.indptr), (size, size))

    def factor(self, values, X=None):
        try:
            return _CholmodFactor(self._symbolic.cholesky(self._matrix(values)))
        except self._package.CholmodNotPositiveDefiniteError:
            return self._fallback.factor(values)


class _CholmodFactor:
    def __init__(self, factor):
        self._factor = factor

    def solve(self, b, transposed=False, tolerance=EXACT):
        return self._factor(b)
