"""What is seen of a mesh: triangles and lines in the plane of a picture, with values on them."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from sobolev._base.errors import ConfigError
from sobolev.fem.elements.reference import reference
from sobolev.fem.meshes.facets import all_facets
from sobolev.fem.meshes.mesh import Mesh


class Surface(NamedTuple):
    """Places `[n, 2]` of the nodes in the picture, triangles `[k, 3]` of them, values at the nodes
    `[n]` or on the triangles `[k]`, and the edges of the cells, `[e, 2]` nodes of each piece.

    What is behind comes first.
    """

    places: Float[np.ndarray, "n 2"]
    triangles: Int[np.ndarray, "k 3"]
    values: Float[np.ndarray, " k_or_n"]
    edges: Int[np.ndarray, "e 2"]


# Faces in triangles through their midsides, so that bent edges are drawn bent, and their outlines.
_TRIANGLES = {
    "triangle": [(0, 1, 2)],
    "triangle6": [(0, 3, 5), (3, 1, 4), (5, 4, 2), (3, 4, 5)],
    "quad": [(0, 1, 2), (0, 2, 3)],
    "quad8": [(0, 4, 7), (4, 1, 5), (5, 2, 6), (6, 3, 7), (4, 5, 6), (4, 6, 7)],
    "quad9": [(0, 4, 8), (0, 8, 7), (4, 1, 5), (4, 5, 8), (8, 5, 2), (8, 2, 6), (7, 8, 6),
              (7, 6, 3)],
}  # fmt: skip
_OUTLINES = {
    "triangle": (0, 1, 2), "triangle6": (0, 3, 1, 4, 2, 5), "quad": (0, 1, 2, 3),
    "quad8": (0, 4, 1, 5, 2, 6, 3, 7), "quad9": (0, 4, 1, 5, 2, 6, 3, 7),
}  # fmt: skip
# Where a body is seen from: to the right of the front and from above.
_VIEW = np.array([[0.8, 0.6, 0.0], [-0.24, 0.32, 0.9165], [0.55, -0.733, 0.4]])


def surface(
    mesh: Mesh,
    places: Float[np.ndarray, "n d"],
    values: np.ndarray | Mapping[str, Float[np.ndarray, " m"]],
) -> Surface:
    """The mesh with its nodes at `places`; of a body, its outside as it is seen from one corner.

    `values` at the nodes, or of the cells by element. Raises `ConfigError` for another length.
    """
    if not isinstance(values, Mapping) and np.shape(values) != (len(places),):
        raise ConfigError(
            f"a picture takes a value for each of the {len(places)} nodes, or cells by element: "
            f"got the shape {np.shape(values)}."
        )
    flat, depth = np.asarray(places, float), np.zeros(len(places))
    if mesh.dimension == 3:
        turned = flat @ _VIEW.T
        flat, depth = turned[:, :2], turned[:, 2]
    triangles, of_cells, edges = [], [], []
    for element, name, faces, parents in _faces(mesh):
        if mesh.dimension == 3:
            seen = _turn(flat[faces[:, :3]]) > 0
            faces, parents = faces[seen], parents[seen]
        local = np.array(_TRIANGLES[name])
        triangles.append(faces[:, local].reshape(-1, 3))
        if isinstance(values, Mapping):
            of_cells.append(np.repeat(np.asarray(values[element])[parents], len(local)))
        outline = np.array(_OUTLINES[name])
        ends = faces[:, np.stack([outline, np.roll(outline, -1)], 1)]
        edges.append(ends.reshape(-1, 2))
    drawn = np.concatenate(triangles)
    order = np.argsort(depth[drawn].mean(1), kind="stable")
    chosen = np.concatenate(of_cells)[order] if of_cells else np.asarray(values, float)
    return Surface(flat, drawn[order], chosen, np.concatenate(edges))


def _faces(mesh: Mesh):
    """`(element of the cell, of the face, nodes, cells)`: in the plane the cells themselves."""
    for element, cells in mesh.cells.items():
        if mesh.dimension == 2:
            yield element, element, cells, np.arange(len(cells))
            continue
        name, _ = reference(element).facets
        facets = all_facets(element, cells)
        parents = np.repeat(np.arange(len(cells)), facets.shape[1])
        facets = facets.reshape(len(parents), -1)
        keys = np.sort(facets[:, : reference(name).corners], axis=1)
        _, which, count = np.unique(keys, axis=0, return_inverse=True, return_counts=True)
        outside = count[which.ravel()] == 1
        yield element, name, facets[outside], parents[outside]


def _turn(corners):
    a, b = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    return a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
