"""Nearly incompressible bodies: the cell has one volume change, not one at every point."""

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from sobolev._base.errors import ConfigError
from sobolev.fem._arrays import AnyArray
from sobolev.fem.laws.law import Dual, Point, State, Traits
from sobolev.fem.laws.tensors import determinant, trace
from sobolev.fem.laws.wrapper import Wrapper


@dataclass(frozen=True)
class MeanDilatation(Wrapper):
    """A law that sees the mean volume change of its cell, so that it does not lock.

    Where a material hardly changes its volume, a cell that must keep the volume at each of its
    points cannot move: it locks. Here the law is asked at

        F̄ = (J̄ / J)^(1/3) F, J̄ = ∫ J dV / ∫ dV                   of finite strain,
        ε̄ = ε + (mean tr ε - tr ε) / 3                             of small strain (B-bar),

    with means over the cell in its reference volume; forces are derivatives of the energy with F̄,
    so that a symmetric tangent stays symmetric. Stress, energy and state are those of F̄.

    For bilinear quadrilaterals and trilinear hexahedra. Nine and 27 nodes have a linear fit of J in
    place of its mean and keep their order; in quadrilaterals of 8, hexahedra of 20 nodes, and in
    quadratic triangles and tetrahedra the mean works, but costs an order of convergence. Linear
    triangles and tetrahedra are refused. The displacement is good; with linear cells the pressure
    alone may alternate from cell to cell, as with every constant pressure: look at its mean.

    It goes directly around a law of space: `PlaneStrain(MeanDilatation(law))`. Raises `ConfigError`
    around another.

    Source: J. C. Simo, R. L. Taylor, K. S. Pister, Comput. Methods Appl. Mech. Eng. 51 (1985) 177,
    10.1016/0045-7825(85)90033-7; T. J. R. Hughes, Int. J. Numer. Meth. Eng. 15 (1980) 1413,
    10.1002/nme.1620150914.

    ```python
    PlaneStrain(MeanDilatation(NeoHooke("E", 0.4999)))
    ```
    """

    def __post_init__(self):
        super().__post_init__()
        if self.law.traits().uses_mean:
            raise ConfigError(f"{self.law!r} has the mean dilatation of its cell already.")

    def traits(self) -> Traits:
        """As the law in it, with a mean; how it would thin is no longer known."""
        return self.law.traits()._replace(uses_mean=True, plane_stress=False)

    def averaged(self, at: Point) -> Float[AnyArray, ""]:
        """J = det F, or tr ε."""
        if self.law.traits().finite:
            return determinant(np.eye(3) + at.gradient)
        return trace(at.gradient)

    def inside(self, at: Point, state: State = ()) -> Point:
        """At F̄ - 1, without the mean; on its own a point has the volume change it has."""
        if at.mean is None:
            return at
        return at._replace(gradient=self._with(at.gradient, at.mean), mean=None)

    def dual(self, at: Point, state: State) -> tuple[Dual, State]:
        """What does the work of P̄ on F̄, by F and by the mean."""
        (P, b), state = self.law.dual(self.inside(at), state)
        if at.mean is None:
            return (P, b), state
        _, pull = jax.vjp(self._with, at.gradient, at.mean)
        P, p = pull(P)
        return (P, b, p), state

    def _with(self, H, mean):
        if self.law.traits().finite:
            # exp and log vectorise over the points, and so do their derivatives; a power does not
            scale = jnp.exp(jnp.log(mean / determinant(np.eye(3) + H)) / 3)
            return scale * H + (scale - 1) * np.eye(3)
        return H + (mean - trace(H)) / 3 * np.eye(3)
