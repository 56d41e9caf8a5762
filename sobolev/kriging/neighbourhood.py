"""What the neighbours say about the gradient of one row: a small gradient-enhanced process.

A Gaussian process with the kernel exp(−|u − u'|²/2) is conditioned on values and gradients. How
well it foretells gradients it has not seen is measured on the neighbours themselves: leaving out a
block b of the observations z has the error r = [(K⁻¹)_bb]⁻¹ (K⁻¹z)_b with covariance [(K⁻¹)_bb]⁻¹
(S. Sundararajan, S. S. Keerthi, Neural Comput. 13 (2001) 1103).
"""

from dataclasses import dataclass

import numpy as np
from numpy.linalg import LinAlgError, cholesky, inv, solve

from sobolev.kriging.kernels import covariance, squared_exponential

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
    z = np.concatenate([y - np.nanmean(y), gradient.T.ravel()])  # one input after the other
    slope, row = np.divmod(np.arange(len(z)), m)
    # The gradient of row 0 is on trial, and only that: its value stays among the observations.
    own, seen = (row == 0) & (slope > 0), np.isfinite(z)
    target, rest = np.flatnonzero(own & seen), np.flatnonzero(~own & seen)
    fitted = _fit(x, z, rest)
    if fitted is None or not len(target):
        return None
    K, L, white = fitted
    # Posterior of the gradient (Rasmussen & Williams, eq. 2.25 and 2.26) without a factor for its
    # variance: that cancels between row and neighbours.
    cross = solve(L, K[np.ix_(rest, target)])
    mean = cross.T @ white
    unknown = K[np.ix_(target, target)] - cross.T @ cross
    # The kernel is a guess, so how far off is surprising is asked of the neighbours themselves.
    # Row 0 has only its value in `rest`, so 0 can say "a value" there.
    others = _left_out(L, white, np.where(slope > 0, row, 0)[rest])
    if not others > 0:
        return None
    away = _distance(z[target] - mean, unknown)
    expected = np.full(d, np.nan)
    expected[slope[target] - 1] = mean
    # `others` takes the place of the standard deviation σ of the process, which is nowhere
    # estimated: it is the size of the neighbours' errors in units of σ = 1.
    doubt = others * np.sqrt(np.trace(unknown)) / (np.linalg.norm(mean) + 1e-300)
    return Expectation(expected, away / others, float(doubt))


def _fit(x, z, rest):
    """The length of greatest likelihood: `(K, its Cholesky factor over rest, L⁻¹ z)`."""
    m, d = x.shape
    radius = np.median(np.linalg.norm(x[1:] - x[0], axis=1))
    best, fitted = np.inf, None
    for length in LENGTHS if radius > 0 else ():
        u = x / (length * radius)
        K = covariance(squared_exponential, u, u).reshape(m * (d + 1), -1)
        scale = np.repeat([1.0, 1 / (length * radius)], [m, m * d])  # ∂/∂x = ∂/∂u · 1/ℓ
        K *= np.outer(scale, scale)
        # Relative to each entry, as values and slopes have different units.
        K[np.diag_indices_from(K)] *= 1 + JITTER
        try:
            L = cholesky(K[np.ix_(rest, rest)])
        except LinAlgError:
            continue
        white = solve(L, z[rest])
        # −2 log likelihood (Rasmussen & Williams, eq. 5.8) with the best variance |L⁻¹z|²/N put in.
        # Nobody needs that variance: each distance is compared with those of the neighbours.
        score = len(rest) * np.log(white @ white + 1e-300) + 2 * np.log(np.diag(L)).sum()
        if score < best:
            best, fitted = score, (K, L, white)
    return fitted


def _left_out(L, white, gradient_of) -> float:
    """Median distance of the neighbours' own gradients, each left out in turn.

    `gradient_of`: to which row's gradient an observation belongs, 0 for a value. The distance of
    r = B⁻¹a with covariance B⁻¹, B = (K⁻¹)_bb and a = (K⁻¹z)_b, is rᵀBr = aᵀB⁻¹a: one inverse of K
    serves all neighbours, where leaving out by hand would factorise K for each of them.
    """
    half = inv(L)
    inverse, alpha = half.T @ half, half.T @ white
    away = []
    for row in np.unique(gradient_of[gradient_of > 0]):
        block = np.flatnonzero(gradient_of == row)
        a = alpha[block]
        away.append(np.sqrt(a @ solve(inverse[np.ix_(block, block)], a) / len(block)))
    # The median: a second bad row among the neighbours must not make the first one look harmless.
    return float(np.median(away)) if away else 0.0


def _distance(error: np.ndarray, covariance: np.ndarray) -> float:
    return float(np.sqrt(max(error @ solve(covariance, error), 0.0) / len(error)))
