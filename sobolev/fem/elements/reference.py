"""The reference elements: corners, midsides and faces in the order of VTK, degrees, quadrature."""

import functools
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sobolev._base.errors import ConfigError


@dataclass(frozen=True)
class Reference:
    """An element on the unit interval, triangle, square, tetrahedron or cube.

    `name` as in meshio; `degree` of its complete polynomials; `skfem`, the class of
    scikit-fem whose shape functions it has; `exact`, up to which degree its default quadrature is
    exact, `reduced` that of the reduced one; `corners`, the number of nodes that come first.
    """

    name: str
    shape: str
    degree: int
    skfem: str
    exact: int
    reduced: int

    @property
    def dimension(self) -> int:
        """Of the reference domain."""
        return len(_CORNERS[self.shape][0])

    @property
    def corners(self) -> int:
        """Number of corner nodes; they come first."""
        return len(_CORNERS[self.shape])

    @functools.cached_property
    def nodes(self) -> Float[np.ndarray, "a k"]:
        """Reference coordinates of the nodes."""
        corner = np.array(_CORNERS[self.shape], float)
        return np.vstack([corner, *(corner[list(group)].mean(0) for group in self.parents)])

    @property
    def parents(self) -> tuple[tuple[int, ...], ...]:
        """For each node beyond the corners the corners in whose middle it lies."""
        inner = {"quad9": [(0, 1, 2, 3)], "hexahedron27": [*_VTK_FACES, tuple(range(8))]}
        return (*_EDGES[self.shape], *inner.get(self.name, ())) if self.degree > 1 else ()

    @functools.cached_property
    def facets(self) -> tuple[str, tuple[tuple[int, ...], ...]]:
        """`(element, nodes of each)`: the facets, turned so that their normals point outwards."""
        name = FACETS[self.name]
        facet = REFERENCES[name]
        found = []
        for corners in _FACES[self.shape]:
            # the facet's nodes lie where its own corners are blended as in its linear element
            share = linear_shapes(facet.shape, facet.nodes)
            places = share @ self.nodes[list(corners)]
            gap = np.abs(places[:, None] - self.nodes[None]).sum(-1)
            found.append(tuple(int(i) for i in gap.argmin(1)))
        return name, tuple(found)


_CORNERS = {
    "line": [(0,), (1,)],
    "triangle": [(0, 0), (1, 0), (0, 1)],
    "quad": [(0, 0), (1, 0), (1, 1), (0, 1)],
    "tetra": [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)],
    "hexahedron": [(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0),
                   (0, 0, 1), (1, 0, 1), (1, 1, 1), (0, 1, 1)],
}  # fmt: skip
_EDGES = {
    "line": [(0, 1)],
    "triangle": [(0, 1), (1, 2), (2, 0)],
    "quad": [(0, 1), (1, 2), (2, 3), (3, 0)],
    "tetra": [(0, 1), (1, 2), (2, 0), (0, 3), (1, 3), (2, 3)],
    "hexahedron": [(0, 1), (1, 2), (2, 3), (3, 0), (4, 5), (5, 6), (6, 7), (7, 4),
                   (0, 4), (1, 5), (2, 6), (3, 7)],
}  # fmt: skip
_FACES = {
    "triangle": [(0, 1), (1, 2), (2, 0)],
    "quad": [(0, 1), (1, 2), (2, 3), (3, 0)],
    "tetra": [(0, 2, 1), (0, 1, 3), (1, 2, 3), (0, 3, 2)],
    "hexahedron": [(0, 3, 2, 1), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6),
                   (3, 0, 4, 7)],
}  # fmt: skip
_VTK_FACES = [(0, 4, 7, 3), (1, 2, 6, 5), (0, 1, 5, 4), (3, 7, 6, 2), (0, 1, 2, 3), (4, 5, 6, 7)]

REFERENCES = {
    each.name: each
    for each in (
        Reference("line", "line", 1, "ElementLineP1", 3, 1),
        Reference("line3", "line", 2, "ElementLineP2", 5, 3),
        Reference("triangle", "triangle", 1, "ElementTriP1", 1, 1),
        Reference("triangle6", "triangle", 2, "ElementTriP2", 2, 2),
        Reference("quad", "quad", 1, "ElementQuad1", 3, 1),
        Reference("quad8", "quad", 2, "ElementQuadS2", 5, 3),
        Reference("quad9", "quad", 2, "ElementQuad2", 5, 3),
        Reference("tetra", "tetra", 1, "ElementTetP1", 1, 1),
        Reference("tetra10", "tetra", 2, "ElementTetP2", 2, 2),
        Reference("hexahedron", "hexahedron", 1, "ElementHex1", 3, 1),
        Reference("hexahedron20", "hexahedron", 2, "ElementHexS2", 5, 3),
        Reference("hexahedron27", "hexahedron", 2, "ElementHex2", 5, 3),
    )
}
FACETS = {
    "triangle": "line", "triangle6": "line3", "quad": "line", "quad8": "line3", "quad9": "line3",
    "tetra": "triangle", "tetra10": "triangle6", "hexahedron": "quad", "hexahedron20": "quad8",
    "hexahedron27": "quad9",
}  # fmt: skip


def reference(name: str) -> Reference:
    """The element of this name; `ConfigError` with the known ones when there is none."""
    if name not in REFERENCES:
        raise ConfigError(
            f"there is no element '{name}': the elements are {', '.join(REFERENCES)}, as meshio "
            "calls them."
        )
    return REFERENCES[name]


def reduced(name: str) -> int:
    """The degree that the reduced quadrature of an element is exact for: of `Body(exact=...)`.

    One point in linear cells, 2 x 2 (x 2) in quadratic ones: fewer constraints in bending and near
    incompressibility, and hourglass modes, deformations without energy. One free cell has 2 of them
    as `quad`, 12 as `hexahedron`, 1 as `quad8`, 3 as `quad9`, 6 as `hexahedron20`, 27 as
    `hexahedron27`; that of `quad8` does not spread to a second cell. Triangles and tetrahedra have
    one quadrature. Raises `ConfigError` for an unknown element.

    ```python
    Body(PlaneStrain(LinearElastic(210e3, 0.3)), exact=reduced("quad8"))
    ```
    """
    return reference(name).reduced


def linear_shapes(shape: str, places: Float[np.ndarray, "n k"]) -> Float[np.ndarray, "n a"]:
    """Shape functions of the linear element of this shape, by its corners."""
    corners = np.array(_CORNERS[shape], float)
    if shape in ("triangle", "tetra"):
        return np.column_stack([1 - places.sum(1), places])
    parts = np.where(corners[None] == 1, places[:, None], 1 - places[:, None])
    return parts.prod(-1)
