"""Regions: their size, what is inside, even points, and boundaries with outward normals."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sobolev import Box, fem
from sobolev.errors import ConfigError
from sobolev.losses import Ball, Mesh, Polygon, Region, Uniform
from sobolev.losses.equations.regions.region import spread
from sobolev.optimisers.in_single import single

XY = ("x", "y")
SQUARE = Box(XY, (-1.0, -1.0), (1.0, 1.0))
DISK = Ball(XY, (0.5, 0.0), 0.4, "hole")
L = Polygon(
    XY, [(0, 0), (2, 0), (2, 1), (1, 1), (1, 2), (0, 2)], ["low", "a", "b", "b", "c", "left"]
)
GRID, CUBES = fem.grid((3, 4)).where("held", lambda x: x[:, 0] == 0), fem.grid((2, 2, 2))
TURNED = {n: np.roll(f["quad"], 1, axis=1) for n, f in list(CUBES.boundaries.items())[:3]}
π = np.pi


REGIONS = {
    "disk": (DISK, π * 0.16, 0.8 * π),
    "ball": (Ball(("x", "y", "z"), (0, 0, 1), 2.0), 32 / 3 * π, 16 * π),
    "polygon": (L, 3.0, 8.0),
    "quads": (Mesh(XY, GRID.points * [2, 1], GRID.cells, GRID.boundaries), 2.0, 6.0),
    "hexahedra": (Mesh(("x", "y", "z"), CUBES.points * [1, 2, 3], CUBES.cells, TURNED), 6.0, 22.0),
    "two boxes": (Region.of(SQUARE) | Box(XY, (1, -1), (2, 1)), 6.0, 10.0),
    "boxes with common sides": (Region.of(SQUARE) | Box(XY, (-1, -1), (2, 0)), 5.0, 10.0),
    "difference": (SQUARE - DISK, 4 - π * 0.16, 8 + 0.8 * π),
    "intersection": (SQUARE & Ball(XY, (1.0, 0.0), 0.5), π / 8, π / 2 + 1),
    "space × time": (DISK * Box(("t",), (0,), (3,)), 0.48 * π, 0.8 * π * 3 + 2 * π * 0.16),
}
EACH = pytest.mark.parametrize("name", REGIONS)


@EACH
def test_a_region_has_even_points_and_a_boundary_with_normals_that_point_out(name):
    region, size, length = REGIONS[name]
    around, roughly = region.boundary(), {"rel": 0.02 if region.share < 1 else 1e-12}
    assert float(region.size) == pytest.approx(size, **roughly)
    assert float(around.size) == pytest.approx(length, **roughly)

    @jax.jit
    def looked(u, v):
        contains, (x, inside) = jax.vmap(region.contains), jax.vmap(region.place)(u)
        y, belongs = jax.vmap(around.place)(v)
        n = jax.vmap(around.normal)(y)
        near = contains(x * (1 - 1e-9)), contains(y - 1e-4 * n), contains(y + 1e-4 * n)
        return x, inside, y, belongs, n, jnp.stack(near)

    cubes = (jnp.asarray(spread(2048, place.cube)) for place in (region, around))
    x, inside, y, belongs, n, near = map(np.asarray, looked(*cubes))
    assert inside.mean() == pytest.approx(region.share, abs=0.02)
    assert near[0][inside].mean() > 0.99
    # Even: means over the points are those of a fine grid that is cut to the region.
    x = x[inside]
    box = x.min(axis=0) + spread(8192, x.shape[1]) * np.ptp(x, axis=0)
    own = box[np.asarray(jax.jit(jax.vmap(region.contains))(box))]
    assert len(own) / len(box) * np.prod(np.ptp(x, axis=0)) == pytest.approx(size, rel=0.04)
    for power in (1, 2):
        off = ((x**power).mean(axis=0) - (own**power).mean(axis=0)) / (own**power).std(axis=0)
        assert np.abs(off).max() < 0.06, power
    # Gauss: ∫ x·n = d |Ω| sees wrong places and wrong directions.
    y, n = y[belongs], n[belongs]
    np.testing.assert_allclose(np.linalg.norm(n, axis=1), 1.0, rtol=1e-12)
    assert near[1][belongs].mean() > 0.98 and near[2][belongs].mean() < 0.02
    flux = float(around.size) * np.mean(np.sum(y * n, axis=1))
    assert flux == pytest.approx(y.shape[1] * size, rel=0.1)


@EACH
def test_in_single_precision_all_of_it_is(name):
    region = single(REGIONS[name][0])
    around = region.boundary()
    u, v = (jnp.zeros(place.cube, jnp.float32) for place in (region, around))
    for place, at in ((region, u), (around, v)):
        x, _ = jax.eval_shape(place.place, at)
        assert x.dtype == jnp.float32
    assert jax.eval_shape(around.normal, x).dtype == jnp.float32


def test_parts_of_a_boundary_are_asked_for_by_name():
    names = {
        "polygon": ("low", "a", "b", "c", "left"),
        "quads": ("left", "held", "right", "bottom", "top"),
        "difference": ("x=-1", "x=1", "y=-1", "y=1", "hole"),
        "two boxes": ("x=-1", "y=-1", "y=1", "x=2"),
        "space × time": ("hole", "t=0", "t=3"),
    }
    for name, known in names.items():
        region = REGIONS[name][0]
        assert set(region.named) <= {*known, "rest"} and set(known[:1]) <= set(region.named), name
    start = Uniform(REGIONS["space × time"][0].boundary("t=0"), 40)
    x = np.asarray(start.draw(jax.random.key(0), None).x)
    assert np.all(x[:, 2] == 0) and np.all((x[:, 0] - 0.5) ** 2 + x[:, 1] ** 2 <= 0.16 + 1e-12)
    corner = np.asarray(Uniform(L.boundary("b"), 200).draw(jax.random.key(1), None).x)
    assert np.all((corner[:, 0] == 1) | (corner[:, 1] == 1)) and corner.min() >= 1 - 1e-12


def test_points_of_a_region_are_inside_and_as_many_as_asked_for():
    for thin in (SQUARE - Ball(XY, (0, 0), 1.38), SQUARE & Ball(XY, (1, 1), 0.1)):
        x = Uniform(thin, 300).draw(jax.random.key(2), None).x
        assert x.shape == (300, 2) and bool(jax.vmap(thin.contains)(x).all())
        assert len(np.unique(np.asarray(x), axis=0)) == 300


@pytest.mark.parametrize(
    "make, words",
    [
        (lambda: Region.of(SQUARE).boundary("top"), "no part 'top': choose from x=-1, x=1"),
        (lambda: DISK - SQUARE, "the difference of regions has no points"),
        (lambda: DISK | Box(("x", "t"), (0, 0), (1, 1)), "combined in the same inputs"),
        (lambda: DISK * SQUARE, r"both have \['x', 'y'\]"),
        (lambda: Ball(("x",), (0,), 1.0), "two or three inputs"),
        (lambda: Ball(("x", "x"), (0, 0), 1.0), "inputs with different names"),
        (lambda: Ball(XY, (0, np.nan), 1.0), "a centre with a finite number"),
        (lambda: Ball(XY, (0, 0), -1.0), "the radius must be a positive number"),
        (lambda: Polygon(XY, [(0, 0), (1, 1), (1, 0), (0, 1)]), "may not cross"),
        (lambda: Polygon(XY, [(0, 0), (1, 1), (1, 0)], ["a"]), "as many edges"),
        (lambda: Polygon(XY, [(0, 0), (1, 0), (1, 1), (0, 0)]), "twice in a row"),
        (
            lambda: Mesh(XY, np.eye(3, 2), np.array([[0, 1, 2]]), {"a": np.array([[1, 1]])}),
            "no side",
        ),
        (lambda: Mesh(XY, np.full((3, 2), np.nan), np.array([[0, 1, 2]])), "finite nodes"),
        (lambda: Mesh(XY, np.zeros((3, 2)), np.array([[0, 1, 3]])), "there are 3 nodes: got"),
        (lambda: Mesh(XY, np.zeros((3, 2)), np.array([[0, 1]])), r"node numbers \[m, a\]"),
        (lambda: Mesh(XY, np.zeros((3, 2)), np.array([[0, 1, 2]])), "all of them are flat"),
    ],
)
def test_regions_without_a_meaning_are_refused(make, words):
    with pytest.raises(ConfigError, match=words):
        make()
