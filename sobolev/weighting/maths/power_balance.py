"""The positive solution of G α = α^(−p): each term's descent against a power of its weight."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int

from sobolev.weighting.maths.angles import Angles


class _Iterate(NamedTuple):
    β: Float[Array, " K"]
    step: Int[Array, ""]
    done: Bool[Array, ""]


def power_balance(angles: Angles, p: Float[Array, ""]) -> Float[Array, " K"]:
    """Parts of the weights α > 0 with (G α)_k = α_k^(−p), p > 0.

    With β_k = α_k‖g_k‖ it is C β = ‖g_k‖^(p−1) β^(−p), the stationarity of a strictly convex
    function of β > 0. Newton's method with its Hessian, each step short enough to stay positive and
    not to overshoot along its direction. C gets a ridge of 16 rounding units: for opposite
    gradients the solution is at infinity.
    """
    ε = float(jnp.finfo(angles.sizes.dtype).eps)
    C = angles.cosines + 16 * ε * jnp.eye(len(angles.sizes), dtype=angles.sizes.dtype)
    p = p.astype(C.dtype)
    logs = jnp.where(angles.alive, jnp.log(jnp.where(angles.alive, angles.sizes, 1.0)), 0.0)
    limit = 0.9 * jnp.log(jnp.finfo(C.dtype).max)
    fractions = 0.5 ** jnp.arange(16.0, dtype=C.dtype)

    def balance(β: Array) -> Array:
        """‖g_k‖^(p−1) β^(−p−1): 1 for orthogonal gradients in balance."""
        return jnp.exp(jnp.clip((p - 1) * logs - (p + 1) * jnp.log(β), -limit, limit))

    def slope(β: Array, step: Array) -> Array:
        return step @ (C @ β - balance(β) * β)

    def unfinished(s: _Iterate) -> Bool[Array, ""]:
        return ~s.done & (s.step < 200)

    def proceed(s: _Iterate) -> _Iterate:
        now = balance(s.β)
        missing = now * s.β - C @ s.β
        step = jnp.linalg.solve(C + jnp.diag(p * now), missing)
        inside = jnp.minimum(1.0, 0.9 / jnp.maximum(jnp.max(-step / s.β), 0.9))
        lengths = inside * fractions
        slopes = jax.vmap(lambda t: slope(s.β + t * step, step))(lengths)
        fits = slopes <= 0.5 * jnp.abs(step @ missing)
        step = step * jnp.where(jnp.any(fits), lengths[jnp.argmax(fits)], lengths[-1])
        return _Iterate(s.β + step, s.step + 1, jnp.max(jnp.abs(step) / s.β) < ε**0.6)

    start = jnp.exp((p - 1) / (p + 1) * logs)  # the solution for orthogonal gradients
    β = jax.lax.while_loop(
        unfinished, proceed, _Iterate(start, jnp.zeros((), int), jnp.zeros((), bool))
    ).β
    largest = jnp.where(angles.largest > 0, angles.largest, 1.0)
    return β * largest ** (-2 / (1 + p))
