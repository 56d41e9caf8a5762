"""A law of space in a body of revolution."""

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from sobolev.fem._arrays import AnyArray
from sobolev.fem.laws.law import Dual, Point, State, Traits
from sobolev.fem.laws.tensors import in_space
from sobolev.fem.laws.wrapper import Wrapper


@dataclass(frozen=True)
class Axisymmetric(Wrapper):
    """A law in a section (R, Z) of a body that is turned about R = 0, for the whole turn.

    F_θθ = 1 + u_R / R, volume 2πR for each unit of the section; forces are those of the whole ring.
    Points of integration never lie on the axis; its nodes need u_R = 0. In F and σ the directions
    are R, Z, θ. Raises `ConfigError` around a law that is not one of space.

    ```python
    Axisymmetric(LinearElastic(E=210e3, nu=0.3))
    ```
    """

    def traits(self) -> Traits:
        """Needs u itself, for the hoop strain."""
        return self.law.traits()._replace(dimension=2, uses_value=True, plane_stress=False)

    def measure(self, x: Float[AnyArray, " 2"]) -> Float[AnyArray, ""]:
        """2πR."""
        return 2 * np.pi * x[0]

    def stretch(self, at: Point) -> Float[AnyArray, ""]:
        """1 + u_R / R."""
        return 1 + at.value[0] / at.x[0]

    def inside(self, at: Point, state: State = ()) -> Point:
        """With the hoop strain."""
        value = jnp.pad(at.value, (0, 1))
        return at._replace(value=value, gradient=in_space(at.gradient, at.value[0] / at.x[0]))

    def dual(self, at: Point, state: State) -> tuple[Dual, State]:
        """P_θθ / R works on u_R."""
        (P, _, *mean), state = self.law.dual(self.inside(at), state)
        b = jnp.stack([P[2, 2] / at.x[0], jnp.zeros_like(P[2, 2])])
        return (P[:2, :2], b, *mean), state
