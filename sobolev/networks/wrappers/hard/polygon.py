"""Closed chains of segments."""

from dataclasses import dataclass
from math import dist
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Bool, Float

from sobolev._base.errors import ConfigError
from sobolev.networks.architecture import settle
from sobolev.networks.wrappers.hard.boundary import Numbers
from sobolev.networks.wrappers.hard.curves import from_segments
from sobolev.networks.wrappers.hard.joined import check_order, equivalence, folded_up
from sobolev.networks.wrappers.hard.planar import Planar, Point, point, settle_inputs

STRAIGHT = 1e-12  # of the lengths of two edges: how little a corner turns that is none


@dataclass(frozen=True)
class Polygon(Planar):
    """All edges of a polygon, with the body inside, or around it.

    Of a convex one φ is the product of the distances from its lines: a polynomial, with no
    singularity anywhere; its zeros outside do not matter. Any other is the R-equivalence of its
    segments (`Joined`), whose second derivatives grow as 1/ρ at the corners.

    **Arguments:** `inputs`, names or numbers of the two; `corners` in order, either way around;
    `outside` True for a hole; `order` 1 or 2 of the R-equivalence, None for the product where the
    polygon is convex and else 1. Raises `ConfigError`, also when edges cross.

    ```python
    Polygon(("x", "y"), ((0, 0), (2, 0), (2, 1), (1, 1), (1, 2), (0, 2)))   # L
    ```
    """

    name: ClassVar[str] = "polygon"

    inputs: tuple[str | int, str | int]
    corners: tuple[Point, ...]
    outside: bool = False
    order: int | None = None

    def __post_init__(self):
        settle_inputs(self)
        given = self.corners if isinstance(self.corners, tuple | list | np.ndarray) else ()
        settle(self, corners=tuple(point(self, corner) for corner in given))
        settle(self, outside=bool(self.outside))
        if self.order is not None:
            check_order(self, self.order)
        if len(self.corners) < 3:
            raise ConfigError(f"a polygon has three corners or more: got {self!r}.")
        _check_edges(self.corners)

    def gap(self, x: Numbers, y: Numbers) -> Numbers:
        """φ."""
        corners = self._around()
        edges = np.array(_edges(corners))
        if self.order is None and not self.outside and _convex(corners):
            (a, b), (c, d) = edges.transpose(1, 2, 0).reshape(2, 2, -1, *(1,) * x.ndim)
            length = np.hypot(c - a, d - b)
            lines = ((c - a) * (y - b) - (d - b) * (x - a)) / length
            return folded_up(lambda one, other: one * other / length.max(), lines)
        return equivalence(from_segments(edges, x, y), self.order or 1)

    def inside(self, x: Numbers, y: Numbers) -> Bool[Any, "*n"]:
        """Whether a point lies in the body: a ray to the right crosses the edges an odd number."""
        found = np.zeros(np.shape(x), bool)
        for (a, b), (c, d) in _edges(self.corners):
            if b != d:
                found ^= ((b > y) != (d > y)) & (x < a + (y - b) * (c - a) / (d - b))
        return found != self.outside

    def outline(self) -> Float[np.ndarray, "n 2"]:
        """Points along all edges."""
        return np.concatenate([np.linspace(*edge, 9)[:-1] for edge in _edges(self.corners)])

    def _around(self) -> tuple[Point, ...]:
        """The corners that turn, with the body on the left."""
        corners = self.corners
        if (_area(corners) > 0) == self.outside:
            corners = corners[::-1]
        before, after = corners[-1:] + corners[:-1], corners[1:] + corners[:1]
        triples = zip(before, corners, after, strict=True)
        turns = [abs(_turn(a, b, c)) > STRAIGHT * dist(a, b) * dist(b, c) for a, b, c in triples]
        return tuple(corner for corner, turned in zip(corners, turns, strict=True) if turned)


def _edges(corners: tuple[Point, ...]) -> list[tuple[Point, Point]]:
    return list(zip(corners, corners[1:] + corners[:1], strict=True))


def _area(corners: tuple[Point, ...]) -> float:
    return sum(a * d - c * b for (a, b), (c, d) in _edges(corners)) / 2


def _turn(a: Point, b: Point, c: Point) -> float:
    """Twice the area of a triangle, positive anticlockwise."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def _convex(corners: tuple[Point, ...]) -> bool:
    after = corners[1:] + corners[:1]
    last = after[1:] + after[:1]
    return all(_turn(a, b, c) > 0 for a, b, c in zip(corners, after, last, strict=True))


def _check_edges(corners: tuple[Point, ...]) -> None:
    """Raise `ConfigError` for an edge without length, and for two that touch or cross."""
    edges = _edges(corners)
    for start, end in edges:
        if start == end:
            raise ConfigError(
                f"the corner {start} of a polygon comes twice in a row: give it once."
            )
    for i, one in enumerate(edges):
        for j, other in enumerate(edges[i + 1 :], i + 1):
            if _meet(one, other, j == i + 1, (j + 1) % len(edges) == i):
                raise ConfigError(
                    f"the polygon crosses itself: its edges from {one[0]} to {one[1]} and from "
                    f"{other[0]} to {other[1]} meet; give its corners in order."
                )


def _meet(one: tuple[Point, Point], other: tuple[Point, Point], next_: bool, last: bool) -> bool:
    """Whether two edges have a point in common, other than the corner between neighbours."""
    if next_ or last:
        (a, b), (_, c) = (one, other) if next_ else (other, one)
        if next_ and last:  # of two corners
            return True
        back = (a[0] - b[0]) * (c[0] - b[0]) + (a[1] - b[1]) * (c[1] - b[1]) > 0
        return back and abs(_turn(a, b, c)) <= STRAIGHT * dist(a, b) * dist(b, c)
    (a, b), (c, d) = one, other
    across = _turn(a, b, c) * _turn(a, b, d), _turn(c, d, a) * _turn(c, d, b)
    if max(across) < 0:
        return True
    return any(_on(p, edge) for edge, ends in ((one, other), (other, one)) for p in ends)


def _on(p: Point, edge: tuple[Point, Point]) -> bool:
    a, b = edge
    length = dist(a, b)
    if abs(_turn(a, b, p)) > STRAIGHT * length * max(dist(a, p), length):
        return False
    along = ((p[0] - a[0]) * (b[0] - a[0]) + (p[1] - a[1]) * (b[1] - a[1])) / length**2
    return 0 <= along <= 1
