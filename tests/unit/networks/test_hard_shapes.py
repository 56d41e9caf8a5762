"""Curves, joined and clamped parts: exactly zero, with the slope from the body, at corners too."""

import jax
import numpy as np
import pytest

from sobolev import Box, Surrogate
from sobolev.errors import ConfigError
from sobolev.networks import (
    MLP,
    Arc,
    Between,
    Circle,
    Clamped,
    Face,
    Frame,
    HardBoundary,
    Joined,
    Polygon,
    Segment,
)  # fmt: skip
from sobolev.networks.wrappers.hard.planar import Planar

P = ("x", "y")
BOX = Box(("t", "x", "y"), (0.0, -3.0, 10.0), (5.0, 5.0, 14.0), ("s", "mm", "mm"))
FRAME = Frame(
    BOX.names, ("u",), np.array([2.5, 1.0, 12.0]), np.array([2.5, 4.0, 2.0]), *np.eye(2)[:, :1]
)
L = ((0.0, 10.0), (4.0, 10.0), (4.0, 11.0), (2.0, 11.0), (2.0, 13.0), (0.0, 13.0))
HOLE = Circle(P, (1.0, 12.0), 0.7, outside=True)
R = 0.5**0.5


def edges(corners, n):
    after = corners[1:] + corners[:1]
    return np.concatenate([np.linspace(a, b, n) for a, b in zip(corners, after, strict=True)])


def around(centre, radius, start=0.0, end=2 * np.pi, n=1000):
    angle = np.linspace(start, end, n)
    return np.stack([centre[0] + radius * np.cos(angle), centre[1] + radius * np.sin(angle)], 1)


# a boundary, 1000 points and more of it, and whether the slope is 1 there in the unit of the inputs
WALLS = {
    "segment": (Segment(P, (0.0, 10.0), (3.0, 14.0)), np.linspace((0, 10), (3, 14), 1000)),
    "arc": (Arc(P, (2, 12), (1 + R, 12 + R), (1, 13)), around((1, 12), 1.0, 0, np.pi / 2)),
    "clockwise": (Arc(P, (1, 13), (0, 12), (2, 12)), around((1, 12), 1.0, np.pi / 2, 2 * np.pi)),
    "circle": (Circle(P, (1.0, 12.0), 1.5), around((1.0, 12.0), 1.5)),
    "hole": (HOLE, around((1.0, 12.0), 0.7)),
    "L": (Polygon(P, L), edges(L, 200)),
    "L of order 2": (Polygon(P, L[::-1], order=2), edges(L, 200)),
    "around L": (Polygon(P, L, outside=True), edges(L, 200)),
    "triangle": (Polygon(P, L[:3]), edges(L[:3], 400)),
    "clamped": (Clamped(Polygon(P, L)), edges(L, 200)),
    "joined": (Joined((HOLE, Polygon(P, L))), np.r_[around((1, 12), 0.7), edges(L, 200)]),
    "joined of order 2": (Joined((Face("x", 5.0), HOLE), 2), around((1.0, 12.0), 0.7)),
}


def rows(points):
    return np.insert(points, 0, np.linspace(0, 5, len(points)), axis=1)


def scaled(points):
    """Columns."""
    return ((rows(points) - FRAME.x_shift) / FRAME.x_scale).T


def physical(columns):
    return (FRAME.x_shift + FRAME.x_scale * columns.T).T


@pytest.mark.parametrize("name", WALLS)
def test_it_is_zero_on_every_point_and_nowhere_in_the_body(name):
    part, wall = WALLS[name]
    placed = part.within(FRAME)
    assert len(wall) >= 1000
    assert np.abs(placed.distance(scaled(wall))).max() < 1e-14
    inside = np.random.default_rng(0).uniform(-1, 1, (3, 500))
    size = placed.distance(inside)
    if isinstance(part, Planar):
        size = size[part.inside(*physical(inside)[1:])]
        assert 0.3 < size.max() < 1.3
    assert size.min() > 1e-7


@pytest.mark.parametrize("name", ["segment", "clockwise", "L of order 2", "joined"])
def test_derivatives_on_it_are_those_from_the_body_and_finite_at_ends_and_corners(name):
    part, wall = WALLS[name]
    φ = part.within(FRAME).distance
    both = jax.jit(jax.vmap(lambda z: (jax.grad(φ)(z), jax.hessian(φ)(z))))
    slopes, bent = map(np.asarray, both(scaled(wall).T))
    assert np.isfinite(slopes).all() and np.isfinite(bent).all()
    middle = np.arange(3) * len(wall) // 3 + 71  # no corner
    step = np.zeros_like(scaled(wall).T)
    step[middle] = 1e-7 * slopes[middle]
    near = np.asarray(both(scaled(wall).T + step)[0])[middle]
    expected = slopes[middle] + np.einsum("nij,nj->ni", bent[middle], step[middle])
    np.testing.assert_allclose(near, expected, atol=1e-8 * np.abs(slopes).max())
    if isinstance(part, Planar):
        normal = slopes[middle, 1:] / FRAME.x_scale[1:] * part.within(FRAME).size
        np.testing.assert_allclose(np.linalg.norm(normal, axis=1), 1.0, rtol=1e-9)
        inward = wall[middle] + 1e-4 * normal
        assert part.inside(*inward.T).all()
        np.testing.assert_allclose(part.gap(*inward.T), 1e-4, rtol=1e-2)


def test_a_convex_polygon_is_smooth_at_its_corners_and_others_grow_there():
    """On the diagonal by a b/(a + b) and a b/√(a² + b²): −1/√2ρ and −3/2ρ."""
    square = ((0, 0), (1, 0), (1, 1), (0, 1))
    found = {}
    for order in (None, 1, 2):
        gap = Polygon(P, square, order=order).gap
        h, ρ = 1e-6, np.array([1e-2, 1e-3])
        x, y = ρ * R + np.array([[h, -h, 0, 0, 0]]).T, ρ * R + np.array([[0, 0, h, -h, 0]]).T
        φ = gap(x, y)
        found[order] = (φ[:4].sum(0) - 4 * φ[4]) / h**2 * ρ
    assert np.abs(found[None]).max() < 1e-2
    np.testing.assert_allclose(found[1], -R, rtol=2e-2)
    np.testing.assert_allclose(found[2], -1.5, rtol=2e-2)


def test_the_edge_of_an_arc_is_its_circle_and_its_ends_are_where_they_were_given():
    (a, b), radius = Arc(P, (2, 12), (1 + R, 12 + R), (1, 13)).circle()
    np.testing.assert_allclose((a, b, radius), (1.0, 12.0, 1.0), rtol=1e-12)
    for part, wall in WALLS.values():
        if isinstance(part, Arc | Segment):
            np.testing.assert_allclose(part.outline()[[0, -1]], wall[[0, -1]], atol=1e-12)


def test_a_clamped_part_has_the_slope_of_the_given_value_too():
    made = HardBoundary(MLP((4,)), (Clamped(HOLE), Clamped(Face("t", 0.0))))
    surrogate = Surrogate.on(BOX, ("u",), made)
    wall = rows(around((1.0, 12.0), 0.7, n=30))
    assert np.abs(surrogate.jacobian(wall)).max() < 1e-12
    assert np.abs(surrogate.jacobian(np.array([[0.0, 3.0, 11.0]]))).max() < 1e-12


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: Segment(P, (0, 0), (0, 0)), "a segment has two different ends"),
        (lambda: Segment(P, (0, 0), (0, np.nan)), "lies at finite numbers"),
        (lambda: Segment(("x", "x"), (0, 0), (1, 0)), "the plane of two inputs.*got .'x', 'x'"),
        (lambda: Segment(P, (0, 0, 1), (1, 0)), r"a point of a plane has two numbers.*\(0, 0, 1\)"),
        (lambda: Arc(P, (0, 0), (1, 1), (2, 2)), "not in a line"),
        (lambda: Arc(P, (0, 0), (1, 1), (0, 0)), "three different points"),
        (lambda: Circle(P, (0, 0), 0.0), "the radius of a circle must be positive"),
        (lambda: Polygon(P, L[:2]), "three corners or more"),
        (lambda: Polygon(P, ((0, 0), (1, 1), (1, 0), (0, 1))), r"crosses itself: its edges from"),
        (lambda: Polygon(P, ((0, 0), (2, 0), (1, 0), (1, 1))), "crosses itself"),
        (lambda: Polygon(P, ((0, 0), (2, 0), (2, 2), (1, 0), (0, 2))), "crosses itself"),
        (lambda: Polygon(P, ((0, 0), (0, 0), (1, 0), (1, 1))), "comes twice in a row"),
        (lambda: Polygon(P, L, order=3), "the order of an R-equivalence is 1 or 2"),
        (lambda: Joined((HOLE,)), "two boundaries or more"),
        (lambda: Clamped(0.0), "Clamped takes a boundary: got 0.0"),
        (lambda: Circle(P, (1e3, 1e3), 700.0).within(FRAME), "outside of the range.*x from -3 to"),
        (lambda: Circle(P, (1, 12), 700.0).within(FRAME), "y from 10 to 14: give it in their unit"),
        (lambda: Circle(("x", "z"), (1, 12), 1.0).within(FRAME), "no input 'z'"),
    ],
)
def test_what_is_no_curve_is_refused(make, words):
    with pytest.raises(ConfigError, match=words):
        make()


def test_faces_know_where_the_range_is():
    """Positive in it, whichever way the input grows."""
    x = np.array([0.3, -0.2, 0.9])
    for part in (Face("t", 0.0), Face("t", 5.0), Between("t", 0.0, 5.0)):
        assert part.within(FRAME).inward(x) > 0
