"""Laws whose stress depends on the rate: viscoplasticity and linear viscoelasticity."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from sobolev._base.errors import ConfigError
from sobolev.fem._arrays import AnyArray
from sobolev.fem.demands import Demand, moduli, not_negative, positive
from sobolev.fem.laws.law import Dual, Law, Point, Traits
from sobolev.fem.laws.root import root
from sobolev.fem.laws.tensors import deviator, elastic_energy, norm, symmetric, trace, where
from sobolev.fem.values import Value

GAS = 8.31446261815324  # J/(mol K), CODATA 2018


class CreepState(NamedTuple):
    """Inelastic strain, a deviator, and its accumulated size α."""

    strain: Float[AnyArray, "3 3"]
    accumulated: Float[AnyArray, ""]


@dataclass(frozen=True)
class NortonCreep(Law):
    """Creep by a power of stress, α̇ = A e^(-Q / (R T)) q^n with q the von Mises stress.

    Backward Euler: q_tr - 3μ Δα = q, Δα = Δt A e^(-Q/RT) q^n, solved for q. **Arguments:** `E`,
    `nu`; `A` in 1/(s stress^n), `n` ≥ 1; `activation` Q in J/mol and `temperature` T in K (Q = 0:
    A alone).

    Source: F. H. Norton, The creep of steel at high temperatures, 1929.

    ```python
    NortonCreep(E=150e3, nu=0.3, A=1e-20, n=5.0)
    ```
    """

    E: Value
    nu: Value
    A: Value
    n: Value
    activation: Value = 0.0
    temperature: Value = 293.15

    def demands(self) -> Sequence[Demand]:
        """It resists, and flows the way it is pulled."""
        return [
            *moduli(self.E, self.nu), *positive(temperature=self.temperature),
            *not_negative(A=self.A), Demand("n", self.n, self.n < 1, "must be at least 1"),
        ]  # fmt: skip

    def traits(self) -> Traits:
        """With history."""
        return Traits(history=True)

    def start(self) -> CreepState:
        """Nothing has crept."""
        return CreepState(np.zeros((3, 3)), np.zeros(()))

    def stored(self, at: Point, state: CreepState) -> Float[AnyArray, ""]:
        """Of the elastic strain."""
        return elastic_energy(self.E, self.nu, symmetric(at.gradient) - state.strain)

    def dual(self, at: Point, state: CreepState) -> tuple[Dual, CreepState]:
        """Radial return to the stress that creeps as fast as it relaxes."""
        factor = self.A * jnp.exp(-self.activation / (GAS * self.temperature))

        def unbalanced(scaled, law, trial, speed, step):
            # in units of the trial stress: q = trial · scaled, from 1 downwards, convex for n ≥ 1
            mu = law.E / (1 + law.nu) / 2
            return scaled + 3 * mu * step * speed * trial ** (law.n - 1) * scaled**law.n - 1

        return _relaxed(self, at, state, unbalanced, factor)


@dataclass(frozen=True)
class Perzyna(Law):
    """Viscoplasticity above a yield stress, α̇ = (1/η) ⟨q / σ_y(α) - 1⟩^m, σ_y = σ₀ + H α.

    Backward Euler. **Arguments:** `E`, `nu`, `yield_stress` σ₀, `hardening` H; `viscosity` η in s;
    `exponent` m ≥ 1: below, the rate starts with an infinite slope.

    Source: P. Perzyna, Adv. Appl. Mech. 9 (1966) 243, 10.1016/S0065-2156(08)70009-7.

    ```python
    Perzyna(E=210e3, nu=0.3, yield_stress=240.0, viscosity="eta", exponent=1.0)
    ```
    """

    E: Value
    nu: Value
    yield_stress: Value
    viscosity: Value
    exponent: Value = 1.0
    hardening: Value = 0.0

    def demands(self) -> Sequence[Demand]:
        """As of J2, and it flows the way it is pulled."""
        return [
            *moduli(self.E, self.nu),
            *positive(yield_stress=self.yield_stress, viscosity=self.viscosity),
            *not_negative(hardening=self.hardening),
            Demand("exponent", self.exponent, self.exponent < 1, "must be at least 1"),
        ]  # fmt: skip

    def traits(self) -> Traits:
        """With history."""
        return Traits(history=True)

    def start(self) -> CreepState:
        """Nothing has flowed."""
        return CreepState(np.zeros((3, 3)), np.zeros(()))

    def stored(self, at: Point, state: CreepState) -> Float[AnyArray, ""]:
        """Of the elastic strain."""
        return elastic_energy(self.E, self.nu, symmetric(at.gradient) - state.strain)

    def dual(self, at: Point, state: CreepState) -> tuple[Dual, CreepState]:
        """Radial return to the overstress that flows as fast as it relaxes."""
        start = state.accumulated

        def unbalanced(scaled, law, trial, start, step):
            # overstress x = q / σ_y - 1 ≥ 0 from the flow Δα = Δt/η x^m: grows with x, convex
            mu = law.E / (1 + law.nu) / 2
            most = trial / (law.yield_stress + law.hardening * start) - 1
            over = most * scaled
            flow = step / law.viscosity * over**law.exponent
            flow_stress = law.yield_stress + law.hardening * (start + flow)
            return (3 * mu * flow + flow_stress * (1 + over)) / trial - 1

        elastic = self.yield_stress + self.hardening * start
        return _relaxed(self, at, state, unbalanced, start, threshold=elastic)


def _relaxed(law, at: Point, state: CreepState, unbalanced, given, threshold=None):
    """Stress and state after a radial return whose size is the root of an equation."""
    mu, bulk = law.E / (1 + law.nu) / 2, law.E / (1 - 2 * law.nu) / 3
    strain = symmetric(at.gradient)
    trial = 2 * mu * (deviator(strain) - state.strain)
    q = np.sqrt(1.5) * norm(trial)
    flows = q > (0.0 if threshold is None else threshold)
    # where nothing flows a sound number stands in, and its derivatives are not NaN
    safe = where(flows, q, 1.0 if threshold is None else 2.0 * threshold)
    x = root(unbalanced, jnp.ones_like(q), law, safe, given, jnp.asarray(at.step))
    if threshold is None:
        left = safe * x
    else:
        most = safe / threshold - 1
        flow = at.step / law.viscosity * (most * x) ** law.exponent
        left = safe - 3 * mu * flow
    increment = where(flows, (safe - left) / (3 * mu), 0.0)
    flow = increment * trial * (1.5 / safe)
    stress = trial - 2 * mu * flow + bulk * trace(strain) * np.eye(3)
    return (stress, at.value * 0), CreepState(state.strain + flow, state.accumulated + increment)


class PronyState(NamedTuple):
    """Deviator of the strain, and the stress `[k, 3, 3]` in each branch."""

    strain: Float[AnyArray, "3 3"]
    branches: Float[AnyArray, "k 3 3"]


@dataclass(frozen=True)
class Prony(Law):
    """Linear viscoelasticity, shear modulus G(t) = G_∞ + Σ G_i e^(-t/τ_i), constant bulk modulus.

    h_i ← e^(-x) h_i + 2 G_i a(x) Δe with x = Δt/τ_i, a = (1 - e^(-x))/x: exact for strains that
    are straight between two times, whatever Δt. **Arguments:** `bulk`, `G` (G_∞, G₁, …, G_k) in
    stress units, `tau` (τ₁, …, τ_k) in s.

    Source: R. L. Taylor, K. S. Pister, G. L. Goudreau, Int. J. Numer. Meth. Eng. 2 (1970) 45.

    ```python
    Prony(bulk=2000.0, G=(1.0, 2.0, 1.5), tau=(0.1, 10.0))
    ```
    """

    bulk: Value
    G: tuple[Value, ...]
    tau: tuple[Value, ...]

    def __post_init__(self):
        if not all(isinstance(part, tuple | list) for part in (self.G, self.tau)):
            raise ConfigError(f"G and tau of Prony are tuples: got {self.G!r} and {self.tau!r}.")
        if len(self.G) != len(self.tau) + 1:
            raise ConfigError(
                "Prony takes one more G than tau, that of long times first: got "
                f"{len(self.G)} G and {len(self.tau)} tau."
            )
        super().__post_init__()

    def demands(self) -> Sequence[Demand]:
        """It resists at once, though perhaps not for ever, and relaxes."""
        branches = {f"tau[{k}]": tau for k, tau in enumerate(self.tau)}
        shear = {f"G[{k}]": G for k, G in enumerate(self.G)}
        return [*positive(bulk=self.bulk, **branches), *not_negative(**shear)]

    def traits(self) -> Traits:
        """With history."""
        return Traits(history=True)

    def start(self) -> PronyState:
        """At rest for ever."""
        return PronyState(np.zeros((3, 3)), np.zeros((len(self.tau), 3, 3)))

    def stored(self, at: Point, state: PronyState) -> Float[AnyArray, ""]:
        """Of the springs: G_∞ e : e + Σ h_i : h_i / (4 G_i) + K/2 (tr ε)²."""
        strain, G = symmetric(at.gradient), jnp.stack(list(self.G[1:]))
        springs = jnp.sum(state.branches**2, (1, 2)) / (4 * where(G > 0, G, 1.0))
        rest = self.G[0] * jnp.sum(deviator(strain) ** 2) + self.bulk / 2 * trace(strain) ** 2
        return rest + jnp.sum(springs)

    def dual(self, at: Point, state: PronyState) -> tuple[Dual, PronyState]:
        """Σ of the branches."""
        strain = symmetric(at.gradient)
        e = deviator(strain)
        rest, G, tau = self.G[0], jnp.stack(list(self.G[1:])), jnp.stack(list(self.tau))
        x = at.step / tau
        # a(x) at a step of no length is 1: the branches are elastic
        safe = where(x > 0, x, 1.0)
        share = where(x > 0, -jnp.expm1(-safe) / safe, 1.0)
        more = (2 * G * share)[:, None, None] * (e - state.strain)[None]
        branches = jnp.exp(-x)[:, None, None] * state.branches + more
        stress = 2 * rest * e + branches.sum(0) + self.bulk * trace(strain) * np.eye(3)
        return (stress, at.value * 0), PronyState(e, branches)
