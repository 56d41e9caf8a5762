"""Slopes of fields against differences of the fields, along a direction of load, law and shape."""

import jax.numpy as jnp
import meshio
import numpy as np
import pytest

from sobolev import Box
from sobolev.errors import ConfigError
from sobolev.fem import (
    Body,
    Displacement,
    Fixed,
    Model,
    Path,
    PerPoint,
    PlaneStress,
    Prescribed,
    SaintVenantKirchhoff,
    Shape,
    field_slopes,
    grid,
    solution,
    von_mises,
)  # fmt: skip


def stretched(X, length):
    return X * jnp.stack([length, jnp.ones_like(length)])[None]


def pulled(x, p):
    return p["pull"] * (1 + x[1])


def model(path=None):
    return Model(
        grid((3, 2)), [Body(PlaneStress(SaintVenantKirchhoff(10.0, "nu")))],
        [Fixed("left"), Prescribed("right", 0, PerPoint(pulled))], (),
        {"v": Displacement("right", 1)},
        Box(("nu", "pull", "length"), (0.2, 0.1, 1.0), (0.4, 0.3, 2.0)),
        Shape(stretched, ("length",)), path,
    )  # fmt: skip


def test_slopes_of_nodes_points_and_cells(tmp_path):
    p, v = np.array([0.3, 0.2, 1.5]), np.array([0.4, 0.5, -1.0])
    made = model()
    found, h = field_slopes(made, p, v), 1e-2

    def seen(p):
        at = solution(made, p)
        return at.u, at.X, at.means(von_mises)["quad"]

    wide, narrow = (
        [(a - b) / (2 * s) for a, b in zip(seen(p + s * v), seen(p - s * v), strict=True)]
        for s in (h, h / 2)
    )
    wanted = [(4 * near - far) / 3 for near, far in zip(narrow, wide, strict=True)]
    for slope, difference in zip(
        (found.u, found.X, found.means(von_mises)["quad"]), wanted, strict=True
    ):
        assert slope == pytest.approx(difference, abs=1e-7 * np.abs(difference).max())
    assert found.at_points(von_mises).shape == (6, 4)
    found.write(tmp_path / "slopes.vtu", {"d stress": von_mises})
    assert meshio.read(tmp_path / "slopes.vtu").point_data["du"][:, :2] == pytest.approx(found.u)


def test_of_a_path_they_are_refused():
    with pytest.raises(ConfigError, match="without path and history"):
        field_slopes(model(Path((1.0,))), np.array([0.3, 0.2, 1.5]), np.ones(3))
