"""What happens at a point: the protocol of laws, and laws that have an energy."""

import abc
from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Float

from sobolev._base.errors import ConfigError
from sobolev.fem._arrays import AnyArray
from sobolev.fem.demands import Constants
from sobolev.fem.laws.tensors import determinant, in_space, product

State = Any
# (P [c, d], b [c]); of a law that looks at a mean over its cell (P, b, p [])
Dual = tuple[Float[AnyArray, "..."], ...]


class Point(NamedTuple):
    """What a law is asked at: `value` u [c] and `gradient` ∂u/∂X [c, d] of the fields there, the
    position `x` [d], the time at the end of the step and the length of the step, the `mean` over
    the cell of a law that looks at one (None: the point is on its own).
    """

    value: Float[AnyArray, " c"]
    gradient: Float[AnyArray, "c d"]
    x: Float[AnyArray, " d"]
    time: Float[AnyArray, ""] | float = 1.0
    step: Float[AnyArray, ""] | float = 1.0
    mean: Float[AnyArray, ""] | None = None


class Traits(NamedTuple):
    """What a law says of itself.

    `dimension` of the space it lives in (None: any); `energy`: P and b are derivatives of one;
    `symmetric`: its tangent is; `uses_value`: the fields' values matter, not their gradients only;
    `finite`: det F ≤ 0 is an error; `history`: it has a state; `plane_stress`: it knows in closed
    form how it thins; `uses_mean`: it looks at the mean of `averaged` over its cell.
    """

    dimension: int | None = 3
    energy: bool = False
    symmetric: bool = True
    uses_value: bool = False
    finite: bool = False
    history: bool = False
    plane_stress: bool = False
    uses_mean: bool = False


class Law(Constants, abc.ABC):
    """What happens at a point: from values and gradients of fields to what does virtual work.

    A law is a frozen dataclass whose fields are its constants: numbers, names of parameters,
    functions of them, `PerCell` or `PerPoint`; when it is asked, they are arrays. The weak form is

        R · v = ∫ P : ∂v/∂X + b · v dV,        ((P, b), state) = dual(point, state)

    Laws that are equal but for their numbers share compiled code. `demands` says what the constants
    must be: of numbers it is asked at once, of parameters at each solve.

    ```python
    @dataclass(frozen=True)
    class Reaction(Law):
        k: Value
        def traits(self): return Traits(dimension=None, uses_value=True)
        def components(self, dimension): return 1
        def dual(self, at, state): return (0 * at.gradient, self.k * at.value**3), state
    ```
    """

    def traits(self) -> Traits:
        """What the law is."""
        return Traits()

    def components(self, dimension: int) -> int:
        """Number c of fields per node in this space: as many as directions, unless it says so."""
        return dimension

    def start(self) -> State:
        """The state of a point at the beginning, a pytree of arrays; () without history."""
        return ()

    @abc.abstractmethod
    def dual(self, at: Point, state: State) -> tuple[Dual, State]:
        """((P [c, d], b [c]), new state), per reference volume."""

    def energy(self, at: Point) -> Float[AnyArray, ""]:
        """ψ at the point, of a law whose traits say that there is one."""
        raise NotImplementedError(f"{type(self).__name__} has no energy")

    def stored(self, at: Point, state: State) -> Float[AnyArray, ""]:
        """The energy that a point would give back, per reference volume: ψ, where there is one.

        Laws with history say it of their state. Raises `ConfigError` for a law that does not.
        """
        if not self.traits().energy:
            raise ConfigError(f"the law {type(self).__name__} has no energy to be asked for.")
        return self.energy(at)

    def averaged(self, at: Point) -> Float[AnyArray, ""]:
        """What the law looks at the mean of over its cell, `Point.mean`, if its traits say so.

        Its dual is then (P, b, p) where there is a mean, with p = ∂ψ/∂mean.
        """
        raise NotImplementedError(f"{type(self).__name__} looks at no mean over its cell")

    def plane_stress(
        self, H: Float[AnyArray, "2 2"]
    ) -> tuple[Float[AnyArray, ""], Float[AnyArray, ""]]:
        """(ψ, H₃₃) where σ₃₃ = 0, of a law whose traits say that this has a closed form."""
        raise NotImplementedError(f"{type(self).__name__} has no closed form in plane stress")

    def measure(self, x: Float[AnyArray, " d"]) -> Float[AnyArray, ""] | float:
        """Volume for each unit of the mesh's volume at x: a thickness, or 2πR of a ring."""
        return 1.0

    def stretch(self, at: Point) -> Float[AnyArray, ""] | float:
        """Growth of the measure with the deformation that the plane does not show: of a ring."""
        return 1.0

    def deformation(self, at: Point, state: State = ()) -> Float[AnyArray, "3 3"]:
        """The deformation gradient F in space."""
        H = at.gradient
        return np.eye(3) + (in_space(H) if H.shape == (2, 2) else H)

    def cauchy(self, at: Point, state: State = ()) -> Float[AnyArray, "3 3"]:
        """Cauchy stress σ = P Fᵀ / det F in space; of a small-strain law, P itself."""
        (P, *_), _ = self.dual(at, state)
        if not self.traits().finite:
            return P
        F = self.deformation(at, state)
        return product(P, F.T) / determinant(F)


class Energy(Law):
    """A law with an energy ψ per reference volume, P = ∂ψ/∂H; a member writes `density(H)`."""

    def traits(self) -> Traits:
        """Of an energy: its tangent is symmetric."""
        return Traits(energy=True)

    @abc.abstractmethod
    def density(self, H: Float[AnyArray, "c d"]) -> Float[AnyArray, ""]:
        """ψ(H) of the displacement gradient H = F - 1, in stress units."""

    def energy(self, at: Point) -> Float[AnyArray, ""]:
        """ψ at the point."""
        return self.density(at.gradient)

    def dual(self, at: Point, state: State) -> tuple[Dual, State]:
        """P as derivative of the energy; b is zero."""
        return (jax.grad(self.density)(at.gradient), at.value * 0), state
