"""Laws with a mistake in them: one entry of a tangent, and the other kinds that people make."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from sobolev.fem import Energy, Law, NeoHooke, Routine, Traits
from sobolev.fem.laws.plastic import BEYOND, J2, PlasticState
from sobolev.fem.laws.registry import LAWS
from sobolev.fem.laws.tensors import deviator, norm, symmetric, trace, where
from sobolev.fem.values import Value

ONE = np.eye(3)
E, NU, MU, LAME, BULK = 210e3, 0.3, 210e3 / 2.6, 210e3 * 0.3 / (1.3 * 0.4), 210e3 / 1.2
VOIGT = ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))


@dataclass(frozen=True)
class Spoilt(Law):
    """A law of space whose tangent ∂P/∂H is multiplied by `factors [9, 9]`, entry by entry."""

    law: Law
    factors: Value

    def traits(self):
        return self.law.traits()

    def start(self):
        return self.law.start()

    def energy(self, at):
        return self.law.energy(at)

    def dual(self, at, state):
        def P(z):
            return self.law.dual(at._replace(gradient=z.reshape(3, 3)), state)[0][0].ravel()

        z = at.gradient.ravel()
        held = jax.lax.stop_gradient(z)
        off = jax.lax.stop_gradient(jax.jacfwd(P)(held)) * (self.factors - 1)
        (stress, b), new = self.law.dual(at, state)
        return (stress + (off @ (z - held)).reshape(3, 3), b), new


def damaged(F, state, step):
    """Neo-Hooke with damage, P = (1 - d) ∂ψ/∂F, d = 0.8 (1 - e^(-α/0.1)), α the largest ψ yet."""
    mu, lame = 1.0, 2.0
    G = np.linalg.inv(F).T
    J = np.linalg.det(F)
    psi = mu / 2 * ((F * F).sum() - 3 - 2 * np.log(J)) + lame / 2 * np.log(J) ** 2
    P = mu * (F - G) + lame * np.log(J) * G
    swapped = np.einsum("il,kj->ijkl", G, G)
    A = mu * np.einsum("ik,jl->ijkl", ONE, ONE) + (mu - lame * np.log(J)) * swapped
    A = A + lame * np.einsum("ij,kl->ijkl", G, G)
    grows = psi > state[0] + 1e-3
    alpha = max(psi - 1e-3, state[0])
    left = 1 - 0.8 * (1 - np.exp(-alpha / 0.1))
    T = left * A
    if grows:
        T = T - 0.8 / 0.1 * np.exp(-alpha / 0.1) * np.einsum("ij,kl->ijkl", P, P)
    return left * P, T, np.array([alpha])


def returned(strain, state, step, back=1.0, tangent=True):
    """J2 with linear isotropic and kinematic hardening, (ε, γ) [6]; `back`: sign of β's update."""
    H, Hk, yields = 1000.0, 5000.0, 240.0
    plastic, beta, alpha = state[:6], state[6:12], state[12]
    half = np.where(np.arange(6) < 3, 1.0, 0.5)
    e = (strain - plastic) * half
    pressure = BULK * strain[:3].sum()
    trial = 2 * MU * (e - np.where(half == 1, e[:3].mean(), 0))
    xi = trial - beta
    size = np.sqrt((xi**2 / half).sum())
    q = np.sqrt(1.5) * size
    volume = np.where(half == 1, 1.0, 0.0)
    C = BULK * np.outer(volume, volume) + 2 * MU * (np.diag(half) - np.outer(volume, volume) / 3)
    excess = q - yields - H * alpha
    if excess <= 1e-9 * yields:
        return trial + pressure * volume, C, state
    more = excess / (3 * MU + H + Hk)
    n = xi / size
    flow = np.sqrt(1.5) * more * n
    if tangent:
        theta = 1 - 3 * MU * more / q
        bar = 3 * MU / (3 * MU + H + Hk) - (1 - theta)
        deviatoric = np.diag(half) - np.outer(volume, volume) / 3
        C = BULK * np.outer(volume, volume) + 2 * MU * theta * deviatoric
        C = C - 2 * MU * bar * np.outer(n, n)
    new = np.concatenate([plastic + flow / half, beta + back * 2 / 3 * Hk * flow, [alpha + more]])
    return trial - 2 * MU * flow + pressure * volume, C, new


def elastic(strain, state, step):
    """Linear elasticity of (ε, γ) [6]."""
    return _C @ strain, _C, state


_C = returned(np.zeros(6), np.zeros(13), 1.0)[1]


def viscous(strain, state, step, sign=1.0):
    """Elastic springs behind a linear dashpot, whose strain [6] follows the stress before."""
    stress = _C @ (strain - state)
    shift = np.where(np.arange(6) < 3, stress[:3].mean(), 0)
    rate = (stress - shift) * np.where(np.arange(6) < 3, 1.0, 2.0) / (20 * MU)
    return stress, _C, state + sign * step * rate


DAMAGED = Routine(damaged, "nominal", start=np.zeros(1), symmetric=True)
VISCOUS = Routine(viscous, "voigt", start=np.zeros(6), symmetric=True)
RETURNED = Routine(returned, "voigt", start=np.zeros(13), symmetric=True)
ELASTIC = Routine(elastic, "voigt", symmetric=True)

# Small and finite strain, with and without history, by JAX and by hand.
SIX: dict[str, Law | Routine] = {
    "neo-Hooke": LAWS["neo-Hooke"],
    "Holzapfel": LAWS["Holzapfel"],
    "orthotropic": LAWS["orthotropic"],
    "J2": LAWS["J2"],
    "damaged neo-Hooke, by hand": DAMAGED,
    "J2, by hand": RETURNED,
}


def entries(law: Law | Routine) -> int:
    """How many rows its tangent has."""
    return 6 if isinstance(law, Routine) and law.form == "voigt" else 9


def spoilt(law: Law | Routine, i: int, j: int, part: float = 1e-3) -> Law | Routine:
    """The law with an entry of its tangent too large by this part."""
    n = entries(law)
    factors = np.ones((n, n))
    factors[i, j] += part
    if isinstance(law, Law):
        return Spoilt(law, factors)
    return changed(law, lambda stress, T, state: (stress, T.reshape(n, n) * factors, state))


def changed(routine: Routine, change: Callable[[Any, Any, Any], Any]) -> Routine:
    """The routine with something else in what it says."""

    def call(strain, state, step):
        return change(*routine.call(strain, state, step))

    return replace(routine, call=call)


# ----- other kinds -----


@dataclass(frozen=True)
class OffStress(NeoHooke):
    """An energy, and a stress P12 that is 0.1 % too large; its tangent is that of this stress."""

    def dual(self, at, state):
        P = jax.grad(self.density)(at.gradient)
        return (P * jnp.ones((3, 3)).at[0, 1].add(1e-3), at.value * 0), state


@dataclass(frozen=True)
class Turning(Energy):
    """The energy of small strain, which a rotation strains, as if it were one of finite strain."""

    def traits(self):
        return Traits(energy=True, finite=True)

    def density(self, H):
        return trace(symmetric(H)) ** 2 + jnp.sum(symmetric(H) ** 2)


@dataclass(frozen=True)
class OneStep(J2):
    """J2 whose root is differentiated through one step of Newton's method, not two."""

    def dual(self, at, state):
        mu, bulk = self.E / (1 + self.nu) / 2, self.E / (1 - 2 * self.nu) / 3
        strain = symmetric(at.gradient)
        trial = 2 * mu * (deviator(strain) - state.strain)
        q = np.sqrt(1.5) * norm(trial)
        plastic = q - self.flow_stress(state.accumulated) > BEYOND * self.yield_stress
        excess = where(plastic, q, 2 * self.flow_stress(state.accumulated))

        def value(x, excess):
            return excess - 3 * mu * x - self.flow_stress(state.accumulated + x)

        x = jnp.zeros(())
        for _ in range(12):
            gap, slope = jax.jvp(lambda x: value(x, excess), (x,), (jnp.ones(()),))
            x = x - gap / slope
        x = jax.lax.stop_gradient(x)
        gap, slope = jax.jvp(lambda x: value(x, excess), (x,), (jnp.ones(()),))
        x = where(plastic, x - gap / slope, 0.0)
        flow = x * trial * (1.5 / excess)
        new = PlasticState(state.strain + flow, state.back, state.accumulated + x)
        stress = trial - 2 * mu * flow + bulk * trace(strain) * np.eye(3)
        return (stress, at.value * 0), new


def _tensor_stress(strain, state, step):
    T = LAME * np.einsum("ij,kl->ijkl", ONE, ONE)
    T = T + MU * (np.einsum("ik,jl->ijkl", ONE, ONE) + np.einsum("il,jk->ijkl", ONE, ONE))
    return np.einsum("ijkl,kl->ij", T, strain), T, state


def _one_minor(stress, T, state):
    T = T.copy()
    T[0, 1, 1, 0] *= 1.001
    return stress, T, state


def _shears(which):
    """Moduli of shear twice: in the tangent, or in stress and tangent."""
    twice = np.diag(np.where(np.arange(6) < 3, 1.0, 2.0))

    def change(stress, T, state):
        return (twice @ stress if which == "both" else stress), twice @ T, state

    return change


def wrong_back_stress(strain, state, step):
    return returned(strain, state, step, back=-1.0)


def wrong_flow(strain, state, step):
    return viscous(strain, state, step, sign=-1.0)


def elastic_where_plastic(strain, state, step):
    return returned(strain, state, step, tangent=False)


def _pair(stress, T, state):
    T = T.copy()
    T[0, 3] *= 1.001
    T[3, 0] *= 1.001
    return stress, T, state


def forgetful():
    """It counts its calls, outside of its state."""
    calls = [0]

    def call(strain, state, step):
        calls[0] += 1
        return elastic(strain, state, step)[0] * (1 + 1e-12 * calls[0]), _C, state

    return Routine(call)


def skewed(strain, state, step):
    """A stress that is no derivative of an energy, with its right tangent."""
    C = _C.copy()
    C[0, 1] *= 1.001
    return C @ strain, C, state


# What is planted, and the kinds of findings that name it; `claims` are those of `verify`.
KINDS: dict[str, tuple[Callable[[], Law | Routine], set[str], dict[str, Any]]] = {
    "one entry off the diagonal": (lambda: spoilt(ELASTIC, 0, 1), {"tangent"}, {}),
    "one entry on the diagonal": (lambda: spoilt(ELASTIC, 3, 3), {"tangent"}, {}),
    "a symmetric pair": (lambda: changed(RETURNED, _pair), {"tangent"}, {}),
    "one of two minor components": (
        lambda: changed(Routine(_tensor_stress, "tensor"), _one_minor), {"tangent"}, {}
    ),
    "shear moduli twice, in the tangent": (
        lambda: changed(ELASTIC, _shears("tangent")), {"tangent"}, {}
    ),
    "shear moduli twice, in stress and tangent": (
        lambda: changed(ELASTIC, _shears("both")), {"isotropy"}, {"isotropic": True}
    ),
    "the elastic tangent where it flows": (
        lambda: replace(RETURNED, call=elastic_where_plastic), {"tangent"}, {}
    ),
    "a stress that is off, its tangent consistent": (
        lambda: OffStress(10.0, 0.3), {"energy", "symmetry", "objectivity", "cycle"}, {}
    ),
    "a stress without a potential, its tangent consistent": (
        lambda: replace(ELASTIC, call=skewed), {"symmetry", "cycle"}, {}
    ),
    "not objective": (Turning, {"objectivity"}, {}),
    "anisotropic where isotropy is claimed": (
        lambda: LAWS["Holzapfel"], {"isotropy"}, {"isotropic": True}
    ),
    "the back stress with the wrong sign": (
        lambda: replace(RETURNED, call=wrong_back_stress), {"update"}, {}
    ),
    "viscous flow with the wrong sign": (
        lambda: replace(VISCOUS, call=wrong_flow), {"dissipation"}, {}
    ),
    "a root through one step of Newton's method": (
        lambda: OneStep(210e3, 0.3, 240.0, 1000.0, 0.0, 300.0, 20.0), {"second derivative"}, {}
    ),
    "memory besides the state": (forgetful, {"repeat"}, {}),
}  # fmt: skip
