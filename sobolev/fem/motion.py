"""Mesh motion: the boundary moves with the parameters, and the nodes inside follow it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain

import jax.numpy as jnp
import numpy as np
import scipy.sparse.linalg as spla
from jaxtyping import Float

from sobolev._base.arguments import shown
from sobolev._base.errors import ConfigError
from sobolev.fem._arrays import AnyArray
from sobolev.fem.conditions.supports import Fixed, place_supports
from sobolev.fem.geometry import Shape
from sobolev.fem.meshes.mesh import Mesh
from sobolev.fem.scalar_forms import stiffness_per_volume
from sobolev.fem.told import named, told
from sobolev.fem.values import Value

Moves = Callable[..., Float[AnyArray, "k d"]]
MOST = 5e7  # entries of the map from the boundary into the inside, 400 MB


def mesh_motion(
    mesh: Mesh,
    function: Moves,
    constants: tuple[Value, ...] = (),
    moved: Sequence[str] = (),
    held: Sequence[Fixed] | None = None,
) -> Shape:
    """A shape of which only a part of the boundary is known: what lies inside follows smoothly.

    X = X₀ + M (f(X₀) - X₀): `function(X [k, d], *constants) -> [k, d]` gives the new places of the
    nodes of `moved`, names of boundaries or sets. Of the others those of `held` stay, by default
    the rest of the boundary; `Fixed("axis", 1)` lets them slide along x. Inside each component of
    the motion d solves

        ∫ ∇v · ∇d / V dX₀ = 0        with V the volume of the cell, so that small cells are stiff,

    on the mesh as it is read. M is fixed: the map is linear, and derivatives of every order are
    those of the function. Shapes of one mesh that differ in numbers only share compiled code. Small
    motions keep cells sound; the solve says which cell a large one turns inside out.

    **Arguments:** `mesh`; `function`, best one of a module; `constants`: numbers, names of
    parameters, functions of them; `moved`; `held`. Raises `ConfigError` for parts that the mesh has
    not, where nothing moves, and for more than 5e7 entries of M.

    Source: weights by the size of cells of T. E. Tezduyar, M. Behr, S. Mittal, J. Liou, Comput.
    Methods Appl. Mech. Eng. 94 (1992) 353, 10.1016/0045-7825(92)90060-W.

    ```python
    def wider(X, radius): return X * radius / 2.0
    fem.Model(mesh, ..., geometry=fem.mesh_motion(mesh, wider, ("radius",), moved=("hole",)))
    ```
    """
    if not callable(function) or isinstance(constants, str):
        raise ConfigError(
            "a mesh motion is a function and a tuple of constants: got "
            f"{shown(function)} and {shown(constants)}."
        )
    if isinstance(moved, str) or not moved:
        raise ConfigError(f"a mesh motion moves parts by name, moved=('hole',): got {moved!r}.")
    moving = np.unique(np.concatenate([mesh.nodes(name) for name in moved]))
    if held is None:
        stays = np.zeros(mesh.points.shape, bool)
        stays[mesh.nodes("boundary")] = True
    else:
        stays = place_supports(mesh, held, mesh.dimension).fixed
    stays[moving] = True
    size = len(moving) * int((~stays).sum())
    if size > MOST:
        raise ConfigError(
            f"{len(moving)} nodes that move {len(mesh.points)} others are too many for the map "
            f"between them, {size:.1e} entries: move a part, or write a Shape of all nodes."
        )
    K = stiffness_per_volume(mesh)
    maps = [_map(K, np.flatnonzero(~column), moving) for column in stays.T]
    return Shape(_Following(function), (moving, *chain.from_iterable(maps), *constants))


def _map(K, inside, moving):
    """`(inside, M [inside, moving])` of one component."""
    if not len(inside):
        return inside, np.zeros((0, len(moving)))
    rows = K[inside]
    return inside, -spla.splu(rows[:, inside].tocsc()).solve(rows[:, moving].toarray())


@dataclass(frozen=True)
class _Following:
    """The function of a `Shape` whose first constants are the nodes that move and, for each
    component, those that follow and the map between the two.
    """

    function: Moves

    def __call__(self, X: Float[AnyArray, "n d"], moving, *constants) -> Float[AnyArray, "n d"]:
        X, d = jnp.asarray(X), X.shape[1]
        maps, constants = constants[: 2 * d], constants[2 * d :]
        moving = moving.astype(int)
        start = X[moving]
        with told(f"the function {named(self.function)} of a mesh motion"):
            there = jnp.asarray(self.function(start, *constants))
        if there.shape != start.shape:
            raise ConfigError(
                f"{named(self.function)} gives new places of the {len(start)} nodes that move, "
                f"{start.shape}: got {there.shape}."
            )
        moves = there - start
        X = X.at[moving].add(moves)
        for k, (inside, M) in enumerate(zip(maps[::2], maps[1::2], strict=True)):
            X = X.at[inside.astype(int), k].add(M @ moves[:, k])
        return X
