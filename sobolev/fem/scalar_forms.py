"""Sparse matrices of the plain integrals over a mesh: ∫ N_a N_b and ∫ ∇N_a · ∇N_b."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp
from jaxtyping import Float, Int

from sobolev.fem.elements.reference import Reference, reference
from sobolev.fem.elements.tables import tables
from sobolev.fem.meshes.mesh import Mesh


class Measured(NamedTuple):
    """The cells of one element at their points of integration.

    Nodes `[m, a]`; shape functions `[q, a]` and their gradients in space `[m, q, a, d]`; volumes of
    the points `[m, q]`; their places `[m, q, d]`.
    """

    nodes: Int[np.ndarray, "m a"]
    shapes: Float[np.ndarray, "q a"]
    gradients: Float[np.ndarray, "m q a d"]
    volumes: Float[np.ndarray, "m q"]
    places: Float[np.ndarray, "m q d"]


def of_stiffness(kind: Reference) -> int:
    """The degree that integrates ∇N_a · ∇N_b."""
    return kind.exact


def of_mass(kind: Reference) -> int:
    """The degree that integrates N_a N_b."""
    # In a square or a cube the highest power of one coordinate counts, and det J has some, too.
    return 2 * kind.degree + (kind.shape in ("quad", "hexahedron"))


def measured(mesh: Mesh, exact: Callable[[Reference], int]) -> Iterator[Measured]:
    """Element by element, with a quadrature of the degree that is asked for."""
    for element, nodes in mesh.cells.items():
        table = tables(element, exact(reference(element)))
        X = mesh.points[nodes]
        J = np.einsum("mai,qaj->mqij", X, table.gradients)
        gradients = np.einsum("qak,mqkj->mqaj", table.gradients, np.linalg.inv(J))
        places = np.einsum("qa,mai->mqi", table.shapes, X)
        yield Measured(nodes, table.shapes, gradients, table.weights * np.linalg.det(J), places)


def mass(mesh: Mesh) -> sp.csr_array:
    """∫ N_a N_b dX of all nodes."""
    cells = measured(mesh, of_mass)
    parts = ((c.nodes, np.einsum("mq,qa,qb->mab", c.volumes, c.shapes, c.shapes)) for c in cells)
    return _summed(len(mesh.points), parts)


def stiffness(mesh: Mesh) -> sp.csr_array:
    """∫ ∇N_a · ∇N_b dX of all nodes."""
    cells = measured(mesh, of_stiffness)
    return _summed(len(mesh.points), ((c.nodes, _products(c, c.volumes)) for c in cells))


def stiffness_per_volume(mesh: Mesh) -> sp.csr_array:
    """∫ ∇N_a · ∇N_b / V dX with V the volume of each cell, so that small cells are stiff."""
    shares = (
        (c, c.volumes / c.volumes.sum(1, keepdims=True)) for c in measured(mesh, of_stiffness)
    )
    return _summed(len(mesh.points), ((c.nodes, _products(c, share)) for c, share in shares))


def _products(cells: Measured, weights: Float[np.ndarray, "m q"]) -> Float[np.ndarray, "m a a"]:
    return np.einsum("mq,mqai,mqbi->mab", weights, cells.gradients, cells.gradients)


def _summed(size: int, parts: Iterable[tuple[np.ndarray, np.ndarray]]) -> sp.csr_array:
    """The matrices of all cells, entries of the same two nodes added."""
    total = sp.csr_array((size, size))
    for nodes, each in parts:
        rows, columns = np.broadcast_arrays(nodes[:, :, None], nodes[:, None, :])
        places = rows.ravel(), columns.ravel()
        total = total + sp.csr_array((each.ravel(), places), (size, size))
    return total
