"""What is asked of a solution: the protocol of responses, and those that are sums."""

import abc
import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from sobolev._base.arguments import shown
from sobolev._base.errors import ConfigError
from sobolev.fem._arrays import AnyArray
from sobolev.fem.conditions.place import Facets
from sobolev.fem.demands import Constants, Demand, positive
from sobolev.fem.elements.tables import at_nodes
from sobolev.fem.responses.fields import At, Fields
from sobolev.fem.values import Static, Value, is_number

Quantity = Callable[[At], Float[AnyArray, ""]]


class Asks(enum.Enum):
    """What a response is asked of: any solution, one on a path, the work on the way there, the
    first limit point.
    """

    SOLUTION = enum.auto()
    PATH = enum.auto()
    WORK = enum.auto()
    LIMIT = enum.auto()


class Response(Constants, abc.ABC):
    """A number that a solution has, with derivatives through whatever it is made of.

    `place(places)` finds its nodes and cells once; `value(fields, places)` is a JAX function.
    `modal`: it needs modes of the structure, as those of `responses/modal.py`.
    """

    modal: ClassVar[bool] = False
    asks: ClassVar[Asks] = Asks.SOLUTION

    @abc.abstractmethod
    def place(self, where: "Places") -> Any:
        """Arrays that stand for its region on the mesh. Raises `ConfigError` for an empty one."""

    @abc.abstractmethod
    def value(self, fields: Fields, placed: Any) -> Float[AnyArray, ""]:
        """The number."""


class Places(abc.ABC):
    """What a response may ask of the mesh: nodes of a name, cells of a region by piece."""

    @abc.abstractmethod
    def nodes(self, name: str) -> np.ndarray:
        """Numbers of nodes."""

    @abc.abstractmethod
    def component(self, number: int, where: str) -> None:
        """Raise `ConfigError` for a component of the fields, asked for there, that is none."""

    @abc.abstractmethod
    def held(self, name: str, component: int) -> np.ndarray:
        """Numbers of nodes. Raises `ConfigError` where the component is prescribed at none."""

    @abc.abstractmethod
    def facets(self, boundary: str) -> dict[int, Facets]:
        """By piece, the facets of a boundary."""

    @abc.abstractmethod
    def around(
        self, name: str, region: str
    ) -> dict[int, tuple[str, np.ndarray, np.ndarray, np.ndarray]]:
        """By piece: its element, the cells of the region around these nodes, which of their nodes
        they are, and a weight: each node has 1, shared by the cells around it.
        """

    @abc.abstractmethod
    def cells(self, region: str) -> dict[int, np.ndarray]:
        """Numbers of the cells in each piece."""

    @abc.abstractmethod
    def with_density(self, region: str) -> dict[int, np.ndarray]:
        """As `cells`; raises `ConfigError` where a body there has no density."""

    @abc.abstractmethod
    def dead_loads(self) -> None:
        """Raise `ConfigError` where the problem has none."""


@dataclass(frozen=True)
class Displacement(Response):
    """The mean of a component of the fields over the nodes of a set or boundary: of one, its value.

    ```python
    Displacement("tip", 1)
    ```
    """

    where: Static[str]
    component: Static[int]

    def place(self, where: Places):
        """The nodes."""
        where.component(self.component, self.where)
        return where.nodes(self.where)

    def value(self, fields: Fields, placed) -> Float[AnyArray, ""]:
        """Their mean."""
        return jnp.mean(fields.u[placed, self.component])


@dataclass(frozen=True)
class BoundaryMean(Response):
    """The mean of a component of the fields over the area of a boundary, ∫ u dA / ∫ dA.

    Area as of loads: of a sheet length times thickness, of a ring all round.

    ```python
    BoundaryMean("right", 1)
    ```
    """

    where: Static[str]
    component: Static[int]

    def place(self, where: Places):
        """Its facets."""
        where.component(self.component, self.where)
        return where.facets(self.where)

    def value(self, fields: Fields, placed) -> Float[AnyArray, ""]:
        """The quotient."""
        total, area = jnp.asarray(0.0), jnp.asarray(0.0)
        for number, facets in placed.items():
            size = fields.areas(number, facets)
            u = fields.u[facets.nodes, self.component]
            total += jnp.sum(size * jnp.einsum("qb,kb->kq", facets.tables.shapes, u))
            area += size.sum()
        return total / area


@dataclass(frozen=True)
class Reaction(Response):
    """The sum of a component of the forces of the supports on the nodes of a set or boundary.

    ```python
    Reaction("clamped", 0)
    ```
    """

    where: Static[str]
    component: Static[int]

    def place(self, where: Places):
        """The nodes."""
        where.component(self.component, self.where)
        return where.held(self.where, self.component)

    def value(self, fields: Fields, placed) -> Float[AnyArray, ""]:
        """Internal minus external forces."""
        return jnp.sum(fields.reactions()[placed, self.component])


@dataclass(frozen=True)
class Compliance(Response):
    """The work of dead loads on the displacement, f · u: twice the energy of a linear body.

    Raises `ConfigError` where there are none, and it would be zero whatever the structure does.
    """

    def place(self, where: Places):
        """Nothing."""
        where.dead_loads()
        return ()

    def value(self, fields: Fields, placed) -> Float[AnyArray, ""]:
        """f · u."""
        return jnp.sum(fields.case.force * fields.u)


@dataclass(frozen=True)
class OfQuantity(Response):
    """A response that asks a function of a point, such as `fem.von_mises`. Raises `ConfigError`
    for what is none.
    """

    quantity: Static[Quantity]

    def __post_init__(self):
        super().__post_init__()
        if isinstance(self.quantity, type) or not callable(self.quantity):
            raise ConfigError(
                f"{type(self).__name__} is of a function of a point, such as fem.von_mises or "
                f"fem.Stress(0, 0): got {shown(self.quantity)}."
            )


@dataclass(frozen=True)
class Mean(OfQuantity):
    """The mean of a quantity over the reference volume of a region, ∫ q dV / ∫ dV.

    **Arguments:** `quantity`: a function of a point (`fem.von_mises`, `fem.Stress(0, 0)`, an own
    one at module level); `region`.

    ```python
    Mean(fem.triaxiality, "ligament")
    ```
    """

    region: Static[str] = "all"

    def place(self, where: Places):
        """The cells."""
        return where.cells(self.region)

    def value(self, fields: Fields, placed) -> Float[AnyArray, ""]:
        """The quotient."""
        values, volumes = fields.over(self.quantity, placed)
        return volumes @ values / volumes.sum()


@dataclass(frozen=True)
class AtNode(OfQuantity):
    """A quantity at a node, the mean of what the cells around it say; of several nodes, their mean.

    `region`: only its cells are asked. Between two materials stress jumps, and its mean over both
    is that of neither. At re-entrant corners and point loads it grows for ever under refinement.

    ```python
    AtNode(fem.Stress(1, 1), "D")
    ```
    """

    where: Static[str]
    region: Static[str] = "all"

    def place(self, where: Places):
        """The cells around the nodes."""
        return {
            number: (at_nodes(element), *rest)
            for number, (element, *rest) in where.around(self.where, self.region).items()
        }

    def value(self, fields: Fields, placed) -> Float[AnyArray, ""]:
        """Their mean."""
        total, weight = jnp.asarray(0.0), jnp.asarray(0.0)
        for number, (tables, cells, local, weights) in placed.items():
            values, _ = fields.of_piece(self.quantity, number, cells, tables)
            total += weights @ values[jnp.arange(len(cells)), local]
            weight += weights.sum()
        return total / weight


@dataclass(frozen=True)
class Integral(OfQuantity):
    """∫ q dV over the reference volume of a region; of `fem.energy_density`, the energy."""

    region: Static[str] = "all"

    def place(self, where: Places):
        """The cells."""
        return where.cells(self.region)

    def value(self, fields: Fields, placed) -> Float[AnyArray, ""]:
        """Σ w q."""
        values, volumes = fields.over(self.quantity, placed)
        return volumes @ values


@dataclass(frozen=True)
class PNorm(OfQuantity):
    """A smooth maximum, (1/V ∫ q^P dV)^(1/P), of a quantity that is not negative.

    It lies below the maximum, and grows to it with P. Where stress is singular it diverges under
    refinement: choose a region without such corners. P must be at least 1.

    ```python
    PNorm(fem.von_mises, "fillet", exponent=12.0)
    ```
    """

    region: Static[str] = "all"
    exponent: Static[float] = 12.0

    def __post_init__(self):
        super().__post_init__()
        if not (is_number(self.exponent) and self.exponent >= 1):
            raise ConfigError(f"the exponent of a p-norm is at least 1: got {self.exponent!r}.")

    def place(self, where: Places):
        """The cells."""
        return where.cells(self.region)

    def value(self, fields: Fields, placed) -> Float[AnyArray, ""]:
        """Scaled by the largest value, which changes nothing and keeps the powers in range."""
        values, volumes = fields.over(self.quantity, placed)
        size = jax.lax.stop_gradient(jnp.max(jnp.abs(values)))
        # round-off below zero is none; what is negative has no such norm: NaN tells
        values = jnp.where(values < -1e-9 * size, jnp.nan, jnp.maximum(values, 0.0))
        scale = jnp.where(size > 0, size, 1.0)
        mean = volumes @ (values / scale) ** self.exponent / volumes.sum()
        return scale * mean ** (1 / self.exponent)


@dataclass(frozen=True)
class Volume(Response):
    """∫ density dV of a region: its volume, or its mass with a density for each unit of it."""

    density: Value = 1.0
    region: Static[str] = "all"

    def demands(self) -> Sequence[Demand]:
        """There is a mass."""
        return positive(density=self.density)

    def place(self, where: Places):
        """The cells."""
        return where.cells(self.region)

    def value(self, fields: Fields, placed) -> Float[AnyArray, ""]:
        """Σ w density."""
        _, volumes = fields.over(one, placed)
        return self.density * volumes.sum()


@dataclass(frozen=True)
class Mass(Response):
    """∫ ρ dV of a region, with the densities of its bodies. Raises `ConfigError` without them.

    ```python
    Mass("flange")
    ```
    """

    region: Static[str] = "all"

    def place(self, where: Places):
        """The cells."""
        return where.with_density(self.region)

    def value(self, fields: Fields, placed) -> Float[AnyArray, ""]:
        """Σ w ρ."""
        total = jnp.asarray(0.0)
        for number, chosen in placed.items():
            _, volumes = fields.of_piece(one, number, chosen)
            density = fields.density(number, chosen, fields.space.cells[number].tables)
            total = total + jnp.sum(volumes * density)
        return total


def one(at: At) -> Float[AnyArray, ""]:
    """1 everywhere, of which the integral is the volume."""
    return jnp.ones_like(at.x[0])
