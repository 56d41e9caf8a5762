"""Products of the derivatives of responses with vectors, at one back-substitution each or two.

For fields of parameters, of which there may be more than a Jacobian can hold; along a path at as
many in each step, by the sums of `along_path`. With the tangent
K = ∂R/∂z factored at the solution, of L = w · y - λᵀ R,

    along v     K z' = -R_p v,            y' = y_p v + y_z z',
    against w   Kᵀ λ = y_zᵀ w,            w · ∂y/∂p = L_p,
    second      Kᵀ λ' = L_zp v + L_zz z', H v = L_pp v + L_pz z' - R_pᵀ λ'.
"""

from dataclasses import replace

import jax
import numpy as np
from jaxtyping import Float

from sobolev._base.compiled import STEPS, jitted
from sobolev._base.errors import ConfigError
from sobolev.fem.sensitivity import along_path
from sobolev.fem.sensitivity.at_state import (
    lagrangian_at,
    residual_at,
    responses_at,
    work_at,
)
from sobolev.fem.sensitivity.mode_changes import with_modes
from sobolev.fem.sensitivity.refusal import finite, told
from sobolev.fem.statement import describe
from sobolev.fem.steps.newton import equilibrium

_compiled = jitted(STEPS)


def along(
    model, p: Float[np.ndarray, " d"], v: Float[np.ndarray, " d"]
) -> tuple[Float[np.ndarray, " q"], Float[np.ndarray, " q"]]:
    """`(y, ∂y/∂p · v)`."""
    answer = along_path.along(model, p, v) if model.history else _along(model, p, v)
    return finite(answer, (("value of", model.outputs), ("slope of", model.outputs)))


def along_each(
    model, p: Float[np.ndarray, " d"], v: Float[np.ndarray, "k d"]
) -> tuple[Float[np.ndarray, " q"], Float[np.ndarray, "q k"]]:
    """`(y, ∂y/∂p · v)` of k directions, at one solution."""
    each = along_path.along_each if model.history else _along_each
    answer = each(model, p, v)
    return finite(answer, (("value of", model.outputs), ("slope of", model.outputs)))


def against(
    model, p: Float[np.ndarray, " d"], w: Float[np.ndarray, " q"]
) -> tuple[Float[np.ndarray, " q"], Float[np.ndarray, " d"]]:
    """`(y, w · ∂y/∂p)`."""
    answer = along_path.against(model, p, w) if model.history else _against(model, p, w)
    return finite(answer, (("value of", model.outputs), ("slope by", model.inputs)))


def curvature(
    model, p: Float[np.ndarray, " d"], v: Float[np.ndarray, " d"]
) -> tuple[Float[np.ndarray, "q d"], Float[np.ndarray, "q d"]]:
    """`(∂y/∂p, ∂²y/∂p² · v)`, row by row of the responses."""
    answer = along_path.curvature(model, p, v) if model.history else _curvature(model, p, v)
    return finite(answer, (("jacobian of", model.outputs), ("hessian of", model.outputs)))


def mesh_gradient(
    model, p: Float[np.ndarray, " d"], w: Float[np.ndarray, " q"]
) -> tuple[Float[np.ndarray, " q"], Float[np.ndarray, "n d"]]:
    """`(y, w · ∂y/∂X)`: responses, and their derivatives by the positions of all nodes.

    The shape gradient on the mesh, at one back-substitution: loads, supports and values that depend
    on the place move with the nodes, `PerPoint` is read at the new place. Where p moves nothing but
    the nodes, dy/dp = Σ ∂y/∂X : ∂X/∂p. At nodes inside the body it goes to zero with the length of
    the cells. Raises `Diverged` without an equilibrium, `ConfigError` along a path.

    ```python
    y, of_X = fem.mesh_gradient(model, p, np.array([1.0]))
    ```
    """
    if model.history:
        raise ConfigError(
            "gradients by positions of nodes are there for bodies without history and path: give "
            "the positions as a field of parameters, geometry=lambda X, p: p['X'].reshape(X.shape)."
        )
    p = np.asarray(p, float)
    with told(() if model.parameters is None else model.inputs, p):
        at, tangent, _ = _solved(model, p)
        y, multiplier = _adjoint(at, tangent, w)
        statement, data, _, z = at
        # the same problem with a mesh that lies where the nodes are, and no map of it
        points = np.asarray(describe(statement, data, p).X)
        held = replace(statement, geometry=None), data._replace(points=points, geometry=())
        of_X = np.asarray(_lagrangian_of_points(*held, p, z, w, multiplier))
        rows = range(len(of_X))
        parts = ("value of", model.outputs), ("derivative by the position of node", rows)
        return finite((y, of_X), parts)


def _along(model, p, v):
    at, tangent, _ = _solved(model, p)
    dz = -tangent.solve(np.asarray(_residual_along(*at, v)))
    y, dy = _response_along(*at, v, dz)
    return np.asarray(y), np.asarray(dy)


def _along_each(model, p, v):
    at, tangent, _ = _solved(model, p)
    dz = -tangent.solve(np.asarray(_residual_along_each(*at, v)).T)
    y, dy = _responses_along(*at, v, dz.T)
    return np.asarray(y), np.asarray(dy)


def _against(model, p, w):
    at, tangent, _ = _solved(model, p)
    y, multiplier = _adjoint(at, tangent, w)
    return y, np.asarray(_lagrangian_slope(*at, w, multiplier))


def _curvature(model, p, v):
    at, tangent, changing = _solved(model, p, 2)
    dz = -tangent.solve(np.asarray(_residual_along(*at, v)))
    first, second = [], []
    for row, w in enumerate(np.eye(len(model.outputs))):
        _, multiplier = _adjoint(at, tangent, w)
        first.append(np.asarray(_lagrangian_slope(*at, w, multiplier)))
        of_p, of_z = map(np.asarray, _lagrangian_curvature(*at, w, multiplier, v, dz))
        if changing is not None:
            more_p, more_z = changing.along(row, np.asarray(v), dz)
            of_p, of_z = of_p + more_p, of_z + more_z
        change = tangent.solve(of_z, transposed=True)
        second.append(of_p - np.asarray(_work_slope(*at, change)))
    return np.stack(first), np.stack(second)


def _adjoint(at, tangent, w):
    y, of_z = _response_against(*at, w)
    return np.asarray(y), tangent.solve(np.asarray(of_z), transposed=True)


def _solved(model, p, order=1):
    statement, data = model.statement, model.data
    p = np.asarray(p, float)
    case = describe(statement, data, p)
    state = equilibrium(model.solving, case)
    data, changing = with_modes(model, p, case, state, order)
    z = state.u.reshape(-1)[data.space.free]
    return (statement, data, p, z), state.tangent, changing


@_compiled
def _residual_along(statement, data, p, z, v):
    return jax.jvp(lambda p: residual_at(statement, data, p, z), (p,), (v,))[1]


@_compiled
def _response_along(statement, data, p, z, v, dz):
    return jax.jvp(lambda p, z: responses_at(statement, data, p, z), (p, z), (v, dz))


@_compiled
def _residual_along_each(statement, data, p, z, v):
    along = jax.linearize(lambda p: residual_at(statement, data, p, z), p)[1]
    return jax.vmap(along)(v)


@_compiled
def _responses_along(statement, data, p, z, v, dz):
    y, along = jax.linearize(lambda p, z: responses_at(statement, data, p, z), p, z)
    return y, jax.vmap(along, out_axes=1)(v, dz)


@_compiled
def _response_against(statement, data, p, z, w):
    y, pull = jax.vjp(lambda z: responses_at(statement, data, p, z), z)
    return y, pull(w)[0]


@_compiled
def _lagrangian_slope(statement, data, p, z, w, multiplier):
    return jax.grad(lagrangian_at, 2)(statement, data, p, z, w, multiplier)


@_compiled
def _lagrangian_of_points(statement, data, p, z, w, multiplier):
    def of(points):
        return lagrangian_at(statement, data._replace(points=points), p, z, w, multiplier)

    return jax.grad(of)(data.points)


@_compiled
def _lagrangian_curvature(statement, data, p, z, w, multiplier, v, dz):
    def slopes(p, z):
        return jax.grad(lagrangian_at, (2, 3))(statement, data, p, z, w, multiplier)

    return jax.jvp(slopes, (p, z), (v, dz))[1]


@_compiled
def _work_slope(statement, data, p, z, w):
    return jax.grad(work_at, 2)(statement, data, p, z, w)
