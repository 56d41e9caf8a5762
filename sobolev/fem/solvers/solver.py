"""Sparse direct solvers behind one interface: `prepare(pattern).factor(values).solve(b)`."""

import importlib
import warnings
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import scipy.sparse as sp
import scipy.sparse.linalg as spla
from jaxtyping import Float

from sobolev._base.errors import ConfigError
from sobolev.fem.kernel.pattern import Pattern


class Singular(Exception):
    """The tangent has no inverse; Newton turns this into a step cut or into `Diverged`."""


# The relative residual that an iterative solver stops at: derivatives are no better than it.
EXACT = 1e-12
ROUGH = 1e-2  # where two digits are enough
# Below this ratio of the smallest to the largest pivot no digit of a solution is left.
LEAST_PIVOT_RATIO = 1e-14
# Above this condition number fewer than three digits are left. A slender beam has 1e8.
GREATEST_CONDITION = 1e13


@runtime_checkable
class Factorisation(Protocol):
    """A factored matrix."""

    def solve(
        self, b: Float[np.ndarray, "nf *k"], transposed: bool = False, tolerance: float = EXACT
    ) -> Float[np.ndarray, "nf *k"]:
        """Solve K x = b, or Kᵀ x = b, for one or many right-hand sides (columns).

        An iterative solver stops at a true residual ‖b - K x‖ ≤ `tolerance` ‖b‖, and raises
        `Singular` or `Diverged` where it does not get there; a direct one is as exact as it can be.
        """
        ...


@runtime_checkable
class Prepared(Protocol):
    """A solver that knows the sparsity pattern."""

    def factor(
        self, values: Float[np.ndarray, " nnz"], X: Float[np.ndarray, "n d"] | None = None
    ) -> Factorisation:
        """Factor the matrix with these values; raises `Singular`, never returns a wrong factor.

        Multigrid needs to know where the nodes are now, `X`; others do not look at it.
        """
        ...


@runtime_checkable
class LinearSolver(Protocol):
    """A hashable choice of solver."""

    def prepare(self, pattern: Pattern, symmetric: bool = True) -> Prepared:
        """Do the work that depends on the pattern only; `symmetric` says whether the values are."""
        ...


def check_pivots(pivots: np.ndarray) -> None:
    """Raise `Singular` when the pivots say that the matrix has no usable inverse."""
    size = np.abs(pivots)
    if not np.isfinite(size).all() or size.min() <= LEAST_PIVOT_RATIO * size.max():
        raise Singular(f"pivots between {size.min():.1e} and {size.max():.1e}")


def check_condition(factor: Factorisation, values: np.ndarray, size: int) -> None:
    """Raise `Singular` when the inverse amplifies a random vector beyond `GREATEST_CONDITION`.

    Pivots alone do not tell: they may look healthy when the null vector is small in the unknowns
    that are eliminated last. A random vector has a part along it; with n unknowns the estimate is
    typically √n below the condition number.
    """
    probe = np.random.default_rng(0).standard_normal(size)
    growth = np.linalg.norm(factor.solve(probe, tolerance=ROUGH)) / np.linalg.norm(probe)
    condition = growth * np.abs(values).max() * np.sqrt(size)
    if not condition < GREATEST_CONDITION:
        raise Singular(f"condition number near {condition:.0e}")


def required(module: str, package: str, solver: str):
    """The module that a solver is made of; `ConfigError` when its package is not installed."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ConfigError(
            f"the solver {solver} needs the package {package}, which is not installed: install it, "
            "or leave `solver` out to take the best one at hand."
        ) from error


@dataclass(frozen=True)
class SuperLU:
    """LU from scipy; always there, takes indefinite tangents.

    X. S. Li, ACM Trans. Math. Softw. 31 (2005) 302, 10.1145/1089014.1089017.
    """

    pivot_threshold: float = 1e-3

    def prepare(self, pattern: Pattern, symmetric: bool = True) -> "_PreparedLU":
        """Keep the pattern; SuperLU repeats its analysis at each factorisation."""
        return _PreparedLU(pattern, self.pivot_threshold, symmetric)


class _PreparedLU:
    def __init__(self, pattern: Pattern, threshold: float, symmetric: bool):
        self._pattern = pattern
        self._how: dict[str, Any] = {"permc_spec": "COLAMD"}
        if symmetric:
            self._how = {
                "permc_spec": "MMD_AT_PLUS_A", "diag_pivot_thresh": threshold,
                "options": {"SymmetricMode": True},
            }  # fmt: skip

    def factor(self, values, X=None):
        # rows given as columns: this factors the transpose, and `solve` knows it; no conversion
        size = self._pattern.size
        matrix = sp.csc_matrix((values, self._pattern.indices, self._pattern.indptr), (size, size))
        try:
            lu = spla.splu(matrix, **self._how)
        except (RuntimeError, ValueError) as error:
            raise Singular(str(error)) from error
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the format of U is ours alone
            check_pivots(lu.U.diagonal())
        return _FactorLU(lu)


class _FactorLU:
    def __init__(self, lu):
        self._lu = lu

    def solve(self, b, transposed=False, tolerance=EXACT):
        return self._lu.solve(b, "N" if transposed else "T")
