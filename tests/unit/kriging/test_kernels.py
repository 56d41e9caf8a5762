"""The core that all three processes share, against JAX and against leaving out by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sobolev.kriging import around_rows, nearest, neighbourhood
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


KERNEL = around_rows.Kernel(np.array([1.0, 2.0]), 1e-3)
X, Y = np.random.default_rng(4).normal(size=(11, 2)), np.random.default_rng(5).normal(size=11)


def matern(u, v):
    r = jnp.sqrt(5 * jnp.sum((u - v) ** 2))
    return (1 + r + r**2 / 3) * jnp.exp(-r)


def bordered(x, y):
    """Of universal kriging with a plane: `(system [m + 3, m + 3], K, F, σ²)`, nothing whitened."""
    u = x / KERNEL.lengths
    r = np.sqrt(5 * np.sum((u[:, None] - u) ** 2, axis=2))
    K = (1 + r + r**2 / 3) * np.exp(-r) + KERNEL.nugget * np.eye(len(u))
    F = np.column_stack([np.ones(len(u)), u])
    system = np.block([[K, F], [F.T, np.zeros((3, 3))]])
    α = np.linalg.solve(system, np.append(y, np.zeros(3)))[: len(u)]
    return system, K, F, y @ α / (len(u) - 3)


def test_slopes_around_a_row_are_those_of_the_bordered_system():
    system, _, _, σ2 = bordered(X, Y)
    slope, deviation = around_rows._kriging(X[None], Y[None], KERNEL)
    for j in range(2):
        of_slope = jax.vmap(lambda v: jax.grad(matern)(jnp.zeros(2), v), 0)(X / KERNEL.lengths)
        right = np.append(of_slope[:, j], np.eye(3)[1 + j])
        weights = np.linalg.solve(system, right)
        assert slope[0, j] == pytest.approx(weights[:11] @ Y / KERNEL.lengths[j], rel=1e-9)
        variance = σ2 * (5 / 3 - weights @ right)
        assert deviation[0, j] == pytest.approx(np.sqrt(variance) / KERNEL.lengths[j], rel=1e-9)


def test_the_restricted_likelihood_is_that_of_the_dense_matrices():
    _, K, F, σ2 = bordered(X, Y)
    known = (11 - 3) * np.log(σ2) + np.linalg.slogdet(K)[1]
    known += np.linalg.slogdet(F.T @ np.linalg.solve(K, F))[1]
    found = around_rows._unlikeliness(X[None], Y[None], KERNEL)
    assert found == pytest.approx(known, rel=1e-10)


@pytest.mark.parametrize("size", [1.0, 40.0])
def test_what_is_left_out_says_how_far_off_deviations_are(size):
    """Each value by the others; the last one is off by `size`, so that some are too small."""
    y = np.append(Y[:-1], size)
    _, _, _, σ2 = bordered(X, y)
    errors, variances = [], []
    for i in range(11):
        others = np.arange(11) != i
        u = X / KERNEL.lengths
        right = np.append([float(matern(u[i], v)) for v in u[others]], [1.0, *u[i]])
        weights = np.linalg.solve(bordered(X[others], y[others])[0], right)
        errors.append(y[i] - weights[:10] @ y[others])
        variances.append(1 + KERNEL.nugget - weights @ right)
    z = np.abs(errors) / np.sqrt(σ2 * np.array(variances))
    missed, widen = around_rows._left_out(X, y, KERNEL, 11)
    assert missed == pytest.approx(np.sqrt(np.mean(np.square(errors))), rel=1e-8)
    known = max(1.0, np.sqrt(np.mean(np.minimum(z, 5) ** 2)), np.quantile(z, 0.95) / 1.96)
    assert widen == pytest.approx(known, rel=1e-8)


def test_neighbours_are_the_nearest_other_rows():
    x, metric = np.random.default_rng(6).normal(size=(20, 2)), np.array([1.0, 3.0])
    x[7] = x[3]  # two rows at one point are each other's neighbours
    far, near = nearest.neighbours(x, metric, np.array([3, 11]), 4)
    for k, centre in enumerate((3, 11)):
        away = np.linalg.norm((x - x[centre]) * metric, axis=1)
        away[centre] = np.inf
        np.testing.assert_allclose(far[k], np.sort(away)[:4], atol=1e-15)
        assert near[k].tolist() == np.argsort(away)[:4].tolist()
    assert nearest.neighbours(x[:3], metric, np.array([0]), 4)[1].shape == (1, 2)
