"""Responses, residual and virtual work as functions of parameters and free values, uncompiled."""

import jax.numpy as jnp
from jaxtyping import Float

from sobolev.fem._arrays import AnyArray
from sobolev.fem.kernel.assembly import insert, no_states, residual, virtual_work
from sobolev.fem.statement import Data, Statement, answers, case_at


def responses_at(
    statement: Statement, data: Data, p: Float[AnyArray, " d"], z: Float[AnyArray, " nf"]
) -> Float[AnyArray, " q"]:
    """y(p, z)."""
    case, states = case_at(statement, data, p), no_states(statement.parts)
    return answers(statement, data, p, case, states, insert(data.space, case, z))


def residual_at(
    statement: Statement, data: Data, p: Float[AnyArray, " d"], z: Float[AnyArray, " nf"]
) -> Float[AnyArray, " nf"]:
    """R(p, z)."""
    states = no_states(statement.parts)
    return residual(statement.parts, data.space, case_at(statement, data, p), states, z)


def work_at(
    statement: Statement,
    data: Data,
    p: Float[AnyArray, " d"],
    z: Float[AnyArray, " nf"],
    w: Float[AnyArray, " nf"],
) -> Float[AnyArray, ""]:
    """wᵀ R(p, z), summed at the points: R itself is not assembled."""
    case, space = case_at(statement, data, p), data.space
    u = insert(space, case, z)
    v = jnp.zeros(u.shape).reshape(-1).at[space.free].set(w).reshape(u.shape)
    return virtual_work(statement.parts, space, case, no_states(statement.parts), u, v)
