"""What acts on a body: tractions and pressures on boundaries, forces in regions and at nodes."""

import abc
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from sobolev._base.arguments import shown
from sobolev._base.errors import ConfigError
from sobolev.fem._arrays import AnyArray
from sobolev.fem.demands import Constants, Demand, not_negative
from sobolev.fem.values import Static, Value, replaced


class SurfacePoint(NamedTuple):
    """A point of a boundary: `value` u [c] of the fields, position `x` [d] and outward unit normal
    `normal` [d] in the reference configuration, and `carried` [d], the normal of the deformed
    surface times its area for each unit of reference area (Nanson's formula).
    """

    value: Float[AnyArray, " c"]
    x: Float[AnyArray, " d"]
    normal: Float[AnyArray, " d"]
    carried: Float[AnyArray, " d"]


class SurfaceLoad(Constants, abc.ABC):
    """A load for each unit of reference area of a boundary, `where`.

    `follows` says whether it depends on the fields, and so belongs to the tangent.
    """

    where: str
    follows = False
    symmetric = True

    @abc.abstractmethod
    def traction(self, at: SurfacePoint) -> Float[AnyArray, " c"]:
        """t [c] at the point."""

    def scaled(self, part: AnyArray | float) -> "SurfaceLoad":
        """The load where a part of all loads acts; asked of loads that follow."""
        raise NotImplementedError(f"{type(self).__name__} does not follow")


@dataclass(frozen=True)
class Traction(SurfaceLoad):
    """A dead load, t = `value`, for each unit of reference area.

    ```python
    Traction("right", (0.0, "F"))
    ```
    """

    where: Static[str]
    value: tuple[Value, ...]

    def traction(self, at: SurfacePoint) -> Float[AnyArray, " c"]:
        """The value itself."""
        return vector(self.value)


@dataclass(frozen=True)
class TotalForce(Traction):
    """A dead force that is spread evenly over a boundary, t = `value` / area of the boundary.

    ```python
    TotalForce("right", (0.0, "F"))
    ```
    """


@dataclass(frozen=True)
class Pressure(SurfaceLoad):
    """A dead pressure, t = -p n with the normal of the reference configuration.

    ```python
    Pressure("bore", 100.0)
    ```
    """

    where: Static[str]
    value: Value

    def traction(self, at: SurfacePoint) -> Float[AnyArray, " c"]:
        """-p n."""
        return -self.value * at.normal


@dataclass(frozen=True)
class FollowerPressure(SurfaceLoad):
    """A pressure that stays normal to the deformed surface, t = -p det F F⁻ᵀ n.

    Its tangent is symmetric only where the pressed surface is closed or its edge is held.

    ```python
    FollowerPressure("bore", "p")
    ```
    """

    where: Static[str]
    value: Value

    follows = True
    symmetric = False

    def traction(self, at: SurfacePoint) -> Float[AnyArray, " c"]:
        """-p times the carried normal."""
        return -self.value * at.carried

    def scaled(self, part: AnyArray | float) -> "FollowerPressure":
        """With this part of the pressure."""
        return replaced(self, value=part * self.value)


class OfOneField(SurfaceLoad):
    """What flows into one of the fields, `component`; None: into that of a problem of one field."""

    component: int | None

    @abc.abstractmethod
    def flux(self, value: Float[AnyArray, ""]) -> Float[AnyArray, ""]:
        """q where the field has this value."""

    def traction(self, at: SurfacePoint) -> Float[AnyArray, " c"]:
        """q in its component, zero in the others."""
        k = self.component or 0
        return jnp.zeros_like(at.value).at[k].set(self.flux(at.value[k]))


@dataclass(frozen=True)
class Flux(OfOneField):
    """What flows into a body for each unit of area: heat.

    `component`: the number of the temperature among the fields of a coupled `Form`.

    ```python
    Flux("left", "q")
    ```
    """

    where: Static[str]
    value: Value
    component: Static[int | None] = None

    def flux(self, value: Float[AnyArray, ""]) -> Float[AnyArray, ""]:
        """The value itself."""
        return jnp.asarray(self.value)


@dataclass(frozen=True)
class Convection(OfOneField):
    """Heat that flows in from surroundings of temperature T∞, q = h (T∞ - T).

    `component`: the number of T among the fields of a coupled `Form`.

    ```python
    Convection("outside", h=25.0, surroundings=20.0)
    ```
    """

    where: Static[str]
    h: Value
    surroundings: Value
    component: Static[int | None] = None

    follows = True

    def demands(self) -> Sequence[Demand]:
        """Heat flows from hot to cold."""
        return not_negative(h=self.h)

    def flux(self, value: Float[AnyArray, ""]) -> Float[AnyArray, ""]:
        """h (T∞ - T)."""
        return self.h * (self.surroundings - value)

    def scaled(self, part: AnyArray | float) -> "Convection":
        """With this part of the temperature of the surroundings: h is no load."""
        return replaced(self, surroundings=part * self.surroundings)


@dataclass(frozen=True)
class BodyForce(Constants):
    """A force, or a source of heat, for each unit of reference volume of a region.

    ```python
    BodyForce((0.0, lambda p: -9.81e-6 * p["density"]), region="all")
    ```
    """

    value: tuple[Value, ...]
    region: Static[str] = "all"


@dataclass(frozen=True)
class PointForce(Constants):
    """A force that is shared equally by the nodes of a set.

    Stress and displacement at a point force in two or three dimensions grow for ever under
    refinement; on a set of many nodes it is not a uniform traction: `Traction` is.

    ```python
    PointForce("tip", (0.0, -1.0))
    ```
    """

    where: Static[str]
    value: tuple[Value, ...]


def vector(values: Any) -> Float[AnyArray, " c"]:
    """The components of a load, each a number at the point, as an array."""
    parts = [jnp.asarray(each) for each in values]
    if any(part.shape for part in parts):
        raise ConfigError(
            "each component of a load is one number at a point: got the shapes "
            f"{shown([part.shape for part in parts])}."
        )
    return jnp.stack(parts)


def check_components(load: Any, components: int) -> None:
    """Raise `ConfigError` where a load acts on other components than the problem has."""
    kind = type(load).__name__
    if isinstance(load, OfOneField) and not _of_one(load.component, components):
        raise ConfigError(
            f"{kind} at '{load.where}' flows into one field, and this problem has {components} "
            f"components: a body is loaded by Traction or Pressure; of a coupled Form say into "
            f"which, component=0 to {components - 1} (got {load.component!r})."
        )
    if not isinstance(load, Traction | BodyForce | PointForce):
        return
    listed = isinstance(load.value, tuple | list) or np.ndim(load.value) == 1
    if not listed or len(load.value) != components:
        raise ConfigError(
            f"the value of {kind} has a component for each of the {components} of the problem, "
            f"({', '.join(f'f{k}' for k in range(components))}{',' * (components == 1)}): got "
            f"{shown(load.value)}."
        )


def _of_one(component: Any, components: int) -> bool:
    if component is None:
        return components == 1
    whole = isinstance(component, int | np.integer)
    return bool(whole and 0 <= component < components)


Load = Any  # SurfaceLoad | BodyForce | PointForce
