"""Numbers that an engineer reads off a point: invariants of stress, components, energy."""

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from sobolev._base.errors import ConfigError
from sobolev.fem._arrays import AnyArray
from sobolev.fem.laws.tensors import determinant, deviator, norm, trace, where
from sobolev.fem.responses.fields import At
from sobolev.fem.values import Static


def von_mises(at: At) -> Float[AnyArray, ""]:
    """σ_vM = √(3/2 s : s) of the deviator s; its slope at s = 0 is taken as zero."""
    return np.sqrt(1.5) * norm(deviator(at.sigma))


def hydrostatic(at: At) -> Float[AnyArray, ""]:
    """Mean stress σ_m = tr σ / 3, positive in tension."""
    return trace(at.sigma) / 3


def triaxiality(at: At) -> Float[AnyArray, ""]:
    """η = I₁ / (3 √(3 J₂)), the mean stress over σ_vM; 1/3 in uniaxial tension.

    3 J₂ = (3 σ : σ - I₁²) / 2. Undefined, NaN, in a purely hydrostatic state.
    """
    sigma = at.sigma
    I1 = trace(sigma)
    return I1 / (3 * jnp.sqrt((3 * jnp.sum(sigma**2) - I1**2) / 2))


def lode_angle(at: At) -> Float[AnyArray, ""]:
    """Lode angle θ in [0, π/3] of cos 3θ = 3√3/2 J₃ / J₂^(3/2); 0 in uniaxial tension.

    By atan2, whose slope is finite at both ends where that of arccos is not.
    """
    s = deviator(at.sigma)
    J2, J3 = jnp.sum(s * s) / 2, determinant(s)
    cosine = 3 * np.sqrt(3) / 2 * J3 / J2**1.5
    rest = 1 - cosine**2
    sine = where(rest > 0, jnp.sqrt(where(rest > 0, rest, 1.0)), 0.0)
    return jnp.arctan2(sine, cosine) / 3


@dataclass(frozen=True)
class Stress:
    """A component of the Cauchy stress: `Stress(1, 1)` is σ_yy."""

    i: Static[int]
    j: Static[int]

    def __post_init__(self):
        if not {self.i, self.j} <= {0, 1, 2}:
            raise ConfigError(f"a stress has the components 0 to 2: got ({self.i}, {self.j}).")

    def __call__(self, at: At) -> Float[AnyArray, ""]:
        """σ_ij."""
        return at.sigma[self.i, self.j]


@dataclass(frozen=True)
class Component:
    """A component of the fields themselves: `Component(0)` is u_x, or the temperature."""

    component: Static[int]

    def __call__(self, at: At) -> Float[AnyArray, ""]:
        """u_k."""
        return at.value[self.component]


def energy_density(at: At) -> Float[AnyArray, ""]:
    """ψ, what a point would give back, of a law that has it; of J2 without what has flowed."""
    return at.psi
