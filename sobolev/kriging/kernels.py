"""Covariances of a process and its derivatives, for kernels k = g(s), s = ½|u − v|², u = x/ℓ.

The one Gaussian-process core: exact kriging of a whole table (`process`), the plane and process
around each row that `check` takes gradients from (`around_rows`), and the small process among the
neighbours of one row (`neighbourhood`) differ in trend, noise and how their lengths are found, and
share what is here. In s rather than in the distance every derivative is a polynomial in the
differences, and nothing is divided by a distance of zero.
"""

from typing import Protocol

import numpy as np


class Profile(Protocol):
    """A kernel as a function of s = ½|u − v|²."""

    def __call__(self, s: np.ndarray, derivatives: int) -> tuple[np.ndarray, ...]:
        """g, g′, g″, g‴ with respect to s, up to this many derivatives, each shaped like s."""
        ...


def squared_exponential(s: np.ndarray, derivatives: int) -> tuple[np.ndarray, ...]:
    """g = e^(−s): infinitely smooth."""
    g = _library(s).exp(-s)
    return (g, -g, g, -g)[: derivatives + 1]


def matern52(s: np.ndarray, derivatives: int) -> tuple[np.ndarray, ...]:
    """g = (1 + a + a²/3) e^(−a), a = √(10 s): twice differentiable (Rasmussen & Williams, 4.17).

    Of a function that has kinks in its second derivative it promises no more than that function
    keeps: the standard deviations of the squared exponential would be far too small there.
    """
    xp = _library(s)
    # The root has no slope at 0, where the kernel's is finite: JAX is led around it.
    a = xp.where(s > 0, xp.sqrt(10 * xp.where(s > 0, s, 1.0)), 0.0)
    e = xp.exp(-a)
    found = [(1 + a + a**2 / 3) * e]
    if derivatives >= 1:
        found.append(-5 / 3 * (1 + a) * e)
    if derivatives >= 2:
        found.append(25 / 3 * e)
    if derivatives >= 3:
        # g‴ grows like 1/a, but only ever meets three differences that vanish with a.
        found.append(-125 / 3 * e / np.where(a > 0, a, 1.0))
    return tuple(found)


def _library(s):
    """NumPy's functions, or those of the library that the array is of."""
    return s.__array_namespace__()


KERNELS: dict[str, Profile] = {
    "squared-exponential": squared_exponential,
    "matern52": matern52,
}


def differences(u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """δ `[d, n, m]` = u − v by input, and s = ½ Σ δ²  `[n, m]`."""
    δ = u.T[:, :, None] - v.T[:, None, :]
    return δ, 0.5 * np.sum(δ**2, axis=0)


def covariance(profile: Profile, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """`[1 + d, n, 1 + d, m]`: value and d derivatives at u against value and derivatives at v.

    cov(f, f) = g, cov(∂_i f, f) = g′δ_i, cov(f, ∂_j f) = −g′δ_j,
    cov(∂_i f, ∂_j f) = −g″δ_iδ_j − g′ for i = j (Rasmussen & Williams, eq. 9.1: derivatives of a
    Gaussian process are jointly Gaussian with it, with the derivatives of the kernel).
    """
    (n, d), m = u.shape, len(v)
    δ, s = differences(u, v)
    g, g1, g2 = profile(s, 2)
    blocks = np.empty((1 + d, n, 1 + d, m))
    blocks[0, :, 0] = g
    blocks[1:, :, 0] = g1 * δ
    blocks[0, :, 1:] = -blocks[1:, :, 0].swapaxes(0, 1)
    # Straight into its place: for a whole table this block is the largest array there is.
    np.multiply((-g2 * δ)[:, :, None], δ.swapaxes(0, 1), out=blocks[1:, :, 1:])
    for i in range(d):
        blocks[1 + i, :, 1 + i] -= g1
    return blocks


def length_slopes(profile: Profile, u: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Σ W ∘ ∂K/∂(log ℓ_k) `[d]` for K = `covariance(profile, u, u)` and W symmetric."""
    δ, s = differences(u, u)
    _, g1, g2, g3 = profile(s, 3)
    d = len(δ)
    # ∂δ_k/∂log ℓ_k = −δ_k, so ∂s/∂log ℓ_k = −δ_k²: each block of `covariance` changes through s,
    # which makes up `common`, and through its own δ. As W is symmetric, the blocks of value and
    # slope count twice, and δ_i and δ_j of slope and slope give the same.
    value, slope = weight[0, :, 0], weight[0, :, 1:].transpose(1, 0, 2)
    inner = [np.einsum("ajb,jab->ab", weight[1 + k, :, 1:], δ) for k in range(d)]
    along = np.einsum("jab,jab->ab", slope, δ)
    twice = sum(inner[k] * δ[k] for k in range(d))
    trace = sum(weight[1 + k, :, 1 + k] for k in range(d))
    common = -g1 * value + 2 * g2 * along + g3 * twice + g2 * trace
    return np.array(
        [np.sum(δ[k] * (δ[k] * common + 2 * (g1 * slope[k] + g2 * inner[k]))) for k in range(d)]
    )


def hessians(profile: Profile, u: np.ndarray, v: np.ndarray, α: np.ndarray) -> np.ndarray:
    """Σ_m α ∂²k: second derivatives at u `[n, d, d]` of the sum with weights α `[1 + d, m]`."""
    δ, s = differences(u, v)
    _, g1, g2, g3 = profile(s, 3)
    d = len(δ)
    # Twice by u: g becomes g″δ_iδ_j + g′ (for i = j), and −g′δ_m becomes −g‴δ_iδ_jδ_m − g″ times
    # δ_m (for i = j), δ_j (i = m) and δ_i (j = m). `same` is what only i = j has.
    along = np.einsum("jm,jnm->nm", α[1:], δ)
    bend, same = g2 * α[0] - g3 * along, (g1 * α[0] - g2 * along).sum(axis=1)
    found = np.einsum("nm,inm,jnm->nij", bend, δ, δ)
    mixed = np.einsum("nm,im,jnm->nij", g2, α[1:], δ)
    return found - mixed - mixed.swapaxes(1, 2) + same[:, None, None] * np.eye(d)
