"""Solvers that are used when the user has installed them: PARDISO and CHOLMOD."""

import importlib
import weakref
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from sobolev._errors import ConfigError
from sobolev.fem.assembly import Pattern
from sobolev.fem.linear_solvers import Prepared, Singular, SuperLU


def _require(module: str, package: str, solver: str):
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ConfigError(
            f"the solver {solver} needs the package {package}, which is not installed: install it, "
            "or leave `solver` out to take the best one at hand."
        ) from error


@dataclass(frozen=True)
class Pardiso:
    """Intel MKL PARDISO through pypardiso, as a general matrix: indefinite tangents are fine."""

    def prepare(self, pattern: Pattern) -> Prepared:
        """Raise `ConfigError` when pypardiso is not installed."""
        return _PreparedPardiso(_require("pypardiso", "pypardiso", "Pardiso()"), pattern)


class _PreparedPardiso:
    def __init__(self, package, pattern: Pattern):
        self._package, self._pattern = package, pattern

    def factor(self, values):
        size = self._pattern.size
        pieces = (values.copy(), self._pattern.indices, self._pattern.indptr)
        return _PardisoFactor(self._package, sp.csr_matrix(pieces, (size, size)))


class _PardisoFactor:
    def __init__(self, package, matrix: sp.csr_matrix):
        self._matrix, self._solver = matrix, package.PyPardisoSolver(mtype=11)
        # the factors live outside Python: without this every factorisation would leak
        weakref.finalize(self, self._solver.free_memory, everything=True)
        try:
            self._solver.factorize(matrix)
        except package.PyPardisoError as error:
            raise Singular(str(error)) from error

    def solve(self, b):
        x = self._solver.solve(self._matrix, np.asfortranarray(b))
        # PARDISO perturbs vanishing pivots silently; a residual tells
        if not np.linalg.norm(self._matrix @ x - b) <= 1e-8 * np.linalg.norm(b):
            raise Singular("PARDISO left a residual above 1e-8")
        return x


@dataclass(frozen=True)
class Cholmod:
    """CHOLMOD through scikit-sparse 0.4; an indefinite tangent goes to SuperLU instead."""

    def prepare(self, pattern: Pattern) -> Prepared:
        """Analyse the pattern once; raise `ConfigError` when scikit-sparse is not installed."""
        return _PreparedCholmod(_require("sksparse.cholmod", "scikit-sparse", "Cholmod()"), pattern)


class _PreparedCholmod:
    def __init__(self, package, pattern: Pattern):
        self._package, self._pattern = package, pattern
        diagonal = pattern.rows == pattern.indices
        self._symbolic = package.analyze(self._matrix(np.where(diagonal, 1.0, 0.0)))
        self._fallback = SuperLU().prepare(pattern)

    def _matrix(self, values):
        size = self._pattern.size
        return sp.csc_matrix((values, self._pattern.indices, self._pattern.indptr), (size, size))

    def factor(self, values):
        try:
            return _CholmodFactor(self._symbolic.cholesky(self._matrix(values)))
        except self._package.CholmodNotPositiveDefiniteError:
            return self._fallback.factor(values)


class _CholmodFactor:
    def __init__(self, factor):
        self._factor = factor

    def solve(self, b):
        return self._factor(b)
