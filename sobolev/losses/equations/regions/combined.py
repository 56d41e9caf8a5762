"""Regions made of two: union, difference, intersection."""

import abc

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from sobolev._base.errors import ConfigError
from sobolev.losses.equations.regions.region import Part, Region, rounded_share, share_of

NUDGE = 1e-7  # of the length of a part: on which side of a boundary a point is looked at


class Combined(Region):
    """What two regions of the same inputs have in common by some rule: abstract, or final."""

    one: Region
    other: Region

    def __init__(self, one: Region, other: Region):
        if one.inputs != other.inputs:
            raise ConfigError(
                f"regions are combined in the same inputs: got {one.inputs} and {other.inputs}. "
                "A point of one beside a point of the other is one * other."
            )
        self.one, self.other, self.inputs = one, other, one.inputs
        self.cube, self.share = self._cube(), 1.0
        self.size, self.parts = jnp.ones(()), ()
        share = share_of(self, type(self).__name__.lower().join(("the ", " of regions")))
        self.size, self.share = share * self._of(), rounded_share(share)
        self.parts = tuple(part for part in self._kept() if part.size > 0)

    def _cube(self) -> int:
        return self.one.cube

    def _of(self) -> Array:
        """The measure of what is proposed."""
        return self.one.proposed

    @abc.abstractmethod
    def _kept(self) -> "list[Kept]":
        """Those parts of both boundaries that bound what is made of them."""


class Union(Combined):
    """All points of both."""

    def _cube(self) -> int:
        return 1 + max(self.one.cube, self.other.cube)

    def _of(self) -> Array:
        return self.one.proposed + self.other.proposed

    def place(self, u: Float[Array, " c"]) -> tuple[Float[Array, " d"], Bool[Array, ""]]:
        """A point of one of them, by their measures; those of the other only where it is alone."""
        x, here = self.one.place(u[1 : 1 + self.one.cube])
        y, there = self.other.place(u[1 : 1 + self.other.cube])
        first = u[0] * self._of() < self.one.proposed
        there = there & ~self.one.contains(y)
        return jnp.where(first, x, y), jnp.where(first, here, there)

    def contains(self, x: Float[Array, " d"]) -> Bool[Array, ""]:
        """In one of them."""
        return self.one.contains(x) | self.other.contains(x)

    def _kept(self) -> "list[Kept]":
        return [
            *(Kept(part, self.other, 1.0, False) for part in self.one.parts),
            *(Kept(part, self.one, 1.0, False, 1.0, True) for part in self.other.parts),
        ]


class Difference(Combined):
    """The points of the first that are not in the other."""

    def place(self, u: Float[Array, " c"]) -> tuple[Float[Array, " d"], Bool[Array, ""]]:
        """A point of the first."""
        x, inside = self.one.place(u)
        return x, inside & ~self.other.contains(x)

    def contains(self, x: Float[Array, " d"]) -> Bool[Array, ""]:
        """In the first alone."""
        return self.one.contains(x) & ~self.other.contains(x)

    def _kept(self) -> "list[Kept]":
        return [
            *(Kept(part, self.other, -1.0, False) for part in self.one.parts),
            *(Kept(part, self.one, 1.0, True, -1.0, True) for part in self.other.parts),
        ]


class Intersection(Combined):
    """The points in both."""

    def place(self, u: Float[Array, " c"]) -> tuple[Float[Array, " d"], Bool[Array, ""]]:
        """A point of the first."""
        x, inside = self.one.place(u)
        return x, inside & self.other.contains(x)

    def contains(self, x: Float[Array, " d"]) -> Bool[Array, ""]:
        """In both."""
        return self.one.contains(x) & self.other.contains(x)

    def _kept(self) -> "list[Kept]":
        return [
            *(Kept(part, self.other, -1.0, True) for part in self.one.parts),
            *(Kept(part, self.one, -1.0, True, 1.0, True) for part in self.other.parts),
        ]


class Kept(Part):
    """What is left of a part: where the other region is, or is not, on one side of it.

    `side` ±1: the side that is looked at, along the normal of the part; `turn` −1: its normal turns
    round, as that of a hole; `once`: what bounds the other region too is left out, as it is a part
    of that one.
    """

    part: Part
    other: Region
    side: float = eqx.field(static=True)
    inside: bool = eqx.field(static=True)
    turn: float = eqx.field(static=True)
    once: bool = eqx.field(static=True)

    def __init__(
        self,
        part: Part,
        other: Region,
        side: float,
        inside: bool,
        turn: float = 1.0,
        once: bool = False,
    ):
        self.part, self.other, self.side, self.inside = part, other, side, inside
        self.turn, self.once = turn, once
        self.inputs, self.cube, self.names = part.inputs, part.cube, part.names
        self.share, self.size = 1.0, part.proposed
        try:
            share = share_of(self, "a part")
        except ConfigError:  # nothing is left of it
            share = 0.0
        self.share = rounded_share(share) if share else 1.0
        self.size = part.proposed * share

    def place(self, u: Float[Array, " c"]) -> tuple[Float[Array, " d"], Bool[Array, ""]]:
        """A point of the part."""
        x, belongs = self.part.place(u)
        length = self.part.size ** (1 / max(self.part.cube, 1))
        step = self.side * NUDGE * length * self.part.normal(x)
        belongs = belongs & (self.other.contains(x + step) == self.inside)
        if self.once:  # beyond a boundary that both share the other region is not as it is here
            belongs = belongs & (self.other.contains(x - step) == self.inside)
        return x, belongs

    def normal(self, x: Float[Array, " d"]) -> Float[Array, " d"]:
        """That of the part, or its opposite."""
        return self.turn * self.part.normal(x)

    def distance(self, x: Float[Array, " d"]) -> Float[Array, ""]:
        """To the whole part."""
        return self.part.distance(x)
