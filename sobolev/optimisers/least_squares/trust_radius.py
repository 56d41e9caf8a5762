"""Steps of damped least squares by their length: which damping a length has, which length is good.

For G = JᵀJ and g = Jᵀr the step p(λ) = −(G + λI)⁻¹ g is the best one of its length.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax.scipy.linalg import cho_solve, solve_triangular
from jaxtyping import Array, Float

MOST = 30  # of Newton's steps for a damping


class Damped(NamedTuple):
    """p(λ), its length, and −dλ/d log ‖p‖ = ‖p‖² / pᵀ(G + λI)⁻¹p."""

    step: Float[Array, " s"]
    length: Float[Array, ""]
    stiffness: Float[Array, ""]


def damped(G: Float[Array, "s s"], g: Float[Array, " s"], λ: Array) -> Damped:
    """p(λ) by Cholesky; NaN where G + λI is not positive definite to round-off."""
    A = G + λ * jnp.eye(len(g), dtype=g.dtype)
    factor = jax.lax.linalg.cholesky(A, symmetrize_input=False)
    p = -cho_solve((factor, True), g)
    q = solve_triangular(factor, p, lower=True)
    return Damped(p, jnp.linalg.norm(p), p @ p / (q @ q))


def predicted(p: Float[Array, " s"], g: Float[Array, " s"], λ: Array) -> Float[Array, ""]:
    """‖r‖² − ‖r + Jp‖² of p = p(λ): −2gᵀp − pᵀGp with Gp = −g − λp."""
    return λ * (p @ p) - g @ p


def least_damping(G: Float[Array, "s s"]) -> Float[Array, ""]:
    """Below it G + λI is singular to round-off."""
    return len(G) * jnp.finfo(G.dtype).eps * jnp.max(jnp.diagonal(G))


def damping_of(
    G: Float[Array, "s s"], g: Float[Array, " s"], length: Array, λ: Array, tolerance: float
) -> Float[Array, ""]:
    """λ with ‖p(λ)‖ = length to so much of it, by Newton on 1/‖p‖ from λ.

    1/‖p(λ)‖ is nearly a straight line (Hebden; Moré, 1978), so some two to four factorisations are
    enough. The least damping where the whole Gauss–Newton step is shorter.
    """
    least = least_damping(G)

    def off(carry: tuple) -> Array:
        λ, p, k = carry
        inside = (λ <= least) & (p.length <= length)
        return (jnp.abs(p.length / length - 1) > tolerance) & ~inside & (k < MOST)

    def better(carry: tuple) -> tuple:
        λ, p, k = carry
        wanted = λ + p.stiffness * (p.length / length - 1)
        λ = jnp.maximum(
            jnp.clip(jnp.where(jnp.isfinite(wanted), wanted, 10 * λ), λ / 30, 30 * λ), least
        )
        return λ, damped(G, g, λ), k + 1

    first = jnp.maximum(λ, least)
    return jax.lax.while_loop(off, better, (first, damped(G, g, first), 0))[0]


def last_good(
    lengths: Float[Array, " n"], ratios: Float[Array, " n"], target: Array
) -> Float[Array, ""]:
    """The length up to which the ratio stays above the target, of n growing lengths.

    By the least ratio so far, which falls, in straight lines over log(length); the first length if
    there is none, the last if it stays above.
    """
    x, least = jnp.log(lengths), jax.lax.associative_scan(jnp.minimum, ratios)
    above = least >= target
    last = jnp.clip(jnp.sum(above) - 1, 0, len(x) - 2)
    fall = least[last] - least[last + 1]
    share = jnp.clip((least[last] - target) / jnp.where(fall > 0, fall, 1.0), 0.0, 1.0)
    crossing = x[last] + share * (x[last + 1] - x[last])
    return jnp.exp(jnp.where(above[-1], x[-1], jnp.where(above[0], crossing, x[0])))
