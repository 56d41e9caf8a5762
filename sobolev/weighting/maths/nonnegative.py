"""Small quadratic problems over the non-negative orthant: projections on the cone of the terms."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int


class _Search(NamedTuple):
    x: Float[Array, " K"]
    free: Bool[Array, " K"]  # components that may be positive
    banned: Bool[Array, " K"]  # freed and driven back at once: rounding, not descent
    step: Int[Array, ""]
    done: Bool[Array, ""]


def nonnegative_minimum(C: Float[Array, "K K"], pull: Float[Array, " K"]) -> Float[Array, " K"]:
    """argmin_{x ≥ 0} ½ xᵀCx − pullᵀx for a cosine matrix C and a `pull` of size 1.

    The active-set method of Lawson & Hanson (Solving least squares problems, 1974, chapter 23) on
    the Gram matrix: one component is freed at a time, the one that is pulled most, so that what
    is not pulled stays exactly 0. C gets a ridge of 16 rounding units: dependent gradients have
    one answer. At most 10K + 10 solves.
    """
    ε, K = float(jnp.finfo(C.dtype).eps), len(pull)
    unit = jnp.eye(K, dtype=C.dtype)
    C = C + 16 * ε * unit

    def unfinished(s: _Search) -> Bool[Array, ""]:
        return ~s.done & (s.step < 10 * K + 10)

    def proceed(s: _Search) -> _Search:
        both = s.free[:, None] & s.free[None, :]
        target: Array = jnp.linalg.solve(jnp.where(both, C, unit), jnp.where(s.free, pull, 0.0))
        low = s.free & (target <= 0)
        blocked = jnp.any(low)
        way = jnp.where(s.x > target, s.x - target, 1.0)
        reach = jnp.where(low, s.x / way, jnp.inf)  # how far until a component is 0
        nearest = jnp.where(blocked, jnp.min(reach), 1.0)
        dropped = low & (reach <= nearest)
        x = jnp.maximum(s.x + nearest * (target - s.x), 0.0)
        x = jnp.where(s.free & ~dropped, jnp.where(blocked, x, target), 0.0)
        banned = jnp.where(blocked, s.banned | (dropped & (s.x == 0)), False)
        pulled = jnp.where(s.free | banned, -jnp.inf, pull - C @ x)
        most = jnp.argmax(pulled)
        gains = pulled[most] > 4 * K * ε * (1 + jnp.max(x))
        freed = ~blocked & gains & (jnp.arange(K) == most)
        free = (s.free & ~dropped) | freed
        return _Search(x, free, banned, s.step + 1, ~blocked & ~gains)

    nothing = jnp.zeros(K, bool)
    start = _Search(jnp.zeros_like(pull), nothing, nothing, jnp.zeros((), int), jnp.zeros((), bool))
    return jax.lax.while_loop(unfinished, proceed, start).x


def dual_cone_projection(C: Float[Array, "K K"], parts: Float[Array, " K"]) -> Float[Array, " K"]:
    """Parts of the direction nearest to Σ_k a_k u_k that descends every term, u_k·d ≥ 0.

    d = Σ_k (a_k + x_k) u_k with x = argmin_{x ≥ 0} ‖d‖².
    """
    return parts + nonnegative_minimum(C, -C @ parts)
