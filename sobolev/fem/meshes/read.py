"""Meshes from files, and fields into files, through meshio."""

import importlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from sobolev._base.atomic import build_atomically
from sobolev._base.errors import ConfigError, DataError
from sobolev.fem.elements.reference import REFERENCES
from sobolev.fem.meshes.facets import turned_outwards
from sobolev.fem.meshes.mesh import Mesh, oriented, without_loose_nodes


def read_mesh(path: str | os.PathLike) -> Mesh:
    """A mesh with the named groups of its file: gmsh's physical groups, sets of Abaqus and others.

    Groups of cells become regions, groups of facets boundaries, groups of nodes sets; a group of
    facets inside the body, or of lines in space, is left out. Nodes of no cell are dropped, and so
    is the third coordinate where it is the same everywhere. Needs the package meshio. Raises
    `ConfigError` without it, `DataError` for a file that it cannot read or that has no cells of
    the known elements.

    ```python
    mesh = fem.read_mesh("bracket.msh")
    list(mesh.regions), list(mesh.boundaries)
    ```
    """
    meshio = _meshio()
    path = Path(path)
    if not path.is_file():
        raise DataError(f"there is no file {path}: give the path of a mesh.")
    try:
        found = meshio.read(path)
    except SystemExit as end:  # what meshio does about a suffix that it does not know
        raise DataError(f"{path}: meshio does not know this kind of file by its suffix.") from end
    except Exception as error:
        raise DataError(f"{path}: meshio cannot read it ({_one_line(error)}).") from error
    return _mesh_of(found, path)


def write_vtu(
    path: str | os.PathLike,
    mesh: Mesh,
    at_nodes: Mapping[str, Float[np.ndarray, "n ..."]] | None = None,
    at_cells: Mapping[str, Mapping[str, np.ndarray]] | None = None,
) -> None:
    """The mesh with fields at its nodes `[n, ...]` and cells, by element `[m, ...]`, for ParaView.

    Vectors of the plane get a third component of zero, as ParaView wants them. The file appears
    whole or not at all. Raises `ConfigError` without meshio, and for fields of another length.

    ```python
    fem.write_vtu("plate.vtu", mesh, {"u": fields.u})
    ```
    """
    meshio = _meshio()
    nodes = {
        name: _checked(name, values, len(mesh.points)) for name, values in (at_nodes or {}).items()
    }
    blocks = list(mesh.cells.items())
    cells = {
        name: [_checked(name, values[element], len(c)) for element, c in blocks]
        for name, values in (at_cells or {}).items()
    }
    points = np.pad(mesh.points, ((0, 0), (0, 3 - mesh.dimension)))
    made = meshio.Mesh(points, blocks, point_data=nodes, cell_data=cells)
    path = Path(path)
    if path.suffix != ".vtu":
        raise ConfigError(f"fields are written to a file .vtu: got {path}.")
    build_atomically(path, lambda temporary: meshio.write(temporary, made, file_format="vtu"))


def _meshio() -> Any:
    try:
        return importlib.import_module("meshio")
    except ImportError as error:
        raise ConfigError(
            "meshes of files need the package meshio, which is not installed: pip install meshio."
        ) from error


def _mesh_of(found: Any, path: Path) -> Mesh:
    kinds = {block.type for block in found.cells}
    dimension = max((REFERENCES[k].dimension for k in kinds if k in REFERENCES), default=0)
    if dimension < 2:
        raise DataError(
            f"{path}: it has no cells of two or three dimensions that are known, only "
            f"{sorted(kinds)}; the elements are {', '.join(REFERENCES)}."
        )
    points = np.asarray(found.points, float)
    if dimension == 2 and points.shape[1] == 3:
        if np.ptp(points[:, 2]) > 1e-12 * max(np.ptp(points), 1e-300):
            raise DataError(f"{path}: its cells are of two dimensions and do not lie in one plane.")
        points = points[:, :2]
    blocks, cells = _stacked(found, lambda kind: REFERENCES[kind].dimension == dimension)
    cells = oriented(cells, points)
    groups = _groups(found)
    regions = {
        name: chosen for name, members in groups.items()
        if (chosen := _numbered(members, blocks, lambda kind: kind in cells))
    }  # fmt: skip
    boundaries = {}
    facets, of_facets = _stacked(found, lambda kind: REFERENCES[kind].dimension == dimension - 1)
    for name, members in groups.items():
        parts = _numbered(members, facets, lambda kind: kind in of_facets)
        turned = {
            kind: turned_outwards(cells, kind, of_facets[kind][rows])
            for kind, rows in parts.items()
        }
        kept = {kind: rows[rows[:, 0] >= 0] for kind, rows in turned.items()}
        kept = {kind: rows for kind, rows in kept.items() if len(rows)}
        if kept:
            boundaries[name] = kept
    sets = {str(name): np.asarray(rows) for name, rows in found.point_sets.items()}
    points, cells, *again = without_loose_nodes(points, cells, *boundaries.values())
    return Mesh(points, cells, regions, dict(zip(boundaries, again, strict=True)),
                _kept_sets(sets, found, cells))  # fmt: skip


def _kept_sets(sets, found, cells):
    """Sets keep their numbers where no node is dropped; else those that are left are renumbered."""
    used = np.unique(np.concatenate([b.data.ravel() for b in found.cells if b.type in cells]))
    number = np.full(len(found.points), -1)
    number[used] = np.arange(len(used))
    kept = {name: number[rows] for name, rows in sets.items()}
    return {name: rows[rows >= 0] for name, rows in kept.items() if (rows >= 0).any()}


def _stacked(found, wanted):
    """`(where each block begins, cells by element)` of the wanted elements."""
    places, cells = {}, {}
    for number, block in enumerate(found.cells):
        if block.type in REFERENCES and wanted(block.type):
            before = cells.setdefault(block.type, [])
            places[number] = (block.type, sum(map(len, before)))
            before.append(np.asarray(block.data))
    return places, {kind: np.concatenate(parts) for kind, parts in cells.items()}


def _groups(found) -> dict[str, dict[int, np.ndarray]]:
    """Name -> number of the block -> rows in it, of named sets and of gmsh's physical groups."""
    groups: dict[str, dict[int, np.ndarray]] = {}
    for name, members in found.cell_sets.items():
        if name.startswith("gmsh:"):
            continue
        rows = {k: np.asarray(m, int) for k, m in enumerate(members) if m is not None and len(m)}
        groups[str(name)] = rows
    tags = found.cell_data.get("gmsh:physical", [])
    for name, (tag, size) in found.field_data.items():
        rows = {}
        for number, (block, marks) in enumerate(zip(found.cells, tags, strict=False)):
            if block.type in REFERENCES and REFERENCES[block.type].dimension == size:
                inside = np.flatnonzero(np.asarray(marks) == tag)
                if len(inside):
                    rows[number] = inside
        if rows:
            groups.setdefault(str(name), rows)
    return groups


def _numbered(members, places, wanted):
    found: dict[str, list[np.ndarray]] = {}
    for number, rows in members.items():
        if number in places and wanted(places[number][0]):
            kind, begin = places[number]
            found.setdefault(kind, []).append(begin + rows)
    return {kind: np.concatenate(parts) for kind, parts in found.items()}


def _checked(name, values, count):
    values = np.asarray(values)
    if len(values) != count:
        raise ConfigError(f"the field '{name}' has {len(values)} rows for {count} places.")
    if values.ndim == 2 and values.shape[1] == 2:
        return np.pad(values, ((0, 0), (0, 1)))
    return values.reshape(count, -1) if values.ndim > 2 else values


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
