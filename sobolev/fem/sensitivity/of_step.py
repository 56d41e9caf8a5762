"""Derivatives of one step of a path: of residual, memory and responses, along and against.

A step is `at = (p, x, before, clock, part)`. A direction of it has the same parts, the last two
zero but where the time itself is one; `k` directions and `m` rows come first in arrays.
"""

import jax
import jax.numpy as jnp

from sobolev._base.compiled import STEPS, jitted
from sobolev.fem.steps.one_step import residual_and_memory, responses_of_step

_compiled = jitted(STEPS)
_WHOLE = (0, 1, 2, 3, 4)


@_compiled
def values(course, data, p, x, after, clock, part):
    """y `[q]` at the end of a step."""
    return responses_of_step(course, data, p, x, after, clock, part)


@_compiled
def residual_along(course, data, p, x, before, clock, part, dp, dbefore, dclock, dpart):
    """R' `[k, nx]` at fixed x."""

    def R(p, before, clock, part):
        return residual_and_memory(course, data, p, x, before, clock, part)[0]

    at = _floats(p, before, clock, part)
    return jax.vmap(lambda *v: jax.jvp(R, at, v)[1])(dp, dbefore, dclock, dpart)


@_compiled
def memory_along(course, data, p, x, before, clock, part, dp, dx, dbefore):
    """S_p p' + S_x x' + S_s s', with the directions in front."""

    def S(p, x, before):
        return residual_and_memory(course, data, p, x, before, clock, part)[1]

    return jax.vmap(lambda *v: jax.jvp(S, (p, x, before), v)[1])(dp, dx, dbefore)


@_compiled
def values_along(course, data, p, x, after, clock, part, dp, dx, dafter):
    """y_p p' + y_x x' + y_s s' `[q, k]`."""

    def y(p, x, after):
        return responses_of_step(course, data, p, x, after, clock, part)

    return jax.vmap(lambda *v: jax.jvp(y, (p, x, after), v)[1], out_axes=1)(dp, dx, dafter)


@_compiled
def values_against(course, data, p, x, after, clock, part, w):
    """w · (y_p, y_x, y_s) of `w [m, q]`, rows in front."""

    def y(p, x, after):
        return responses_of_step(course, data, p, x, after, clock, part)

    return jax.vmap(jax.vjp(y, p, x, after)[1])(w)


@_compiled
def memory_against(course, data, p, x, before, clock, part, after):
    """S_xᵀ μ `[m, nx]`."""

    def S(x):
        return residual_and_memory(course, data, p, x, before, clock, part)[1]

    pull = jax.vjp(S, x)[1]
    return jax.vmap(lambda μ: pull(μ)[0])(after)


@_compiled
def both_against(course, data, p, x, before, clock, part, multipliers, after):
    """`(R_pᵀ λ + S_pᵀ μ, R_sᵀ λ + S_sᵀ μ)`, rows in front."""

    def both(p, before):
        return residual_and_memory(course, data, p, x, before, clock, part)

    pull = jax.vjp(both, p, before)[1]
    return jax.vmap(lambda λ, μ: pull((λ, μ)))(multipliers, after)


@_compiled
def equations_curved(course, data, p, x, before, clock, part, multipliers, after, along):
    """∇²(λ · R + μ · S) v by (p, x, before), rows in front; `along` is one direction."""
    at, scalar = _floats(p, x, before, clock, part), _of_equations(course, data)

    def one(λ, μ):
        return _slopes_along(lambda *at: scalar(λ, μ, *at), at, along)[:3]

    return jax.vmap(one)(multipliers, after)


@_compiled
def values_curved(course, data, p, x, before, clock, part, w, along):
    """∇²(w · y) v by (p, x, before), rows in front."""
    at, scalar = _floats(p, x, before, clock, part), _of_values(course, data)
    return jax.vmap(lambda w: _slopes_along(lambda *at: scalar(w, *at), at, along)[:3])(w)


@_compiled
def equations_squared(course, data, p, x, before, clock, part, multipliers, after, along):
    """Vᵀ ∇²(λ · R + μ · S) V `[m, k, k]` of all directions V."""
    at, scalar = _floats(p, x, before, clock, part), _of_equations(course, data)

    def one(λ, μ):
        return _squared(lambda *at: scalar(λ, μ, *at), at, along)

    return jax.vmap(one)(multipliers, after)


@_compiled
def values_squared(course, data, p, x, before, clock, part, w, along):
    """Vᵀ ∇²(w · y) V `[m, k, k]`."""
    at, scalar = _floats(p, x, before, clock, part), _of_values(course, data)
    return jax.vmap(lambda w: _squared(lambda *at: scalar(w, *at), at, along))(w)


def _of_equations(course, data):
    """λ · R + μ · S of a step."""

    def scalar(λ, μ, *at):
        R, S = residual_and_memory(course, data, *at)
        return jnp.dot(λ, R) + _inner(μ, S)

    return scalar


def _of_values(course, data):
    """w · y of a step: the memory after it is what it makes."""

    def scalar(w, p, x, before, clock, part):
        after = residual_and_memory(course, data, p, x, before, clock, part)[1]
        return jnp.dot(w, responses_of_step(course, data, p, x, after, clock, part))

    return scalar


def _slopes_along(scalar, at, v):
    return jax.jvp(jax.grad(scalar, _WHOLE), at, v)[1]


def _squared(scalar, at, along):
    def one(v):
        slopes = _slopes_along(scalar, at, v)
        return jax.vmap(lambda v: _inner(slopes, v))(along)

    return jax.vmap(one)(along)


def _inner(one, other):
    products = jax.tree.map(lambda a, b: jnp.sum(a * b), one, other)
    return sum(jax.tree.leaves(products), jnp.asarray(0.0))


def _floats(*at):
    return jax.tree.map(lambda a: jnp.asarray(a, float), at)
