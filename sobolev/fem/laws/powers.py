"""Powers of a symmetric tensor, with derivatives that are exact where principal values coincide.

The derivatives of eigenvectors have λ_i - λ_j in the denominator: at rest, where all principal
stretches are one, they are NaN. Those of f(C) = Σ f(λ_i) n_i ⊗ n_i are divided differences of f
instead, which have a limit: in the axes of C

    (df[A])_ij = f[λ_i, λ_j] A_ij,
    (d²f[A, B])_ij = Σ_k f[λ_i, λ_k, λ_j] (A_ik B_kj + B_ik A_kj).

Source: J. L. Daleckii, S. G. Krein, 1965; N. J. Higham, Functions of matrices, 2008, theorem 3.11.
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from sobolev.fem._arrays import AnyArray
from sobolev.fem.laws.tensors import where

NEAR = 0.05  # below this relative distance a divided difference is an integral, above a quotient


@jax.custom_jvp
def trace_of_power(C: Float[AnyArray, "3 3"], s: Float[AnyArray, ""]) -> Float[AnyArray, ""]:
    """tr C^s = Σ λ_i^s of a symmetric positive definite C.

    Differentiable three times by C, and once by s; the derivative by C may be mixed with it.
    """
    return jnp.sum(jnp.linalg.eigvalsh(C) ** s)


@trace_of_power.defjvp
def _(primals, tangents):
    (C, s), (dC, ds) = primals, tangents
    along = s * jnp.sum(power(C, s - 1) * dC)
    return trace_of_power(C, s), along + jnp.sum(_logarithms(C, s)) * ds


@jax.custom_jvp
def power(C: Float[AnyArray, "3 3"], s: Float[AnyArray, ""]) -> Float[AnyArray, "3 3"]:
    """C^s of a symmetric positive definite C."""
    values, axes = jnp.linalg.eigh(C)
    return (axes * values[None] ** s) @ axes.T


@power.defjvp
def _(primals, tangents):
    (C, s), (dC, ds) = primals, tangents
    values, axes = jnp.linalg.eigh(jax.lax.stop_gradient(C))
    by_exponent = (axes * (jnp.log(values) * values**s)[None]) @ axes.T
    return power(C, s), _slope(C, s, dC) + by_exponent * ds


@jax.custom_jvp
def _slope(C, s, A):
    """d(C^s)[A]."""
    values, axes = jnp.linalg.eigh(C)
    inner = axes.T @ A @ axes
    return axes @ (_first(values[:, None], values[None], s) * inner) @ axes.T


@_slope.defjvp
def _(primals, tangents):
    (C, s, A), (dC, ds, dA) = primals, tangents
    values, axes = jnp.linalg.eigh(jax.lax.stop_gradient(C))
    a, b = axes.T @ A @ axes, axes.T @ dC @ axes
    i, k, j = jnp.meshgrid(values, values, values, indexing="ij")
    second = jnp.sum(_second(i, k, j, s) * (a[:, :, None] * b[None] + b[:, :, None] * a[None]), 1)
    by_exponent = jax.grad(lambda t, x, y: _first(x, y, t))
    mixed = jax.vmap(jax.vmap(by_exponent, (None, 0, None)), (None, None, 0))(s, values, values)
    curved = axes @ (second + mixed * (axes.T @ A @ axes) * ds) @ axes.T
    return _slope(C, s, A), _slope(C, s, dA) + curved


def _logarithms(C, s):
    """λ_i^s ln λ_i of the principal values, [3]."""
    values = jnp.linalg.eigvalsh(jax.lax.stop_gradient(C))
    return jnp.log(values) * values**s


def _first(x, y, s):
    """(x^s - y^s) / (x - y), without cancellation: y^(s-1) expm1(s r) / expm1(r), r = ln(x/y)."""
    r = jnp.log(x / y)
    return y ** (s - 1) * s * _expm1_over(s * r) / _expm1_over(r)


def _expm1_over(z):
    near = jnp.abs(z) < 1e-5
    safe = where(near, 1.0, z)
    return where(near, 1 + z / 2 + z * z / 6, jnp.expm1(safe) / safe)


# Points of the triangle for the integral of Hermite and Genocchi, f[a, b, c] = ∫∫ f''(means)
_LINE = np.polynomial.legendre.leggauss(5)
_S, _T = np.meshgrid((_LINE[0] + 1) / 2, (_LINE[0] + 1) / 2, indexing="ij")
_SHARES = np.stack([1 - _S, _S * (1 - _T), _S * _T]).reshape(3, -1)
_WEIGHTS = (np.outer(_LINE[1], _LINE[1]) / 4 * _S).ravel()


def _second(x, y, z, s):
    """f[x, y, z] of f = λ^s, over the widest gap where there is one, as an integral else."""
    low, middle, high = jnp.sort(jnp.stack([x, y, z]), axis=0)
    near = high - low < NEAR * low
    gap = where(near, 1.0, high - low)
    quotient = (_first(high, middle, s) - _first(middle, low, s)) / gap
    means = jnp.tensordot(_SHARES.T, jnp.stack([low, middle, high]), 1)
    integral = s * (s - 1) * jnp.tensordot(_WEIGHTS, means ** (s - 2), 1)
    return where(near, integral, quotient)
