"""Structured meshes of the unit square and cube; geometry is a function of their coordinates."""

from collections.abc import Sequence

import numpy as np

from sobolev._base.arguments import shown
from sobolev._base.errors import ConfigError
from sobolev.fem.elements.reference import REFERENCES, reference
from sobolev.fem.meshes.mesh import Mesh

SIDES = ("left", "right"), ("bottom", "top"), ("back", "front")


def grid(divisions: Sequence[int], element: str = "") -> Mesh:
    """The unit square or cube in equal cells, with its sides as boundaries.

    **Arguments:** `divisions` each way, two or three; `element`, by default "quad" or "hexahedron";
    triangles and tetrahedra divide each cell into two and six. Boundaries "left" and "right" are at
    x = 0 and 1, "bottom" and "top" at y, "back" and "front" at z. Raises `ConfigError`.

    ```python
    mesh = fem.grid((32, 16), "quad9")
    mesh = fem.grid((8, 4, 4)).moved(mesh.points * [2, 1, 1])
    ```
    """
    counts = np.asarray(divisions)
    whole = counts.dtype.kind in "iu" and counts.shape in ((2,), (3,))
    if not whole or counts.min() < 1:
        raise ConfigError(
            f"a grid has at least one cell each way, in 2 or 3 ways: got {shown(divisions)}."
        )
    counts = tuple(counts.tolist())
    kind = reference(element or ("quad", "hexahedron")[len(counts) - 2])
    if kind.dimension != len(counts):
        raise ConfigError(f"'{kind.name}' does not fill a grid of {len(counts)} dimensions.")
    points, cells = _boxes(counts)
    if kind.shape in _PARTS:
        cells = cells[:, np.array(_PARTS[kind.shape])].reshape(-1, kind.corners)
    points, cells = _with_midsides(kind, points, cells)
    mesh = Mesh(points, {kind.name: cells})
    for axis, names in enumerate(SIDES[: len(counts)]):
        for value, name in enumerate(names):
            mesh = mesh.where(name, lambda x, axis=axis, value=value: x[:, axis] == value)
    return mesh


# A cube in six tetrahedra around the diagonal from node 0 to node 6: faces of neighbours agree.
_PARTS = {
    "triangle": [(0, 1, 2), (0, 2, 3)],
    "tetra": [(0, 1, 2, 6), (0, 2, 3, 6), (0, 3, 7, 6), (0, 7, 4, 6), (0, 4, 5, 6), (0, 5, 1, 6)],
}


def _boxes(counts: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Points, the last direction fastest, and the corners of every cell in the order of VTK."""
    axes = [np.linspace(0, 1, n + 1) for n in counts]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, len(counts))
    number = np.arange(len(points)).reshape([n + 1 for n in counts])
    corners = REFERENCES[("quad", "hexahedron")[len(counts) - 2]].nodes.astype(int)
    shifted = [
        number[tuple(slice(c, n + c) for c, n in zip(corner, counts, strict=True))].ravel()
        for corner in corners
    ]
    return points, np.stack(shifted, axis=1)


def _with_midsides(kind, points, cells):
    """The nodes that a quadratic element has beyond its corners, shared between neighbours."""
    if kind.degree == 1:
        return points, cells
    keys, places = [], []
    for group in map(list, kind.parents):
        nodes = np.sort(cells[:, group], axis=1)
        keys.append(np.pad(nodes, ((0, 0), (8 - len(group), 0)), constant_values=-1))
        places.append(points[cells[:, group]].mean(1))
    _, first, where = np.unique(
        np.concatenate(keys), axis=0, return_index=True, return_inverse=True
    )
    number = (len(points) + where).reshape(len(kind.parents), len(cells)).T
    new = np.concatenate(places)[first]
    return np.vstack([points, new]), np.hstack([cells, number])
