"""Products of the derivatives of responses with vectors, at one back-substitution each or two.

For fields of parameters, of which there may be more than a Jacobian can hold; along a path at as
many in each step, by the sums of `along_path`. With the tangent
K = ∂R/∂z factored at the solution, of L = w · y - λᵀ R,

    along v     K z' = -R_p v,            y' = y_p v + y_z z',
    against w   Kᵀ λ = y_zᵀ w,            w · ∂y/∂p = L_p,
    second      Kᵀ λ' = L_zp v + L_zz z', H v = L_pp v + L_pz z' - R_pᵀ λ'.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from sobolev._base.compiled import STEPS, jitted
from sobolev.fem.sensitivity import along_path
from sobolev.fem.sensitivity.at_state import residual_at, responses_at, work_at
from sobolev.fem.statement import describe
from sobolev.fem.steps.newton import equilibrium

_compiled = jitted(STEPS)


def along(
    model, p: Float[np.ndarray, " d"], v: Float[np.ndarray, " d"]
) -> tuple[Float[np.ndarray, " q"], Float[np.ndarray, " q"]]:
    """`(y, ∂y/∂p · v)`."""
    if model.history:
        return along_path.along(model, p, v)
    at, tangent = _solved(model, p)
    dz = -tangent.solve(np.asarray(_residual_along(*at, v)))
    y, dy = _response_along(*at, v, dz)
    return np.asarray(y), np.asarray(dy)


def against(
    model, p: Float[np.ndarray, " d"], w: Float[np.ndarray, " q"]
) -> tuple[Float[np.ndarray, " q"], Float[np.ndarray, " d"]]:
    """`(y, w · ∂y/∂p)`."""
    if model.history:
        return along_path.against(model, p, w)
    at, tangent = _solved(model, p)
    y, of_z = _response_against(*at, w)
    multiplier = tangent.solve(np.asarray(of_z), transposed=True)
    return np.asarray(y), np.asarray(_lagrangian_slope(*at, w, multiplier))


def curvature(
    model, p: Float[np.ndarray, " d"], v: Float[np.ndarray, " d"]
) -> tuple[Float[np.ndarray, "q d"], Float[np.ndarray, "q d"]]:
    """`(∂y/∂p, ∂²y/∂p² · v)`, row by row of the responses."""
    if model.history:
        return along_path.curvature(model, p, v)
    at, tangent = _solved(model, p)
    dz = -tangent.solve(np.asarray(_residual_along(*at, v)))
    first, second = [], []
    for w in np.eye(len(model.outputs)):
        of_z = np.asarray(_response_against(*at, w)[1])
        multiplier = tangent.solve(of_z, transposed=True)
        first.append(np.asarray(_lagrangian_slope(*at, w, multiplier)))
        of_p, of_z = _lagrangian_curvature(*at, w, multiplier, v, dz)
        change = tangent.solve(np.asarray(of_z), transposed=True)
        second.append(np.asarray(of_p) - np.asarray(_work_slope(*at, change)))
    return np.stack(first), np.stack(second)


def _solved(model, p):
    statement, data = model.statement, model.data
    p = np.asarray(p, float)
    state = equilibrium(model.solving, describe(statement, data, p))
    return (statement, data, p, state.u.reshape(-1)[data.space.free]), state.tangent


def _lagrangian(statement, data, p, z, w, multiplier):
    return jnp.dot(w, responses_at(statement, data, p, z)) - work_at(
        statement, data, p, z, multiplier
    )


@_compiled
def _residual_along(statement, data, p, z, v):
    return jax.jvp(lambda p: residual_at(statement, data, p, z), (p,), (v,))[1]


@_compiled
def _response_along(statement, data, p, z, v, dz):
    return jax.jvp(lambda p, z: responses_at(statement, data, p, z), (p, z), (v, dz))


@_compiled
def _response_against(statement, data, p, z, w):
    y, pull = jax.vjp(lambda z: responses_at(statement, data, p, z), z)
    return y, pull(w)[0]


@_compiled
def _lagrangian_slope(statement, data, p, z, w, multiplier):
    return jax.grad(_lagrangian, 2)(statement, data, p, z, w, multiplier)


@_compiled
def _lagrangian_curvature(statement, data, p, z, w, multiplier, v, dz):
    def slopes(p, z):
        return jax.grad(_lagrangian, (2, 3))(statement, data, p, z, w, multiplier)

    return jax.jvp(slopes, (p, z), (v, dz))[1]


@_compiled
def _work_slope(statement, data, p, z, w):
    return jax.grad(work_at, 2)(statement, data, p, z, w)
