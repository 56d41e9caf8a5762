"""The laws of the cantilever: geometry, load and response as JAX functions of the parameters."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int

from sobolev.fem._arrays import AnyArray
from sobolev.fem.assembly import Case, make_space
from sobolev.fem.materials import LINEAR, SVK
from sobolev.fem.mesh import unit_grid
from sobolev.fem.model import Laws, Model


class _Data(NamedTuple):
    points: Float[np.ndarray, "n 2"]
    constants: Float[np.ndarray, " 4"]
    chosen: Int[np.ndarray, " d"]
    force: Float[np.ndarray, ""]
    share: Float[np.ndarray, " n"]


def cantilever_model(problem, names: tuple[str, ...]) -> Model:
    """Build the model; `share` is the part of the force at each node of the tip, of sum one."""
    n = problem.divisions
    mesh = unit_grid(2 * n, n)
    fixed = np.repeat(mesh.points[:, :1] == 0, 2, axis=1)
    share = np.zeros(len(mesh.points))
    tip = np.flatnonzero(mesh.points[:, 0] == 1)
    share[tip] = 1 / n
    share[tip[[0, -1]]] /= 2
    data = _Data(
        mesh.points,
        np.array([getattr(problem, name) for name in names], float),
        np.array([names.index(name) for name in problem.parameters]),
        np.array(float(problem.force)),
        share,
    )
    return Model(_LAWS[problem.material], make_space(mesh, fixed), data)


def _describe(p: Float[AnyArray, " d"], data: _Data) -> Case:
    E, nu, length, height = jnp.asarray(data.constants).at[data.chosen].set(p)
    X = data.points * jnp.stack([length, height])[None]
    force = jnp.stack([jnp.zeros_like(data.share), data.force * data.share], axis=1)
    return Case(X, jnp.stack([E, nu]), force, jnp.zeros_like(X))


def _deflection(u: Float[AnyArray, "n 2"], case: Case, space, data: _Data) -> Float[AnyArray, " 1"]:
    return jnp.dot(data.share, u[:, 1])[None]


_LAWS = {
    "svk": Laws(SVK, _describe, _deflection),
    "linear": Laws(LINEAR, _describe, _deflection),
}
