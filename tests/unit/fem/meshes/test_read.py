"""Meshes from files and fields into files."""

import sys

import meshio
import numpy as np
import pytest

from sobolev.errors import ConfigError, DataError
from sobolev.fem import read_mesh, write_vtu

# A unit square of two triangles and one square beside it, as gmsh writes it: two physical surfaces,
# two physical curves, one node of nothing, the first triangle inside out.
POINTS = np.array(
    [[9, 9, 0], [0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [2, 0, 0], [2, 1, 0]], float
)
CELLS = [("line", [[4, 1], [5, 6]]), ("triangle", [[1, 3, 2], [1, 3, 4]]), ("quad", [[2, 5, 6, 3]])]


def as_gmsh(**changed):
    how = dict(
        points=POINTS, cells=CELLS,
        cell_data={"gmsh:physical": [np.array([1, 2]), np.array([3, 3]), np.array([4])],
                   "gmsh:geometrical": [np.array([1, 2]), np.array([1, 1]), np.array([2])]},
        field_data={"left": np.array([1, 1]), "right": np.array([2, 1]), "soft": np.array([3, 2]),
                    "stiff": np.array([4, 2])},
    )  # fmt: skip
    return meshio.Mesh(**{**how, **changed})


def test_groups_of_a_gmsh_file_are_regions_and_boundaries(tmp_path):
    as_gmsh().write(tmp_path / "square.msh", file_format="gmsh22", binary=False)
    mesh = read_mesh(tmp_path / "square.msh")
    assert mesh.points.tolist() == POINTS[1:, :2].tolist()
    assert {name: list(where) for name, where in mesh.regions.items()} == {
        "soft": ["triangle"], "stiff": ["quad"],
    }  # fmt: skip
    assert mesh.points[mesh.nodes("left")][:, 0].tolist() == [0, 0]
    # turned as the cell has it, with its normal outwards: down on the left side
    assert mesh.boundaries["left"]["line"].tolist() == [[3, 0]]
    assert len(mesh.boundary("boundary")["line"]) == 6


def test_sets_of_other_tools_are_read(tmp_path):
    made = meshio.Mesh(POINTS[1:], [("quad", [[0, 1, 2, 3], [1, 4, 5, 2]])],
                       point_sets={"tip": np.array([5])},
                       cell_sets={"stiff": [np.array([1])]})  # fmt: skip
    made.write(tmp_path / "square.inp")
    mesh = read_mesh(tmp_path / "square.inp")
    assert mesh.points[mesh.nodes("tip")].tolist() == [[2, 1]]
    assert mesh.region("stiff")["quad"].tolist() == [1]


def test_fields_are_written_and_read_again(tmp_path):
    as_gmsh().write(tmp_path / "square.msh", file_format="gmsh22", binary=False)
    mesh = read_mesh(tmp_path / "square.msh")
    u = np.arange(12.0).reshape(6, 2)
    cells = {"stress": {"triangle": np.array([1.0, 2.0]), "quad": np.array([3.0])}}
    write_vtu(tmp_path / "u.vtu", mesh, {"u": u}, cells)
    again = meshio.read(tmp_path / "u.vtu")
    assert again.point_data["u"].tolist() == np.pad(u, ((0, 0), (0, 1))).tolist()
    assert np.concatenate(again.cell_data["stress"]).tolist() == [1, 2, 3]
    with pytest.raises(ConfigError, match="the field 'u' has 3 rows for 6 places"):
        write_vtu(tmp_path / "u.vtu", mesh, {"u": u[:3]})
    with pytest.raises(ConfigError, match=r"a file \.vtu"):
        write_vtu(tmp_path / "u.vtk", mesh)


def test_what_is_no_mesh_is_refused(tmp_path, monkeypatch):
    with pytest.raises(DataError, match="there is no file"):
        read_mesh(tmp_path / "none.msh")
    (tmp_path / "damaged.msh").write_text("$MeshFormat\n")
    with pytest.raises(DataError, match="meshio cannot read it"):
        read_mesh(tmp_path / "damaged.msh")
    (tmp_path / "mesh.words").write_text("x")
    with pytest.raises(DataError, match="meshio"):
        read_mesh(tmp_path / "mesh.words")
    meshio.Mesh(POINTS[1:3], [("line", [[0, 1]])]).write(tmp_path / "line.vtu")
    with pytest.raises(DataError, match="no cells of two or three dimensions"):
        read_mesh(tmp_path / "line.vtu")
    bent = POINTS.copy()
    bent[3, 2] = 0.5
    as_gmsh(points=bent).write(tmp_path / "bent.msh", file_format="gmsh22", binary=False)
    with pytest.raises(DataError, match="do not lie in one plane"):
        read_mesh(tmp_path / "bent.msh")
    monkeypatch.setitem(sys.modules, "meshio", None)
    with pytest.raises(ConfigError, match="package meshio, which is not installed"):
        read_mesh(tmp_path / "bent.msh")
