"""The facets of cells: which lie on the outside."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Int

from sobolev.fem.elements.reference import reference


def all_facets(element: str, nodes: Int[np.ndarray, "m a"]) -> Int[np.ndarray, "m f b"]:
    """Nodes of the facets of each cell, normals outwards."""
    _, facets = reference(element).facets
    return nodes[:, np.array(facets)]


def outer_facets(cells: Mapping[str, np.ndarray]) -> dict[str, Int[np.ndarray, "k b"]]:
    """The facets that belong to one cell only, by their element, in the order of the cells."""
    found: dict[str, list[np.ndarray]] = {}
    for element, nodes in cells.items():
        name, _ = reference(element).facets
        facets = all_facets(element, nodes)
        found.setdefault(name, []).append(facets.reshape(-1, facets.shape[-1]))
    outside = {}
    for name, parts in found.items():
        facets = np.concatenate(parts)
        corners = np.sort(facets[:, : reference(name).corners], axis=1)
        _, first, count = np.unique(corners, axis=0, return_index=True, return_counts=True)
        outside[name] = facets[np.sort(first[count == 1])]
    return {name: facets for name, facets in outside.items() if len(facets)}


def turned_outwards(
    cells: Mapping[str, np.ndarray], name: str, facets: Int[np.ndarray, "k b"]
) -> Int[np.ndarray, "k b"]:
    """Given facets as the cells number them; -1 in the rows that are no facet of any cell.

    A facet between two cells is turned as the first of them has it.
    """
    corners = reference(name).corners
    known: list[np.ndarray] = []
    for element, nodes in cells.items():
        if reference(element).facets[0] == name:
            own = all_facets(element, nodes)
            known.append(own.reshape(-1, own.shape[-1]))
    if not known:
        return np.full_like(facets, -1)
    own = np.concatenate(known)
    keys = np.concatenate([np.sort(own[:, :corners], 1), np.sort(facets[:, :corners], 1)])
    _, first, where = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    match = first[where.ravel()[len(own) :]]
    return np.where((match < len(own))[:, None], own[np.minimum(match, len(own) - 1)], -1)
