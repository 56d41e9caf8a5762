"""A box as a region: its sides have names such as "x=-1"."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from sobolev.box import Box
from sobolev.losses.equations.regions.region import Part, Region


class Cuboid(Region):
    """The points of a box, lower ≤ x ≤ upper."""

    lower: Float[Array, " d"]
    upper: Float[Array, " d"]

    def __init__(self, box: Box):
        self.lower, self.upper = jnp.asarray(box.lower), jnp.asarray(box.upper)
        self.inputs, self.cube, self.share = box.names, box.dimension, 1.0
        self.size = jnp.asarray(np.prod(np.subtract(box.upper, box.lower)))
        ends = (box.lower, box.upper)
        self.parts = tuple(
            Side(self, axis, bool(end), f"{name}={ends[end][axis]:g}")
            for axis, name in enumerate(box.names)
            for end in (0, 1)
        )

    @property
    def box(self) -> tuple[Array, Array]:
        """Its bounds."""
        return self.lower, self.upper

    def place(self, u: Float[Array, " d"]) -> tuple[Float[Array, " d"], Bool[Array, ""]]:
        """0 and 1 give its bounds exactly."""
        return self.lower * (1 - u) + self.upper * u, jnp.ones((), bool)

    def contains(self, x: Float[Array, " d"]) -> Bool[Array, ""]:
        """Whether a point lies between the bounds."""
        return jnp.all((x >= self.lower) & (x <= self.upper))


class Side(Part):
    """One side of a box."""

    lower: Float[Array, " d"]
    upper: Float[Array, " d"]
    axis: int = eqx.field(static=True)
    end: bool = eqx.field(static=True)

    def __init__(self, of: Cuboid, axis: int, end: bool, name: str):
        self.lower, self.upper, self.axis, self.end, self.names = (
            of.lower,
            of.upper,
            axis,
            end,
            (name,),
        )
        self.inputs, self.cube, self.share = of.inputs, of.cube - 1, 1.0
        widths = np.asarray(of.upper) - np.asarray(of.lower)  # NumPy: nothing is compiled for it
        self.size = jnp.asarray(np.prod(np.delete(widths, axis)))

    @property
    def _at(self) -> Float[Array, ""]:
        return (self.upper if self.end else self.lower)[self.axis]

    def place(self, u: Float[Array, " c"]) -> tuple[Float[Array, " d"], Bool[Array, ""]]:
        """A point of the side, exactly."""
        full = jnp.insert(u, self.axis, 0.0)
        x = self.lower * (1 - full) + self.upper * full
        return x.at[self.axis].set(self._at), jnp.ones((), bool)

    def normal(self, x: Float[Array, " d"]) -> Float[Array, " d"]:
        """± the axis."""
        return jnp.zeros_like(x).at[self.axis].set(1.0 if self.end else -1.0)

    def distance(self, x: Float[Array, " d"]) -> Float[Array, ""]:
        """To the nearest of its points."""
        nearest = jnp.clip(x, self.lower, self.upper).at[self.axis].set(self._at)
        return jnp.sqrt(jnp.sum((x - nearest) ** 2))
