"""Polynomials that vanish on the sides of a box: test functions, and their Gram matrix."""

from collections.abc import Sequence
from itertools import product
from math import factorial, prod

import numpy as np
from jaxtyping import Float
from numpy.polynomial import Polynomial
from numpy.polynomial.legendre import leggauss


def gauss(nodes: int) -> tuple[Float[np.ndarray, " m"], Float[np.ndarray, " m"]]:
    """Places and weights of Gauss and Legendre's rule on [0, 1]."""
    places, weights = leggauss(nodes)
    return (places + 1) / 2, weights / 2


def tables(
    count: int, order: int, s: Float[np.ndarray, " m"], length: float
) -> Float[np.ndarray, "m {order}+1 {count}"]:
    """b_i and its derivatives up to `order` at x = length·s, i = 0 … count − 1.

    b_i = (s(1 − s))^order P_i(2s − 1) with Jacobi's polynomials of both weights 2·order, which are
    orthogonal in the mean of (s(1 − s))^{2·order}: so the b_i are orthogonal, and of size 1.
    """
    from scipy.special import eval_jacobi, poch

    weight, a = Polynomial([0.0, 1.0, -1.0]) ** order, 2 * order
    factor = np.stack([weight.deriv(k)(s) for k in range(order + 1)])
    found = np.zeros((order + 1, count, len(s)))
    for i in range(count):
        # d^k/ds^k P_i^{(a, a)}(2s − 1) = (i + 2a + 1)_k P_{i−k}^{(a+k, a+k)}(2s − 1), 0 for k > i.
        own = [np.zeros_like(s)] * (order + 1)
        for k in range(min(i, order) + 1):
            own[k] = poch(i + 2 * a + 1, k) * eval_jacobi(i - k, a + k, a + k, 2 * s - 1)
        for k in range(order + 1):  # Leibniz' rule
            for j in range(k + 1):
                share = factorial(k) // (factorial(j) * factorial(k - j))
                found[k, i] += share * factor[j] * own[k - j]
    places, weights = gauss(count + 2 * order)
    size = np.stack([eval_jacobi(i, a, a, 2 * places - 1) for i in range(count)])
    size = np.sqrt((size * weight(places)) ** 2 @ weights)
    scaled = found / size[None, :, None] / length ** np.arange(order + 1)[:, None, None]
    return np.moveaxis(scaled, 2, 0)


def root_of_gram(count: int, order: int, lengths: Sequence[float]) -> Float[np.ndarray, "K K"]:
    """Cholesky's factor of ∫ ∂^order v_k · ∂^order v_l dx, v_k the products of b_i, one each input.

    With order 1 this is ∫ ∇v·∇w, with order 2 ∫ ∇²v:∇²w, which is ∫ Δv Δw as the v_k are clamped.
    """
    sides = []  # of each input: ∫ of products of equal derivatives, [order + 1, count, count]
    for length in lengths:
        s, weights = gauss(count + 2 * order)
        b = tables(count, order, s, length)
        sides.append(np.einsum("q,qki,qkj->kij", weights * length, b, b))
    whole = np.zeros((count ** len(lengths),) * 2)
    for α in product(range(order + 1), repeat=len(lengths)):
        if sum(α) == order:
            times = factorial(order) // prod(map(factorial, α))
            part = np.ones((1, 1))
            for side, k in zip(sides, α, strict=True):
                part = np.kron(part, side[k])
            whole += times * part
    return np.linalg.cholesky(whole)
