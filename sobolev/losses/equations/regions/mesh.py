"""Meshes and polygons as regions: simplices, and facets under names."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from sobolev._base.arguments import array_of, shown
from sobolev._base.errors import ConfigError
from sobolev.losses.equations.regions.facets import Facets
from sobolev.losses.equations.regions.region import Region, check_inputs, chosen

Nodes = Int[np.ndarray, "m a"]
# Columns of a cell -> the simplices and the facets of it, by its corners in the order of VTK.
_TRIANGLE = [(0, 1, 2)], [(0, 1), (1, 2), (2, 0)]
_QUAD = [(0, 1, 2), (0, 2, 3)], [(0, 1), (1, 2), (2, 3), (3, 0)]
_TET = [(0, 1, 2, 3)], [(0, 2, 1), (0, 1, 3), (1, 2, 3), (0, 3, 2)]
_HEX = (
    [(0, 1, 2, 6), (0, 2, 3, 6), (0, 3, 7, 6), (0, 7, 4, 6), (0, 4, 5, 6), (0, 5, 1, 6)],
    [(0, 3, 2, 1), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7)],
)
_CELLS = {
    2: {3: _TRIANGLE, 6: _TRIANGLE, 4: _QUAD, 8: _QUAD, 9: _QUAD},
    3: {4: _TET, 10: _TET, 8: _HEX, 20: _HEX, 27: _HEX},
}


class Mesh(Region):
    """The cells of a mesh: triangles and quads in the plane, tetrahedra and hexahedra in space.

    **Arguments:** `inputs`: two or three names; `nodes [N, d]`; `cells`: node numbers `[m, a]` in
    the order of VTK, or several such by any names; `boundaries`: names -> facets `[k, a]`, or
    several such by any names, as `fem.Mesh` has them. What no name has is "rest". Sides are taken
    as straight, nodes between corners are passed over. Raises `ConfigError`.

    ```python
    mesh = fem.grid((32, 16)).where("left", lambda x: x[:, 0] == 0)
    region = Mesh(("x", "y"), mesh.points, mesh.cells, mesh.boundaries)
    ```
    """

    corners: Float[Array, "s k d"]
    inverse: Float[Array, "s d d"]
    sizes: Float[Array, " s"]

    def __init__(
        self,
        inputs: Sequence[str],
        nodes: Float[np.ndarray, "N d"],
        cells: Nodes | Mapping[str, Nodes],
        boundaries: Mapping[str, Nodes | Mapping[str, Nodes]] | None = None,
    ):
        points, self.inputs = array_of(nodes), tuple(inputs)
        d = len(self.inputs)
        check_inputs("a mesh", self.inputs)
        if points.ndim != 2 or points.shape[1] != d or not np.isfinite(points).all():
            raise ConfigError(
                f"a mesh has finite nodes with a column for each of {', '.join(self.inputs)}: got "
                f"shape {points.shape}."
            )
        simplices, sides = _divided(_several(cells), d)
        _in_range(simplices, len(points))
        corners = points[simplices]
        edges = corners[:, 1:] - corners[:, :1]
        sizes = np.abs(np.linalg.det(edges)) / (2 if d == 2 else 6)
        corners, edges, sizes = (a[sizes > 0] for a in (corners, edges, sizes))  # no flat ones
        if not len(sizes):
            raise ConfigError("a mesh needs cells: there are none, or all of them are flat.")
        self.corners, self.sizes = jnp.asarray(corners), jnp.asarray(sizes)
        self.inverse = jnp.asarray(np.linalg.inv(edges.transpose(0, 2, 1)))
        self.cube, self.share, self.size = d + 1, 1.0, jnp.sum(self.sizes)
        parts = _parts(dict(boundaries or {}), sides, d)
        inside = _Inside(corners, np.asarray(self.inverse))
        self.parts = tuple(
            Facets(self.inputs, names, points[facets], inside) for names, facets in parts.items()
        )

    def place(self, u: Float[Array, " c"]) -> tuple[Float[Array, " d"], Bool[Array, ""]]:
        """The first number says which simplex, by their sizes; the others where in it."""
        which = chosen(self.sizes, u[0])[0]
        return in_simplex(self.corners[which], u[1:]), jnp.ones((), bool)

    def contains(self, x: Float[Array, " d"]) -> Bool[Array, ""]:
        """Whether a simplex has it."""
        inner = jnp.einsum("sij,sj->si", self.inverse, x[None] - self.corners[:, 0])
        least = jnp.minimum(jnp.min(inner, axis=1), 1 - jnp.sum(inner, axis=1))
        return jnp.any(least >= -1e-12)


class Polygon(Mesh):
    """The inside of a polygon that does not cross itself; its edges are the parts of the boundary.

    **Arguments:** `inputs`: two names; `corners [n, 2]` in order, either way round; `names` of the
    edges, each from its corner to the next one (default "edge 0", …); equal names are one part.
    Raises `ConfigError`.

    ```python
    wedge = Polygon(("x", "y"), [(0, 0), (2, 0), (0, 1)], names=("bottom", "slope", "left"))
    ```
    """

    def __init__(
        self,
        inputs: Sequence[str],
        corners: Sequence[Sequence[float]] | np.ndarray,
        names: Sequence[str] | None = None,
    ):
        x = array_of(corners)
        if x.ndim != 2 or x.shape[1] != 2 or len(x) < 3 or len(tuple(inputs)) != 2:
            raise ConfigError(
                f"a polygon has two inputs and at least three corners [n, 2]: got {tuple(inputs)} "
                f"and shape {x.shape}."
            )
        if (again := np.flatnonzero((x == np.roll(x, -1, axis=0)).all(axis=1))).size:
            raise ConfigError(
                f"the corner {shown(x[again[0]])} of a polygon comes twice in a row, the last one "
                "before the first: give it once."
            )
        names = [f"edge {i}" for i in range(len(x))] if names is None else list(names)
        if len(names) != len(x):
            raise ConfigError(f"a polygon of {len(x)} corners has as many edges: got {names}.")
        _check_simple(x)
        edges: dict[str, list] = {}
        for i, name in enumerate(names):
            edges.setdefault(name, []).append((i, (i + 1) % len(x)))
        parts = {name: np.array(pairs) for name, pairs in edges.items()}
        super().__init__(inputs, x, _ears(x), parts)


class _Inside:
    """Whether points beside facets lie in one of the simplices nearest to them."""

    def __init__(self, corners: np.ndarray, inverse: np.ndarray):
        from scipy.spatial import KDTree  # for those who have a mesh

        self.corners, self.inverse = corners, inverse
        self.tree = KDTree(corners.mean(axis=1))

    def __call__(self, points: np.ndarray) -> np.ndarray:
        near = min(len(self.corners), 32)
        which = np.asarray(self.tree.query(points, near)[1]).reshape(len(points), near)
        off = points[:, None] - self.corners[which, 0]
        inner = np.einsum("fkij,fkj->fki", self.inverse[which], off)
        return (np.minimum(inner.min(axis=2), 1 - inner.sum(axis=2)) > 0).any(axis=1)


def in_simplex(corners: Float[Array, "k d"], u: Float[Array, " c"]) -> Float[Array, " d"]:
    """An even point of a simplex: the gaps between k sorted numbers are its coordinates."""
    ends = jnp.concatenate([jnp.zeros(1, u.dtype), jnp.sort(u), jnp.ones(1, u.dtype)])
    return jnp.diff(ends) @ corners


def _several(cells: Nodes | Mapping[str, Nodes]) -> list[np.ndarray]:
    return [np.asarray(c) for c in (cells.values() if isinstance(cells, Mapping) else [cells])]


def _divided(cells: list[np.ndarray], d: int) -> tuple[np.ndarray, list[np.ndarray]]:
    """The simplices of all cells `[s, d+1]`, and their sides, corners only."""
    simplices, sides = [], []
    for nodes in cells:
        if nodes.ndim != 2 or nodes.dtype.kind not in "iu" or nodes.shape[1] not in _CELLS[d]:
            raise ConfigError(
                f"cells are node numbers [m, a], in {d} dimensions with a of "
                f"{sorted(_CELLS[d])}: got {nodes.dtype} of shape {nodes.shape}."
            )
        inner, outer = _CELLS[d][nodes.shape[1]]
        simplices += [nodes[:, corners] for corners in inner]
        sides += [nodes[:, corners] for corners in outer]
    return np.concatenate(simplices), sides


def _in_range(nodes: np.ndarray, count: int) -> None:
    if nodes.size and not (nodes.min() >= 0 and nodes.max() < count):
        raise ConfigError(f"there are {count} nodes: got the numbers {nodes.min()}…{nodes.max()}.")


def _parts(named: Mapping, sides: list[np.ndarray], d: int) -> dict[tuple[str, ...], np.ndarray]:
    """Facets as simplices by all the names that they have; "rest" are those outside without one."""
    often = Counter(_corners(facet) for side in sides for facet in side.tolist())
    names: dict[tuple[int, ...], list[str]] = {}
    for name, facets in named.items():
        for facet in _facets(name, facets, d):
            if facet not in often:
                raise ConfigError(
                    f"the boundary '{name}' has a facet of the nodes {facet}, which is no side of "
                    "a cell: give sides of the cells."
                )
            if name not in names.setdefault(facet, []):
                names[facet].append(name)
    for facet, count in often.items():
        if count == 1:
            names.setdefault(facet, ["rest"])
    parts: dict[tuple[str, ...], list] = {}
    for facet, own in names.items():
        parts.setdefault(tuple(own), []).extend(_flat(facet))
    return {own: np.array(facets) for own, facets in parts.items()}


def _facets(name: str, facets: Nodes | Mapping[str, Nodes], d: int) -> Iterator[tuple[int, ...]]:
    """Their corners."""
    corners = {2: {2: 2, 3: 2}, 3: {3: 3, 6: 3, 4: 4, 8: 4, 9: 4}}[d]
    for f in _several(facets):
        if f.size and (f.ndim != 2 or f.dtype.kind not in "iu" or f.shape[1] not in corners):
            raise ConfigError(
                f"the boundary '{name}' needs node numbers of facets [k, a]: got shape {f.shape}."
            )
        yield from (_corners(facet[: corners[len(facet)]]) for facet in f.tolist())


def _corners(facet: Sequence[int]) -> tuple[int, ...]:
    """The same for all ways to go around a facet: the least one first, then the less neighbour."""
    first = facet.index(min(facet))
    around = [*facet[first:], *facet[:first]]
    return tuple(around if around[1] <= around[-1] else [around[0], *around[:0:-1]])


def _flat(facet: tuple[int, ...]) -> list[tuple[int, ...]]:
    """A side with four corners as two triangles."""
    return [facet] if len(facet) < 4 else [facet[:3], (facet[0], *facet[2:])]


def _check_simple(x: Float[np.ndarray, "n 2"]) -> None:
    """Refuse edges that cross or touch: `ConfigError`."""
    n, ends = len(x), np.roll(x, -1, axis=0)

    def turn(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
        (p, q), (r, s) = np.moveaxis(b - a, -1, 0), np.moveaxis(c - a, -1, 0)
        return np.sign(p * s - q * r)

    one, other = x[:, None], ends[:, None]
    apart = (turn(one, other, x[None]) * turn(one, other, ends[None]) > 0) | (
        turn(x[None], ends[None], one) * turn(x[None], ends[None], other) > 0
    )
    near = (np.subtract.outer(np.arange(n), np.arange(n)) + 1) % n <= 2
    if not (apart | near).all():
        i, j = np.argwhere(~(apart | near))[0]
        raise ConfigError(f"the edges of a polygon may not cross or touch: {i} and {j} do.")


def _ears(x: Float[np.ndarray, "n 2"]) -> np.ndarray:
    """The triangles of a polygon, cut off one by one (Meisters, Amer. Math. Monthly 82, 1975)."""

    def turn(a: int, b: int, c: int) -> float:
        (p, q), (r, s) = x[b] - x[a], x[c] - x[a]
        return float(p * s - q * r)

    left = list(range(len(x)))
    if sum(turn(0, i, i + 1) for i in range(1, len(x) - 1)) < 0:
        left.reverse()
    triangles = []
    while len(left) > 3:
        for i in range(len(left)):
            a, b, c = left[i - 1], left[i], left[(i + 1) % len(left)]
            others = [p for p in left if p not in (a, b, c)]
            free = all(min(turn(a, b, p), turn(b, c, p), turn(c, a, p)) < 0 for p in others)
            if turn(a, b, c) > 0 and free:
                break
        else:
            raise ConfigError("the edges of a polygon may not touch each other.")
        triangles.append((a, b, c))
        left.remove(b)
    return np.array([*triangles, tuple(left)])
