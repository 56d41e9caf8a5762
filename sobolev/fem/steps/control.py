"""What a path prescribes: the load, a displacement, or how far it goes; the others follow."""

import abc
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int

from sobolev._base.errors import ConfigError
from sobolev.fem._arrays import AnyArray
from sobolev.fem.kernel.space import Space
from sobolev.fem.meshes.mesh import Mesh
from sobolev.fem.values import Static, Value


class Control(abc.ABC):
    """Which number is given at each time of a path.

    `finds_load`: the load factor λ is unknown, and `gap` the equation that finds it; `remembers`:
    the equation looks at the equilibrium before.
    """

    finds_load = True
    remembers = False

    @abc.abstractmethod
    def place(self, mesh: Mesh, space: Space, components: int) -> Int[np.ndarray, " k"]:
        """The numbers of the unknowns that it looks at. Raises `ConfigError`."""

    def slopes(self, place: Any, z, before) -> Float[np.ndarray, " nf"]:
        """∂c/∂z: of one unknown that is picked, its unit vector."""
        return np.eye(1, len(z), int(place[0]))[0]

    def size(self, part: float, step: float) -> float:
        """A number to compare the gap with."""
        return 1.0

    @abc.abstractmethod
    def gap(
        self, place: Any, z: Float[AnyArray, " nf"], before: Float[AnyArray, " nf"],
        part: AnyArray | float, step: AnyArray | float,
    ) -> Float[AnyArray, ""]:  # fmt: skip
        """c(z) = 0 with the unknowns before, the part that is asked for, and its increment."""


@dataclass(frozen=True)
class LoadControl(Control):
    """The load factor at a time is that of the path: the default, up to a limit point."""

    finds_load = False

    def place(self, mesh: Mesh, space: Space, components: int) -> Int[np.ndarray, " k"]:
        """None."""
        return np.zeros(0, int)

    def gap(self, place, z, before, part, step) -> Float[AnyArray, ""]:
        """Nothing is left to find."""
        raise NotImplementedError("the load factor is given")


@dataclass(frozen=True)
class DisplacementControl(Control):
    """A displacement grows, and the load follows it: through limit points, where loads fall.

    At each time the component of the fields at the node has the factor of the path times `value`;
    the load factor λ of all loads and prescribed values is found with it (`fem.LoadFactor()`).
    Derivatives are those at a given displacement, and exist at the limit point as well.

    **Arguments:** `where`, a set of one node (`mesh.at`), whose `component` is free; `value` where
    the factor is 1. Raises `ConfigError` for several nodes or a prescribed component.

    ```python
    Path(times=tuple(np.linspace(0.1, 1, 10)), control=DisplacementControl("crown", 1, -12.0))
    ```
    """

    where: Static[str]
    component: Static[int]
    value: Value

    def place(self, mesh: Mesh, space: Space, components: int) -> Int[np.ndarray, " k"]:
        """The number of its unknown."""
        nodes = mesh.nodes(self.where)
        if len(nodes) != 1:
            raise ConfigError(
                f"displacement control holds one node, and '{self.where}' has {len(nodes)}: name "
                "one by mesh.at(name, point)."
            )
        if not 0 <= self.component < components:
            raise ConfigError(
                f"displacement control of the component {self.component}: the problem has 0 to "
                f"{components - 1}."
            )
        found = np.flatnonzero(space.free == components * nodes[0] + self.component)
        if not len(found):
            raise ConfigError(
                f"the component {self.component} at '{self.where}' is prescribed by a support: "
                "displacement control holds one that is free."
            )
        return found

    def gap(self, place, z, before, part, step) -> Float[AnyArray, ""]:
        """u - part · value."""
        return z[place[0]] - part * self.value

    def size(self, part: float, step: float) -> float:
        """The displacement at the end of the path."""
        return abs(float(self.value))


@dataclass(frozen=True)
class ArcLength(Control):
    """The path grows in length: through limit points of load and of every displacement.

    At each time the root of the mean square of the increments of all free values is the increment
    of the factor of the path times `length`, in units of the fields (a cylinder around the last
    equilibrium); it goes on in the direction that it came from. Derivatives hold this length fixed.

    **Arguments:** `length` of the whole path, where its factor is 1; factors must grow.

    Source: M. A. Crisfield, Comput. Struct. 13 (1981) 55, 10.1016/0045-7949(81)90108-5.

    ```python
    Path(times=tuple(np.linspace(0.05, 1, 20)), control=ArcLength(30.0))
    ```
    """

    length: Value
    remembers = True

    def place(self, mesh: Mesh, space: Space, components: int) -> Int[np.ndarray, " k"]:
        """All of them: none is named."""
        return np.zeros(0, int)

    def gap(self, place, z, before, part, step) -> Float[AnyArray, ""]:
        """Mean square of the increment, less that which is asked for."""
        return jnp.mean((z - before) ** 2) - (step * self.length) ** 2

    def slopes(self, place: Any, z, before) -> Float[np.ndarray, " nf"]:
        """2 (z - z before) / nf."""
        return 2 * (z - before) / len(z)

    def size(self, part: float, step: float) -> float:
        """The square that is asked for."""
        return (step * float(self.length)) ** 2
