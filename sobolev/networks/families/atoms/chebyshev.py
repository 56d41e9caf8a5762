"""Chebyshev polynomials whose derivatives of all orders are made of themselves."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float


@partial(jax.custom_jvp, nondiff_argnums=(1,))
def chebyshev(u: Float[Array, "..."], count: int) -> Float[Array, "... K"]:
    """T_0(u) … T_{K−1}(u), also outside of [−1, 1].

    T' = M T with a constant matrix: through the recursion, Hessians and their gradients by weights
    took three times longer to compile.
    """
    found = [jnp.ones_like(u), u]
    for _ in range(count - 2):
        found.append(2 * u * found[-1] - found[-2])
    return jnp.stack(found[:count], axis=-1)


@chebyshev.defjvp
def _along(count: int, at: tuple, along: tuple) -> tuple:
    found = chebyshev(at[0], count)
    matrix = jnp.asarray(_derivative(count), found.dtype)
    return found, (found @ matrix.T) * along[0][..., None]


def _derivative(count: int) -> Float[np.ndarray, "K K"]:
    """M of T' = M T."""
    matrix = np.zeros((count, count))
    for k, row in enumerate(np.eye(count)):
        slopes = np.polynomial.chebyshev.chebder(row)
        matrix[k, : len(slopes)] = slopes
    return matrix
