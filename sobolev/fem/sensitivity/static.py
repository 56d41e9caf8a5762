"""Exact derivatives of responses through the implicit function theorem, first and second order.

With R(z, p) = 0, K = ∂R/∂z factored at the solution:

    direct    K Z = -∂R/∂p,        dy/dp = ∂y/∂p + ∂y/∂z Z          (d right-hand sides)
    adjoint   Kᵀ Λ = (∂y/∂z)ᵀ,      dy/dp = ∂y/∂p - Λᵀ ∂R/∂p         (q right-hand sides)
    second    L = y - λᵀR,         d²y/dp² = [Zᵀ 1] ∇²L [Z; 1]      (both)

∇²L is never formed: its products with the d directions are forward derivatives of ∇L. See
D. A. Tortorelli, P. Michaleris, Inverse Problems in Engineering 1 (1994) 71,
10.1080/174159794088027573.
"""

from collections.abc import Callable
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from sobolev._base.arguments import one_of
from sobolev._base.compiled import STEPS, jitted
from sobolev.fem._arrays import AnyArray
from sobolev.fem.model import Model
from sobolev.fem.posed import checked_point
from sobolev.fem.sensitivity.along_path import solve_path
from sobolev.fem.sensitivity.at_state import (
    lagrangian_at,
    residual_at,
    responses_at,
    responses_of,
    work_of,
)
from sobolev.fem.sensitivity.mode_changes import with_modes
from sobolev.fem.sensitivity.refusal import finite, told
from sobolev.fem.statement import case_at, describe
from sobolev.fem.steps.newton import equilibrium
from sobolev.function.derivatives import NAMES, Derivatives

Mode = Literal["adjoint", "direct"]


def solve(
    model: Model, p: Float[np.ndarray, " d"], order: int = 1, mode: Mode | None = None
) -> Derivatives:
    """Responses of the model at p, with exact derivatives up to `order` (0, 1 or 2).

    `mode` forces "adjoint" (one solve per response) or "direct" (one per parameter); by default the
    cheaper one is taken. Raises `Diverged` when there is no equilibrium or a response is not
    finite, `ConfigError` for an unknown order or mode.

    ```python
    value, jacobian = solve(model, np.array([2.5, 2.5]), mode="adjoint")
    ```
    """
    one_of("order", order, (0, 1, 2))
    one_of("mode", mode, (None, "adjoint", "direct"))
    names = () if model.parameters is None else model.inputs
    p = checked_point(names, p)
    with told(names, p):
        answer = _solved(model, p, order, mode)
        return finite(answer, [(f"{name} of", model.outputs) for name in NAMES])


def _solved(model: Model, p, order: int, mode: Mode | None) -> Derivatives:
    if model.history:
        return solve_path(model, p, order, mode)
    statement, data = model.statement, model.data
    case = describe(statement, data, p)
    state = equilibrium(model.solving, case)
    data, changing = with_modes(model, p, case, state, order)
    at = (statement, data, p, state.u.reshape(-1)[data.space.free])
    return _derivatives(at, state.tangent, order, mode or cheaper_mode(model), changing)


def cheaper_mode(model: Model) -> Mode:
    """With one right-hand side a response, or a parameter: the fewer."""
    return "adjoint" if len(model.outputs) <= len(model.statement.names) else "direct"


def _derivatives(at, tangent, order: int, mode: Mode, changing) -> Derivatives:
    def inverse(b, transposed=False):
        return tangent.solve(np.asarray(b), transposed=transposed)

    found, Z = derivatives_by(inverse, at, order, mode)
    found = [np.asarray(each) for each in found]
    if changing is not None:
        found[2] = changing.add_to(found[2], Z)
    return Derivatives(*found[:2], *map(symmetric, found[2:]))


def derivatives_by(
    inverse: Callable[..., Any], at: tuple[Any, ...], order: int, mode: Mode
) -> tuple[list[Any], Any]:
    """`([y, dy, d2y], Z)` as far as the order goes, at `(statement, data, p, z)`.

    `inverse(b [nf, m], transposed)` of the tangent there, of the host or of JAX; Z is that of
    second derivatives, which are symmetric up to round-off.
    """
    if order == 0:
        return [_responses(*at)], None
    if mode == "direct" and order == 1:
        return list(_direct(*at, -inverse(_residual_slopes(*at)).T)), None
    value, *slopes, of_z = _response_slopes(*at)
    Λ = inverse(of_z.T, transposed=True).T
    first = _adjoint(*at, Λ, *slopes) if mode == "adjoint" else None
    if order == 1:
        return [value, first], None
    Z = -inverse(_residual_slopes(*at)).T
    if first is None:
        first = _direct(*at, Z)[1]
    return [value, first, _second(*at, Λ, Z)], Z


def symmetric(H: Float[AnyArray, "*n d d"]) -> Float[AnyArray, "*n d d"]:
    """Second derivatives made symmetric to the last bit."""
    return (H + H.swapaxes(-1, -2)) / 2


_compiled = jitted(STEPS)


@_compiled
def _responses(statement, data, p, z):
    return responses_at(statement, data, p, z)


@_compiled
def _response_slopes(statement, data, p, z):
    """y and its slopes by p at a fixed case, by the case, and by z, rows of responses in front."""

    def y(p, case, z):
        return responses_of(statement, data, p, case, z)

    value, pull = jax.vjp(y, p, case_at(statement, data, p), z)
    return value, *jax.vmap(pull)(jnp.eye(len(value)))


@_compiled
def _residual_slopes(statement, data, p, z):
    return jax.jacfwd(lambda p: residual_at(statement, data, p, z))(p)


@_compiled
def _direct(statement, data, p, z, Z):
    value, along = jax.linearize(lambda p, z: responses_at(statement, data, p, z), p, z)
    return value, jax.vmap(along, out_axes=1)(jnp.eye(p.size), Z)


@_compiled
def _adjoint(statement, data, p, z, Λ, of_p, of_case):
    """y_p + (y_case - Λᵀ R_case) ∂case/∂p: the way from p to the case is gone back but once."""
    case, pull = jax.vjp(lambda p: case_at(statement, data, p), p)

    def one(λ, of_p, of_case):
        of_work = jax.grad(work_of, 2)(statement, data, case, z, λ)
        (through,) = pull(jax.tree.map(jnp.subtract, of_case, of_work))
        return of_p + through

    return jax.vmap(one)(Λ, of_p, of_case)


@_compiled
def _second(statement, data, p, z, Λ, Z):
    def one_response(pick, λ):
        def L(p, z):
            return lagrangian_at(statement, data, p, z, pick, λ)

        def along(e, dz):
            Hp, Hz = jax.jvp(jax.grad(L, (0, 1)), (p, z), (e, dz))[1]
            return Hp + Z @ Hz

        return jax.vmap(along)(jnp.eye(p.size), Z)

    return jax.vmap(one_response)(jnp.eye(len(Λ)), Λ)
