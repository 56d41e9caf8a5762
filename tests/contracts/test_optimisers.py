"""What every optimiser keeps to, and settings without a meaning."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import task_of
from optimiser_runs import BATCH, DATA, QUASI, begin

from sobolev.errors import ConfigError
from sobolev.optimisers import (
    LBFGS,
    SOAP,
    Adam,
    AdamThenLBFGS,
    GradientRegularisedNewton,
    LevenbergMarquardt,
    Optimiser,
    SSBroyden,
    Then,
)
from sobolev.optimisers.protocol import all_finite, keep_if, when
from sobolev.weighting import Fixed


@pytest.mark.parametrize(
    "make, sentence",
    [
        (lambda: SSBroyden(hold=0), "held for a whole number"),
        (lambda: LBFGS(0), "memory of L-BFGS"),
        (lambda: LBFGS(2.5), "memory of L-BFGS"),  # pyright: ignore
        (lambda: Then(Adam(), -1, LBFGS()), "whole number ≥ 0"),
        (lambda: GradientRegularisedNewton(0.0), "smoothness must be"),
        (lambda: GradientRegularisedNewton(np.nan), "smoothness must be"),
    ],
)
def test_settings_of_quasi_newton_without_a_meaning_are_refused(make, sentence):
    with pytest.raises(ConfigError, match=sentence):
        make()


def test_every_optimiser_keeps_the_protocol():
    every = (*QUASI.values(), SOAP(), AdamThenLBFGS(3), GradientRegularisedNewton())
    assert all(isinstance(optimiser, Optimiser) for optimiser in every)


def test_when_runs_once_or_not_at_all():
    run = jax.jit(lambda c, x: when(c, lambda y: {"a": y["a"] + 1}, x))
    for flag, known in ((True, 2.0), (False, 1.0)):
        assert run(jnp.asarray(flag), {"a": jnp.ones(())})["a"] == known


@pytest.mark.parametrize("optimiser", [BATCH, LevenbergMarquardt()])
def test_the_protocol_is_kept(optimiser):
    assert isinstance(optimiser, Optimiser)


@pytest.mark.parametrize(
    "make, sentence",
    [(lambda r=r: Adam(r), "learning rate must be") for r in (0, -1, np.nan)]
    + [(lambda: Adam(np.inf), "positive number")]
    + [(lambda b=b: Adam(1e-3, b), "batch size") for b in (0, -1, 2.5)]
    + [(lambda d=d: LevenbergMarquardt(d), "damping must be") for d in (0, -1.0, np.nan, np.inf)],
)
def test_settings_without_a_meaning_are_refused(make, sentence):
    with pytest.raises(ConfigError, match=sentence):
        make()


def test_finite_means_every_number_of_every_leaf():
    good = {"a": jnp.ones(3), "count": jnp.zeros((), int), "key": jnp.zeros((), bool)}
    assert bool(all_finite(good, jnp.ones(2)))
    for bad in (jnp.nan, jnp.inf, -jnp.inf):
        assert not bool(all_finite(good, jnp.array([1.0, bad])))
    kept = keep_if(jnp.asarray(False), {"a": jnp.nan * jnp.ones(2)}, {"a": jnp.ones(2)})
    np.testing.assert_array_equal(kept["a"], 1)


def test_the_first_weights_are_known_before_the_first_step():
    task, θ = task_of(DATA, weighting=Fixed(lambda e: e / e.sum()))
    state = begin(task, Adam())
    energies = task.loss.energies(task.labels)
    np.testing.assert_allclose(state.weights, energies / energies.sum(), rtol=1e-14)
    np.testing.assert_array_equal(state.θ, θ)
    assert not np.any(state.weight_step) and not state.step and not state.converged
