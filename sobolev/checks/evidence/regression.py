"""Robust regression over pairs of rows, with errors that know that pairs share rows."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np


@runtime_checkable
class Clustered(Protocol):
    """Observations with a `weight [P]`, and how their scores add up by `rows`."""

    @property
    def weight(self) -> np.ndarray:
        """`[P]`."""
        ...

    @property
    def rows(self) -> int:
        """How many there are in all."""
        ...

    def per_row(self, scores: np.ndarray) -> np.ndarray:
        """Sums of `scores [P, m]` over the observations of each row, `[n, m]`."""
        ...


@dataclass(frozen=True)
class Regression:
    """Coefficients `[m]` and their standard errors, infinite where nothing can be said."""

    coefficients: np.ndarray
    errors: np.ndarray

    @classmethod
    def nothing(cls, count: int) -> "Regression":
        """No data, no statement."""
        return cls(np.full(count, np.nan), np.full(count, np.inf))


def regress(
    design: np.ndarray, target: np.ndarray, pairs: Clustered, rounds: int = 8
) -> Regression:
    """M-estimate with Cauchy's weights, which a bad row cannot pull; rows are clusters.

    Two pairs with a row in common are not independent: the covariance is the sandwich over rows,
    V = H⁻¹ (Σ_rows s sᵀ) H⁻¹, s = Σ_(pairs of the row) ψ(r_p) z_p (M. Fafchamps, F. Gubert,
    J. Dev. Econ. 83 (2007) 326, eq. 2.6, for dyads).
    """
    # Columns of size 1, so that the ridge below means the same in each.
    size = np.sqrt(np.mean(design**2, axis=0))
    used = size > 0
    z = design[:, used] / size[used]
    base = pairs.weight * _leverage(z)
    weight, beta = base**2, np.zeros(z.shape[1])
    hessian = np.eye(z.shape[1])
    for _ in range(rounds):
        hessian = z.T @ (weight[:, None] * z)
        # Inputs that always change together leave it singular: the ridge then shares what they
        # explain between them, and is nothing beside a matrix that is not.
        hessian += 1e-12 * np.trace(hessian) / max(len(hessian), 1) * np.eye(len(hessian))
        beta = np.linalg.solve(hessian, z.T @ (weight * target))
        residual = (target - z @ beta) * base
        # σ from the median (1.48 of it, were it normal), which up to half of the pairs cannot move;
        # with 2.4 σ Cauchy's weights are 95 % as efficient as least squares on normal errors.
        scale = 1.48 * np.median(np.abs(residual)) + 1e-300
        weight = base**2 / (1 + (residual / (2.4 * scale)) ** 2)
    # In the place of ψ′ the sandwich has the weights: ψ′ of Cauchy's is negative beyond 2.4 σ, and
    # a matrix of it need not be positive.
    scores = pairs.per_row(z * (weight * (target - z @ beta))[:, None])
    inverse = np.linalg.inv(hessian)
    spread = np.sqrt(np.maximum(np.diag(inverse @ (scores.T @ scores) @ inverse), 0.0))
    # As m unknowns take their share of n rows; without rows to spare no error can be stated.
    n, m = pairs.rows, z.shape[1]
    spread = spread * np.sqrt(n / (n - m)) if n > m else np.full(m, np.inf)
    coefficients, errors = np.zeros(len(used)), np.full(len(used), np.inf)
    coefficients[used], errors[used] = beta / size[used], spread / size[used]
    return Regression(coefficients, errors)


def _leverage(z: np.ndarray) -> np.ndarray:
    """Weights below 1 for pairs of outlying regressors: one garbage row must not rule the fit."""
    size = np.abs(z)
    typical = np.array([np.median(c[c > 0]) if (c > 0).any() else 1.0 for c in size.T])
    return 1 / np.maximum(1.0, (size / typical).max(axis=1, initial=0.0) / 10)


def spread(residual: np.ndarray, weight: np.ndarray) -> float:
    """Root mean square of weighted residuals, those beyond three sigmas counted as three."""
    # 4.5 medians are three sigmas of normal errors: one bad row among a hundred must not decide
    # whether a correction helps.
    size = np.abs(residual) * weight
    return float(np.sqrt(np.mean(np.minimum(size, 4.5 * np.median(size)) ** 2)))
