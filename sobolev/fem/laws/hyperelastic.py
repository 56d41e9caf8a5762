"""Rubber-like laws: energies of the deformation gradient F = 1 + H."""

from collections.abc import Sequence
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from sobolev._base.arguments import shown
from sobolev._base.errors import ConfigError
from sobolev.fem._arrays import AnyArray
from sobolev.fem.demands import Demand, moduli, not_negative, positive
from sobolev.fem.laws.law import Energy, Traits
from sobolev.fem.laws.powers import trace_of_power
from sobolev.fem.laws.tensors import determinant, product, trace
from sobolev.fem.values import Value


class Finite(Energy):
    """An energy of finite strain."""

    def traits(self) -> Traits:
        """Finite strain."""
        return Traits(energy=True, finite=True)


@dataclass(frozen=True)
class NeoHooke(Finite):
    """ψ = μ/2 (F : F - 3 - 2 ln J) + λ/2 ln²J, the compressible neo-Hookean law of Ciarlet.

    **Arguments:** `E` in stress units and `nu` of small strains, from which μ and λ follow.

    Source: P. Wriggers, Nonlinear finite element methods, 2008, section 3.3.1.

    ```python
    NeoHooke(E="E", nu=0.3)
    ```
    """

    E: Value
    nu: Value

    def demands(self) -> Sequence[Demand]:
        """E and ν of a stable solid."""
        return moduli(self.E, self.nu)

    def density(self, H: Float[AnyArray, "3 3"]) -> Float[AnyArray, ""]:
        """ψ(F)."""
        mu, lame = self.E / (1 + self.nu) / 2, self.E * self.nu / (1 + self.nu) / (1 - 2 * self.nu)
        growth = jnp.log(determinant(np.eye(3) + H))
        # F : F - 3 = 2 tr H + H : H keeps the digits of a small strain
        return mu / 2 * (2 * trace(H) + jnp.sum(H * H) - 2 * growth) + lame / 2 * growth**2


@dataclass(frozen=True)
class MooneyRivlin(Finite):
    """ψ = C₁₀ (Ī₁ - 3) + C₀₁ (Ī₂ - 3) + κ/2 ((J² - 1)/2 - ln J), Ī of F / J^(1/3).

    With C₀₁ = 0 the nearly incompressible neo-Hookean law with μ = 2 C₁₀. **Arguments:** `C10`,
    `C01` and the bulk modulus `kappa`, in stress units.

    Source: M. Mooney, J. Appl. Phys. 11 (1940) 582, 10.1063/1.1712836; volumetric part of J. C.
    Simo and R. L. Taylor, Comput. Methods Appl. Mech. Eng. 85 (1991) 273.

    ```python
    MooneyRivlin(C10=0.3, C01=0.05, kappa=1000.0)
    ```
    """

    C10: Value
    C01: Value
    kappa: Value

    def demands(self) -> Sequence[Demand]:
        """The moduli of small strain, 2 (C₁₀ + C₀₁) and κ, are positive."""
        shear = self.C10 + self.C01
        return [
            Demand("C10 + C01", shear, shear <= 0, "must be positive"), *positive(kappa=self.kappa)
        ]  # fmt: skip

    def density(self, H: Float[AnyArray, "3 3"]) -> Float[AnyArray, ""]:
        """ψ(F)."""
        F = np.eye(3) + H
        C, J = product(F.T, F), determinant(F)
        first = trace(C)
        second = (first**2 - jnp.sum(C * C)) / 2
        distortion = self.C10 * (first * J ** (-2 / 3) - 3)
        return distortion + self.C01 * (second * J ** (-4 / 3) - 3) + volumetric(J, self.kappa)


@dataclass(frozen=True)
class Ogden(Finite):
    """ψ = Σ_i μ_i/α_i (λ̄₁^α_i + λ̄₂^α_i + λ̄₃^α_i - 3) + κ/2 ((J² - 1)/2 - ln J), λ̄ = λ J^(-1/3).

    Of the principal stretches λ; the shear modulus is ½ Σ μ_i α_i. **Arguments:** `mu` in stress
    units and `alpha`, as many of each; `kappa`.

    Source: R. W. Ogden, Proc. R. Soc. A 326 (1972) 565, 10.1098/rspa.1972.0026.

    ```python
    Ogden(mu=(0.63, 0.0012, -0.01), alpha=(1.3, 5.0, -2.0), kappa=1000.0)
    ```
    """

    mu: tuple[Value, ...]
    alpha: tuple[Value, ...]
    kappa: Value

    def __post_init__(self):
        lengths = [len(part) if isinstance(part, tuple | list) else 0
                   for part in (self.mu, self.alpha)]  # fmt: skip
        if not lengths[0] == lengths[1] > 0:
            raise ConfigError(
                "Ogden takes tuples, as many mu as alpha: got "
                f"mu = {shown(self.mu)}, alpha = {shown(self.alpha)}."
            )
        super().__post_init__()

    def demands(self) -> Sequence[Demand]:
        """The moduli of small strain, ½ Σ μ_i α_i and κ, are positive; no α is zero."""
        shear = sum(mu * alpha for mu, alpha in zip(self.mu, self.alpha, strict=True)) / 2
        exponents = [
            Demand(f"alpha[{k}]", each, each == 0, "must not be zero")
            for k, each in enumerate(self.alpha)
        ]
        rule = "must be positive"
        return [
            *exponents, Demand("½ Σ mu alpha", shear, shear <= 0, rule), *positive(kappa=self.kappa)
        ]  # fmt: skip

    def density(self, H: Float[AnyArray, "3 3"]) -> Float[AnyArray, ""]:
        """ψ(F)."""
        F = np.eye(3) + H
        J = determinant(F)
        C = product(F.T, F) * J ** (-2 / 3)
        total = volumetric(J, self.kappa)
        for mu, alpha in zip(self.mu, self.alpha, strict=True):
            total = total + mu / alpha * (trace_of_power(C, alpha / 2) - 3)
        return total


@dataclass(frozen=True)
class HolzapfelFibres(Finite):
    """Neo-Hookean ground with fibres that stiffen when pulled, and carry nothing when pushed.

    ψ = C₁₀ (Ī₁ - 3) + Σ_f k₁/(2 k₂) (exp(k₂ ⟨Ē_f⟩²) - 1) + κ/2 ((J² - 1)/2 - ln J) with
    Ē_f = κ_d (Ī₁ - 3) + (1 - 3 κ_d) (Ī₄ - 1), Ī₄ = a · C̄ a. **Arguments:** `C10`, `k1`, `kappa` in
    stress units, `k2`; the unit vectors `fibres` [(a₁, a₂, a₃), …] in the reference configuration;
    `dispersion` κ_d from 0 (aligned) to 1/3 (isotropic).

    Source: T. C. Gasser, R. W. Ogden, G. A. Holzapfel, J. R. Soc. Interface 3 (2006) 15,
    10.1098/rsif.2005.0073.

    ```python
    HolzapfelFibres(C10=7.64e-3, k1=0.9966, k2=524.6, fibres=((0.8, 0.6, 0.0),), kappa=10.0)
    ```
    """

    C10: Value
    k1: Value
    k2: Value
    fibres: tuple[tuple[Value, Value, Value], ...]
    kappa: Value
    dispersion: Value = 0.0

    def demands(self) -> Sequence[Demand]:
        """Stiffnesses are not negative, fibres of length 1, κ_d between 0 and 1/3."""
        spread = self.dispersion
        lengths = [sum(a**2 for a in fibre) ** 0.5 for fibre in self.fibres]
        return [
            *positive(C10=self.C10, k2=self.k2, kappa=self.kappa), *not_negative(k1=self.k1),
            Demand("dispersion", spread, (spread < 0) | (spread > 1 / 3), "must lie in [0, 1/3]"),
            *(Demand(f"the length of fibres[{k}]", a, abs(a - 1) > 1e-6, "must be 1")
              for k, a in enumerate(lengths)),
        ]  # fmt: skip

    def density(self, H: Float[AnyArray, "3 3"]) -> Float[AnyArray, ""]:
        """ψ(F)."""
        F = np.eye(3) + H
        J = determinant(F)
        C = product(F.T, F) * J ** (-2 / 3)
        spread = self.dispersion * (trace(C) - 3)
        total = self.C10 * (trace(C) - 3) + volumetric(J, self.kappa)
        for fibre in self.fibres:
            a = jnp.stack(list(fibre))
            square = jnp.sum(C * a[:, None] * a[None])
            E = jnp.maximum(spread + (1 - 3 * self.dispersion) * (square - 1), 0.0)
            total = total + self.k1 / (2 * self.k2) * jnp.expm1(self.k2 * E**2)
        return total


def volumetric(J: Float[AnyArray, ""], kappa: AnyArray) -> Float[AnyArray, ""]:
    """κ/2 ((J² - 1)/2 - ln J)."""
    return kappa / 2 * ((J**2 - 1) / 2 - jnp.log(J))
