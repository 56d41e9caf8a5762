"""What the rows around say about the value and the gradient of each of many rows.

Universal kriging with values and gradients on each patch of neighbouring rows by itself: a plane
without prior plus a Gaussian process (Rasmussen & Williams, Gaussian Processes for Machine
Learning, 2006, section 2.7). The first row of a patch is foretold by the others. All patches are
solved together, as one small system each costs more in calls than in arithmetic.
"""

from dataclasses import dataclass

import numpy as np

from sobolev.kriging.kernels import Profile

CHUNK = 128  # patches that are in memory at once
SMALL = 10  # rows of a triangle that is solved as if it were full


@dataclass(frozen=True)
class LeftOut:
    """Of the first rows of p patches: given minus expected, and what the kernel says of that.

    `error [p, 1 + d]` of value and slopes, NaN where none is given; `covariance [p, 1 + d, 1 + d]`.
    """

    error: np.ndarray
    covariance: np.ndarray

    def value_beside_slopes(self) -> tuple[np.ndarray, np.ndarray]:
        """Error of each value once the row's own slopes are known too, and its deviation, `[p]`.

        e_y − c V_J⁻¹ e_J with variance V_y − c V_J⁻¹ cᵀ.
        """
        error, V = self._without_gaps()
        c = V[:, 0, 1:]
        both = np.stack([error[:, 1:], c], axis=2)
        solved = np.linalg.solve(V[:, 1:, 1:], both)
        rest = self.error[:, 0] - (c * solved[:, :, 0]).sum(axis=1)
        variance = V[:, 0, 0] - (c * solved[:, :, 1]).sum(axis=1)
        return rest, np.sqrt(np.maximum(variance, 1e-12 * V[:, 0, 0]))

    def value_alone(self) -> tuple[np.ndarray, np.ndarray]:
        """Error of each value without the row's own slopes, and its size in deviations, `[p]`."""
        error = self.error[:, 0]
        return error, np.abs(error) / np.sqrt(self.covariance[:, 0, 0])

    def slopes(self) -> np.ndarray:
        """Distance of each gradient in standard deviations, √(eᵀV⁻¹e / entries) `[p]`, 0: none."""
        error, V = self._without_gaps()
        e, given = error[:, 1:], np.isfinite(self.error[:, 1:]).sum(axis=1)
        squared = (e * np.linalg.solve(V[:, 1:, 1:], e[..., None])[..., 0]).sum(axis=1)
        return np.sqrt(np.maximum(squared, 0.0) / np.maximum(given, 1))

    def _without_gaps(self) -> tuple[np.ndarray, np.ndarray]:
        """What is absent is independent of all else, and expected."""
        seen = np.isfinite(self.error)
        V = self.covariance * (seen[:, :, None] & seen[:, None])
        i = np.arange(V.shape[1])
        V[:, i, i] += np.where(seen, 1e-14 * V[:, i, i], np.trace(V, axis1=1, axis2=2)[:, None])
        V[:, i, i] += 1e-300
        return np.where(seen, self.error, 0.0), V


def left_out(u: np.ndarray, z: np.ndarray, profile: Profile, nugget: float) -> LeftOut:
    """`u [p, m, d]` in lengths of the kernel, `z [p, m, 1 + d]` value and slopes by u, NaN absent.

    `nugget`: variance of the noise of each entry, relative to its own. Raises `LinAlgError` when a
    patch is too near to singular for it.
    """
    parts = [
        _left_out(u[start : start + CHUNK], z[start : start + CHUNK], profile, nugget)
        for start in range(0, len(u), CHUNK)
    ]
    error, V = (np.concatenate(each) for each in zip(*parts, strict=True))
    return LeftOut(error, V)


def _left_out(u, z, profile: Profile, nugget: float) -> tuple[np.ndarray, np.ndarray]:
    """With K = L Lᵀ of the others, c their covariance with the first row and F their plane.

    Expected: F₀β + cᵀK⁻¹(z − Fβ); covariance σ²(K₀ − cᵀK⁻¹c + R(FᵀK⁻¹F)⁻¹Rᵀ),
    R = F₀ − cᵀK⁻¹F, σ² as it suits the patch.
    """
    p, _, d = u.shape
    K, F = covariances(profile, u), _planes(u)
    z = z.transpose(0, 2, 1)  # one input after the other, as in K
    given = np.isfinite(z[:, :, 1:])
    kinds = np.flatnonzero(given.any(axis=(0, 2)))  # without slopes, a matrix of values alone
    kinds = slice(None) if len(kinds) == 1 + d else kinds
    seen = given[:, kinds].reshape(p, -1)
    others = K[:, kinds, 1:][..., kinds, 1:].reshape(p, seen.shape[1], -1)
    i = np.arange(seen.shape[1])
    others[:, i, i] *= 1 + nugget
    if not seen.all():
        others *= seen[:, :, None] & seen[:, None]
        others[:, i, i] += ~seen  # an absent entry: independent of all, with weight 0
    right = [
        K[..., 0][:, kinds, 1:].reshape(p, len(i), -1),
        F[:, kinds, 1:].reshape(p, len(i), -1),
        np.nan_to_num(z[:, kinds, 1:]).reshape(p, -1, 1),
    ]
    L = np.linalg.cholesky(others)
    white = _forward(L, np.concatenate(right, axis=2) * seen[..., None])
    c, F_white, z_white = white[..., : 1 + d], white[..., 1 + d : -1], white[..., -1:]
    normal = F_white.transpose(0, 2, 1) @ F_white
    normal += 1e-12 * np.trace(normal, axis1=1, axis2=2)[:, None, None] * np.eye(1 + d)
    inverse = np.linalg.inv(normal)
    β = inverse @ (F_white.transpose(0, 2, 1) @ z_white)
    left = z_white - F_white @ β
    variance = (left**2).sum(axis=(1, 2)) / np.maximum(seen.sum(axis=1) - 1 - d, 1)
    lever = F[:, :, 0] - c.transpose(0, 2, 1) @ F_white
    expected = (F[:, :, 0] @ β + c.transpose(0, 2, 1) @ left)[..., 0]
    own = K[:, :, 0, :, 0] * (1 + nugget * np.eye(1 + d))
    V = own - c.transpose(0, 2, 1) @ c + lever @ inverse @ lever.transpose(0, 2, 1)
    return z[:, :, 0] - expected, V * (variance[:, None, None] + 1e-300)


def _forward(L: np.ndarray, b: np.ndarray) -> np.ndarray:
    """L⁻¹b `[p, n, k]` by halves: the solver of many small systems knows no triangles."""
    n = L.shape[1]
    if n <= SMALL:
        return np.linalg.solve(L, b)
    half = n // 2
    first = _forward(L[:, :half, :half], b[:, :half])
    rest = _forward(L[:, half:, half:], b[:, half:] - L[:, half:, :half] @ first)
    return np.concatenate([first, rest], axis=1)


def covariances(profile: Profile, u: np.ndarray) -> np.ndarray:
    """Of values and slopes within each patch `u [p, m, d]`: `[p, 1 + d, m, 1 + d, m]`.

    The blocks are those of `kernels.covariance`.
    """
    p, m, d = u.shape
    by_input = np.ascontiguousarray(u.transpose(2, 0, 1))
    δ = by_input[:, :, :, None] - by_input[:, :, None]
    g, g1, g2 = profile(0.5 * (δ**2).sum(axis=0), 2)
    K = np.empty((p, 1 + d, m, 1 + d, m))
    K[:, 0, :, 0] = g
    for i in range(d):
        K[:, 1 + i, :, 0] = g1 * δ[i]
        K[:, 0, :, 1 + i] = -K[:, 1 + i, :, 0]
        bent = -g2 * δ[i]
        for j in range(i, d):
            block = bent * δ[j] - g1 if i == j else bent * δ[j]
            K[:, 1 + i, :, 1 + j] = block
            if i != j:
                K[:, 1 + j, :, 1 + i] = block
    return K


def _planes(u: np.ndarray) -> np.ndarray:
    """Value and slopes of the functions 1, u₁, …, u_d `[p, 1 + d, m, 1 + d]`."""
    p, m, d = u.shape
    F = np.zeros((p, 1 + d, m, 1 + d))
    F[:, 0, :, 0], F[:, 0, :, 1:] = 1.0, u
    for j in range(d):
        F[:, 1 + j, :, 1 + j] = 1.0
    return F
