"""A region beside another, such as space × time."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from sobolev._base.errors import ConfigError
from sobolev.losses.equations.regions.region import Part, Place, Region, rounded_share


class Product(Region):
    """Points (x, y), x of the first and y of the second; parts of the boundary of either."""

    one: Region
    other: Region

    def __init__(self, one: Region, other: Region):
        common = set(one.inputs) & set(other.inputs)
        if common:
            raise ConfigError(
                f"regions beside each other have different inputs: both have {sorted(common)}."
            )
        self.one, self.other, self.inputs = one, other, (*one.inputs, *other.inputs)
        self.cube, self.size = one.cube + other.cube, one.size * other.size
        self.share = rounded_share(one.share * other.share)
        self.parts = tuple(
            [
                *(Beside(part, other, True) for part in one.parts),
                *(Beside(part, one, False) for part in other.parts),
            ]
        )

    @property
    def box(self) -> tuple[Array, Array] | None:
        """That of two boxes."""
        one, other = self.one.box, self.other.box
        if one is None or other is None:
            return None
        return jnp.concatenate([one[0], other[0]]), jnp.concatenate([one[1], other[1]])

    def place(self, u: Float[Array, " c"]) -> tuple[Float[Array, " d"], Bool[Array, ""]]:
        """One point beside another."""
        return _placed(self.one, self.other, u)

    def contains(self, x: Float[Array, " d"]) -> Bool[Array, ""]:
        """Whether each part of the point lies in its region."""
        n = len(self.one.inputs)
        return self.one.contains(x[:n]) & self.other.contains(x[n:])


class Beside(Part):
    """A part of the boundary of one, for all points of the other."""

    part: Part
    whole: Region
    before: bool = eqx.field(static=True)

    def __init__(self, part: Part, whole: Region, before: bool):
        self.names, self.part, self.whole, self.before = part.names, part, whole, before
        self.inputs = sum((p.inputs for p in self._order()), ())
        self.cube, self.size = part.cube + whole.cube, part.size * whole.size
        self.share = rounded_share(part.share * whole.share)

    def _order(self) -> tuple[Place, Place]:
        return (self.part, self.whole) if self.before else (self.whole, self.part)

    def place(self, u: Float[Array, " c"]) -> tuple[Float[Array, " d"], Bool[Array, ""]]:
        """One point beside another."""
        return _placed(*self._order(), u)

    def _own(self, x: Float[Array, " d"]) -> Float[Array, " p"]:
        n = len(self.part.inputs)
        return x[:n] if self.before else x[len(x) - n :]

    def normal(self, x: Float[Array, " d"]) -> Float[Array, " d"]:
        """That of the part; 0 in the other directions."""
        normal, zero = self.part.normal(self._own(x)), jnp.zeros(len(self.whole.inputs), x.dtype)
        return jnp.concatenate([normal, zero] if self.before else [zero, normal])

    def distance(self, x: Float[Array, " d"]) -> Float[Array, ""]:
        """To the part."""
        return self.part.distance(self._own(x))


def _placed(one: Place, other: Place, u: Float[Array, " c"]) -> tuple[Array, Array]:
    (x, here), (y, there) = one.place(u[: one.cube]), other.place(u[one.cube :])
    return jnp.concatenate([x, y]), here & there
