"""What every optimiser keeps to, and settings without a meaning."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import task_of
from optimiser_runs import DATA, QUASI, begin, epoch

from sobolev import Surrogate, fit
from sobolev.errors import ConfigError
from sobolev.optimisers import (
    LBFGS,
    SOAP,
    Adam,
    AdamThenLBFGS,
    GradientRegularisedNewton,
    LevenbergMarquardt,
    MomentumConFIG,
    MultiAdam,
    Optimiser,
    SSBroyden,
    Then,
    random_streams,
)
from sobolev.optimisers.optimiser import all_finite, keep_if, when
from sobolev.optimisers.registry import OPTIMISERS, by_name
from sobolev.weighting import Fixed, Scheme, Unweighted


@pytest.mark.parametrize(
    "make, sentence",
    [
        (lambda: SSBroyden(hold=0), "hold must be a whole number of steps"),
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


# What each can: `(first_order, batches, least_squares)`. One more optimiser is one more line.
TRAITS = {
    "Adam": (Adam(), (True, True, False)),
    "SOAP": (SOAP(), (True, True, False)),
    "MultiAdam": (MultiAdam(), (True, True, False)),
    "MomentumConFIG": (MomentumConFIG(), (True, True, False)),
    "LevenbergMarquardt": (LevenbergMarquardt(), (False, False, True)),
    "GradientRegularisedNewton": (GradientRegularisedNewton(), (False, False, True)),
    **{name: (each, (False, False, False)) for name, each in QUASI.items()},
    "of first order": (Then(Adam(), 2, Then(SOAP(), 3, Adam())), (True, True, False)),
    "mixed": (AdamThenLBFGS(3), (False, False, False)),
    "deep": (Then(Adam(), 1, Then(Adam(), 2, LevenbergMarquardt())), (False, False, True)),
}


@pytest.mark.parametrize("name", TRAITS)
def test_every_optimiser_declares_what_it_can(name):
    optimiser, traits = TRAITS[name]
    assert isinstance(optimiser, Optimiser)
    assert (optimiser.first_order, optimiser.batches, optimiser.least_squares) == traits
    made = optimiser.steps()
    assert all(step.steps()[0] is step for step in made)
    assert optimiser.first_order == all(step.first_order for step in made)
    assert all(step.batches == (step.rows_a_step() is not None) for step in made)


def test_no_name_of_the_registry_is_missing():
    tried = [type(optimiser) for optimiser, _ in TRAITS.values()]
    assert {type(by_name(name)) for name in OPTIMISERS} <= set(tried)


EPOCHS, ALONE = 4, [name for name in TRAITS if name not in ("of first order", "deep")]


@eqx.filter_jit
def course(optimiser, task, state):
    """The states after each of the epochs, in one program."""
    return jax.lax.scan(lambda s, _: 2 * (optimiser.epoch(task, s),), state, length=EPOCHS)[1]


def through_numpy(state):
    return jax.tree.map(lambda a: jnp.asarray(np.array(a)), state)


def form(state):
    return jax.tree.map(lambda a: (np.shape(a), a.dtype), state)


@pytest.mark.parametrize("name", ALONE)
def test_every_optimiser_keeps_the_contract(name):
    """Epochs one by one = all in one program = going on from a stored state; the loss falls."""
    optimiser, _ = TRAITS[name]
    task, θ = task_of(DATA, weighting=Unweighted())
    state = begin(task, optimiser)
    np.testing.assert_array_equal(state.θ, θ)
    together = course(optimiser, task, state)
    for n in range(EPOCHS):
        after = epoch(optimiser, task, through_numpy(state) if n == 2 else state)
        assert form(after) == form(state), f"epoch {n} changes structure, shapes or dtypes"
        assert after.epoch == n + 1 and after.step > state.step and not after.rejected
        np.testing.assert_allclose(after.θ, together.θ[n], rtol=1e-8, atol=1e-10)
        state = after
    assert np.all(np.isfinite(state.θ)) and np.any(state.θ != θ)
    losses = [float(jnp.sum(task.losses(t, task.loss.batches()))) for t in (θ, state.θ)]
    assert losses[1] < losses[0]


@pytest.mark.parametrize("name", ALONE)
def test_every_optimiser_refuses_a_step_that_is_not_finite_and_counts_it(name):
    class Broken(Scheme):
        def init(self, energies):
            return jnp.ones_like(energies)

        def update(self, statistics, state):
            return jnp.nan * state, state

    optimiser, _ = TRAITS[name]
    task, _ = task_of(DATA)
    good = begin(task, optimiser)
    task = eqx.tree_at(lambda t: t.weighting, task, Broken())
    asked = good._replace(weighting=jnp.ones(3))
    last = jax.tree.map(lambda a: a[-1], course(optimiser, task, asked))
    held = not (optimiser.first_order or optimiser.least_squares)  # weights are asked for seldom
    assert np.all(np.isfinite(last.θ))
    if not held:
        np.testing.assert_array_equal(last.θ, good.θ)
        assert last.rejected == last.step > 0


def test_an_optimiser_without_a_step_cannot_be_made():
    class Idle(Optimiser):
        def init(self, task, θ):
            return ()

    with pytest.raises(TypeError, match="epoch"):
        Idle()  # pyright: ignore


@pytest.mark.parametrize("wrong", [Adam, "adam", LBFGS])
def test_what_is_no_optimiser_is_refused(wrong):
    with pytest.raises(ConfigError, match="the optimiser is an Optimiser, such as Adam"):
        fit(Surrogate.new(DATA), DATA, optimiser=wrong, epochs=1)


def test_streams_of_random_numbers_are_told_apart_and_old_ones_keep_their_bits():
    key, n = jax.random.key(3), jnp.asarray(5)
    four = (
        random_streams.shuffle,
        random_streams.sketch,
        random_streams.points,
        random_streams.estimator,
    )
    every = [stream(key, n) for stream in four]
    assert len({np.asarray(jax.random.key_data(key)).tobytes() for key in every}) == 4
    for stream, fold in zip(four[:2], (5, 2**32 - 6), strict=True):
        known = jax.random.key_data(jax.random.fold_in(key, fold))
        np.testing.assert_array_equal(jax.random.key_data(stream(key, n)), known)


def test_when_runs_once_or_not_at_all():
    run = jax.jit(lambda c, x: when(c, lambda y: {"a": y["a"] + 1}, x))
    for flag, known in ((True, 2.0), (False, 1.0)):
        assert run(jnp.asarray(flag), {"a": jnp.ones(())})["a"] == known


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
    energies = task.loss.energies(task.loss.batches())
    np.testing.assert_allclose(state.weights, energies / energies.sum(), rtol=1e-14)
    np.testing.assert_array_equal(state.θ, θ)
    assert not np.any(state.weight_step) and not state.step and not state.converged
