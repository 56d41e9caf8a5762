"""Where loads act: the arrays that stand for their regions, boundaries and sets on a mesh."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Int

from sobolev._base.errors import ConfigError
from sobolev.fem.conditions.loads import BodyForce, PointForce, SurfaceLoad, check_components
from sobolev.fem.elements.reference import reference
from sobolev.fem.elements.tables import Tables, tables
from sobolev.fem.meshes.facets import all_facets
from sobolev.fem.meshes.mesh import Mesh
from sobolev.fem.values import levels, split


class Facets(NamedTuple):
    """Facets of one element on the cells of one piece: nodes `[k, b]`, tables, and the numbers
    `[k]` of the cells in the piece.
    """

    nodes: Int[np.ndarray, "k b"]
    tables: Tables
    parents: Int[np.ndarray, " k"]


class CellsOf(NamedTuple):
    """Cells of a piece that belong to a region: their numbers in the piece and in the region."""

    cells: Int[np.ndarray, " k"]
    rows: Int[np.ndarray, " k"]


def facet_tables(name: str) -> Tables:
    """Tables of a facet that integrate a load which varies as the shape functions do."""
    element = reference(name)
    return tables(name, max(element.exact, 2 * element.degree))


def place_facets(
    mesh: Mesh, pieces: Sequence[tuple[str, Int[np.ndarray, "m a"]]], where: str
) -> dict[int, Facets]:
    """The facets of a boundary by the number of the piece (its element and the nodes of its cells)
    that they bound; of an inner boundary the first one has them. Raises `ConfigError` for a facet
    of no cell.
    """
    found: dict[int, Facets] = {}
    parts = mesh.boundary(where)
    for name, facets in parts.items():
        element = reference(name)
        missing = np.ones(len(facets), bool)
        for number, (cells, nodes) in enumerate(pieces):
            if reference(cells).facets[0] != name:
                continue
            own = all_facets(cells, nodes)
            parent = np.repeat(np.arange(len(nodes)), own.shape[1])
            match = _match(own.reshape(len(parent), -1), facets, element.corners)
            mine = missing & (match >= 0)
            if mine.any():
                # as the cell has it: its normal points outwards
                turned = own.reshape(len(parent), -1)[match[mine]]
                found[number] = Facets(turned, facet_tables(name), parent[match[mine]])
            missing &= ~mine
        if missing.any():
            raise ConfigError(
                f"{int(missing.sum())} facets of the boundary '{where}' belong to no cell of any "
                "body: nothing can act on them."
            )
    return found


def place_load(mesh: Mesh, pieces, regions, load, components: int) -> Any:
    """The arrays of one load: facets or cells by piece, or nodes. Raises `ConfigError`."""
    check_components(load, components)
    if isinstance(load, SurfaceLoad):
        if 1 in levels(split(load)[0]):
            raise ConfigError(
                f"{type(load).__name__} at '{load.where}' acts on facets, PerCell is of cells: use "
                "PerPoint for a load that depends on the place."
            )
        return place_facets(mesh, pieces, load.where)
    if isinstance(load, PointForce):
        if 1 in levels(split(load)[0]):
            raise ConfigError(f"PointForce at '{load.where}' acts on nodes, PerCell is of cells.")
        return mesh.nodes(load.where)
    if isinstance(load, BodyForce):
        return _place_cells(mesh, pieces, regions, load.region)
    raise ConfigError(f"loads are tractions, pressures, fluxes and forces: got {load!r}.")


def _place_cells(mesh: Mesh, pieces, regions, region: str) -> dict[int, CellsOf]:
    """The cells of a region by piece; their order in it is that of the mesh, element by element."""
    wanted = mesh.region(region)
    first = dict(zip(wanted, np.cumsum([0, *map(len, wanted.values())]), strict=False))
    found = {}
    for number, ((element, _), cells) in enumerate(zip(pieces, regions, strict=True)):
        of_region = np.asarray(wanted.get(element, ()), int)
        inside = np.flatnonzero(np.isin(cells, of_region))
        if len(inside):
            order = np.argsort(of_region)
            rows = order[np.searchsorted(of_region, cells[inside], sorter=order)]
            found[number] = CellsOf(inside, rows + first[element])
    return found


def _match(own, facets, corners):
    """For each facet the row of `own` with the same corners, or -1."""
    keys = np.sort(np.concatenate([own[:, :corners], facets[:, :corners]]), axis=1)
    _, first, where = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    match = first[where.ravel()[len(own) :]]
    return np.where(match < len(own), match, -1)
