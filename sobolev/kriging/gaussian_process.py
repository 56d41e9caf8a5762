"""One Gaussian process from any of its values and derivatives, in scaled units."""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import (
    LinAlgError,
    cho_solve,
    cholesky,
    get_lapack_funcs,
    solve_triangular,
)
from scipy.optimize import minimize

from sobolev.kriging.kernels import Profile, covariance, hessians, length_slopes

LEAST, MOST = 1e-11, 1.0  # nugget, as a share of the variance
LENGTHS = 0.02, 100.0  # the inputs span [−1, 1]
VARIANCES = 1e-6, 1e8
NUGGETS = 1e-7, 1e-3, 1e-1  # at the start
CHUNK = 256


@dataclass(frozen=True, eq=False)
class Observations:
    """`x [n, d]`; `labels [1 + d, n]`, value and derivatives, NaN = absent; `noise` likewise.

    `noise` are variances, NaN where they are not known: a nugget is estimated there.
    """

    x: np.ndarray
    labels: np.ndarray
    noise: np.ndarray

    @property
    def present(self) -> np.ndarray:
        """Which labels are there, `[1 + d, n]`."""
        return ~np.isnan(self.labels)


@dataclass(frozen=True, eq=False)
class Parameters:
    """Lengths ℓ `[d]`, variance σ², nuggets of values and of derivatives as shares of σ²."""

    lengths: np.ndarray
    variance: float
    nuggets: np.ndarray

    @classmethod
    def of(cls, θ: np.ndarray) -> "Parameters":
        """From the vector of logarithms that is optimised."""
        e = np.exp(θ)
        return cls(e[:-3], float(e[-3]), e[-2:])


@dataclass(frozen=True, eq=False)
class Process:
    """The posterior: everything a prediction needs.

    In u = x/ℓ, where derivatives ∂f/∂u = ℓ ∂f/∂x have no unit; `α = K⁻¹(z − mean)`, `factor` the
    lower Cholesky factor of K over the labels that are present, `trend = K⁻¹h`, h = 1 for values.
    """

    profile: Profile
    parameters: Parameters
    u: np.ndarray
    present: np.ndarray
    mean: float
    α: np.ndarray
    factor: np.ndarray
    trend: np.ndarray
    likelihood: float

    def predict(self, x: np.ndarray, order: int) -> tuple[np.ndarray, ...]:
        """Posterior mean of the value `[n]`, the slopes `[n, d]` and the Hessian `[n, d, d]`."""
        lengths = self.parameters.lengths
        parts = [
            self._chunk(x[start : start + CHUNK] / lengths, order)
            for start in range(0, max(len(x), 1), CHUNK)
        ]
        y, slopes, *bends = (np.concatenate(part) for part in zip(*parts, strict=True))
        found = (y, slopes / lengths, *(bend / lengths / lengths[:, None] for bend in bends))
        return found[: order + 1]

    def mean_at(self, x):
        """Posterior mean at one point `[d]`: a number, by whatever library x is of."""
        p = self.parameters
        weights = np.zeros(self.present.shape)
        weights[self.present] = p.variance * self.α
        δ = (x / p.lengths)[None] - self.u
        s = 0.5 * (δ**2).sum(axis=1)
        g, g1 = self.profile(s, 1)
        # cov(f, ∂_j f) = −g′δ_j: see `covariance`.
        return self.mean + (g * weights[0] - g1 * (δ * weights[1:].T).sum(axis=1)).sum()

    def _chunk(self, u: np.ndarray, order: int) -> tuple[np.ndarray, ...]:
        σ2 = self.parameters.variance
        # One row of k for the value and one for each slope: both are the same product with α.
        k = σ2 * covariance(self.profile, u, self.u)[..., self.present]
        both = k @ self.α
        found = self.mean + both[0], both[1:].T
        if order < 2:
            return found
        weights = np.zeros(self.present.shape)
        weights[self.present] = σ2 * self.α
        return *found, hessians(self.profile, u, self.u, weights)

    def deviations(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Posterior standard deviations of the value `[n]` and of the slopes `[n, d]`."""
        lengths = self.parameters.lengths
        parts = [
            self._variance(x[start : start + CHUNK] / lengths)
            for start in range(0, max(len(x), 1), CHUNK)
        ]
        deviation = np.sqrt(np.maximum(np.concatenate(parts, axis=1), 0.0))
        return deviation[0], deviation[1:].T / lengths

    def _variance(self, u: np.ndarray) -> np.ndarray:
        σ2, (size, n) = self.parameters.variance, (1 + u.shape[1], len(u))
        k = (σ2 * covariance(self.profile, u, self.u)[..., self.present]).reshape(size * n, -1)
        # var f = σ²g(0) = σ² and var ∂f/∂u_i = −σ²g′(0): at distance 0 nothing else is left.
        prior = np.full((size, n), σ2 * -self.profile(np.zeros(1), 1)[1][0])
        prior[0] = σ2
        known = np.sum(solve_triangular(self.factor, k.T, lower=True) ** 2, axis=0)
        variance = prior - known.reshape(size, n)
        weight = np.sum(self.trend[self._values])
        if weight > 0:  # the mean is estimated, which is not free
            # (kᵀK⁻¹h − h(x))²/(hᵀK⁻¹h), h(x) = 1 for a value and 0 for a slope (Rasmussen &
            # Williams, section 2.7). Far from all labels k is 0, and a value pays all of it.
            missing = (k @ self.trend).reshape(size, n)
            missing[0] -= 1
            variance += missing**2 / weight
        return variance

    @property
    def _values(self) -> np.ndarray:
        return np.nonzero(self.present)[0] == 0


def fit_process(profile: Profile, seen: Observations, restarts: int) -> Process:
    """Hyper-parameters of largest marginal likelihood, from the best few of some starts.

    `restarts` of those with small nuggets, and one for each larger one where noise is not known.
    """
    d = seen.x.shape[1]
    # With short lengths and small nuggets any noise is interpolated, and the likelihood has a local
    # maximum there: some begin from noise.
    starts = [
        [_start(profile, seen, np.full(d, length), nugget) for length in _guesses(d)]
        for nugget in NUGGETS
    ]
    for each in starts:
        each.sort(key=lambda θ: _value_and_slope(θ, profile, seen)[0])
    known = not np.isnan(seen.noise[seen.present]).any()  # nuggets then stay as they are
    chosen = starts[0][:restarts] + ([] if known else [each[0] for each in starts[1:]])
    bounds = [np.log(LENGTHS)] * d + [np.log(VARIANCES)] + [np.log((LEAST, MOST))] * 2
    ends = [
        minimize(
            _value_and_slope, θ, (profile, seen), "L-BFGS-B", jac=True, bounds=bounds,
            options={"maxiter": 200},
        )
        for θ in chosen
    ]  # fmt: skip
    best = min(ends, key=lambda end: end.fun)
    return condition(profile, seen, Parameters.of(best.x))


def condition(profile: Profile, seen: Observations, parameters: Parameters) -> Process:
    """The posterior for given hyper-parameters; the nugget grows until K can be factorised."""
    present = seen.present
    # Rows that are nearly the same make K singular to round-off. Ten times more nugget at a time:
    # as little as it takes, since every nugget is noise that the surrogate then does not follow.
    for _ in range(12):
        try:
            k, z, _ = _system(profile, seen, parameters)
            factor = cholesky(k, lower=True, check_finite=False)
            break
        except LinAlgError:
            nuggets = np.maximum(10 * parameters.nuggets, LEAST)
            parameters = Parameters(parameters.lengths, parameters.variance, nuggets)
    else:
        raise LinAlgError("the covariance cannot be factorised")
    h = (np.nonzero(present)[0] == 0).astype(float)
    trend = cho_solve((factor, True), h, check_finite=False)
    # Generalised least squares: (hᵀK⁻¹z)/(hᵀK⁻¹h). Slopes alone say nothing of a mean.
    mean = float(trend @ z / (trend @ h)) if h.any() else 0.0
    α = cho_solve((factor, True), z - mean * h, check_finite=False)
    u = seen.x / parameters.lengths
    log = 0.5 * (z - mean * h) @ α + np.log(np.diagonal(factor)).sum()
    counts = present.sum(axis=1)
    # z holds slopes by u, ℓ times those by x: the density of what was given has a factor ℓ for
    # each. Without it likelihoods of different lengths would be of different data.
    likelihood = counts[1:] @ np.log(parameters.lengths) - log - 0.5 * len(z) * np.log(2 * np.pi)
    return Process(profile, parameters, u, present, mean, α, factor, trend, float(likelihood))


def _system(profile: Profile, seen: Observations, p: Parameters):
    """K over the labels that are present, the labels in u, and their known noise in u."""
    present = seen.present
    size = present.size
    scale = np.concatenate([[1.0], p.lengths])[:, None]
    # A slope in u is ℓ times that in x, and its variance ℓ² times. Where the noise is known there
    # is no nugget to estimate, only the least one that keeps K positive definite.
    noise = (seen.noise * scale**2)[present]
    nugget = np.where(np.isnan(noise), np.repeat(p.nuggets, [1, len(p.lengths)])[_kind(present)],
                      LEAST)  # fmt: skip
    noise = np.nan_to_num(noise, nan=0.0)
    u = seen.x / p.lengths
    k = covariance(profile, u, u).reshape(size, size)
    if not present.all():
        chosen = np.nonzero(present.ravel())[0]
        k = k[np.ix_(chosen, chosen)]
    k *= p.variance
    k[np.diag_indices(len(k))] += p.variance * nugget + noise
    return k, (seen.labels * scale)[present], noise


def _kind(present: np.ndarray) -> np.ndarray:
    """0 for a value, 1 … d for a derivative, one for each label that is present."""
    return np.nonzero(present)[0]


def _value_and_slope(θ: np.ndarray, profile: Profile, seen: Observations):
    """−log likelihood (without its constant) and its gradient by θ.

    With z = labels in u, K z = …: ½ rᵀK⁻¹r + ½ log|K| − Σ_k c_k log ℓ_k, c_k derivatives by input k
    that are present; ∂ = ½ Σ W ∘ ∂K + αᵀ∂z − c, W = K⁻¹ − ααᵀ (Rasmussen & Williams, eq. 5.9). The
    estimated mean minimises it, so it needs no derivative.
    """
    p, present = Parameters.of(θ), seen.present
    k, z, noise = _system(profile, seen, p)
    try:
        factor = cholesky(k, lower=True, check_finite=False)
    except LinAlgError:  # too little nugget for these lengths: the line search turns back
        return 1e25, np.zeros_like(θ)
    kind = _kind(present)
    h = (kind == 0).astype(float)
    trend = cho_solve((factor, True), h, check_finite=False)
    r = z - h * (trend @ z / (trend @ h)) if h.any() else z
    α = cho_solve((factor, True), r, check_finite=False)
    counts = present.sum(axis=1)
    value = 0.5 * r @ α + np.log(np.diagonal(factor)).sum() - counts[1:] @ np.log(p.lengths)
    # The factor is there already, and LAPACK makes K⁻¹ of it in place of n solves; of the symmetric
    # inverse it fills one triangle.
    (inverse,) = get_lapack_funcs(("potri",), (factor,))
    weight = inverse(factor, lower=1)[0]
    weight = np.tril(weight) + np.tril(weight, -1).T - np.outer(α, α)
    diagonal = np.diagonal(weight)
    nugget = np.isnan(seen.noise[present])
    slope = np.empty_like(θ)
    # By log ℓ_k: through K; through z, as ∂z/∂log ℓ_k = z for slopes by input k.
    slope[:-3] = 0.5 * p.variance * length_slopes(profile, seen.x / p.lengths,
                                                  _spread(weight, present))  # fmt: skip
    slope[:-3] += np.bincount(kind, α * z, len(counts))[1:] - counts[1:]
    slope[:-3] += np.bincount(kind, diagonal * noise, len(counts))[1:]  # noise in u grows with ℓ
    # By log σ²: ∂K is K without the known noise N, and ½ tr(W(K − N)) needs no product: tr(WK) is
    # the number of labels less αᵀKα = αᵀr.
    slope[-3] = 0.5 * (len(z) - α @ r - diagonal @ noise)
    for place, group in ((-2, kind == 0), (-1, kind > 0)):
        slope[place] = 0.5 * p.variance * np.exp(θ[place]) * diagonal[group & nugget].sum()
    return value, slope


def _spread(weight: np.ndarray, present: np.ndarray) -> np.ndarray:
    """W with zeros for absent labels, `[1 + d, n, 1 + d, n]`."""
    size = present.size
    if not present.all():
        full = np.zeros((size, size))
        chosen = np.nonzero(present.ravel())[0]
        full[np.ix_(chosen, chosen)] = weight
        weight = full
    return weight.reshape(*present.shape, *present.shape)


def _guesses(d: int) -> np.ndarray:
    # Distances in a cube of side 2 grow with √d: with the same lengths in many inputs all rows
    # would be strangers.
    # The short ones are for waves: seen from 0.3, a wave of a tenth of the side is noise.
    return np.array([0.04, 0.1, 0.3, 0.6, 1.2, 2.5]) * d**0.5


def _start(
    profile: Profile, seen: Observations, lengths: np.ndarray, nugget: float = NUGGETS[0]
) -> np.ndarray:
    """Logarithms of these lengths, of the variance that fits them best, and of these nuggets."""
    nuggets = np.array([nugget, nugget])
    process = condition(profile, seen, Parameters(lengths, 1.0, nuggets))
    z = (seen.labels * np.concatenate([[1.0], lengths])[:, None])[seen.present]
    values = np.nonzero(seen.present)[0] == 0
    # The best σ² for these lengths is rᵀK⁻¹r/N in closed form, K of variance 1.
    variance = np.clip((z - process.mean * values) @ process.α / len(z), 1e-3, 1e5)
    return np.log(np.concatenate([lengths, [variance], nuggets]))
