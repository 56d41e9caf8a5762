"""Plane-stress material laws: a strain energy density ψ(H, θ), the rest is differentiated."""

from collections.abc import Callable
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from sobolev.fem._arrays import AnyArray

Density = Callable[[Float[AnyArray, "2 2"], Float[AnyArray, " k"]], Float[AnyArray, ""]]


@dataclass(frozen=True)
class Material:
    """A hyperelastic law in plane stress: energy per reference area and unit thickness, ψ(H, θ).

    **Arguments:** `density(H [2, 2], theta [k])` of the displacement gradient H = F - 1, in stress
    units; `cauchy(H, theta) -> [2, 2]`; `finite` says whether det F ≤ 0 is an error. `theta` of the
    two laws here is (E, ν).

    ```python
    jax.grad(SVK.density)(jnp.zeros((2, 2)), jnp.array([210.0, 0.3]))   # Piola stress: zero
    ```
    """

    name: str
    density: Density
    cauchy: Callable[[Float[AnyArray, "2 2"], Float[AnyArray, " k"]], Float[AnyArray, "2 2"]]
    finite: bool


# Everything below is sums over whole 2 x 2 arrays, without picking components and without matrix
# products: that vectorises over the points and compiles in half the time, above all derivatives.
_ONE = np.eye(2)


def _product(A, B):
    return (A[:, :, None] * B[None]).sum(1)


def trace(A: Float[AnyArray, "2 2"]) -> Float[AnyArray, ""]:
    """Trace of a 2 x 2 array."""
    return jnp.sum(A * _ONE)


def determinant(A: Float[AnyArray, "2 2"]) -> Float[AnyArray, ""]:
    """Determinant of a 2 x 2 array, (tr²A - tr A²) / 2."""
    return (trace(A) ** 2 - jnp.sum(A * A.T)) / 2


def _quadratic(strain, theta):
    """½ ε : C : ε in plane stress: ½ λ' tr² ε + μ ε : ε with λ' = E ν / (1 - ν²)."""
    E, nu = theta
    return E * nu / (1 - nu**2) / 2 * trace(strain) ** 2 + E / (1 + nu) / 2 * jnp.sum(strain**2)


def _stress(strain, theta):
    E, nu = theta
    return E * nu / (1 - nu**2) * trace(strain) * _ONE + E / (1 + nu) * strain


def _green(H):
    # not (FᵀF - 1) / 2, which loses the digits of a small strain
    return (H + H.T + _product(H.T, H)) / 2


def _small(H):
    return (H + H.T) / 2


def _svk_density(H, theta):
    return _quadratic(_green(H), theta)


def _linear_density(H, theta):
    return _quadratic(_small(H), theta)


def _svk_cauchy(H, theta):
    """σ = F S Fᵀ / J with J = det(F) λ₃: the thickness stretch λ₃ follows from S₃₃ = 0.

    E₃₃ = -ν/(1-ν) (E₁₁ + E₂₂), which is -λ/(λ+2μ) tr E, and λ₃ = √(1 + 2 E₃₃). Where 1 + 2 E₃₃ ≤ 0
    the law has squeezed the sheet to nothing: the square root is NaN and the solve says `Diverged`.
    """
    _, nu = theta
    F, strain = _ONE + H, _green(H)
    thickness = jnp.sqrt(1 - 2 * nu / (1 - nu) * trace(strain))
    return _product(_product(F, _stress(strain, theta)), F.T) / (determinant(F) * thickness)


def _linear_cauchy(H, theta):
    return _stress(_small(H), theta)


SVK = Material("svk", _svk_density, _svk_cauchy, finite=True)
LINEAR = Material("linear", _linear_density, _linear_cauchy, finite=False)


def triaxiality(sigma: Float[AnyArray, "2 2"]) -> Float[AnyArray, ""]:
    """Stress triaxiality η = I₁ / (3 √(3 J₂)) of a plane stress state; 1/3 in uniaxial tension.

    3 J₂ = (3 σ : σ - I₁²) / 2.
    """
    I1 = trace(sigma)
    return I1 / (3 * jnp.sqrt((3 * jnp.sum(sigma**2) - I1**2) / 2))
