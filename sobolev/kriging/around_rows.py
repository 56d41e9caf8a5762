"""Gradients from values alone: a plane plus a Gaussian process around each row.

y(u) = β₀ + βᵀu + f(u) + noise, u = x/ℓ, f with the Matérn kernel of smoothness 5/2: universal
kriging on each patch of nearest rows by itself (Rasmussen & Williams, Gaussian Processes for
Machine Learning, 2006, section 2.7). The plane has no prior, so a slope that is the same everywhere
is found however long ℓ is; a constant mean would draw slopes towards zero. Patches, because the
exact process of all n rows costs n³, and because a slope is decided by the rows nearby.
"""

from dataclasses import dataclass

import numpy as np

from sobolev.kriging.kernels import matern52
from sobolev.kriging.nearest import neighbours

PATCHES = 24  # neighbourhoods on which the lengths of the kernel are chosen
LENGTHS = 2.0 ** np.arange(-1, 4)  # in standard deviations of an input
# Variance of the noise relative to that of the process.
NUGGETS = (1e-8, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0)
CHUNK = 500
CHECKED = 200  # values that are left out to see what the standard deviations are worth
SLOPE_VARIANCE = -matern52(np.zeros(1), 1)[1][0]  # of ∂f/∂u, −g′(0) = 5/3


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


@dataclass(frozen=True)
class Solved:
    """Generalised least squares on patches: p patches of m rows, K = L Lᵀ, all whitened by L⁻¹.

    `L [p, m, m]`, `F = L⁻¹[1, u] [p, m, 1 + d]` the plane, `rest = L⁻¹(y − [1, u]β) [p, m, 1]`,
    `β [p, 1 + d, 1]`, `inverse = (FᵀF)⁻¹`, `variance` σ² `[p]` of the process.
    """

    L: np.ndarray
    F: np.ndarray
    rest: np.ndarray
    β: np.ndarray
    inverse: np.ndarray
    variance: np.ndarray


def gradients_of_values(x: np.ndarray, y: np.ndarray, rows: np.ndarray) -> Slopes:
    """Slopes at the `rows` of `x [n, d]` (scaled) from the values `y [n]` around them, NaN absent.

    Needs d + 4 values or more, and no input that is constant.
    """
    d, there = x.shape[1], np.flatnonzero(np.isfinite(y))
    x_seen, y_seen = x[there], y[there]
    # Three times what the plane needs, and a dozen that the process can be learnt from.
    size = min(len(there), 3 * (d + 1) + 12)
    spread = float(y_seen.std())
    if spread == 0.0:
        return Slopes(np.zeros((len(rows), d)), np.zeros((len(rows), d)), 0.0)
    y_seen = (y_seen - y_seen.mean()) / spread
    patches = _patches(x_seen, np.linspace(0, len(there) - 1, PATCHES).astype(int), size)
    # One kernel for the whole table, from patches spread over it: a patch of its own has too few
    # rows to choose d lengths by.
    kernel = _choose(x_seen[patches], y_seen[patches])
    missed, widen = _left_out(x_seen, y_seen, kernel, size)
    found = []
    for start in range(0, len(rows), CHUNK):
        part = rows[start : start + CHUNK]
        # Nearest in u = x/ℓ: along an input that hardly matters rows may lie far apart.
        near = _nearest(x_seen, x[part], 1 / kernel.lengths, size)
        # Each patch with its row at the origin, where `_kriging` takes the gradient.
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
    """Lengths and nugget of greatest restricted likelihood over patches `[p, m, d]`, by turns.

    A walk on a coarse grid and no gradient method: all patches are factorised in one call, and the
    best of the forty starts is never a bad one.
    """
    d = x.shape[2]
    tried = [Kernel(np.full(d, length), nugget) for length in LENGTHS for nugget in NUGGETS]
    best = _best(x, y, tried)
    for _ in range(2):
        for j in range(d):
            options = [best]
            # Twice doubled in one turn: an input that does not matter wants a length without end.
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
    """−2 log of the restricted likelihood, summed over patches, but for a constant.

    Σ_p (m − d − 1) log σ_p² + log|K_p| + log|FᵀF|_p, each patch with the variance that suits it.
    The restricted one (D. A. Harville, J. Am. Stat. Assoc. 72 (1977) 320), because the plane takes
    d + 1 of only m observations: the plain likelihood does not count them and takes the noise for
    smaller than it is.
    """
    solved = _solve(x, y, kernel)
    if solved is None:
        return np.inf
    # Where the origin of u lies does not matter: it mixes the columns of F with determinant 1. Its
    # scale does: |FᵀF| of u is Π ℓ_j⁻² times that of x. Slopes are taken to be equally likely
    # in u, not in x, which favours long lengths by 2 Σ log ℓ_j for each patch.
    free = y.shape[1] - solved.F.shape[2]
    logs = np.log(np.diagonal(solved.L, axis1=1, axis2=2)).sum(1) * 2
    logs -= np.linalg.slogdet(solved.inverse)[1]
    return float(np.sum(free * np.log(solved.variance + 1e-300) + logs))


def _solve(x, y, kernel: Kernel) -> Solved | None:
    """The plane and what is left of it on patches `x [p, m, d]`, `y [p, m]`; None: not positive."""
    u = x / kernel.lengths
    step = u[:, :, None] - u[:, None]
    (K,) = matern52(0.5 * (step**2).sum(-1), 0)
    K += kernel.nugget * np.eye(K.shape[1])
    F = np.concatenate([np.ones((*u.shape[:2], 1)), u], axis=2)
    try:
        L = np.linalg.cholesky(K)
        white = np.linalg.solve(L, np.concatenate([F, y[..., None]], axis=2))
        F, white = white[..., :-1], white[..., -1:]
        inverse = np.linalg.inv(F.transpose(0, 2, 1) @ F)
    except np.linalg.LinAlgError:
        return None
    # `white` is L⁻¹y here, and what follows ordinary least squares: whitened noise is independent.
    # What is left, projected off the plane, has m − (d + 1) degrees of freedom.
    β = inverse @ (F.transpose(0, 2, 1) @ white)
    rest = white - F @ β
    free = max(F.shape[1] - F.shape[2], 1)
    return Solved(L, F, rest, β, inverse, (rest**2).sum((1, 2)) / free)


def _kriging(x, y, kernel: Kernel) -> tuple[np.ndarray, np.ndarray]:
    """Gradient at the origin of each patch `x [p, m, d]`, and its standard deviation, `[p, d]`.

    With c = cov(∂f(0), f) [m, d]: β + cᵀK⁻¹(y − plane), variance
    σ²(5/3 − cᵀK⁻¹c + Rᵀ(FᵀF)⁻¹R), R = ∂[1, u] − FᵀL⁻¹c (Rasmussen & Williams, section
    2.7, without a prior for β). The last part is what not knowing the plane costs.
    """
    solved = _solved(x, y, kernel)
    u = x / kernel.lengths
    _, g1 = matern52(0.5 * (u**2).sum(2, keepdims=True), 1)
    # L⁻¹c once; mean and variance are both made of it: cᵀK⁻¹… = (L⁻¹c)ᵀL⁻¹….
    half = np.linalg.solve(solved.L, -g1 * u)  # cov(∂f(0), f(u)) = g′·(0 − u)
    of_rest = (half.transpose(0, 2, 1) @ solved.rest)[..., 0]
    d = u.shape[2]
    # ∂[1, u]/∂u_i is a unit vector, without one for the constant. Where the process knows the slope
    # already (FᵀL⁻¹c near it), not knowing the plane costs nothing.
    lever = np.eye(d + 1)[:, 1:] - solved.F.transpose(0, 2, 1) @ half
    of_plane = (lever * (solved.inverse @ lever)).sum(1)
    # All in u and for σ = 1. ∂/∂x = ∂/∂u · 1/ℓ comes last.
    spread = SLOPE_VARIANCE - (half**2).sum(1) + of_plane
    deviation = np.sqrt(np.maximum(spread, 0.0) * solved.variance[:, None])
    return (solved.β[:, 1:, 0] + of_rest) / kernel.lengths, deviation / kernel.lengths


def _left_out(x, y, kernel: Kernel, size: int) -> tuple[float, float]:
    """Errors of values left out: their size, and how much larger than claimed they are (≥ 1).

    The error of the value that is left out is (Py)₀/P₀₀ with variance σ²/P₀₀, where
    P = K⁻¹ − K⁻¹F(FᵀK⁻¹F)⁻¹FᵀK⁻¹: no patch is solved twice (O. Dubrule, Math. Geol. 15 (1983) 687).
    One kernel for the whole table fits no table everywhere, and a slope whose standard deviation is
    too small becomes a false alarm: the deviations are widened by what they are found to be wrong.
    """
    centres = np.unique(np.linspace(0, len(x) - 1, CHECKED).astype(int))
    near = _nearest(x, x[centres], 1 / kernel.lengths, size)
    solved = _solved(x[near] - x[centres][:, None], y[near], kernel)
    basis = np.linalg.inv(solved.L)[:, :, 0]  # L⁻¹e₀: the nearest row is the row itself
    in_plane = solved.F.transpose(0, 2, 1) @ basis[..., None]
    projected = basis - (solved.F @ (solved.inverse @ in_plane))[..., 0]
    precision = (basis * projected).sum(1)  # P₀₀
    error = (basis * solved.rest[..., 0]).sum(1)  # (Py)₀
    z = error / np.sqrt(np.maximum(precision * solved.variance, 1e-300))
    missed = float(np.sqrt(np.mean((error / np.maximum(precision, 1e-300)) ** 2)))
    # Cut at five: one bad value says nothing about the others. The quantile sees a heavy tail that
    # the mean square, cut, does not.
    typical = np.sqrt(np.mean(np.minimum(np.abs(z), 5.0) ** 2))
    return missed, float(max(1.0, typical, np.quantile(np.abs(z), 0.95) / 1.96))


def _solved(x, y, kernel: Kernel) -> Solved:
    solved = _solve(x, y, kernel)
    if solved is None:
        raise np.linalg.LinAlgError("the same kernel passed on the patches it was chosen on")
    return solved
