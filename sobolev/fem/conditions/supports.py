"""Prescribed values of the fields at nodes."""

import abc
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float, Int

from sobolev._base.arguments import shown
from sobolev._base.errors import ConfigError
from sobolev.fem._arrays import AnyArray
from sobolev.fem.demands import Constants
from sobolev.fem.meshes.mesh import Mesh
from sobolev.fem.values import Parameters, PerCell, Static, Value, evaluate, levels, split


class Support(abc.ABC):
    """Values of fields that are given somewhere."""

    @abc.abstractmethod
    def each(self, components: int) -> "list[Prescribed]":
        """It component by component, of a problem that has so many."""


@dataclass(frozen=True)
class Prescribed(Constants, Support):
    """A component of the fields has this value at the nodes of a set, boundary or region.

    **Arguments:** `where`, a name of the mesh; `component`, 0 for x (or the temperature); `value`,
    a number, a parameter, a function of the parameters, or `PerPoint`.

    ```python
    Prescribed("top", 1, value="lift")
    ```
    """

    where: Static[str]
    component: Static[int]
    value: Value = 0.0

    def each(self, components: int) -> "list[Prescribed]":
        """Itself."""
        return [self]


class Fixed(Support):
    """These components are zero there; all that the problem has when none is named.

    ```python
    supports=[Fixed("left"), Fixed("bottom", 1)]
    ```
    """

    def __init__(self, where: str, *components: int):
        self.where, self.components = where, components

    def __repr__(self):
        return f"Fixed{(self.where, *self.components)!r}".replace(",)", ")")

    def each(self, components: int) -> list[Prescribed]:
        """One `Prescribed` of each component."""
        return [Prescribed(self.where, k) for k in self.components or range(components)]


class Supports(NamedTuple):
    """Static `skeletons`; their `numbers` and `nodes`, arrays; the number of the value that each
    degree of freedom takes, `which [n, c]`, among those of all supports in order, 0 of none.
    """

    skeletons: tuple[Prescribed, ...]
    numbers: tuple[tuple[np.ndarray, ...], ...]
    nodes: tuple[Int[np.ndarray, " k"], ...]
    which: Int[np.ndarray, "n c"]

    @property
    def fixed(self) -> Bool[np.ndarray, "n c"]:
        """The degrees of freedom that are given."""
        return self.which > 0


def place_supports(mesh: Mesh, supports: Sequence[Any], components: int) -> Supports:
    """Find the nodes; `ConfigError` for a component that the problem has not."""
    flat: list[Prescribed] = []
    for each in supports:
        if not isinstance(each, Support):
            raise ConfigError(f"supports are Fixed(...) and Prescribed(...): got {each!r}.")
        flat += each.each(components)
    kept, nodes, values = [], [], 1
    which = np.zeros((len(mesh.points), components), np.int32)
    for each in flat:
        whole = isinstance(each.component, int | np.integer)
        if not (whole and 0 <= each.component < components):
            raise ConfigError(
                f"the component {each.component} is prescribed at '{each.where}', and the problem "
                f"has the components {' and '.join(map(str, range(components)))}."
            )
        if isinstance(each.value, PerCell) or np.ndim(each.value) or each.value == ():
            raise ConfigError(
                f"what is prescribed at '{each.where}' is one number, the name of a parameter, a "
                f"function of them or PerPoint: got {shown(each.value)}."
            )
        kept.append(each)
        nodes.append(mesh.nodes(each.where))
        which[nodes[-1], each.component] = values + np.arange(len(nodes[-1]))
        values += len(nodes[-1])
    skeletons, numbers = zip(*map(split, kept), strict=True) if kept else ((), ())
    return Supports(skeletons, numbers, tuple(nodes), which)


def displacement(
    supports: Supports, p: Parameters, X: Float[AnyArray, "n d"]
) -> Float[AnyArray, "n c"]:
    """Prescribed values `[n, c]`, zero elsewhere; where two meet the later one counts."""
    values = [jnp.zeros(1)]
    for skeleton, numbers, nodes in zip(
        supports.skeletons, supports.numbers, supports.nodes, strict=True
    ):
        (level,) = levels(skeleton)
        x = jnp.asarray(X)[nodes][None] if level == 2 else None
        (value,) = evaluate(skeleton, numbers, p, x)
        if value.shape != ((1, len(nodes)) if level == 2 else ()):
            raise ConfigError(
                f"what is prescribed at '{skeleton.where}' is one number at each place: got an "
                f"array {value.shape[2:] if level == 2 else value.shape}."
            )
        values.append(jnp.broadcast_to(value, (1, len(nodes)))[0])
    # picked in one go: to put the values of each support in their places compiles much longer
    return jnp.concatenate(values)[supports.which]
