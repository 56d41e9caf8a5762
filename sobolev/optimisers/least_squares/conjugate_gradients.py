"""Conjugate gradients that end where they no longer pay."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

PATIENCE, LEAST = 10, 5e-3  # iterations, and the share of q that each of them must gain


class Solved(NamedTuple):
    """x, the value q(x) = ½ xᵀAx − bᵀx, and how many products there were."""

    x: Float[Array, " P"]
    q: Float[Array, ""]
    products: Int[Array, ""]


class _Course(NamedTuple):
    x: Float[Array, " P"]
    seen: Float[Array, "most P"]  # what was left before, each of length 1
    rest: Float[Array, " P"]  # b − Ax
    p: Float[Array, " P"]
    ρ: Float[Array, ""]  # |rest|²
    past: Float[Array, " s"]  # q of the last iterations, the newest first
    products: Int[Array, ""]
    done: Array


def conjugate_gradients(
    A: Callable[[Array], Array], b: Float[Array, " P"], start: Float[Array, " P"], most: int
) -> Solved:
    """x of A x = b nearly, A symmetric positive definite.

    Ends where the last s = 10 iterations have gained less than s·5e-3 of q, which falls in each:
    the residual of a badly conditioned system goes up and down and tells nothing. Also
    after `most` products, and where a direction has no curvature. What is left, b − Ax, is
    orthogonal to all that was left before, and is kept so by projection: round-off, which would
    grow without bound, stays round-off, and fewer iterations are needed. Memory: `most`·P numbers.
    Source: Martens, ICML 2010, section 4.4; Golub & Van Loan, Matrix Computations, section 10.3.

    ```python
    x = conjugate_gradients(lambda v: A @ v, b, jnp.zeros_like(b), 50).x
    ```
    """

    def q_of(x: Array, rest: Array) -> Array:
        return -0.5 * (x @ (rest + b))  # ½ xᵀ(b − rest) − bᵀx

    # A start that is worse than 0 is none.
    rest = b - A(start)
    good = q_of(start, rest) < 0
    x, rest = jnp.where(good, start, 0.0), jnp.where(good, rest, b)
    ρ = rest @ rest
    unit = rest / jnp.sqrt(jnp.where(ρ > 0, ρ, 1.0))
    seen = jnp.zeros((most, len(b)), b.dtype).at[0].set(unit)
    far = jnp.full(PATIENCE, jnp.inf, b.dtype).at[0].set(q_of(x, rest))
    least = jnp.finfo(b.dtype).eps ** 2 * (b @ b)
    begun = _Course(x, seen, rest, rest, ρ, far, jnp.ones((), int), ρ <= least)

    def one(c: _Course) -> _Course:
        Ap = A(c.p)
        curvature = c.p @ Ap
        α = c.ρ / curvature
        x, rest = c.x + α * c.p, c.rest - α * Ap
        rest = rest - (c.seen @ rest) @ c.seen
        ρ = rest @ rest
        q = q_of(x, rest)
        gained = (c.past[-1] - q) < -PATIENCE * LEAST * q
        fine = (curvature > 0) & jnp.isfinite(q)
        # Where it is not, it ends, and of what came after the last good x nothing is kept.
        x, q = jnp.where(fine, x, c.x), jnp.where(fine, q, c.past[0])
        past = jnp.roll(c.past, 1).at[0].set(q)
        seen = c.seen.at[c.products].set(rest / jnp.sqrt(jnp.where(ρ > 0, ρ, 1.0)), mode="drop")
        p, done = rest + ρ / c.ρ * c.p, ~fine | gained | (ρ <= least)
        return _Course(x, seen, rest, p, ρ, past, c.products + 1, done)

    end = jax.lax.while_loop(lambda c: ~c.done & (c.products < most), one, begun)
    return Solved(end.x, end.past[0], end.products)
