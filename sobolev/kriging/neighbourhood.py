"""What the neighbours say about the gradient of one row: a small gradient-enhanced process.

A Gaussian process with the kernel exp(−|u − u'|²/2) is conditioned on values and gradients. How
well it foretells gradients it has not seen is measured on the neighbours themselves: leaving out a
block b of the observations z has the error r = [(K⁻¹)_bb]⁻¹ (K⁻¹z)_b with covariance [(K⁻¹)_bb]⁻¹
(S. Sundararajan, S. S. Keerthi, Neural Comput. 13 (2001) 1103).
"""

from dataclasses import dataclass

import numpy as np
from numpy.linalg import LinAlgError, cholesky, inv, solve

LENGTHS = (0.5, 1.0, 2.0, 4.0)  # of the kernel, in median distances of the neighbours
JITTER = 1e-7


@dataclass(frozen=True)
class Expectation:
    """The gradient of a row that its neighbours expect.

    `gradient [d]`, NaN where the row has no label to compare; `surprise`: distance of the given
    gradient in standard deviations, divided by the median of the same for the neighbours; `doubt`:
    standard deviation of the expectation, in the neighbours' own measure, relative to its size.
    """

    gradient: np.ndarray
    surprise: float
    doubt: float


def expect(x, y, gradient) -> Expectation | None:
    """Row 0 by the others: `x [m, d]`, `y [m]`, `gradient [m, d]`, scaled; NaN = absent."""
    m, d = x.shape
    z = np.concatenate([y - np.nanmean(y), gradient.ravel()])
    own = np.zeros(len(z), bool)
    own[m : m + d] = True
    seen = np.isfinite(z)
    target, rest = np.flatnonzero(own & seen), np.flatnonzero(~own & seen)
    fitted = _fit(x, z, rest)
    if fitted is None or not len(target):
        return None
    K, L, white = fitted
    cross = solve(L, K[np.ix_(rest, target)])
    mean = cross.T @ white
    covariance = K[np.ix_(target, target)] - cross.T @ cross
    others = _left_out(L, white, rest, m, d)
    if not others > 0:
        return None
    away = _distance(z[target] - mean, covariance)
    expected = np.full(d, np.nan)
    expected[target - m] = mean
    doubt = others * np.sqrt(np.trace(covariance)) / (np.linalg.norm(mean) + 1e-300)
    return Expectation(expected, away / others, float(doubt))


def _fit(x, z, rest):
    """The length of greatest likelihood: `(K, its Cholesky factor over rest, L⁻¹ z)`."""
    m, d = x.shape
    radius = np.median(np.linalg.norm(x[1:] - x[0], axis=1))
    best, fitted = np.inf, None
    for length in LENGTHS if radius > 0 else ():
        per = 1 / (length * radius)
        scale = np.concatenate([np.ones(m), np.full(m * d, per)])
        K = _covariance(x * per) * np.outer(scale, scale)
        K[np.diag_indices_from(K)] *= 1 + JITTER
        try:
            L = cholesky(K[np.ix_(rest, rest)])
        except LinAlgError:
            continue
        white = solve(L, z[rest])
        score = len(rest) * np.log(white @ white + 1e-300) + 2 * np.log(np.diag(L)).sum()
        if score < best:
            best, fitted = score, (K, L, white)
    return fitted


def _left_out(L, white, rest, m: int, d: int) -> float:
    """Median distance of the neighbours' own gradients, each left out in turn."""
    half = inv(L)
    inverse, alpha = half.T @ half, half.T @ white
    away = []
    for row in range(1, m):
        block = np.flatnonzero((rest >= m + row * d) & (rest < m + (row + 1) * d))
        if len(block):
            a = alpha[block]
            away.append(np.sqrt(a @ solve(inverse[np.ix_(block, block)], a) / len(block)))
    return float(np.median(away)) if away else 0.0


def _distance(error: np.ndarray, covariance: np.ndarray) -> float:
    return float(np.sqrt(max(error @ solve(covariance, error), 0.0) / len(error)))


def _covariance(u: np.ndarray) -> np.ndarray:
    """Values and gradients of a process of unit length at `u [m, d]`: `[m(d+1), m(d+1)]`."""
    m, d = u.shape
    step = u[:, None] - u[None]
    k = np.exp(-0.5 * (step**2).sum(2))
    first = (step * k[..., None]).reshape(m, m * d)  # of y_a and ∂y_b
    second = (np.eye(d) - step[..., :, None] * step[..., None, :]) * k[..., None, None]
    second = second.transpose(0, 2, 1, 3).reshape(m * d, m * d)
    return np.block([[k, first], [first.T, second]])
