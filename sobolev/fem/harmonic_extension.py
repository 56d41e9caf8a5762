"""H^½ on the boundary of any region: the energy of the harmonic function with these values."""

from typing import Any

import numpy as np
import scipy.sparse.linalg as spla
from jaxtyping import Float, Int

from sobolev._base.arguments import positive, shown
from sobolev._base.errors import ConfigError
from sobolev.fem.elements.tables import tables
from sobolev.fem.meshes.mesh import Mesh
from sobolev.fem.scalar_forms import stiffness
from sobolev.inner_products.dense import Dense

MOST = 3000  # nodes of a loop: the matrix is full, 72 MB


def harmonic_extension(mesh: Mesh, loop: str, mean: float = 1.0) -> Dense:
    """(g, h) = ∫ ∇u·∇w over a mesh, u and w harmonic with the values g and h on a closed loop.

    It is gᵀS h with S = K_bb − K_bi K_ii⁻¹ K_ib, the Schur complement of the stiffness on the nodes
    of the loop: the operator that makes the flux ∂u/∂n of values. On a circle `Circle` says the
    same without a mesh; elsewhere only this does. A constant has no energy: its mean over the loop
    counts by itself, `mean` · 2π (mean of g)(mean of h), as on a circle. Other boundaries are free.

    **Arguments:** `mesh` of two dimensions; `loop`: the name of a boundary; `mean` > 0. The points
    are the nodes of the loop, one after the other. Raises `ConfigError` for a loop that is not
    closed, for several, and for more than 3000 nodes.

    ```python
    rim = fem.harmonic_extension(ellipse, "boundary")
    Mapped(Equation("rim", lambda u, x: u(x)[0] - g(x), points=rim.points, order=0), rim)
    ```
    """
    if not isinstance(mesh, Mesh) or mesh.dimension != 2:
        raise ConfigError(f"a loop lies in a mesh of two dimensions: got {shown(mesh)}.")
    counts = positive("what the mean counts", mean)
    b = around(mesh, loop)
    if len(b) > MOST:
        raise ConfigError(
            f"the loop '{loop}' has {len(b)} nodes and its matrix is full, of {MOST} at most: take "
            "a coarser mesh for it."
        )
    inside = np.setdiff1d(np.arange(len(mesh.points)), b)
    K = stiffness(mesh)
    S = K[b][:, b].toarray()
    if len(inside):
        across = K[inside][:, b].toarray()
        S = S - across.T @ spla.splu(K[inside][:, inside].tocsc()).solve(across)
    lengths = _lengths(mesh, loop)[b]
    share = lengths / lengths.sum()
    S = (S + S.T) / 2 + counts * 2 * np.pi * np.outer(share, share)
    return Dense(S, mesh.points[b])


def around(mesh: Mesh, loop: str) -> Int[np.ndarray, " k"]:
    """The nodes of a closed loop, one after the other. Raises `ConfigError`."""
    pieces = [facet for facets in mesh.boundary(loop).values() for facet in facets]
    # Of a quadratic facet (first, last, middle): the neighbours are first, middle and last.
    steps = np.array(
        [
            pair
            for facet in pieces
            for pair in zip([facet[0], *facet[2:]], [*facet[2:], facet[1]], strict=True)
        ]
    )
    nodes, degree = np.unique(steps, return_counts=True)
    wrong = nodes[degree != 2]
    if len(wrong):
        raise ConfigError(
            f"'{loop}' is no closed loop: {len(wrong)} of its nodes have not two neighbours on it, "
            f"the first is node {wrong[0]} at {shown(mesh.points[wrong[0]].tolist())}."
        )
    neighbours: dict[Any, list] = {node: [] for node in nodes.tolist()}
    for one, other in steps.tolist():
        neighbours[one].append(other)
        neighbours[other].append(one)
    first, second = steps[0].tolist()
    walk = [first, second]
    while (ahead := [n for n in neighbours[walk[-1]] if n != walk[-2]]) and ahead[0] != first:
        walk.append(ahead[0])
    if len(walk) < len(nodes):
        raise ConfigError(
            f"'{loop}' is more than one loop: {len(walk)} of its {len(nodes)} nodes are on the "
            "first. Name one of them with mesh.where."
        )
    return np.array(walk)


def _lengths(mesh: Mesh, loop: str) -> Float[np.ndarray, " n"]:
    """∫ N_a ds along the loop, of all nodes."""
    total = np.zeros(len(mesh.points))
    for element, facets in mesh.boundary(loop).items():
        table = tables(element)
        along = np.einsum("mai,qa->mqi", mesh.points[facets], table.gradients[:, :, 0])
        ds = table.weights * np.linalg.norm(along, axis=2)
        np.add.at(total, facets, np.einsum("mq,qa->ma", ds, table.shapes))
    return total
