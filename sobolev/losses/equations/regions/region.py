"""Where points of an equation lie: places that turn numbers of the unit cube into points."""

import abc

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from sobolev._base.compiled import SELDOM, compiled
from sobolev._base.errors import ConfigError
from sobolev.box import Box

TRIED = 4096  # points that say which share of the proposed ones lies inside


class Place(eqx.Module):
    """Some set of points with a measure, such as a region or a part of its boundary: abstract.

    `inputs`: their names, in the order of the columns; `cube`: how many numbers in [0, 1) a point
    takes; `share` ∈ (0, 1]: how many of the proposed points belong to it; `size`: its measure.
    """

    inputs: tuple[str, ...] = eqx.field(static=True)
    cube: int = eqx.field(static=True)
    share: float = eqx.field(static=True)
    size: Array

    @property
    def box(self) -> tuple[Array, Array] | None:
        """The lower and upper bounds of a box; None for anything else."""
        return None

    def reach(self) -> Float[np.ndarray, "n d"]:
        """Points that reach as far as it does: two corners of a box, or some that are spread."""
        if self.box is not None:
            return np.stack([np.asarray(end) for end in self.box])
        return spread_over(self)

    @abc.abstractmethod
    def place(self, u: Float[Array, " c"]) -> tuple[Float[Array, " d"], Bool[Array, ""]]:
        """A proposed point, and whether it belongs: even numbers give even points."""

    @property
    def proposed(self) -> Array:
        """The measure of all that is proposed."""
        return self.size / self.share


class Part(Place):
    """A part of a boundary with a normal, under one of its `names` or several: abstract."""

    names: tuple[str, ...] = eqx.field(static=True)

    @abc.abstractmethod
    def normal(self, x: Float[Array, " d"]) -> Float[Array, " d"]:
        """The outward unit normal at a point of it."""

    @abc.abstractmethod
    def distance(self, x: Float[Array, " d"]) -> Float[Array, ""]:
        """How far a point is from it; at least 0 exactly for its own points."""


class Region(Place):
    """A part of space (and time) with a boundary whose parts have names: abstract.

    A `Box` is one wherever a region is asked for; `Ball`, `Polygon` and `Mesh` are others, and they
    combine: `a | b` all points of both, `a - b` those of a alone, `a & b` those in both, `a * b` a
    point of a beside one of b, such as space × time. Two boxes need `Region.of(box)` once.

    ```python
    plate = Region.of(Box(("x", "y"), (-1, -1), (1, 1))) - Ball(("x", "y"), (0, 0), 0.3, "hole")
    inside = Uniform(plate * Box(("t",), (0,), (1,)), 512)
    hole = plate.boundary("hole")
    free = Equation("free", lambda u, x: stress(u, x) @ hole.normal(x), Uniform(hole, 64))
    ```
    """

    parts: tuple[Part, ...]

    @abc.abstractmethod
    def contains(self, x: Float[Array, " d"]) -> Bool[Array, ""]:
        """Whether a point lies in it, its boundary included."""

    @classmethod
    def of(cls, what: "Box | Region") -> "Region":
        """A box as a region; a region as it is. `ConfigError` for what is neither."""
        from sobolev.losses.equations.regions.cuboid import Cuboid

        if isinstance(what, Box):
            return Cuboid(what)
        if isinstance(what, Region):
            return what
        raise ConfigError(f"a region is a Box, a Ball, a Polygon or a Mesh: got {what!r}.")

    @property
    def named(self) -> tuple[str, ...]:
        """The names of the parts of its boundary."""
        return tuple(dict.fromkeys(name for part in self.parts for name in part.names))

    def boundary(self, *names: str) -> "Boundary":
        """The parts of its boundary with these names; all of it without one. `ConfigError`."""
        for name in names:
            if name not in self.named:
                raise ConfigError(
                    f"the boundary has no part '{name}': choose from {', '.join(self.named)}."
                )
        wanted = set(names or self.named)
        return Boundary(tuple(part for part in self.parts if wanted & set(part.names)))

    def __or__(self, other: "Box | Region") -> "Region":
        return _combined("Union", self, other)

    def __ror__(self, other: Box) -> "Region":
        return _combined("Union", other, self)

    def __sub__(self, other: "Box | Region") -> "Region":
        return _combined("Difference", self, other)

    def __rsub__(self, other: Box) -> "Region":
        return _combined("Difference", other, self)

    def __and__(self, other: "Box | Region") -> "Region":
        return _combined("Intersection", self, other)

    def __rand__(self, other: Box) -> "Region":
        return _combined("Intersection", other, self)

    def __mul__(self, other: "Box | Region") -> "Region":
        return _product(self, other)

    def __rmul__(self, other: Box) -> "Region":
        return _product(other, self)


Where = Box | Place


def check_inputs(of: str, inputs: tuple[str, ...]) -> None:
    """Refuse other than two or three inputs with different names; `ConfigError`."""
    if len(inputs) not in (2, 3) or len(set(inputs)) < len(inputs):
        raise ConfigError(f"{of} has two or three inputs with different names: got {inputs}.")


def place_of(where: Where) -> Place:
    """A box as a region; a region or a boundary as it is. `ConfigError` for what is neither."""
    return where if isinstance(where, Place) else Region.of(where)


class Boundary(Place):
    """Parts of the boundary of a region, with their normals."""

    parts: tuple[Part, ...]

    def __init__(self, parts: tuple[Part, ...]):
        self.parts, self.inputs = parts, parts[0].inputs
        self.size = jnp.sum(jnp.stack([part.size for part in parts]))
        proposed = sum(float(part.proposed) for part in parts)
        self.share = rounded_share(float(self.size) / proposed)
        self.cube = max(part.cube for part in parts) + (len(parts) > 1)

    def place(self, u: Float[Array, " c"]) -> tuple[Float[Array, " d"], Bool[Array, ""]]:
        """The first number says which part, by their measures."""
        if len(self.parts) == 1:
            return self.parts[0].place(u)
        found = [part.place(u[1 : 1 + part.cube]) for part in self.parts]
        which = chosen(jnp.stack([part.proposed for part in self.parts]), u[0])[0]
        return jnp.stack([x for x, _ in found])[which], jnp.stack([ok for _, ok in found])[which]

    def normal(self, x: Float[Array, " d"]) -> Float[Array, " d"]:
        """The outward unit normal at one of its points: that of the nearest part."""
        nearest = jnp.argmin(jnp.stack([part.distance(x) for part in self.parts]))
        return jnp.stack([part.normal(x) for part in self.parts])[nearest]


def chosen(sizes: Float[Array, " k"], u: Float[Array, ""]) -> tuple[Array, Array]:
    """Which of some sizes a number in [0, 1) falls to, and where in it, in [0, 1) again."""
    ends = jnp.cumsum(sizes) / jnp.sum(sizes)
    which = jnp.minimum(jnp.searchsorted(ends, u, side="right"), len(sizes) - 1)
    first = jnp.where(which > 0, ends[which - 1], 0.0)
    return which, jnp.clip(
        (u - first) / jnp.maximum(ends[which] - first, jnp.finfo(ends.dtype).tiny), 0.0, 1.0
    )


def spread(count: int, dimension: int) -> Float[np.ndarray, "n d"]:
    """Evenly spread points of the unit cube, always the same: Roberts' additive recurrence."""
    φ = 1.5
    for _ in range(40):  # the root of φ^(d+1) = φ + 1
        φ = (1 + φ) ** (1 / (dimension + 1))
    return (0.5 + np.arange(1, count + 1)[:, None] * φ ** -np.arange(1.0, dimension + 1)) % 1


def rounded_share(share: float) -> float:
    """A share in two digits, downwards: it is part of the compiled program."""
    if share >= 1:
        return 1.0
    digits = 10.0 ** np.floor(np.log10(share) - 1)
    return float(np.floor(share / digits) * digits)


def spread_over(place: Place) -> Float[np.ndarray, "n d"]:
    """Points of it, evenly and always the same."""
    x, inside = _tried(place)
    return np.asarray(x)[np.asarray(inside)]


@compiled(SELDOM)
def _tried(place: Place) -> tuple[Float[Array, "n d"], Bool[Array, " n"]]:
    return jax.vmap(place.place)(jnp.asarray(spread(TRIED, place.cube)))


def share_of(place: Place, what: str) -> float:
    """Which share of the proposed points belongs; `ConfigError` when none does."""
    _, inside = _tried(place)
    share = float(jnp.mean(inside))
    if share == 0:
        raise ConfigError(f"{what} has no points: none of {TRIED} tried ones lies in it.")
    return share


def _combined(kind: str, one: "Box | Region", other: "Box | Region") -> Region:
    from sobolev.losses.equations.regions import combined

    return getattr(combined, kind)(Region.of(one), Region.of(other))


def _product(one: "Box | Region", other: "Box | Region") -> Region:
    from sobolev.losses.equations.regions.product import Product

    return Product(Region.of(one), Region.of(other))
