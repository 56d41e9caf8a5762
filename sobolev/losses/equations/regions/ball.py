"""A ball: an interval, a disk, a ball in space."""

from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from sobolev._base.arguments import array_of, positive, shown
from sobolev._base.errors import ConfigError
from sobolev.losses.equations.regions.region import Part, Region, check_inputs


class Ball(Region):
    """The points x with |x − centre| ≤ radius; its boundary is one part, called `name`.

    **Arguments:** `inputs`: two or three names, for a disk or a ball in space; `centre` `[d]`;
    `radius` > 0; `name` of its boundary. Raises `ConfigError`.

    ```python
    disk = Ball(("x", "y"), centre=(0.0, 0.0), radius=1.0)
    ```
    """

    centre: Float[Array, " d"]
    radius: Float[Array, ""]

    def __init__(
        self,
        inputs: Sequence[str],
        centre: Sequence[float],
        radius: float,
        name: str = "rim",
    ):
        self.inputs, middle = tuple(inputs), array_of(centre)
        check_inputs("a ball", self.inputs)
        if middle.shape != (len(self.inputs),) or not np.isfinite(middle).all():
            raise ConfigError(
                f"a ball has a centre with a finite number for each of {', '.join(self.inputs)}: "
                f"got {shown(centre)}."
            )
        self.centre, self.radius = jnp.asarray(middle), jnp.asarray(positive("the radius", radius))
        self.cube, self.share = len(self.inputs), 1.0
        self.size = np.pi * self.radius**2 if self.cube == 2 else 4 / 3 * np.pi * self.radius**3
        self.parts = (Sphere(self, name),)

    def place(self, u: Float[Array, " d"]) -> tuple[Float[Array, " d"], Bool[Array, ""]]:
        """The first number is the share of the volume that lies further in."""
        out = self.radius * u[0] ** (1 / self.cube)
        return self.centre + out * _direction(u[1:]), jnp.ones((), bool)

    def contains(self, x: Float[Array, " d"]) -> Bool[Array, ""]:
        """Whether a point is no further from the centre than the radius."""
        return jnp.sum((x - self.centre) ** 2) <= self.radius**2


class Sphere(Part):
    """The boundary of a ball."""

    centre: Float[Array, " d"]
    radius: Float[Array, ""]

    def __init__(self, of: Ball, name: str):
        self.centre, self.radius, self.names = of.centre, of.radius, (name,)
        self.inputs, self.cube, self.share = of.inputs, of.cube - 1, 1.0
        self.size = of.cube * of.size / of.radius

    def place(self, u: Float[Array, " c"]) -> tuple[Float[Array, " d"], Bool[Array, ""]]:
        """A point at the radius."""
        return self.centre + self.radius * _direction(u), jnp.ones((), bool)

    def normal(self, x: Float[Array, " d"]) -> Float[Array, " d"]:
        """Away from the centre."""
        out = x - self.centre
        return out / jnp.sqrt(jnp.sum(out**2))

    def distance(self, x: Float[Array, " d"]) -> Float[Array, ""]:
        """Along the radius."""
        return jnp.abs(jnp.sqrt(jnp.sum((x - self.centre) ** 2)) - self.radius)


def _direction(u: Float[Array, " c"]) -> Float[Array, " d"]:
    """A direction in the plane; in space also a height, as even on a sphere (Archimedes)."""
    angle = 2 * jnp.pi * u[0]
    circle = jnp.stack([jnp.cos(angle), jnp.sin(angle)])
    if len(u) == 1:
        return circle
    height = 2 * u[1] - 1
    return jnp.append(jnp.sqrt(jnp.maximum(1 - height**2, 0.0)) * circle, height)
