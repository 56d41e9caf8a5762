"""Newton steps regularised by the norm of the gradient: on known functions, and on networks."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import net
from optimiser_runs import DATA, parameters

from sobolev import fit
from sobolev.optimisers import Mishchenko, MishchenkoNewton, Semenov, SemenovNewton, tried
from sobolev.weighting import Unweighted

RULES = {"Semenov": Semenov(), "Mishchenko": Mishchenko()}
rules = pytest.mark.parametrize("rule", RULES.values(), ids=RULES)


def minimised(rule, loss, curvature, start, steps, B=None):
    """`(values of f, norms of its gradient)` before each of so many trials, in one program."""
    function = jax.value_and_grad(loss)

    def one(carry, _):
        θ, γ = carry
        f, g = function(θ)
        step = tried(rule, function, θ, f, g, curvature(θ), B, γ)
        return (jnp.where(step.accept, step.θ, θ), step.γ), (f, jnp.linalg.norm(g))

    run = jax.jit(lambda start: jax.lax.scan(one, (start, 1.0), length=steps)[1])
    values, slopes = run(start)
    return np.asarray(values), np.asarray(slopes)


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

    return loss, jax.jit(curvature), np.linalg.eigvalsh(np.asarray(X.T @ X) / 800)[-1] + 1e-4


def test_logistic_regression_in_a_tenth_of_the_steps_of_gradient_descent():
    loss, curvature, L = logistic()
    slope = jax.grad(loss)

    @jax.jit
    def descent(t, count):
        going = lambda c: (jnp.linalg.norm(slope(c[0])) > 1e-8) & (c[1] < 20_000)  # noqa: E731
        return jax.lax.while_loop(going, lambda c: (c[0] - slope(c[0]) / L, c[1] + 1), (t, count))

    _, plain = descent(jnp.zeros(10), 0)
    for rule in RULES.values():
        for B in (None, jnp.diag(jnp.linspace(0.5, 2, 10))):
            values, slopes = minimised(rule, loss, curvature, jnp.zeros(10), 100, B)
            assert np.all(np.diff(values) <= 0)
            assert 10 * np.argmax(slopes <= 1e-8) <= plain and slopes.min() <= 1e-8


A = jnp.asarray(np.random.default_rng(2).normal(size=(30, 6)))


def chebyshev(θ):
    """The residuals of Nesterov's Chebyshev–Rosenbrock function, one minimum at 1."""
    return jnp.append((θ[0] - 1) / 2, θ[1:] - 2 * θ[:-1] ** 2 + 1)


def squares(residuals):
    def curvature(θ):
        J = jax.jacobian(residuals)(θ)
        return J.T @ J

    return lambda θ: 0.5 * jnp.sum(residuals(θ) ** 2), curvature


def exact(loss):
    return loss, jax.hessian(loss)


# With the Hessian where f is convex, else with that of Gauss and Newton.
KNOWN = {
    "log-sum-exp": (
        *exact(lambda t: jax.scipy.special.logsumexp(A @ t) + 0.01 * t @ t), 10 * jnp.ones(6)
    ),
    "fourth powers": (*exact(lambda t: jnp.sum((A @ t) ** 4) + 0.5 * t @ t), 10 * jnp.ones(6)),
    "chebyshev": (*squares(chebyshev), jnp.array([-1.0, 1.0, 1.0])),
}  # fmt: skip


@rules
@pytest.mark.parametrize("name", KNOWN)
def test_known_functions_are_descended_monotonically(name, rule):
    loss, curvature, start = KNOWN[name]
    values, slopes = minimised(rule, loss, curvature, start, 300)
    assert np.all(np.diff(values) <= 0)
    assert slopes.min() < 1e-8


def test_one_trial_of_semenov_is_the_formula():
    """δ, λ in the norm dual to B, and the condition, written out."""
    loss, curvature, _ = logistic()
    rng = np.random.default_rng(0)
    root = rng.normal(size=(10, 10))
    B, θ = root @ root.T + np.eye(10), rng.normal(size=10)
    function = jax.jit(jax.value_and_grad(loss))
    trial = jax.jit(lambda θ, f, g, γ: tried(Semenov(), function, θ, f, g, curvature(θ), B, γ))
    f, g = function(θ)
    for γ in (0.3, 300.0):
        step = trial(θ, f, g, γ)
        λ = np.sqrt(g @ np.linalg.solve(B, g)) / γ
        end = θ - np.linalg.solve(curvature(θ) + λ * B, g)
        np.testing.assert_allclose(step.θ, end, rtol=1e-9)
        f_end, g_end = function(end)
        enough = f - f_end >= g_end @ np.linalg.solve(B, g_end) / (8 * λ)
        assert bool(step.accept) == bool(enough)
        assert float(step.γ) == (2 * γ if enough else γ / 2)


@pytest.mark.parametrize("make", [SemenovNewton, MishchenkoNewton])
def test_gradient_regularised_training_never_rises_and_takes_a_metric(make):
    how = {"weighting": Unweighted(), "epochs": 120, "records": 60}
    identity = fit(net(DATA), DATA, optimiser=make(), **how)
    metric = make(metric=lambda task: 4.0 * jnp.eye(31))
    other = fit(net(DATA), DATA, optimiser=metric, **how)
    for fitted in (identity, other):
        total = fitted.history.loss.sum(axis=1)
        assert np.all(np.diff(total) <= 0) and total[-1] < 1e-2 * total[0] and fitted.good
    assert np.any(parameters(identity.surrogate) != parameters(other.surrogate))


def test_the_old_name_warns_and_has_the_rule_that_it_had():
    from sobolev.optimisers import GradientRegularisedNewton

    with pytest.warns(DeprecationWarning, match=r"GradientRegularisedNewton\(...\) is Mishchenko"):
        old = GradientRegularisedNewton(2.0)
    assert old.rule == Mishchenko() and float(old.first) == 2.0
