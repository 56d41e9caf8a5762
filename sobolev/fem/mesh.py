"""Fixed connectivity on the unit square; the geometry is a JAX function of these coordinates."""

import functools
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from sobolev._base.errors import ConfigError


class Mesh(NamedTuple):
    """Node coordinates `points [n, 2]` and counterclockwise `cells [m, 4]`."""

    points: Float[np.ndarray, "n 2"]
    cells: Int[np.ndarray, "m 4"]


@functools.cache
def unit_grid(nx: int, ny: int) -> Mesh:
    """A grid of nx x ny quadrilaterals on the unit square; node (i, j) has number i (ny + 1) + j.

    Connectivity from scikit-fem. Raises `ConfigError` unless both counts are at least 1.

    ```python
    mesh = unit_grid(32, 16)
    mesh.cells.shape   # (512, 4); cell (i, j) has number i ny + j
    ```
    """
    if nx < 1 or ny < 1:
        raise ConfigError(f"a grid needs at least one element each way: got {nx} x {ny}.")
    from skfem import MeshQuad

    mesh = MeshQuad.init_tensor(np.linspace(0, 1, nx + 1), np.linspace(0, 1, ny + 1))
    return oriented(Mesh(np.ascontiguousarray(mesh.p.T), np.ascontiguousarray(mesh.t.T)))


def corner_determinants(mesh: Mesh) -> Float[np.ndarray, "m 4"]:
    """Twice the signed area of the triangle at each corner; all positive for a convex Q4."""
    X = mesh.points[mesh.cells]
    ahead, behind = np.roll(X, -1, axis=1) - X, np.roll(X, 1, axis=1) - X
    return ahead[..., 0] * behind[..., 1] - ahead[..., 1] * behind[..., 0]


def oriented(mesh: Mesh) -> Mesh:
    """Turn a clockwise mesh counterclockwise; refuse mixed or degenerate cells.

    With negative determinants everything seems to work, only with the load reversed and the tangent
    negative definite, so this is checked once, here. Raises `ConfigError`.
    """
    det = corner_determinants(mesh)
    if (det > 0).all():
        return mesh
    if (det < 0).all():
        return Mesh(mesh.points, mesh.cells[:, [0, 3, 2, 1]])
    wrong = int(np.argmin(np.abs(np.sign(det).sum(axis=1))))
    raise ConfigError(
        f"the cells of a mesh must be convex and all turn the same way round: cell {wrong} has "
        f"corner determinants {np.array2string(det[wrong], precision=3)}. Renumber its corners."
    )
