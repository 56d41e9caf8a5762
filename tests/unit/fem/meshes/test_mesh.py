"""Meshes: grids of every element, names of their parts, and what is refused."""

import numpy as np
import pytest

from sobolev.errors import ConfigError
from sobolev.fem import Mesh, grid, oriented
from sobolev.fem.elements.reference import FACETS
from sobolev.fem.meshes import mesh as mesh_module
from sobolev.fem.meshes.facets import turned_outwards
from sobolev.fem.meshes.mesh import least_determinants, without_loose_nodes


@pytest.mark.parametrize("name", list(FACETS))
def test_a_grid_is_the_unit_square_or_cube(name):
    flat = name.startswith(("tri", "quad"))
    mesh = grid((3, 2) if flat else (2, 1, 1), name)
    (cells,) = mesh.cells.values()
    assert (least_determinants(name, cells, mesh.points) > 0).all()
    assert (np.abs(mesh.points - 0.5) <= 0.5).all()
    assert len(np.unique(mesh.points, axis=0)) == len(mesh.points)
    sides = ["left", "right", "bottom", "top"] + ([] if flat else ["back", "front"])
    assert list(mesh.boundaries) == sides
    assert (mesh.points[mesh.nodes("top")][:, 1] == 1).all()
    inner = (np.abs(mesh.points - 0.5) < 0.5).all(1)
    assert set(mesh.nodes("boundary")) == set(np.flatnonzero(~inner))


def test_parts_are_named_by_places():
    mesh = grid((4, 4)).where("corner", lambda x: (x <= 0.25).all(1)).at("middle", (0.52, 0.49))
    assert mesh.points[mesh.nodes("middle")].tolist() == [[0.5, 0.5]]
    with pytest.raises(ConfigError, match="no nodes called 'hole': it knows middle, left"):
        mesh.nodes("hole")
    with pytest.raises(ConfigError, match="no region called 'steel': it has all"):
        mesh.region("steel")
    with pytest.raises(ConfigError, match="no facet of the outside lies where 'hole'"):
        mesh.where("hole", lambda x: x[:, 0] == 0.3)
    with pytest.raises(ConfigError, match="no cell has its middle where 'steel'"):
        mesh.cells_where("steel", lambda x: x[:, 0] > 2)
    half = mesh.cells_where("half", lambda x: x[:, 0] < 0.5)
    assert len(half.region("half")["quad"]) == 8
    assert len(half.nodes("half")) == 15


def test_what_is_no_mesh_is_refused():
    points, cells = grid((2, 2)).points, grid((2, 2)).cells["quad"]
    for kwargs, message in (
        ({"cells": {"quad": cells[:, ::-1]}}, "cell 0 of 'quad' is degenerate or inside out"),
        ({"cells": {"quad": cells[:, [0, 2, 1, 3]]}}, "inside out"),
        ({"cells": {"quad": cells + 1}}, "name the node 9 of a mesh whose nodes are 0 to 8"),
        ({"cells": {"quad": cells[:3]}}, "1 nodes belong to no cell, the first is 8"),
        ({"cells": {"tetra": cells}}, "element of 3 dimensions and the points have 2"),
        ({"cells": {"triangle": cells}}, r"integers \[m, 3\]: got int64 \(4, 4\)"),
        ({"cells": {}}, "a mesh needs cells"),
        ({"points": points[:, :1]}, r"\[n, 2\] or \[n, 3\]: got shape \(9, 1\)"),
        ({"points": points * np.nan}, "finite numbers"),
    ):
        with pytest.raises(ConfigError, match=message):
            Mesh(**{"points": points, "cells": {"quad": cells}, **kwargs})


@pytest.mark.parametrize("name", list(FACETS))
def test_cells_that_are_inside_out_are_turned(name):
    mesh = grid((2, 2) if name.startswith(("tri", "quad")) else (1, 1, 1), name)
    mirrored = mesh.points.copy()
    mirrored[:, 0] *= -1
    with pytest.raises(ConfigError, match="inside out"):
        mesh.moved(mirrored)
    turned = Mesh(mirrored, oriented(mesh.cells, mirrored))
    assert {n: c.shape for n, c in turned.cells.items()} == {
        n: c.shape for n, c in mesh.cells.items()
    }


def test_given_facets_are_turned_as_their_cells_have_them():
    mesh = grid((2, 1))
    facets = mesh.boundary("top")["line"]
    again = turned_outwards(mesh.cells, "line", facets[:, ::-1])
    assert (again == facets).all()
    assert (turned_outwards(mesh.cells, "line", np.array([[0, 5]])) == -1).all()


def test_loose_nodes_are_left_out():
    mesh = grid((2, 1))
    points, cells = without_loose_nodes(np.vstack([[9.0, 9.0], mesh.points]), 
                                        {"quad": mesh.cells["quad"] + 1})  # fmt: skip
    assert (points == mesh.points).all() and (cells["quad"] == mesh.cells["quad"]).all()


def test_grids_are_checked():
    for divisions, element, message in (
        ((0, 2), "", r"at least one cell each way, in 2 or 3 ways: got \(0, 2\)"),
        ((2,), "", "in 2 or 3 ways"),
        ((2, 2), "tetra", "'tetra' does not fill a grid of 2 dimensions"),
    ):
        with pytest.raises(ConfigError, match=message):
            grid(divisions, element)


def test_a_mesh_is_told_in_a_line_that_knows_all_of_its_numbers():
    """Journals know a model again by what its parts are called by: its mesh by a digest."""
    mesh = grid((4, 2)).at("tip", (1.0, 1.0))
    assert repr(mesh) == repr(grid((4, 2)).at("tip", (1.0, 1.0)))
    assert repr(mesh).startswith("Mesh(15 nodes, 8 quad; left, right, bottom, top, tip; SHA-256 ")
    moved = mesh.points.copy()
    moved[7] += 1e-15
    others = mesh.moved(moved), mesh.at("tip", (0.0, 0.0))
    assert len({repr(mesh), *map(repr, others)}) == 3


def test_a_name_more_does_not_look_at_the_cells_again(monkeypatch):
    looked = []
    for name in ("outer_facets", "least_determinants"):
        known = getattr(mesh_module, name)
        monkeypatch.setattr(
            mesh_module, name,
            lambda *given, name=name, known=known: looked.append(name) or known(*given),
        )  # fmt: skip
    made = grid((2, 2, 2))
    named = made.where("face", lambda x: x[:, 0] == 0).at("tip", (1, 1, 1))
    named = named.cells_where("some", lambda x: x[:, 0] < 0.5)
    assert sorted(looked) == ["least_determinants", "outer_facets"]
    assert named.cells is made.cells
    assert "face" not in made.boundaries
    # places are others, and so cells may be inside out
    with pytest.raises(ConfigError, match="inside out"):
        named.moved(-named.points)
    stretched = named.moved(2 * named.points)
    assert (stretched.boundary("face")["quad"] == named.boundary("face")["quad"]).all()
