"""A law of space in a body of revolution."""

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from sobolev.fem._arrays import AnyArray
from sobolev.fem.laws.law import Dual, Law, Point, State, Traits
from sobolev.fem.laws.plane import check_of_space
from sobolev.fem.laws.tensors import in_space


@dataclass(frozen=True)
class Axisymmetric(Law):
    """A law in a section (R, Z) of a body that is turned about R = 0, for the whole turn.

    F_θθ = 1 + u_R / R, volume 2πR for each unit of the section; forces are those of the whole ring.
    Points of integration never lie on the axis; its nodes need u_R = 0. In F and σ the directions
    are R, Z, θ. Raises `ConfigError` around a law that is not one of space.

    ```python
    Axisymmetric(LinearElastic(E=210e3, nu=0.3))
    ```
    """

    law: Law

    def __post_init__(self):
        check_of_space(self, self.law)

    def traits(self) -> Traits:
        """Needs u itself, for the hoop strain."""
        return self.law.traits()._replace(dimension=2, uses_value=True, plane_stress=False)

    def start(self) -> State:
        """As the law in it."""
        return self.law.start()

    def measure(self, x: Float[AnyArray, " 2"]) -> Float[AnyArray, ""]:
        """2πR."""
        return 2 * np.pi * x[0]

    def stretch(self, at: Point) -> Float[AnyArray, ""]:
        """1 + u_R / R."""
        return 1 + at.value[0] / at.x[0]

    def energy(self, at: Point) -> Float[AnyArray, ""]:
        """That of the law with the hoop strain."""
        return self.law.energy(_turned(at))

    def dual(self, at: Point, state: State) -> tuple[Dual, State]:
        """P_θθ / R works on u_R."""
        (P, _), state = self.law.dual(_turned(at), state)
        return (P[:2, :2], jnp.stack([P[2, 2] / at.x[0], jnp.zeros_like(P[2, 2])])), state

    def deformation(self, at: Point, state: State = ()) -> Float[AnyArray, "3 3"]:
        """F with the hoop stretch."""
        return self.law.deformation(_turned(at), state)

    def cauchy(self, at: Point, state: State = ()) -> Float[AnyArray, "3 3"]:
        """With the hoop stress as σ₃₃."""
        return self.law.cauchy(_turned(at), state)


def _turned(at: Point) -> Point:
    value = jnp.zeros(3).at[:2].set(at.value)
    return at._replace(value=value, gradient=in_space(at.gradient, at.value[0] / at.x[0]))
