"""H^s of functions on a circle, H^½ above all: what a trace on the boundary belongs to."""

import equinox as eqx
import numpy as np
from jaxtyping import Float

from sobolev._base.arguments import any_array, not_negative, positive, shown, whole
from sobolev._base.errors import ConfigError
from sobolev.inner_products.modal import Axis, Modal


class Circle(Modal):
    """(u, v) = 2πR Σ_k (|k|/R)^{2s} c̄_k(u) c_k(v) on a circle, c_k its Fourier coefficients.

    With s = ½ it is ∫ ∇u·∇v over the disk inside, of the harmonic functions with these values on
    the rim, 2π Σ|k||c_k|² whatever the radius: a boundary error of that size is an error in energy
    of that size inside, while one in L2 is half an order too weak. On other loops the same sum over
    a parameter or the arc length is an equivalent norm, 20 % off on an ellipse 2:1; there take
    `fem.harmonic_extension`. The mean k = 0 counts by itself, `mean` times as much as k = 1.

    **Arguments:** `count` of points, evenly around from the angle 0; `order` s ≥ 0; `radius`,
    `centre`; `mean` > 0. Raises `ConfigError`.

    ```python
    rim = inner_products.Circle(64)
    Mapped(Equation("rim", lambda u, x: u(x)[0] - g(x), points=rim.points, order=0), rim)
    ```
    """

    radius: float = eqx.field(static=True)
    centre: tuple[float, float] = eqx.field(static=True)
    order: float = eqx.field(static=True)
    mean: float = eqx.field(static=True)

    def __init__(
        self,
        count: int,
        order: float = 0.5,
        radius: float = 1.0,
        centre: tuple[float, float] = (0.0, 0.0),
        mean: float = 1.0,
    ):
        n = whole("the number of points of a circle", count, 3)
        self.radius = positive("the radius of a circle", radius)
        self.order = not_negative("the order of an inner product", order)
        self.mean = positive("what the mean counts", mean)
        middle = any_array(centre)
        if middle.shape != (2,) or middle.dtype.kind not in "fiu" or not np.isfinite(middle).all():
            raise ConfigError(f"the centre of a circle is two numbers: got {shown(centre)}.")
        self.centre = (float(middle[0]), float(middle[1]))
        self._set([_axis(n, self.radius)], self.order, self.mean)
        self.places = self._around(self.places[:, 0])

    def finer(self) -> "Circle":
        """Half as many more, and turned by a part of their distance where they would meet."""
        found = Circle(
            len(self.integrals) * 3 // 2 + 1, self.order, self.radius, self.centre, self.mean
        )
        # A circle has no first point: turned by an irrational part of a step no two can coincide.
        angle = 2 * np.pi / len(found.integrals) * (np.arange(len(found.integrals)) + 0.5**0.5)
        return eqx.tree_at(lambda c: c.places, found, self._around(angle))

    def _around(self, angle: Float[np.ndarray, " n"]) -> Float[np.ndarray, "n 2"]:
        there = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        return np.asarray(self.centre)[None] + self.radius * there


def _axis(n: int, radius: float) -> Axis:
    """1, cos θ, sin θ, cos 2θ, …, orthogonal at n even angles; of n/2 there is only the cosine."""
    θ, number = 2 * np.pi / n * np.arange(n), (np.arange(n) + 1) // 2
    waves = np.outer(θ, number)
    modes = np.where(np.arange(n)[None] % 2 == 1, np.cos(waves), np.sin(waves))
    modes[:, 0] = 1.0
    round_it = 2 * np.pi * radius
    squares = round_it * np.where(number == 0, 1.0, 0.5)
    return Axis(θ, modes, squares, (number / radius) ** 2, np.full(n, round_it / n))
