"""Responses, residual and virtual work as functions of parameters and free values, uncompiled."""

import jax.numpy as jnp
from jaxtyping import Float

from sobolev.fem._arrays import AnyArray
from sobolev.fem.kernel.assembly import insert, no_states, residual, spread, virtual_work
from sobolev.fem.kernel.space import Case
from sobolev.fem.statement import Data, Statement, answers, case_at


def responses_at(
    statement: Statement, data: Data, p: Float[AnyArray, " d"], z: Float[AnyArray, " nf"]
) -> Float[AnyArray, " q"]:
    """y(p, z)."""
    return responses_of(statement, data, p, case_at(statement, data, p), z)


def responses_of(
    statement: Statement, data: Data, p: Float[AnyArray, " d"], case: Case,
    z: Float[AnyArray, " nf"],
) -> Float[AnyArray, " q"]:  # fmt: skip
    """y(p, case, z): what else depends on p than the case are numbers of the responses."""
    states = no_states(statement.parts)
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
    return work_of(statement, data, case_at(statement, data, p), z, w)


def work_of(
    statement: Statement, data: Data, case: Case, z: Float[AnyArray, " nf"],
    w: Float[AnyArray, " nf"],
) -> Float[AnyArray, ""]:  # fmt: skip
    """wᵀ R(case, z)."""
    space = data.space
    u = insert(space, case, z)
    v = spread(space, jnp.zeros(u.shape), w)
    return virtual_work(statement.parts, space, case, no_states(statement.parts), u, v)


def lagrangian_at(
    statement: Statement, data: Data, p: Float[AnyArray, " d"], z: Float[AnyArray, " nf"],
    pick: Float[AnyArray, " q"], multiplier: Float[AnyArray, " nf"],
) -> Float[AnyArray, ""]:  # fmt: skip
    """pick · y - λᵀ R, of one case: it is the larger part of what has to be compiled."""
    case = case_at(statement, data, p)
    y = responses_of(statement, data, p, case, z)
    return jnp.dot(pick, y) - work_of(statement, data, case, z, multiplier)
