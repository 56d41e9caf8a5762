"""What is seen of a mesh: every cell once in the plane, the outside of a body."""

import numpy as np
import pytest

from sobolev.errors import ConfigError
from sobolev.fem import grid
from sobolev.fem.drawing import surface
from sobolev.fem.elements.reference import FACETS


def area(seen):
    a, b, c = (seen.places[seen.triangles[:, k]] for k in range(3))
    return np.linalg.det(np.stack([b - a, c - a], 1)) / 2


@pytest.mark.parametrize("name", [name for name in FACETS if name[:4] in ("tria", "quad")])
def test_a_plane_mesh_is_covered_once(name):
    mesh = grid((3, 2), name)
    (cells,) = mesh.cells.values()
    seen = surface(mesh, mesh.points, {name: np.arange(len(cells)) + 0.0})
    assert (area(seen) > 0).all()
    assert area(seen).sum() == pytest.approx(1.0)
    middle = seen.places[seen.triangles].mean(1)
    assert np.array_equal(np.unique(seen.values), np.arange(len(cells)))
    first = seen.values == 0
    assert (middle[first] <= mesh.points[cells[0]].max(0)).all()
    nodes = surface(mesh, mesh.points, mesh.points[:, 0])
    assert nodes.values is not None and len(nodes.values) == len(nodes.places)


@pytest.mark.parametrize("name", [name for name in FACETS if name[:4] in ("tetr", "hexa")])
def test_of_a_body_the_three_sides_that_face_the_eye_are_seen(name):
    mesh = grid((2, 2, 2), name)
    (cells,) = mesh.cells.values()
    seen = surface(mesh, mesh.points, {name: np.ones(len(cells))})
    assert (area(seen) > 0).all()
    on = mesh.points[seen.triangles]
    sides = {(axis, value) for axis in range(3) for value in (0, 1)
             if (on[:, :, axis] == value).all(1).any()}  # fmt: skip
    assert sides == {(0, 1), (1, 0), (2, 1)}
    assert (seen.triangles[:, None] == seen.triangles[None]).all(-1).sum() == len(seen.triangles)


def test_values_of_another_length_are_refused():
    mesh = grid((2, 2))
    with pytest.raises(ConfigError, match="each of the 9 nodes"):
        surface(mesh, mesh.points, np.ones(4))
