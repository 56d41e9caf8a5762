"""Nodes, cells of one or several elements, and parts that have names."""

import copy
import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Bool, Float, Int

from sobolev._base.arguments import shown
from sobolev._base.errors import ConfigError
from sobolev._base.identity import digest
from sobolev.fem.elements.reference import reference
from sobolev.fem.elements.tables import at_nodes
from sobolev.fem.meshes.facets import outer_facets
from sobolev.fem.meshes.names import checked_boundaries, checked_regions, checked_sets
from sobolev.fem.told import told

Places = Callable[[Float[np.ndarray, "n d"]], Bool[np.ndarray, " n"]]


@dataclass(frozen=True, eq=False)
class Mesh:
    """Node coordinates, cells by element, and regions, boundaries and node sets by name.

    **Arguments:** `points [n, d]`, d = 2 or 3; `cells`, element name -> nodes `[m, a]` in the order
    of VTK, all turned the same way (`oriented` does it); `regions`, name -> element -> numbers of
    cells; `boundaries`, name -> element of the facets -> their nodes `[k, a]`, normals outwards;
    `sets`, name -> numbers of nodes. "all" is every cell, "boundary" the whole outside. Raises
    `ConfigError` for an unknown element, numbers out of range, cells that are inside out, and nodes
    that belong to no cell.

    ```python
    mesh = fem.grid((32, 16)).where("clamped", lambda x: x[:, 0] == 0)
    ```
    """

    points: Float[np.ndarray, "n d"]
    cells: Mapping[str, Int[np.ndarray, "m a"]]
    regions: Mapping[str, Mapping[str, Int[np.ndarray, " k"]]] = field(default_factory=dict)
    boundaries: Mapping[str, Mapping[str, Int[np.ndarray, "k a"]]] = field(default_factory=dict)
    sets: Mapping[str, Int[np.ndarray, " k"]] = field(default_factory=dict)

    def __post_init__(self):
        try:
            points = np.ascontiguousarray(self.points, float)
        except (TypeError, ValueError):
            raise ConfigError(
                f"the points of a mesh are finite numbers [n, d]: got {shown(self.points)}."
            ) from None
        object.__setattr__(self, "points", points)
        if points.ndim != 2 or points.shape[1] not in (2, 3):
            raise ConfigError(
                "the points of a mesh are finite numbers [n, 2] or [n, 3]: got shape "
                f"{points.shape}."
            )
        if not np.isfinite(points).all():
            wrong = int(np.flatnonzero(~np.isfinite(points).all(1))[0])
            raise ConfigError(
                f"the points of a mesh are finite numbers: node {wrong} is at "
                f"{shown(points[wrong].tolist())}."
            )
        if not isinstance(self.cells, Mapping) or not self.cells:
            raise ConfigError(
                f"a mesh needs cells by element, {{'quad': nodes [m, 4]}}: got {shown(self.cells)}."
            )
        cells = {name: _checked(name, nodes, points) for name, nodes in self.cells.items()}
        object.__setattr__(self, "cells", cells)
        loose = np.setdiff1d(
            np.arange(len(points)), np.concatenate([*map(np.ravel, cells.values())])
        )
        if len(loose):
            raise ConfigError(
                f"{len(loose)} nodes belong to no cell, the first is {loose[0]} at "
                f"{shown(points[loose[0]].tolist())}: remove them, with `without_loose_nodes`."
            )
        object.__setattr__(self, "regions", checked_regions(self.regions, cells))
        object.__setattr__(self, "boundaries", checked_boundaries(self.boundaries, self.points))
        object.__setattr__(self, "sets", checked_sets(self.sets, self.points))

    def __repr__(self):
        """What it has, and a digest of all of its numbers in place of them."""
        cells = ", ".join(f"{len(nodes)} {element}" for element, nodes in self.cells.items())
        parts = self.points, self.cells, self.regions, self.boundaries, self.sets
        names = [*self.regions, *self.boundaries, *self.sets]
        named = f"; {', '.join(names)}" if names else ""
        return f"Mesh({len(self.points)} nodes, {cells}{named}; SHA-256 {digest(parts)[:16]})"

    @property
    def dimension(self) -> int:
        """2 or 3."""
        return self.points.shape[1]

    def region(self, name: str) -> Mapping[str, Int[np.ndarray, " k"]]:
        """Numbers of the cells of a region, by element."""
        if name == "all":
            return {element: np.arange(len(nodes)) for element, nodes in self.cells.items()}
        return self._named("region", self.regions, name, "all")

    def boundary(self, name: str) -> Mapping[str, Int[np.ndarray, "k a"]]:
        """Nodes of the facets of a part of the outside, by their element."""
        if name == "boundary":
            return self._outside
        return self._named("boundary", self.boundaries, name, "boundary")

    def nodes(self, name: str) -> Int[np.ndarray, " k"]:
        """Numbers of the nodes of a set, of a boundary or of a region of this name."""
        if name in self.sets:
            return np.asarray(self.sets[name])
        if name == "boundary" or name in self.boundaries:
            parts = list(self.boundary(name).values())
        elif name == "all" or name in self.regions:
            parts = [self.cells[element][k] for element, k in self.region(name).items()]
        else:
            known = [*self.sets, *self.boundaries, *self.regions, "boundary", "all"]
            raise ConfigError(
                f"the mesh has no nodes called '{name}': it knows {', '.join(known)}. Name some "
                "with mesh.where(name, ...) or mesh.at(name, place)."
            )
        return np.unique(np.concatenate([part.ravel() for part in parts]))

    def where(self, name: str, places: Places) -> "Mesh":
        """With the outer facets all of whose nodes are there as a boundary of this name.

        `places(points [n, d])` says for each node whether it is. Raises `ConfigError` for none.
        """
        inside = _asked(name, places, self.points)
        found = {element: nodes[inside[nodes].all(1)] for element, nodes in self._outside.items()}
        found = {element: nodes for element, nodes in found.items() if len(nodes)}
        if not found:
            raise ConfigError(
                f"no facet of the outside lies where '{name}' is asked for: {int(inside.sum())} of "
                f"{len(inside)} nodes do. Compare with a tolerance, as np.isclose does."
            )
        return self._with("boundaries", name, found)

    def cells_where(self, name: str, places: Places) -> "Mesh":
        """With the cells whose middles are there as a region of this name."""
        found = {}
        for element, nodes in self.cells.items():
            inside = np.flatnonzero(_asked(name, places, self.points[nodes].mean(1)))
            if len(inside):
                found[element] = inside
        if not found:
            raise ConfigError(f"no cell has its middle where '{name}' is asked for.")
        return self._with("regions", name, found)

    def at(self, name: str, place: tuple[float, ...]) -> "Mesh":
        """With the node nearest to a place as a set of this name.

        Raises `ConfigError` for a place farther away than the mesh is large.
        """
        there = np.asarray(place, float)
        if there.shape != (self.dimension,) or not np.isfinite(there).all():
            raise ConfigError(
                f"'{name}' is at a place of {self.dimension} finite coordinates: got {place}."
            )
        gap = np.linalg.norm(self.points - there[None], axis=1)
        if gap.min() > np.linalg.norm(np.ptp(self.points, axis=0)):
            raise ConfigError(
                f"the node nearest to '{name}', {shown(place)}, lies {gap.min():.3g} away, farther "
                "than the mesh is large: give it in the units of the mesh."
            )
        return self._with("sets", name, np.array([int(gap.argmin())]))

    def moved(self, points: Float[np.ndarray, "n d"]) -> "Mesh":
        """The same cells and names with other node coordinates. Raises `ConfigError`."""
        if np.shape(points) != self.points.shape:
            raise ConfigError(
                f"a mesh is moved by new places of all nodes, {self.points.shape}: got "
                f"{np.shape(points)}."
            )
        return replace(self, points=points)

    @functools.cached_property
    def _outside(self) -> Mapping[str, Int[np.ndarray, "k a"]]:
        return outer_facets(self.cells)

    def _with(self, kind: str, name: str, found) -> "Mesh":
        """With one more name; all else was checked when this mesh was made."""
        made = copy.copy(self)
        object.__setattr__(made, kind, {**getattr(self, kind), name: found})
        return made

    def _named(self, kind, known, name, whole):
        if name not in known:
            names = ", ".join([*known, whole])
            raise ConfigError(f"the mesh has no {kind} called '{name}': it has {names}.")
        return known[name]


def _asked(name: str, places: Places, points: np.ndarray) -> np.ndarray:
    with told(f"the function that says where '{name}' is"):
        inside = np.asarray(places(points))
    if inside.shape != (len(points),) or inside.dtype.kind != "b":
        raise ConfigError(
            f"the function that says where '{name}' is returns True or False for each row of "
            f"points [n, d]: got {inside.dtype} {inside.shape} for {len(points)} rows."
        )
    return inside


def least_determinants(
    element: str, nodes: Int[np.ndarray, "m a"], points: Float[np.ndarray, "n d"]
) -> Float[np.ndarray, " m"]:
    """The least det(∂X/∂ξ) at the nodes of each cell: of a sound cell it is positive.

    At the nodes, not at the points of integration: a quadrilateral that is not convex may have
    positive determinants at all of these.
    """
    gradients = at_nodes(element).gradients
    J = np.einsum("mai,qaj->mqij", points[nodes], gradients, optimize=True)
    return np.linalg.det(J).min(1)


def oriented(mesh_cells: Mapping[str, np.ndarray], points: np.ndarray) -> dict[str, np.ndarray]:
    """The cells, those that are inside out as a whole turned round.

    With negative determinants everything seems to work, only with the load reversed and the tangent
    negative definite.
    """
    turned = {}
    for element, nodes in mesh_cells.items():
        wrong = _sign(element, nodes, points) < 0
        nodes = np.array(nodes)
        nodes[wrong] = nodes[wrong][:, _mirror(element)]
        turned[element] = nodes
    return turned


def without_loose_nodes(points, cells, *more):
    """`(points, cells, …)` with the nodes that belong to no cell left out and all renumbered."""
    used = np.unique(np.concatenate([np.ravel(nodes) for nodes in cells.values()]))
    number = np.full(len(points), -1)
    number[used] = np.arange(len(used))
    again = [{name: number[nodes] for name, nodes in some.items()} for some in (cells, *more)]
    return points[used], *again


def _checked(name, nodes, points):
    element = reference(name)
    nodes = np.ascontiguousarray(nodes)
    if len(nodes) == 0:
        raise ConfigError(f"there are no cells in '{name}': leave the element out.")
    if nodes.ndim != 2 or nodes.shape[1] != len(element.nodes) or nodes.dtype.kind not in "iu":
        raise ConfigError(
            f"cells '{name}' are integers [m, {len(element.nodes)}]: got {nodes.dtype} "
            f"{nodes.shape}."
        )
    if element.dimension != points.shape[1]:
        raise ConfigError(
            f"'{name}' is an element of {element.dimension} dimensions and the points have "
            f"{points.shape[1]}: boundaries go into `boundaries`."
        )
    if nodes.size and not (0 <= nodes.min() and nodes.max() < len(points)):
        raise ConfigError(
            f"cells '{name}' name the node {nodes.max() if nodes.min() >= 0 else nodes.min()} of a "
            f"mesh whose nodes are 0 to {len(points) - 1}."
        )
    least = least_determinants(name, nodes, points)
    if not (least > 0).all():
        wrong = int(np.argmin(least))
        raise ConfigError(
            f"cell {wrong} of '{name}' is degenerate or inside out: the least determinant of its "
            f"map is {least[wrong]:.3g}, it must be positive ({int((least <= 0).sum())} of "
            f"{len(least)} cells). Renumber its nodes, with `oriented`, or mend its shape."
        )
    return nodes


def _sign(element, nodes, points):
    gradients = at_nodes(element).gradients
    J = np.einsum("mai,qaj->mqij", points[nodes], gradients, optimize=True)
    return np.sign(np.linalg.det(J)).sum(1)


def _mirror(element: str) -> np.ndarray:
    """The numbering of the nodes after the reference element is reflected onto itself."""
    nodes = reference(element).nodes
    image = nodes.copy()
    image[:, [0, 1]] = nodes[:, [1, 0]]  # x and y change places in all of the reference shapes
    return np.abs(image[:, None] - nodes[None]).sum(-1).argmin(1)
