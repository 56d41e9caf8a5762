"""Hessians unit by unit: of everything that is affine between them, and of nothing else."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sobolev.exporters import curvature
from sobolev.exporters.tracing import traced
from sobolev.function.by_jax import orders

A = np.random.default_rng(0).normal(size=(4, 3))
WHICH = np.array([True, False, True, False])


def pieces(x):
    """Units of units, of parts, of what is put together, filled up, turned and divided."""
    z = A @ x - 0.3
    u = jnp.where(WHICH, z + jnp.sin(z) ** 2, jax.nn.swish(z))
    parts = [u[::-1][:2], jnp.ones(1), jnp.pad(x, (1, 0), constant_values=0.2)]
    v = jax.nn.softplus(jnp.where(WHICH[:3], (A.T @ u) / 3, 0.7))
    h = jnp.concatenate(parts)
    return jnp.stack([h @ np.arange(7.0) + v[0], 1 - jnp.tanh(h).sum(), (x - v)[2] * 2.0])


def test_it_is_the_hessian():
    (way,) = curvature.by_units(pieces, 3)
    x = np.array([0.3, -0.2, 0.5])
    found = jax.jit(way)(x)
    for ours, theirs in zip(found, jax.jit(lambda x: orders(pieces, x, 2))(x), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-14 * np.abs(theirs).max(), rtol=0)
    np.testing.assert_array_equal(found[2], found[2].swapaxes(1, 2))


def test_it_is_less_work():
    def network(x):
        return A[:2] @ jnp.tanh(A.T @ jnp.tanh(A @ x))

    (way,) = curvature.by_units(network, 3)
    other = traced(lambda x: orders(network, x, 2), (3,))
    assert traced(way, (3,)).work() < 0.7 * other.work()


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x[:1] * x[1:2],
        lambda x: jnp.tanh(x)[:1] * x[:1],
        lambda x: jnp.sum(x**2, keepdims=True) * jnp.sin(x[:1]),
        lambda x: A[:1] @ x,
        lambda x: jnp.floor(x).astype(int).astype(float) + jnp.sin(x),
        lambda x: jax.lax.cumsum(jnp.sin(x)),
    ],
)
def test_other_functions_are_left_to_other_ways(function):
    assert curvature.by_units(function, 3) == ()


def test_large_ones_are_left_to_other_ways(monkeypatch):
    monkeypatch.setattr(curvature, "LARGEST", 20)
    assert curvature.by_units(pieces, 3) == ()
