"""Gauss–Newton without small singular values."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import table, task_of
from optimiser_runs import begin, epoch

from sobolev.optimisers import CutOffGaussNewton, LevenbergMarquardt
from sobolev.optimisers.least_squares.cut_off import cut_off_steps


@pytest.mark.parametrize("m, P", [(30, 8), (8, 30)])
def test_the_steps_are_those_of_lstsq_with_these_cut_offs(m, P):
    rng = np.random.default_rng(m)
    k, cuts = min(m, P), np.array([0.9, 1e-3, 1e-6, 1e-15])
    U, V = (np.linalg.qr(rng.normal(size=(n, k)))[0] for n in (m, P))
    J, r = U * np.logspace(0, -9, k) @ V.T, rng.normal(size=m)
    found = jax.jit(cut_off_steps)(J, r, cuts)
    for τ, δ in zip(cuts, found, strict=True):
        known = np.linalg.lstsq(J, -r, rcond=τ)[0]
        np.testing.assert_allclose(δ, known, rtol=1e-5, atol=1e-6 * np.abs(known).max())


def test_the_loss_falls_until_no_step_lowers_it_and_then_it_stays():
    """To round-off of the labels: 1e-12 of a loss that does not vanish."""
    task, _ = task_of(table(40, order=0), hidden=(3,))
    damped, polish = LevenbergMarquardt(), CutOffGaussNewton(6, 6)
    state = begin(task, damped)
    for _ in range(25):
        state = epoch(damped, task, state)
    at = state._replace(optimiser=(), converged=jnp.zeros((), bool))
    losses = [loss(task, at)]
    while not at.converged and len(losses) < 200:
        at = epoch(polish, task, at)
        losses.append(loss(task, at))
    assert bool(at.converged) and np.all(np.diff(losses) < 1e-12 * losses[0])
    assert losses[-1] < losses[0]
    later = epoch(polish, task, at)
    assert later.step == at.step and later.epoch == at.epoch + 1


def loss(task, state):
    return float(losses_of(task, state.θ).sum())


@eqx.filter_jit
def losses_of(task, θ):
    return task.losses(θ, task.loss.batches())
