"""The laws of the plate: geometry, supports and response as JAX functions of the parameters."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Int

from sobolev.fem._arrays import AnyArray
from sobolev.fem.assembly import Case, make_space
from sobolev.fem.elements import gradient, kinematics
from sobolev.fem.materials import LINEAR, SVK, Material, triaxiality
from sobolev.fem.mesh import unit_grid
from sobolev.fem.model import Laws, Model


class _Data(NamedTuple):
    points: Float[np.ndarray, "n 2"]
    constants: Float[np.ndarray, " 4"]
    chosen: Int[np.ndarray, " d"]
    lifted: Float[np.ndarray, "n 2"]
    size: Float[np.ndarray, ""]
    ligament: Int[np.ndarray, " l"]


def plate_model(problem, names: tuple[str, ...]) -> Model:
    """Build the model; s runs along the hole from y = 0 to x = 0, t from the hole outwards."""
    n = problem.divisions
    mesh = unit_grid(2 * n, n)
    # the map of the quarter ring turns the square over (x = along the hole is counterclockwise,
    # outwards is to its right), so the cells are turned as well to keep determinants positive
    cells = mesh.cells[:, [0, 3, 2, 1]]
    s, t = mesh.points.T
    fixed = np.zeros((len(s), 2), bool)
    fixed[s == 0, 1] = True
    fixed[s == 1, 0] = True
    top = (t == 1) & (s >= 0.5)
    fixed[top, 1] = True
    lifted = np.zeros((len(s), 2))
    lifted[top, 1] = problem.displacement
    data = _Data(
        mesh.points,
        np.array([getattr(problem, name) for name in names], float),
        np.array([names.index(name) for name in problem.parameters]),
        lifted,
        np.array(float(problem.size)),
        np.arange(n),
    )
    laws = _LAWS[problem.material]
    return Model(laws, make_space(mesh._replace(cells=cells), fixed), data)


def _describe(p: Float[AnyArray, " d"], data: _Data) -> Case:
    a, b, E, nu = jnp.asarray(data.constants).at[data.chosen].set(p)
    X = plate_geometry(a, b, data.size, data.points)
    return Case(X, jnp.stack([E, nu]), jnp.zeros_like(X), jnp.asarray(data.lifted))


def plate_geometry(a, b, size, points: Float[AnyArray, "n 2"]) -> Float[AnyArray, "n 2"]:
    """Transfinite map: straight lines from the ellipse (angle s π/2) to the outer edges."""
    s, t = points.T
    angle = s * jnp.pi / 2
    hole = jnp.stack([a * jnp.cos(angle), b * jnp.sin(angle)], axis=1)
    edge = size * jnp.stack([jnp.minimum(1, 2 - 2 * s), jnp.minimum(1, 2 * s)], axis=1)
    return (1 - t)[:, None] * hole + t[:, None] * edge


def _eta(material: Material, u, case: Case, space, data: _Data):
    cells = jnp.asarray(space.cells)[data.ligament]

    def one(u, X):
        G, det = kinematics(X, space.element.gradients)
        H = gradient(u, G)
        sigma = jax.vmap(material.cauchy, (0, None))(H, case.theta)
        area = space.element.weights * det
        return area @ jax.vmap(triaxiality)(sigma), area.sum()

    eta, area = jax.vmap(one)(u[cells], case.X[cells])
    return (eta.sum() / area.sum())[None]


def _eta_svk(u, case, space, data):
    return _eta(SVK, u, case, space, data)


def _eta_linear(u, case, space, data):
    return _eta(LINEAR, u, case, space, data)


_LAWS = {"svk": Laws(SVK, _describe, _eta_svk), "linear": Laws(LINEAR, _describe, _eta_linear)}
