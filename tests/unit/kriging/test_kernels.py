"""The core that all three processes share, against JAX and against leaving out by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sobolev.kriging import around_rows, neighbourhood
from sobolev.kriging.kernels import KERNELS, covariance, squared_exponential

JAX = {
    "squared-exponential": lambda s: jnp.exp(-s),
    "matern52": lambda s: (
        (1 + jnp.sqrt(10 * s) + 10 * s / 3) * jnp.exp(-jnp.sqrt(10 * s))
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(KERNELS))
@pytest.mark.parametrize("derivatives", [0, 1, 2, 3])
def test_the_derivatives_of_a_profile(name, derivatives):
    s = np.array([0.01, 0.4, 2.0])
    found, function = KERNELS[name](s, derivatives), JAX[name]
    assert len(found) == derivatives + 1
    for array in found:
        np.testing.assert_allclose(array, jax.vmap(function)(s), rtol=1e-9)
        function = jax.grad(function)


def test_a_covariance_with_itself_is_symmetric_and_positive():
    u = np.random.default_rng(1).normal(size=(6, 2))
    k = covariance(squared_exponential, u, u).reshape(18, 18)
    np.testing.assert_allclose(k, k.T, atol=1e-15)
    assert np.linalg.eigvalsh(k).min() > -1e-12


def test_gradients_left_out_by_one_inverse_and_by_hand():
    rng = np.random.default_rng(2)
    root = rng.normal(size=(9, 9))
    K, z = root @ root.T + np.eye(9), rng.normal(size=9)
    gradient_of = np.array([0, 0, 0, 1, 2, 2, 3, 1, 3])
    L = np.linalg.cholesky(K)
    away = []
    for row in (1, 2, 3):
        out, others = gradient_of == row, gradient_of != row
        gain = np.linalg.solve(K[np.ix_(others, others)], K[np.ix_(others, out)])
        error = z[out] - gain.T @ z[others]
        unknown = K[np.ix_(out, out)] - K[np.ix_(out, others)] @ gain
        away.append(np.sqrt(error @ np.linalg.solve(unknown, error) / out.sum()))
    found = neighbourhood._left_out(L, np.linalg.solve(L, z), gradient_of)
    assert found == pytest.approx(np.median(away), rel=1e-10)


def test_values_left_out_by_one_inverse_and_by_hand():
    """(Py)₀/P₀₀ is the error of the first value when plane and process never saw it."""
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(1, 12, 2)), rng.normal(size=(1, 12))
    kernel = around_rows.Kernel(np.array([1.0, 2.0]), 1e-3)
    solved = around_rows._solved(x, y, kernel)
    basis = np.linalg.inv(solved.L)[0, :, 0]
    F = solved.F[0]
    projected = basis - F @ np.linalg.solve(F.T @ F, F.T @ basis)
    error = (basis @ solved.rest[0, :, 0]) / (basis @ projected)
    others = around_rows._solved(x[:, 1:], y[:, 1:], kernel)
    u = x[0] / kernel.lengths
    distance = np.sqrt(5 * np.sum((u[1:] - u[0]) ** 2, axis=1))
    cross = (1 + distance + distance**2 / 3) * np.exp(-distance)
    plane = np.array([1.0, *u[0]]) @ others.β[0, :, 0]
    expected = plane + np.linalg.solve(others.L[0], cross) @ others.rest[0, :, 0]
    assert error == pytest.approx(y[0, 0] - expected, rel=1e-9)
