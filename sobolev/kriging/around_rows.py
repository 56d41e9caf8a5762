"""Gradients from values alone: a plane plus a Gaussian process around each row."""

from dataclasses import dataclass

import numpy as np

from sobolev.kriging.nearest import neighbours

PATCHES = 24  # neighbourhoods on which the lengths of the kernel are chosen
LENGTHS = 2.0 ** np.arange(-1, 4)  # in standard deviations of an input
NUGGETS = (
    1e-8,
    1e-6,
    1e-5,
    1e-4,
    1e-3,
    1e-2,
    1e-1,
    1.0,
)  # variance of the noise relative to that of the process
CHUNK = 500


@dataclass(frozen=True)
class Kernel:
    """Matérn's kernel of smoothness 5/2: `lengths [d]` of the inputs, relative `nugget`."""

    lengths: np.ndarray
    nugget: float


@dataclass(frozen=True)
class Slopes:
    """Estimated slopes and their standard deviations `[rows, d]`.

    `missed`: what values that are left out are missed by, relative to the spread of all.
    """

    slopes: np.ndarray
    errors: np.ndarray
    missed: float


def gradients_of_values(x: np.ndarray, y: np.ndarray, rows: np.ndarray) -> Slopes:
    """Slopes at the `rows` of `x [n, d]` (scaled) from the values `y [n]` around them, NaN absent.

    Needs d + 4 values or more, and no input that is constant.
    """
    d, there = x.shape[1], np.flatnonzero(np.isfinite(y))
    x_seen, y_seen = x[there], y[there]
    size = min(len(there), 3 * (d + 1) + 12)
    spread = float(y_seen.std())
    if spread == 0.0:
        return Slopes(np.zeros((len(rows), d)), np.zeros((len(rows), d)), 0.0)
    y_seen = (y_seen - y_seen.mean()) / spread
    patches = _patches(x_seen, np.linspace(0, len(there) - 1, PATCHES).astype(int), size)
    kernel = _choose(x_seen[patches], y_seen[patches])
    missed, widen = _left_out(x_seen, y_seen, kernel, size)
    found = []
    for start in range(0, len(rows), CHUNK):
        part = rows[start : start + CHUNK]
        near = _nearest(x_seen, x[part], 1 / kernel.lengths, size)
        found.append(_kriging(x_seen[near] - x[part][:, None], y_seen[near], kernel))
    slopes, errors = (np.concatenate(each) for each in zip(*found, strict=True))
    return Slopes(slopes * spread, errors * spread * widen, missed)


def _nearest(x, points, metric, size) -> np.ndarray:
    from scipy.spatial import KDTree

    return KDTree(x * metric).query(points * metric, k=size)[1].reshape(len(points), -1)


def _patches(x, centres, size) -> np.ndarray:
    centres = np.unique(centres)
    _, near = neighbours(x, np.ones(x.shape[1]), centres, size - 1)
    return np.concatenate([centres[:, None], near], axis=1)


def _choose(x: np.ndarray, y: np.ndarray) -> Kernel:
    """Lengths and nugget of greatest restricted likelihood over patches `[p, m, d]`, by turns."""
    d = x.shape[2]
    tried = [Kernel(np.full(d, length), nugget) for length in LENGTHS for nugget in NUGGETS]
    best = _best(x, y, tried)
    for _ in range(2):
        for j in range(d):
            options = [best]
            for factor in (0.5, 2.0, 4.0):
                lengths = best.lengths.copy()
                lengths[j] = min(lengths[j] * factor, 2 * LENGTHS[-1])
                options.append(Kernel(lengths, best.nugget))
            best = _best(x, y, options)
        nuggets = [Kernel(best.lengths, nugget) for nugget in NUGGETS]
        best = _best(x, y, nuggets)
    return best


def _best(x, y, kernels: list[Kernel]) -> Kernel:
    return min(kernels, key=lambda kernel: _unlikeliness(x, y, kernel))


def _unlikeliness(x, y, kernel: Kernel) -> float:
    solved = _solve(x, y, kernel)
    if solved is None:
        return np.inf
    L, (F, _), _, inverse, variance = solved
    free = y.shape[1] - F.shape[2]
    logs = np.log(np.diagonal(L, axis1=1, axis2=2)).sum(1) * 2
    logs -= np.linalg.slogdet(inverse)[1]
    return float(np.sum(free * np.log(variance + 1e-300) + logs))


def _solve(x, y, kernel: Kernel):
    """Cholesky factors of the patches, whitened trend and values, trend, its covariance, σ²."""
    u = x / kernel.lengths
    K = _matern(u[:, :, None] - u[:, None])
    K += kernel.nugget * np.eye(K.shape[1])
    F = np.concatenate([np.ones((*u.shape[:2], 1)), u], axis=2)
    try:
        L = np.linalg.cholesky(K)
        white = np.linalg.solve(L, np.concatenate([F, y[..., None]], axis=2))
        F, white = white[..., :-1], white[..., -1:]
        inverse = np.linalg.inv(F.transpose(0, 2, 1) @ F)
    except np.linalg.LinAlgError:
        return None
    trend = inverse @ (F.transpose(0, 2, 1) @ white)
    free = max(F.shape[1] - F.shape[2], 1)
    variance = ((white - F @ trend) ** 2).sum((1, 2)) / free
    return L, (F, white), trend, inverse, variance


def _kriging(x, y, kernel: Kernel) -> tuple[np.ndarray, np.ndarray]:
    """Gradient at the origin of each patch `x [p, m, d]`, and its standard deviation, `[p, d]`."""
    solved = _solve(x, y, kernel)
    if solved is None:
        raise np.linalg.LinAlgError("the same kernel passed on the patches it was chosen on")
    L, (F, white), trend, inverse, variance = solved
    u = x / kernel.lengths
    root = np.sqrt(5 * (u**2).sum(2, keepdims=True))
    cross = 5 / 3 * (1 + root) * np.exp(-root) * u  # ∂k(u', u)/∂u' at u' = 0
    half = np.linalg.solve(L, cross)
    mean = trend[:, 1:, 0] + (half.transpose(0, 2, 1) @ (white - F @ trend))[..., 0]
    d = u.shape[2]
    lever = np.eye(d + 1)[:, 1:] - F.transpose(0, 2, 1) @ half
    spread = 5 / 3 - (half**2).sum(1) + (lever * (inverse @ lever)).sum(1)
    deviation = np.sqrt(np.maximum(spread, 0.0) * variance[:, None])
    return mean / kernel.lengths, deviation / kernel.lengths


def _left_out(x, y, kernel: Kernel, size: int) -> tuple[float, float]:
    """Errors of values left out: their size, and how much larger than claimed they are (≥ 1)."""
    centres = np.unique(np.linspace(0, len(x) - 1, 200).astype(int))
    near = _nearest(x, x[centres], 1 / kernel.lengths, size)
    solved = _solve(x[near] - x[centres][:, None], y[near], kernel)
    if solved is None:
        raise np.linalg.LinAlgError("the same kernel passed on the patches it was chosen on")
    L, (F, white), trend, inverse, variance = solved
    basis = np.linalg.inv(L)[:, :, 0]  # of the nearest, the row itself
    projected = basis - (F @ (inverse @ (F.transpose(0, 2, 1) @ basis[..., None])))[..., 0]
    precision = (basis * projected).sum(1)
    rest = (basis * (white - F @ trend)[..., 0]).sum(1)
    z = rest / np.sqrt(np.maximum(precision * variance, 1e-300))
    missed = float(np.sqrt(np.mean((rest / np.maximum(precision, 1e-300)) ** 2)))
    typical = np.sqrt(np.mean(np.minimum(np.abs(z), 5.0) ** 2))
    return missed, float(max(1.0, typical, np.quantile(np.abs(z), 0.95) / 1.96))


def _matern(step: np.ndarray) -> np.ndarray:
    root = np.sqrt(5 * (step**2).sum(-1))
    return (1 + root + root**2 / 3) * np.exp(-root)
