"""The root of a scalar equation at a point, with derivatives of the implicit function."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from sobolev.fem._arrays import AnyArray
from sobolev.fem.laws.tensors import where
from sobolev.fem.values import without_derivatives

ITERATIONS = 50


def root(
    equation: Callable[..., Float[AnyArray, ""]], start: Float[AnyArray, ""], law: Any, *given: Any
) -> Float[AnyArray, ""]:
    """x with `equation(x, law, *given)` = 0 by Newton's method from `start`.

    For equations that Newton's method solves monotonically. It is solved without derivatives; two
    more steps with them make those exact up to third order: one step has the first right and the
    second wrong, silently. NaN where it is not found, so that the solve says `Diverged`.
    """
    held = without_derivatives(law), *jax.lax.stop_gradient(given)
    x = _solved(equation, jax.lax.stop_gradient(start), held)
    for _ in range(2):
        value, slope = _with_slope(equation, x, (law, *given))
        x = x - value / slope
    return x


def _with_slope(equation, x, given):
    return jax.jvp(lambda x: equation(x, *given), (x,), (jnp.ones_like(x),))


def _solved(equation, start, given):
    eps = 8 * np.finfo(float).eps

    def unfinished(carry):
        x, change, k = carry
        return (k < ITERATIONS) & ~(jnp.abs(change) <= eps * jnp.abs(x))

    def step(carry):
        x, _, k = carry
        value, slope = _with_slope(equation, x, given)
        return x - value / slope, -value / slope, k + 1

    x, change, _ = jax.lax.while_loop(unfinished, step, (start, jnp.full_like(start, jnp.inf), 0))
    return where(jnp.abs(change) <= 1e-8 * (jnp.abs(x) + eps), x, jnp.nan)
