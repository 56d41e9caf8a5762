"""Gradient-regularised Newton, on convex problems and on networks."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import net
from optimiser_runs import DATA, parameters

from sobolev import fit
from sobolev.optimisers import GradientRegularisedNewton
from sobolev.optimisers.least_squares.gradient_regularised import tried
from sobolev.weighting import Unweighted


def logistic():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 10)) * np.logspace(0, -1, 10)
    y = np.where(X.sum(axis=1) + 0.5 * rng.normal(size=200) > 0, 1.0, -1.0)
    X, y = jnp.asarray(X), jnp.asarray(y)

    def loss(t):
        return jnp.mean(jax.nn.softplus(-y * (X @ t))) + 0.5e-4 * t @ t

    def curvature(t):
        p = jax.nn.sigmoid(X @ t)
        return (X * (p * (1 - p))[:, None]).T @ X / 200 + 1e-4 * jnp.eye(10)

    return loss, curvature, float(jnp.linalg.eigvalsh(X.T @ X / 800)[-1]) + 1e-4


def test_logistic_regression_in_a_tenth_of_the_steps_of_gradient_descent():
    loss, curvature, L = logistic()
    slope = jax.jit(jax.grad(loss))
    t, descent = jnp.zeros(10), 0
    while np.linalg.norm(slope(t)) > 1e-8 and descent < 20_000:
        t, descent = t - slope(t) / L, descent + 1
    one = jax.jit(lambda t, B, γ: tried(loss, loss(t), t, slope(t), curvature(t), B, γ))
    for B in (jnp.eye(10), jnp.diag(jnp.linspace(0.5, 2, 10))):
        t, γ, values = jnp.zeros(10), jnp.asarray(1.0), []
        while np.linalg.norm(slope(t)) > 1e-8 and len(values) < 1000:
            trial, γ, accept, _ = one(t, B, γ)
            t = trial if bool(accept) else t
            values.append(float(loss(t)))
        assert np.linalg.norm(slope(t)) <= 1e-8
        assert np.all(np.diff(values) <= 0)
        assert 10 * len(values) <= descent


@pytest.mark.parametrize("power", [2, 4])
def test_convex_oracles_are_descended_monotonically(power):
    """LogSumExp with a weak ridge, and the sum of fourth powers, from far away."""
    A = jnp.asarray(np.random.default_rng(2).normal(size=(30, 6)))
    if power == 2:
        loss = lambda t: jax.scipy.special.logsumexp(A @ t) + 0.01 * t @ t  # noqa: E731
    else:
        loss = lambda t: jnp.sum((A @ t) ** 4) + 0.5 * t @ t  # noqa: E731
    slope, curvature = jax.grad(loss), jax.hessian(loss)
    one = jax.jit(lambda t, γ: tried(loss, loss(t), t, slope(t), curvature(t), jnp.eye(6), γ))
    t, γ, values = 10 * jnp.ones(6), jnp.asarray(1.0), []
    for _ in range(60):
        trial, γ, accept, _ = one(t, γ)
        t = trial if bool(accept) else t
        values.append(float(loss(t)))
    assert np.all(np.diff(values) <= 0)
    assert np.linalg.norm(slope(t)) < 1e-7


def test_gradient_regularised_training_never_rises_and_takes_a_metric():
    identity = fit(
        net(DATA),
        DATA,
        weighting=Unweighted(),
        optimiser=GradientRegularisedNewton(),
        epochs=120,
        records=60,
    )
    metric = GradientRegularisedNewton(metric=lambda task: 4.0 * jnp.eye(31))
    other = fit(net(DATA), DATA, weighting=Unweighted(), optimiser=metric, epochs=120, records=60)
    for fitted in (identity, other):
        total = fitted.history.loss.sum(axis=1)
        assert np.all(np.diff(total) <= 0) and total[-1] < 1e-2 * total[0] and fitted.good
    assert np.any(parameters(identity.surrogate) != parameters(other.surrogate))
