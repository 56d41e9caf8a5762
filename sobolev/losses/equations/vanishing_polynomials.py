"""Polynomials that vanish on the sides of a box: test functions, and their Gram matrix."""

from collections.abc import Sequence
from itertools import product
from math import factorial, prod
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray
from numpy.polynomial import chebyshev
from numpy.polynomial.legendre import leggauss


def gauss(nodes: int) -> tuple[Float[np.ndarray, " m"], Float[np.ndarray, " m"]]:
    """Places and weights of Gauss and Legendre's rule on [0, 1]."""
    places, weights = leggauss(nodes)
    return (places + 1) / 2, weights / 2


def coefficients(count: int, order: int) -> Float[np.ndarray, "{order}+1 {count} c"]:
    """Of b_i on [0, 1] and its derivatives up to `order`, in Chebyshev's polynomials of 2s − 1.

    b_i = (s(1 − s))^order P_i(2s − 1), i = 0 … count − 1, with Jacobi's polynomials of both weights
    2·order, which are orthogonal in the mean of (s(1 − s))^{2·order}: so the b_i are orthonormal.
    """
    from scipy.special import eval_jacobi

    def b(s: np.ndarray) -> np.ndarray:
        return np.stack([(s * (1 - s)) ** order * eval_jacobi(i, a, a, 2 * s - 1) for i in each])

    a, each, c = 2 * order, range(count), count + 2 * order
    places, weights = gauss(c)
    size = np.sqrt(b(places) ** 2 @ weights)
    t = chebyshev.chebpts1(c)
    made = np.asarray(chebyshev.chebfit(t, (b((t + 1) / 2) / size[:, None]).T, c - 1))
    found = np.zeros((order + 1, count, c))
    for k in range(order + 1):
        found[k, :, : c - k] = 2**k * chebyshev.chebder(made, k).T  # ds is half of d(2s − 1)
    return found


def tables(
    of: Float[Any, "k t c"], s: Float[Any, " m"], length: float | Array
) -> Float[Any, "m k t"]:
    """b_i and its derivatives at x = length·s from their coefficients; arrays of JAX or NumPy."""
    xp, (k, _, c) = s.__array_namespace__(), of.shape
    waves = xp.cos(xp.acos(2 * s - 1)[:, None] * xp.arange(c, dtype=s.dtype)[None])
    by = length ** xp.arange(k, dtype=s.dtype)
    return xp.tensordot(waves, of, axes=((1,), (2,))) / by[None, :, None]


def moved(
    t: Float[Array, " m"], weights: Float[Array, " m"], key: PRNGKeyArray
) -> tuple[Float[Array, " m"], Float[Array, " m"]]:
    """A rule on [0, 1] moved by a smooth map s(t) of it onto itself that the key decides.

    s = t + Σ_k a_k sin(2πkt)/(2πk), k = 1, 2, with |a_k| ≤ 0.4: s′ stays in [0.2, 1.8], and the
    integrand is as smooth as before, so that the rule is as exact. Nodes move by up to 0.09.
    """
    a, k = jax.random.uniform(key, (2,), t.dtype, -0.4, 0.4), jnp.arange(1, 3)
    angle = 2 * jnp.pi * jnp.outer(t, k)
    return t + jnp.sin(angle) @ (a / (2 * jnp.pi * k)), weights * (1 + jnp.cos(angle) @ a)


def gram(count: int, order: int, lengths: Sequence[float]) -> Float[np.ndarray, "K K"]:
    """∫ ∂^order v_k · ∂^order v_l dx, v_k the products of b_i, one each input.

    With order 1 this is ∫ ∇v·∇w, with order 2 ∫ ∇²v:∇²w, which is ∫ Δv Δw as the v_k are clamped.
    """
    sides = []  # of each input: ∫ of products of equal derivatives, [order + 1, count, count]
    s, weights = gauss(count + 2 * order)
    of = coefficients(count, order)
    for length in lengths:
        b = tables(of, s, length)
        sides.append(np.einsum("q,qki,qkj->kij", weights * length, b, b))
    whole = np.zeros((count ** len(lengths),) * 2)
    for α in product(range(order + 1), repeat=len(lengths)):
        if sum(α) == order:
            times = factorial(order) // prod(map(factorial, α))
            part = np.ones((1, 1))
            for side, k in zip(sides, α, strict=True):
                part = np.kron(part, side[k])
            whole += times * part
    return whole
