"""Exact first derivatives along a path, direct and adjoint.

With R_n(z_n, s_(n-1), p) = 0 and s_n = S_n(z_n, s_(n-1), p) for n = 1 … N, K_n = ∂R_n/∂z_n,

    direct    K_n z'_n = -(R_p + R_s s'_(n-1)),      s'_n = S_z z'_n + S_s s'_(n-1) + S_p,
    adjoint   backwards from μ_N = j_s:  K_nᵀ λ_n = -(j_z + S_zᵀ μ_n),
              dj/dp += j_p + R_pᵀ λ_n + S_pᵀ μ_n,    μ_(n-1) = R_sᵀ λ_n + S_sᵀ μ_n.

One factorisation a step, which Newton's method leaves behind, and one back-substitution for each
parameter or response. The steps themselves, and where they were halved, are not differentiated.

Source: P. Michaleris, D. A. Tortorelli, C. A. Vidal, Int. J. Numer. Meth. Eng. 37 (1994) 2471.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from sobolev._base.compiled import STEPS, jitted
from sobolev._base.errors import ConfigError
from sobolev.fem.kernel.assembly import insert
from sobolev.fem.statement import answers
from sobolev.fem.steps.one_step import Statics, case_of_step, residual_and_states
from sobolev.fem.steps.path import Path, Step, follow
from sobolev.function.derivatives import Derivatives

_compiled = jitted(STEPS)


def solve_path(model, p: Float[np.ndarray, " d"], order: int, mode: str | None) -> Derivatives:
    """The responses of a model with a path, and their first derivatives.

    Raises `Diverged` where the path ends early, `ConfigError` for second derivatives.
    """
    if order == 2:
        raise ConfigError(
            "second derivatives along a path with history are not there: ask order 1."
        )
    statics, path = Statics(model.statement, model.data), model.path or Path()
    p = np.asarray(p, float)
    steps = follow(model.solving, statics, p, path, model.newton.least_step)
    asked = [n for n, step in enumerate(steps) if step.asked] if path.every else [len(steps) - 1]
    values = [np.asarray(_values(*statics, p, *_at(statics, steps[n]))) for n in asked]
    value = np.concatenate(values)
    if order == 0:
        return Derivatives(value)
    mode = mode or ("adjoint" if len(value) <= p.size else "direct")
    slopes = _direct if mode == "direct" else _adjoint
    return Derivatives(value, slopes(statics, p, steps, asked))


def _at(statics: Statics, step: Step):
    free = statics.data.space.free
    return step.u.reshape(-1)[free], step.after, step.clock.time, step.factor


def _direct(statics: Statics, p, steps: list[Step], asked: list[int]):
    zeros = [jax.tree.map(lambda s: np.zeros((p.size, *np.shape(s))), steps[0].before)]
    rows = []
    for n, step in enumerate(steps):
        z = step.u.reshape(-1)[statics.data.space.free]
        at = (p, z, step.before, step.clock, step.factor)
        slopes = np.asarray(_residual_slopes(*statics, *at, zeros[-1]))
        dz = -step.tangent.solve(slopes.T).T
        zeros.append(_state_slopes(*statics, *at, dz, zeros[-1]))
        zeros = zeros[-1:]
        if n in asked:
            rows.append(np.asarray(_along(*statics, p, *_at(statics, step), dz, zeros[-1])))
    return np.concatenate(rows)


def _adjoint(statics: Statics, p, steps: list[Step], asked: list[int]):
    q = len(statics.statement.responses)
    total = np.zeros((len(asked) * q, p.size))
    after = jax.tree.map(lambda s: np.zeros((len(total), *np.shape(s))), steps[0].before)
    for n in reversed(range(len(steps))):
        step = steps[n]
        z = step.u.reshape(-1)[statics.data.space.free]
        of_z = np.zeros((len(total), len(z)))
        if n in asked:
            rows = slice(asked.index(n) * q, asked.index(n) * q + q)
            y_p, y_z, y_s = _response_slopes(*statics, p, *_at(statics, step))
            total[rows] += np.asarray(y_p)
            of_z[rows] += np.asarray(y_z)
            after = jax.tree.map(lambda m, s, rows=rows: _added(m, s, rows), after, y_s)
        at = (p, z, step.before, step.clock, step.factor)
        if jax.tree.leaves(after):
            of_z += np.asarray(_pulled_fields(*statics, *at, after))
        multipliers = -step.tangent.solve(of_z.T, transposed=True).T
        of_p, after = _pulled(*statics, *at, multipliers, after)
        total += np.asarray(of_p)
    return total


def _added(mine, more, rows):
    mine = np.array(mine)
    mine[rows] += np.asarray(more)
    return mine


def _y(statement, data, p, z, after, time, factor):
    case = case_of_step(statement, data, p, time, factor)
    return answers(statement, data, p, case, after, insert(data.space, case, z), time)


@_compiled
def _values(statement, data, p, z, after, time, factor):
    return _y(statement, data, p, z, after, time, factor)


@_compiled
def _response_slopes(statement, data, p, z, after, time, factor):
    def y(p, z, after):
        return _y(statement, data, p, z, after, time, factor)

    return jax.jacrev(y, (0, 1, 2))(p, z, after)


@_compiled
def _along(statement, data, p, z, after, time, factor, dz, dafter):
    def one(dp, dz, dafter):
        def y(p, z, after):
            return _y(statement, data, p, z, after, time, factor)

        return jax.jvp(y, (p, z, after), (dp, dz, dafter))[1]

    return jax.vmap(one, out_axes=1)(jnp.eye(p.size), dz, dafter)


@_compiled
def _residual_slopes(statement, data, p, z, before, clock, factor, dbefore):
    def one(dp, dbefore):
        def R(p, before):
            return residual_and_states(statement, data, p, z, before, clock, factor)[0]

        return jax.jvp(R, (p, before), (dp, dbefore))[1]

    return jax.vmap(one)(jnp.eye(p.size), dbefore)


@_compiled
def _state_slopes(statement, data, p, z, before, clock, factor, dz, dbefore):
    def one(dp, dz, dbefore):
        def S(p, z, before):
            return residual_and_states(statement, data, p, z, before, clock, factor)[1]

        return jax.jvp(S, (p, z, before), (dp, dz, dbefore))[1]

    return jax.vmap(one)(jnp.eye(p.size), dz, dbefore)


@_compiled
def _pulled_fields(statement, data, p, z, before, clock, factor, after):
    def S(z):
        return residual_and_states(statement, data, p, z, before, clock, factor)[1]

    pull = jax.vjp(S, z)[1]
    return jax.vmap(lambda μ: pull(μ)[0])(after)


@_compiled
def _pulled(statement, data, p, z, before, clock, factor, multipliers, after):
    def both(p, before):
        return residual_and_states(statement, data, p, z, before, clock, factor)

    pull = jax.vjp(both, p, before)[1]
    return jax.vmap(lambda λ, μ: pull((λ, μ)))(multipliers, after)
