"""Elastic laws that are quadratic in the strain: isotropic and orthotropic, small and Green's."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import jax.numpy as jnp
from jaxtyping import Float

from sobolev._base.errors import ConfigError
from sobolev.fem._arrays import AnyArray
from sobolev.fem.demands import Demand, moduli, positive
from sobolev.fem.laws.law import Energy, Traits
from sobolev.fem.laws.tensors import green, inverse, symmetric, trace
from sobolev.fem.values import Value


@dataclass(frozen=True)
class LinearElastic(Energy):
    """Isotropic linear elasticity, ψ = λ/2 tr²ε + μ ε : ε of the small strain ε = sym H.

    λ = E ν / ((1+ν)(1-2ν)), μ = E / (2(1+ν)). **Arguments:** Young's modulus `E` in stress units
    and Poisson's ratio `nu`.

    ```python
    LinearElastic(E=210e3, nu="nu")
    ```
    """

    E: Value
    nu: Value

    def demands(self) -> Sequence[Demand]:
        """E and ν of a stable solid."""
        return moduli(self.E, self.nu)

    def traits(self) -> Traits:
        """Small strain; plane stress in closed form."""
        return Traits(energy=True, plane_stress=True)

    def density(self, H: Float[AnyArray, "3 3"]) -> Float[AnyArray, ""]:
        """ψ(ε)."""
        return _isotropic(symmetric(H), self.E, self.nu)

    def plane_stress(self, H: Float[AnyArray, "2 2"]) -> tuple[AnyArray, AnyArray]:
        """(ψ, ε₃₃), ε₃₃ = -ν/(1-ν) (ε₁₁ + ε₂₂)."""
        strain = symmetric(H)
        return _plane_stress(strain, self.E, self.nu), _thinner(strain, self.nu)


@dataclass(frozen=True)
class SaintVenantKirchhoff(Energy):
    """Linear elasticity in Green's strain, ψ = λ/2 tr²G + μ G : G with G = (FᵀF - 1) / 2.

    For large rotations with moderate strains; it softens in compression and lets elements collapse.
    **Arguments:** as of `LinearElastic`.

    ```python
    SaintVenantKirchhoff(E="E", nu=0.3)
    ```
    """

    E: Value
    nu: Value

    def demands(self) -> Sequence[Demand]:
        """E and ν of a stable solid."""
        return moduli(self.E, self.nu)

    def traits(self) -> Traits:
        """Finite strain; plane stress in closed form."""
        return Traits(energy=True, finite=True, plane_stress=True)

    def density(self, H: Float[AnyArray, "3 3"]) -> Float[AnyArray, ""]:
        """ψ(G)."""
        return _isotropic(green(H), self.E, self.nu)

    def plane_stress(self, H: Float[AnyArray, "2 2"]) -> tuple[AnyArray, AnyArray]:
        """(ψ, F₃₃ - 1), F₃₃ = √(1 + 2 G₃₃) with G₃₃ = -ν/(1-ν) (G₁₁ + G₂₂).

        Where 1 + 2 G₃₃ ≤ 0 the law has squeezed the sheet to nothing: the root is NaN and the solve
        says `Diverged`.
        """
        strain = green(H)
        thickness = jnp.sqrt(1 + 2 * _thinner(strain, self.nu))
        return _plane_stress(strain, self.E, self.nu), thickness - 1


@dataclass(frozen=True)
class OrthotropicElastic(Energy):
    """Linear elasticity with three planes of symmetry, whose normals are the axes of the law.

    ε = S σ with 1/E_i on the diagonal, -ν_ij/E_i off it, γ_ij = τ_ij / G_ij. **Arguments:** `E`
    (E₁, E₂, E₃), `nu` (ν₁₂, ν₁₃, ν₂₃) and `G` (G₁₂, G₁₃, G₂₃); `axes [3, 3]`, whose rows are the
    directions 1, 2, 3 of the material. S must be positive definite.

    Source: S. G. Lekhnitskii, Theory of elasticity of an anisotropic body, 1981.

    ```python
    OrthotropicElastic(E=(140e3, 10e3, 10e3), nu=(0.3, 0.3, 0.4), G=(5e3, 5e3, 3.5e3))
    ```
    """

    E: tuple[Value, Value, Value]
    nu: tuple[Value, Value, Value]
    G: tuple[Value, Value, Value]
    axes: Value = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))

    def __post_init__(self):
        for name, part in {"E": self.E, "nu": self.nu, "G": self.G, "axes": self.axes}.items():
            if not isinstance(part, tuple | list) or len(part) != 3:
                raise ConfigError(f"{name} of OrthotropicElastic has three parts: got {part!r}.")
        super().__post_init__()

    def demands(self) -> Sequence[Demand]:
        """Moduli above zero, S positive definite, axes at right angles and of length 1."""
        E, (n12, n13, n23) = self.E, self.nu
        named = {f"{name}[{k}]": each for name, part in (("E", E), ("G", self.G))
                  for k, each in enumerate(part)}  # fmt: skip
        a, b, c = n12**2 * E[1] / E[0], n13**2 * E[2] / E[0], n23**2 * E[2] / E[1]
        least = -_larger(a - 1, a + b + c + 2 * n12 * n13 * n23 * E[2] / E[0] - 1)
        gaps: list[AnyArray] = [
            abs(_product(one, other) - (i == j))
            for i, one in enumerate(self.axes) for j, other in enumerate(self.axes)
        ]  # fmt: skip
        skew = functools.reduce(_larger, gaps)
        return [
            *positive(**named),
            Demand("the least minor of S", least, least <= 0, "must be positive"),
            Demand("the axes", skew, skew > 1e-6, "must be at right angles and of length 1"),
        ]

    def density(self, H: Float[AnyArray, "3 3"]) -> Float[AnyArray, ""]:
        """½ ε : C : ε in the axes of the material."""
        axes = jnp.stack([jnp.stack(list(row)) for row in self.axes])
        strain = axes @ symmetric(H) @ axes.T
        E1, E2, E3 = self.E
        n12, n13, n23 = self.nu
        G12, G13, G23 = self.G
        S = jnp.stack([
            jnp.stack([1 / E1, -n12 / E1, -n13 / E1]),
            jnp.stack([-n12 / E1, 1 / E2, -n23 / E2]),
            jnp.stack([-n13 / E1, -n23 / E2, 1 / E3]),
        ])  # fmt: skip
        normal = jnp.diagonal(strain)
        shear = G12 * strain[0, 1] ** 2 + G13 * strain[0, 2] ** 2 + G23 * strain[1, 2] ** 2
        return normal @ inverse(S) @ normal / 2 + 2 * shear


def _isotropic(strain, E, nu):
    lame = E * nu / ((1 + nu) * (1 - 2 * nu))
    return lame / 2 * trace(strain) ** 2 + E / (1 + nu) / 2 * jnp.sum(strain**2)


def _plane_stress(strain, E, nu):
    """½ ε : C : ε in plane stress: ½ λ' tr² ε + μ ε : ε with λ' = E ν / (1 - ν²)."""
    return E * nu / (1 - nu**2) / 2 * trace(strain) ** 2 + E / (1 + nu) / 2 * jnp.sum(strain**2)


def _thinner(strain, nu):
    return -nu / (1 - nu) * trace(strain)


def _product(one: Sequence[AnyArray], other: Sequence[AnyArray]) -> AnyArray:
    a, b, c = (x * y for x, y in zip(one, other, strict=True))
    return a + b + c


def _larger(a: AnyArray, b: AnyArray) -> AnyArray:
    """By operators alone, of arrays of the host and of JAX: demands are asked of both."""
    return (a + b + abs(a - b)) / 2
