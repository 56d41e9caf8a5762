"""Segments, arcs and circles."""

from dataclasses import dataclass
from math import atan2, cos, dist, pi, sin
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Bool, Float

from sobolev._base.errors import ConfigError
from sobolev.networks.architecture import settle
from sobolev.networks.wrappers.hard.boundary import Numbers, finite
from sobolev.networks.wrappers.hard.planar import (
    Planar,
    Point,
    point,
    settle_inputs,
    trimmed,
)

FLAT = 1e-9  # three points are on a line when they are so near to one, in lengths of it


@dataclass(frozen=True)
class Segment(Planar):
    """A straight piece from `start` to `end`: φ is the distance near it, smooth but at its ends.

    The body is on its left, as one goes: derivatives on it are those from there. Elsewhere φ has
    no side.

    **Arguments:** `inputs`, names or numbers of the two; two points in their unit. Raises
    `ConfigError`. Source: `trimmed`.

    ```python
    Segment(("x", "y"), (0.0, 0.0), (2.0, 0.0))   # the body lies above
    ```
    """

    name: ClassVar[str] = "segment"

    inputs: tuple[str | int, str | int]
    start: Point
    end: Point

    def __post_init__(self):
        settle_inputs(self)
        settle(self, start=point(self, self.start), end=point(self, self.end))
        if self.start == self.end:
            raise ConfigError(f"a segment has two different ends: got {self!r}.")

    def gap(self, x: Numbers, y: Numbers) -> Numbers:
        """φ."""
        return from_segments(np.array([[self.start, self.end]]), x, y)[0]

    def outline(self) -> Float[np.ndarray, "n 2"]:
        """Points along it."""
        return np.linspace(self.start, self.end, 17)


@dataclass(frozen=True)
class Arc(Planar):
    """A piece of a circle from `start` through `middle` to `end`; the body is on its left.

    φ is the distance near it, smooth but at its ends: f = ±(R² − ρ²)/2R, trimmed by the chord.

    **Arguments:** `inputs`, names or numbers of the two; three points in their unit, not in a line.
    Raises `ConfigError`. Source: `trimmed`.

    ```python
    r = 0.5**0.5
    Arc(("x", "y"), (0.0, 1.0), (r, r), (1.0, 0.0))   # clockwise: the body is outside
    ```
    """

    name: ClassVar[str] = "arc"

    inputs: tuple[str | int, str | int]
    start: Point
    middle: Point
    end: Point

    def __post_init__(self):
        settle_inputs(self)
        for name in ("start", "middle", "end"):
            settle(self, **{name: point(self, getattr(self, name))})
        length = max(dist(self.start, self.middle), dist(self.middle, self.end))
        if dist(self.start, self.end) <= FLAT * length or abs(self._turn()) <= FLAT * length**2:
            raise ConfigError(
                f"an arc has three different points that are not in a line: got {self!r}; a full "
                "circle is a Circle, a straight piece a Segment."
            )

    def gap(self, x: Numbers, y: Numbers) -> Numbers:
        """φ."""
        (a, b), radius = self.circle()
        side = 1.0 if self._turn() > 0 else -1.0
        f = side * (radius**2 - (x - a) ** 2 - (y - b) ** 2) / (2 * radius)
        (p, q), (r, s) = self.start, self.end
        # Anticlockwise the arc is on the right of its chord.
        t = side * ((x - p) * (s - q) - (y - q) * (r - p)) / dist(self.start, self.end)
        return trimmed(f, t, radius)

    def circle(self) -> tuple[Point, float]:
        """Centre and radius: equally far from the three points."""
        rows = np.array([self.middle, self.end]) - self.start
        middle = np.linalg.solve(2 * rows, (rows**2).sum(1))
        centre = float(middle[0] + self.start[0]), float(middle[1] + self.start[1])
        return centre, dist(self.start, centre)

    def outline(self) -> Float[np.ndarray, "n 2"]:
        """Points along it."""
        (a, b), radius = self.circle()
        first = atan2(self.start[1] - b, self.start[0] - a)
        angle = atan2(self.end[1] - b, self.end[0] - a) - first
        angle = angle % (2 * pi) if self._turn() > 0 else -(-angle % (2 * pi))
        turned = first + angle * np.linspace(0, 1, 17)[1:-1]
        between = np.stack([a + radius * np.cos(turned), b + radius * np.sin(turned)], axis=1)
        return np.concatenate([[self.start], between, [self.end]])

    def _turn(self) -> float:
        """Twice the area of the triangle of its points, positive anticlockwise."""
        (a, b), (c, d), (e, f) = self.start, self.middle, self.end
        return (c - a) * (f - b) - (d - b) * (e - a)


@dataclass(frozen=True)
class Circle(Planar):
    """A whole circle: φ = ±(R² − |x − c|²)/2R, smooth everywhere.

    **Arguments:** `inputs`, names or numbers of the two; `centre` c and `radius` R in their unit;
    `outside` True for a hole, with the body around it. Raises `ConfigError`.

    ```python
    Circle(("x", "y"), (0.0, 0.0), 0.25, outside=True)
    ```
    """

    name: ClassVar[str] = "circle"

    inputs: tuple[str | int, str | int]
    centre: Point
    radius: float
    outside: bool = False

    def __post_init__(self):
        settle_inputs(self)
        radius = finite(self, self.radius)[0]
        settle(self, centre=point(self, self.centre), radius=radius, outside=bool(self.outside))
        if not radius > 0:
            raise ConfigError(f"the radius of a circle must be positive: got {self!r}.")

    def gap(self, x: Numbers, y: Numbers) -> Numbers:
        """φ."""
        square = (x - self.centre[0]) ** 2 + (y - self.centre[1]) ** 2
        side = -1.0 if self.outside else 1.0
        return side * (self.radius**2 - square) / (2 * self.radius)

    def inside(self, x: Numbers, y: Numbers) -> Bool[Any, "*n"]:
        """Whether a point lies in the body."""
        return self.gap(x, y) >= 0

    def outline(self) -> Float[np.ndarray, "n 2"]:
        """Points along it."""
        turned = [2 * pi * k / 24 for k in range(24)]
        places = [(self.radius * cos(a), self.radius * sin(a)) for a in turned]
        return np.array(places) + self.centre


def from_segments(edges: Float[np.ndarray, "e 2 2"], x: Numbers, y: Numbers) -> Float[Any, "e *n"]:
    """φ of several segments, each from its start to its end, in one piece of code."""
    shape = (len(edges),) + (1,) * x.ndim
    a, b, c, d = (edges[:, i, j].reshape(shape) for i in (0, 1) for j in (0, 1))
    length = np.hypot(c - a, d - b)
    f = ((c - a) * (y - b) - (d - b) * (x - a)) / length
    t = (length**2 / 4 - (x - (a + c) / 2) ** 2 - (y - (b + d) / 2) ** 2) / length
    return trimmed(f, t, length)
