"""Derivatives of one step of a path: of residual, states and responses, along and against.

A step is `at = (p, z, before, clock, factor)`; `k` directions and `m` rows come first in arrays.
"""

import jax
import jax.numpy as jnp

from sobolev._base.compiled import STEPS, jitted
from sobolev.fem.kernel.assembly import insert
from sobolev.fem.statement import answers
from sobolev.fem.steps.one_step import case_of_step, residual_and_states

_compiled = jitted(STEPS)


def _y(statement, data, p, z, after, clock, factor):
    case = case_of_step(statement, data, p, clock.time, factor)
    return answers(statement, data, p, case, after, insert(data.space, case, z), clock.time)


def _of(statement, data, clock, factor):
    """`(R, S)` as a function of what is differentiated by: p, z, before."""
    return lambda p, z, before: residual_and_states(statement, data, p, z, before, clock, factor)


@_compiled
def values(statement, data, p, z, after, clock, factor):
    """y `[q]` at the end of a step."""
    return _y(statement, data, p, z, after, clock, factor)


@_compiled
def residual_along(statement, data, p, z, before, clock, factor, dp, dbefore):
    """R_p p' + R_s s' `[k, nf]`."""

    def one(dp, dbefore):
        def R(p, before):
            return residual_and_states(statement, data, p, z, before, clock, factor)[0]

        return jax.jvp(R, (p, before), (dp, dbefore))[1]

    return jax.vmap(one)(dp, dbefore)


@_compiled
def states_along(statement, data, p, z, before, clock, factor, dp, dz, dbefore):
    """S_p p' + S_z z' + S_s s', states with the directions in front."""

    def S(*at):
        return _of(statement, data, clock, factor)(*at)[1]

    return jax.vmap(lambda *along: jax.jvp(S, (p, z, before), along)[1])(dp, dz, dbefore)


@_compiled
def values_along(statement, data, p, z, after, clock, factor, dp, dz, dafter):
    """y_p p' + y_z z' + y_s s' `[q, k]`."""

    def y(p, z, after):
        return _y(statement, data, p, z, after, clock, factor)

    return jax.vmap(lambda *along: jax.jvp(y, (p, z, after), along)[1], out_axes=1)(dp, dz, dafter)


@_compiled
def values_against(statement, data, p, z, after, clock, factor, w):
    """w · (y_p, y_z, y_s) of `w [m, q]`, rows in front."""

    def y(p, z, after):
        return _y(statement, data, p, z, after, clock, factor)

    return jax.vmap(jax.vjp(y, p, z, after)[1])(w)


@_compiled
def states_against(statement, data, p, z, before, clock, factor, after):
    """S_zᵀ μ `[m, nf]`."""

    def S(z):
        return residual_and_states(statement, data, p, z, before, clock, factor)[1]

    pull = jax.vjp(S, z)[1]
    return jax.vmap(lambda μ: pull(μ)[0])(after)


@_compiled
def both_against(statement, data, p, z, before, clock, factor, multipliers, after):
    """`(R_pᵀ λ + S_pᵀ μ, R_sᵀ λ + S_sᵀ μ)`, rows in front."""

    def both(p, before):
        return residual_and_states(statement, data, p, z, before, clock, factor)

    pull = jax.vjp(both, p, before)[1]
    return jax.vmap(lambda λ, μ: pull((λ, μ)))(multipliers, after)


def _slopes_along(scalar, at, along):
    """∇²ℓ · v by (p, z, before)."""
    return jax.jvp(jax.grad(scalar, (0, 1, 2)), at, along)[1]


def _of_equations(statement, data, clock, factor):
    """λ · R + μ · S as a function of (p, z, before)."""

    def scalar(λ, μ, *at):
        R, S = _of(statement, data, clock, factor)(*at)
        return jnp.dot(λ, R) + _inner(μ, S)

    return scalar


def _of_values(statement, data, clock, factor):
    """w · y as a function of (p, z, before): the states after are those that it makes."""

    def scalar(w, p, z, before):
        after = _of(statement, data, clock, factor)(p, z, before)[1]
        return jnp.dot(w, _y(statement, data, p, z, after, clock, factor))

    return scalar


@_compiled
def equations_curved(statement, data, p, z, before, clock, factor, multipliers, after, along):
    """∇²(λ · R + μ · S) v by (p, z, before), rows in front; `along` is one direction of them."""
    scalar = _of_equations(statement, data, clock, factor)

    def one(λ, μ):
        return _slopes_along(lambda *at: scalar(λ, μ, *at), (p, z, before), along)

    return jax.vmap(one)(multipliers, after)


@_compiled
def values_curved(statement, data, p, z, before, clock, factor, w, along):
    """∇²(w · y) v by (p, z, before), rows in front."""
    scalar = _of_values(statement, data, clock, factor)
    return jax.vmap(lambda w: _slopes_along(lambda *at: scalar(w, *at), (p, z, before), along))(w)


@_compiled
def equations_squared(statement, data, p, z, before, clock, factor, multipliers, after, along):
    """Vᵀ ∇²(λ · R + μ · S) V `[m, k, k]` of all directions V, without the products between."""
    scalar = _of_equations(statement, data, clock, factor)

    def one(λ, μ):
        return _squared(lambda *at: scalar(λ, μ, *at), (p, z, before), along)

    return jax.vmap(one)(multipliers, after)


@_compiled
def values_squared(statement, data, p, z, before, clock, factor, w, along):
    """Vᵀ ∇²(w · y) V `[m, k, k]`."""
    scalar = _of_values(statement, data, clock, factor)
    return jax.vmap(lambda w: _squared(lambda *at: scalar(w, *at), (p, z, before), along))(w)


def _squared(scalar, at, along):
    def one(v):
        slopes = _slopes_along(scalar, at, v)
        return jax.vmap(lambda v: _inner(slopes, v))(along)

    return jax.vmap(one)(along)


def _inner(one, other):
    products = jax.tree.map(lambda a, b: jnp.sum(a * b), one, other)
    return sum(jax.tree.leaves(products), jnp.asarray(0.0))
