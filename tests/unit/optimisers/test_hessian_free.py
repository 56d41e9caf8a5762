"""Gauss–Newton by conjugate gradients: the solve, one trial against dense algebra, a training."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import net, task_of
from optimiser_runs import DATA, begin, epoch

from sobolev import fit
from sobolev.optimisers import HessianFree, linearised
from sobolev.optimisers.least_squares.conjugate_gradients import conjugate_gradients
from sobolev.optimisers.linearisation import stacked
from sobolev.weighting import Fixed, Unweighted

WEIGHTS = jnp.array([1.0, 9.0, 0.25])


@functools.partial(jax.jit, static_argnums=3)
def solved_by(A, b, start, most):
    return conjugate_gradients(lambda v: A @ v, b, start, most)


def test_conjugate_gradients_solve_and_end_early():
    rng = np.random.default_rng(0)
    root = rng.normal(size=(12, 12))
    A, b = jnp.asarray(root @ root.T / 12 + np.eye(12)), jnp.asarray(rng.normal(size=12))
    solved = solved_by(A, b, jnp.zeros(12), 12)
    known = np.linalg.solve(A, b)
    np.testing.assert_allclose(solved.x, known, atol=1e-5)
    np.testing.assert_allclose(solved.q, -0.5 * b @ known, rtol=1e-8)
    few = solved_by(A, b, jnp.zeros(12), 4)
    assert few.products == 4 and few.q < 0
    np.testing.assert_allclose(few.q, 0.5 * few.x @ A @ few.x - b @ few.x, rtol=1e-12)
    # A start that is good is used, one that is worse than 0 is not.
    assert solved_by(A, b, jnp.asarray(known), 4).q <= solved.q * (1 - 1e-9)
    np.testing.assert_array_equal(solved_by(A, b, -1e3 * b, 4).x, few.x)
    assert solved_by(jnp.eye(12), b, jnp.zeros(12), 12).products <= 3
    assert np.isfinite(solved_by(-A, b, jnp.zeros(12), 12).x).all()


def test_round_off_does_not_grow_in_conjugate_gradients():
    """A last digit of b changes a last digit of x, with a condition of 1e6 and many iterations.

    Without the projection 3e-8 of x change: the directions are no longer conjugate.
    """
    rng = np.random.default_rng(1)
    Q = np.linalg.qr(rng.normal(size=(60, 60)))[0]
    A = jnp.asarray(Q * np.logspace(-6, 0, 60) @ Q.T)
    b = jnp.asarray(A @ rng.normal(size=60))
    x, near = (solved_by(A, c, jnp.zeros(60), 40).x for c in (b, b * (1 + 1e-15)))
    assert np.linalg.norm(x - near) < 1e-9 * np.linalg.norm(x)


@pytest.mark.parametrize("weighting", [Unweighted(), Fixed(lambda energies: WEIGHTS)])
def test_a_trial_is_the_damped_step_of_the_weighted_residuals(weighting):
    """All CG iterations that 31 parameters can need, against the dense system."""
    task, θ = task_of(DATA, weighting=weighting)
    optimiser = HessianFree(damping=1.0, iterations=300)
    state = begin(task, optimiser)
    after = epoch(optimiser, task, state)
    batches = task.loss.batches()
    whole = jax.jit(lambda θ, w: stacked(task, linearised(task, θ, batches), w))
    losses = jax.jit(lambda θ: task.losses(θ, batches))
    r, J = map(np.asarray, whole(θ, state.weights))
    g = J.T @ r
    μ = np.sum((J @ g) ** 2) / (g @ g)
    exact = -np.linalg.solve(J.T @ J + μ * np.eye(len(θ)), g)
    # The solve ends where ten iterations gain less than 5 % of q: that much of the step is left.
    np.testing.assert_allclose(np.subtract(after.θ, θ), exact, atol=0.05 * np.linalg.norm(exact))
    assert np.dot(state.weights, losses(after.θ)) < np.dot(state.weights, losses(θ))
    assert float(after.optimiser.μ) < μ


def test_a_network_is_trained_and_the_loss_never_rises():
    how = {"weighting": Unweighted(), "optimiser": HessianFree(), "epochs": 120, "records": 60}
    fitted = fit(net(DATA), DATA, **how)
    total = fitted.history.loss.sum(axis=1)
    assert np.all(np.diff(total) <= 0) and total[-1] < 1e-3 * total[0] and fitted.good
