"""Mesh motion: the inside follows the boundary, linearly, and derivatives go through it."""

import jax.numpy as jnp
import numpy as np
import pytest

from sobolev import Box
from sobolev.errors import ConfigError, Diverged
from sobolev.fem import (
    Body,
    BoundaryMean,
    Compliance,
    Fixed,
    LinearElastic,
    Mesh,
    Model,
    PlaneStress,
    Traction,
    Volume,
    grid,
    mesh_motion,
)  # fmt: skip
from sobolev.fem.geometry import positions as positions_of
from sobolev.fem.values import Parameters, split


def plate() -> Mesh:
    """A quarter of a square of 4 with a round hole of radius 1, as it would come from a file."""
    mesh = grid((4, 6), "quad8")
    t, angle = mesh.points[:, 0], mesh.points[:, 1] * np.pi / 2
    ray = np.stack([np.cos(angle), np.sin(angle)], 1)
    edge = ray / np.abs(ray).max(1, keepdims=True) * 2
    return mesh.moved((1 - t)[:, None] * ray + t[:, None] * edge)


MESH = plate()


def ellipse(X, a, b):
    return X * jnp.stack([a, b])[None]


def positions(shape, p):
    skeleton, numbers = split(shape)
    return np.asarray(positions_of(skeleton, numbers, p, MESH.points))


HELD = [Fixed("right"), Fixed("bottom", 1), Fixed("top", 0)]  # the symmetry planes slide
MOTION = mesh_motion(MESH, ellipse, ("a", "b"), ("left",), HELD)


def test_the_inside_follows_and_what_is_held_stays():
    p = Parameters(("a", "b"), jnp.array([1.2, 0.9]))
    moved = positions(MOTION, p)
    hole, outside = MESH.nodes("left"), MESH.nodes("right")
    assert moved[hole] == pytest.approx(MESH.points[hole] * [1.2, 0.9])
    assert (moved[outside] == MESH.points[outside]).all()
    MESH.moved(moved)  # no cell is inside out
    inside = np.linalg.norm(moved - MESH.points, axis=1)
    assert inside.max() <= np.linalg.norm(moved - MESH.points, axis=1)[hole].max() + 1e-12
    slid = MESH.nodes("bottom")
    assert (moved[slid, 1] == 0).all() and (moved[slid, 0] >= MESH.points[slid, 0]).all()
    half = positions(MOTION, Parameters(("a", "b"), jnp.array([1.1, 0.95])))
    assert half - MESH.points == pytest.approx((moved - MESH.points) / 2, abs=1e-12)


def model(geometry):
    return Model(
        MESH, [Body(PlaneStress(LinearElastic(100.0, 0.3)))],
        [Fixed("bottom", 1), Fixed("top", 0)], [Traction("right", (1.0, 0.0))],
        {"work": Compliance(), "end": BoundaryMean("right", 0), "area": Volume()},
        Box(("a", "b"), (0.7, 0.7), (1.4, 1.4)), geometry,
    )  # fmt: skip


X = np.array([1.1, 0.9])


def test_derivatives_of_first_and_second_order_go_through_it():
    """The area of the quarter has them in closed form; the rest leaves remainders of h² and h³."""
    posed = model(MOTION)
    y, J, H = posed.solve(X, 2)
    chord = 4 - y[2]  # of a polygon of parabolas, which scales as the ellipse does
    assert J[2] == pytest.approx(-chord / X)
    assert H[2] == pytest.approx(np.array([[0, -1], [-1, 0]]) * chord / X.prod(), abs=1e-9)
    v, steps = np.array([0.1, -0.07]), np.array([0.4, 0.2, 0.1])
    first = np.stack([posed.solve(X + h * v, 0).value - y - h * (J @ v) for h in steps])[:, :2]
    second = first - steps[:, None] ** 2 * (H @ v @ v)[None, :2] / 2
    for gaps, rate in ((first, 2.0), (second, 3.0)):
        assert np.log2(np.abs(gaps[1:-1] / gaps[2:])) == pytest.approx(rate, abs=0.1)


def test_a_motion_that_is_too_large_names_the_cell():
    with pytest.raises(Diverged, match=r"at a = 2.5, b = 1: the geometry turns cell \d+ of"):
        model(MOTION).solve(np.array([2.5, 1.0]))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"moved": ()}, "moves parts by name"),
        ({"moved": "left"}, "got 'left'"),
        ({"moved": ("hole",)}, "no nodes called 'hole'"),
        ({"held": ("top",)}, "supports are Fixed"),
        ({"function": None}, "a function and a tuple"),
    ],
)
def test_what_is_no_motion_is_refused(change, message):
    how = {"function": ellipse, "constants": ("a", "b"), "moved": ("left",), **change}
    with pytest.raises(ConfigError, match=message):
        mesh_motion(MESH, **how)


def test_a_function_of_another_shape_is_named():
    shape = mesh_motion(MESH, lambda X, a, b: X[:2], ("a", "b"), ("left",), HELD)
    with pytest.raises(ConfigError, match="new places of the 13 nodes"):
        model(shape).solve(X)
