"""Products of the derivatives of responses with vectors, at one back-substitution each or two.

For fields of parameters, of which there may be more than a Jacobian can hold. With the tangent
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
from sobolev.fem.kernel.assembly import insert, no_states, residual, virtual_work
from sobolev.fem.statement import answers, case_at, describe
from sobolev.fem.steps.newton import equilibrium

_compiled = jitted(STEPS)


def along(
    model, p: Float[np.ndarray, " d"], v: Float[np.ndarray, " d"]
) -> tuple[Float[np.ndarray, " q"], Float[np.ndarray, " q"]]:
    """`(y, ∂y/∂p · v)`."""
    at, tangent = _solved(model, p)
    dz = -tangent.solve(np.asarray(_residual_along(*at, v)))
    y, dy = _response_along(*at, v, dz)
    return np.asarray(y), np.asarray(dy)


def against(
    model, p: Float[np.ndarray, " d"], w: Float[np.ndarray, " q"]
) -> tuple[Float[np.ndarray, " q"], Float[np.ndarray, " d"]]:
    """`(y, w · ∂y/∂p)`."""
    at, tangent = _solved(model, p)
    y, of_z = _response_against(*at, w)
    multiplier = tangent.solve(np.asarray(of_z), transposed=True)
    return np.asarray(y), np.asarray(_lagrangian_slope(*at, w, multiplier))


def curvature(
    model, p: Float[np.ndarray, " d"], v: Float[np.ndarray, " d"]
) -> tuple[Float[np.ndarray, "q d"], Float[np.ndarray, "q d"]]:
    """`(∂y/∂p, ∂²y/∂p² · v)`, row by row of the responses."""
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


def _y(statement, data, p, z):
    case = case_at(statement, data, p)
    return answers(
        statement, data, p, case, no_states(statement.parts), insert(data.space, case, z)
    )


def _R(statement, data, p, z):
    states = no_states(statement.parts)
    return residual(statement.parts, data.space, case_at(statement, data, p), states, z)


def _work(statement, data, p, z, w):
    """wᵀ R, summed at the points."""
    case, space = case_at(statement, data, p), data.space
    u = insert(space, case, z)
    v = jnp.zeros(u.shape).reshape(-1).at[space.free].set(w).reshape(u.shape)
    return virtual_work(statement.parts, space, case, no_states(statement.parts), u, v)


def _lagrangian(statement, data, p, z, w, multiplier):
    return jnp.dot(w, _y(statement, data, p, z)) - _work(statement, data, p, z, multiplier)


@_compiled
def _residual_along(statement, data, p, z, v):
    return jax.jvp(lambda p: _R(statement, data, p, z), (p,), (v,))[1]


@_compiled
def _response_along(statement, data, p, z, v, dz):
    return jax.jvp(lambda p, z: _y(statement, data, p, z), (p, z), (v, dz))


@_compiled
def _response_against(statement, data, p, z, w):
    y, pull = jax.vjp(lambda z: _y(statement, data, p, z), z)
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
    return jax.grad(_work, 2)(statement, data, p, z, w)
