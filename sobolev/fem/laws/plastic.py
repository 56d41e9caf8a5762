"""J2 elastoplasticity at small strain, with isotropic and kinematic hardening."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from sobolev.fem._arrays import AnyArray
from sobolev.fem.demands import Demand, moduli, not_negative, positive
from sobolev.fem.laws.law import Dual, Law, Point, Traits
from sobolev.fem.laws.root import root
from sobolev.fem.laws.tensors import deviator, elastic_energy, norm, symmetric, trace, where
from sobolev.fem.values import Value

# A point is plastic when it is beyond yield by this part of the yield stress: at round-off beyond
# it the plastic tangent would be taken in unloading, where it is wrong.
BEYOND = 1e-9


class PlasticState(NamedTuple):
    """Plastic strain and back stress, both deviators; α = ∫ √(2/3) |ε̇ᵖ| dt."""

    strain: Float[AnyArray, "3 3"]
    back: Float[AnyArray, "3 3"]
    accumulated: Float[AnyArray, ""]


@dataclass(frozen=True)
class J2(Law):
    """Von Mises plasticity, q = √(3/2) |s - β| ≤ σ_y(α), associated flow, small strain.

    σ_y(α) = σ₀ + H α + (σ_∞ - σ₀)(1 - e^(-δ α)), Prager's back stress β̇ = 2/3 H_k ε̇ᵖ. The
    increment Δα is the root of q_tr - (3μ + H_k) Δα - σ_y(α + Δα) = 0, which is convex and falls;
    its derivatives, and so the consistent tangent, are those of the implicit function.

    **Arguments:** `E`, `nu`; `yield_stress` σ₀; `hardening` H; `kinematic` H_k; `saturation` σ_∞
    (None: σ₀) and `rate` δ. Stress units, but for ν and δ.

    Source: J. C. Simo, T. J. R. Hughes, Computational inelasticity, 1998, section 3.3.

    ```python
    J2(E=210e3, nu=0.3, yield_stress="sigma_y", hardening=1000.0)
    ```
    """

    E: Value
    nu: Value
    yield_stress: Value
    hardening: Value = 0.0
    kinematic: Value = 0.0
    saturation: Value | None = None
    rate: Value = 0.0

    def demands(self) -> Sequence[Demand]:
        """It resists, yields at a stress above zero, and does not soften."""
        return [
            *moduli(self.E, self.nu), *positive(yield_stress=self.yield_stress),
            *not_negative(hardening=self.hardening, kinematic=self.kinematic, rate=self.rate),
            *self._saturates(),
        ]  # fmt: skip

    def _saturates(self):
        if self.saturation is None:
            return []
        below = self.saturation < self.yield_stress
        return [Demand("saturation", self.saturation, below, "must be at least the yield stress")]

    def traits(self) -> Traits:
        """Symmetric, as the flow is associated."""
        return Traits(history=True)

    def start(self) -> PlasticState:
        """Nothing has flowed."""
        return PlasticState(np.zeros((3, 3)), np.zeros((3, 3)), np.zeros(()))

    def dual(self, at: Point, state: PlasticState) -> tuple[Dual, PlasticState]:
        """Radial return from the elastic trial stress."""
        mu, bulk = self.E / (1 + self.nu) / 2, self.E / (1 - 2 * self.nu) / 3
        strain = symmetric(at.gradient)
        trial = 2 * mu * (deviator(strain) - state.strain)
        relative = trial - state.back
        q = np.sqrt(1.5) * norm(relative)
        beyond = q - self.flow_stress(state.accumulated)
        plastic = beyond > BEYOND * self.yield_stress
        # in the branch that is not taken nothing may divide by zero, or its derivative is NaN
        safe = where(plastic, q, 1.0)
        start = where(plastic, state.accumulated, 0.0)
        excess = where(plastic, q, self.flow_stress(start))

        def unbalanced(increment, law, excess, start):
            stiff = 3 * law.E / (1 + law.nu) / 2 + law.kinematic
            return excess - stiff * increment - law.flow_stress(start + increment)

        increment = root(unbalanced, jnp.zeros_like(q), self, excess, start)
        increment = where(plastic, increment, 0.0)
        normal = relative * (1.5 / safe)
        flow = increment * normal
        stress = trial - 2 * mu * flow + bulk * trace(strain) * np.eye(3)
        new = PlasticState(
            state.strain + flow,
            state.back + 2 / 3 * self.kinematic * flow,
            state.accumulated + increment,
        )
        return (stress, at.value * 0), new

    def stored(self, at: Point, state: PlasticState) -> Float[AnyArray, ""]:
        """Of the elastic strain, and β : εᵖ / 2 of the back stress; what σ_y(α) takes is gone."""
        back = jnp.sum(state.back * state.strain) / 2
        return elastic_energy(self.E, self.nu, symmetric(at.gradient) - state.strain) + back

    def flow_stress(self, accumulated: Float[AnyArray, ""]) -> Float[AnyArray, ""]:
        """σ_y(α)."""
        stress = self.yield_stress + self.hardening * accumulated
        if self.saturation is None:
            return stress
        more = self.saturation - self.yield_stress
        return stress - more * jnp.expm1(-self.rate * accumulated)
