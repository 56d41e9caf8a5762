"""What every optimiser keeps to, and settings without a meaning."""

import inspect
import itertools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import task_of
from jaxtyping import Array
from optimiser_runs import DATA, QUASI, begin

from sobolev import Surrogate, fit
from sobolev.errors import ConfigError
from sobolev.optimisers import (
    LBFGS,
    SOAP,
    Adam,
    AdamThenLBFGS,
    BayesianRegularisation,
    CutOffGaussNewton,
    HessianFree,
    InSingle,
    LastLayer,
    LevenbergMarquardt,
    MishchenkoNewton,
    MomentumConFIG,
    MultiAdam,
    Optimiser,
    RatioGaussNewton,
    SemenovNewton,
    Sketch,
    SSBroyden,
    Then,
    VariableProjection,
    conforms,
    random_streams,
)
from sobolev.optimisers.optimiser import all_finite, keep_if, when
from sobolev.optimisers.registry import OPTIMISERS, by_name
from sobolev.weighting import Fixed, weighted_gradient


@pytest.mark.parametrize(
    "make, sentence",
    [
        (lambda: SSBroyden(hold=0), "hold must be a whole number of steps"),
        (lambda: LBFGS(0), "memory of L-BFGS"),
        (lambda: LBFGS(2.5), "memory of L-BFGS"),  # pyright: ignore
        (lambda: Then(Adam(), -1, LBFGS()), "whole number ≥ 0"),
        (lambda: BayesianRegularisation(noise=0.0), "noise at the start must be"),
        (lambda: BayesianRegularisation(every=0), "every must be a whole number"),
        (lambda: HessianFree(0.0), "damping must be"),
        (lambda: HessianFree(iterations=0), "number of iterations must be"),
        (lambda: MishchenkoNewton(0.0), "first γ of a regularised Newton method must be"),
        (lambda: SemenovNewton(np.nan), "first γ of a regularised Newton method must be"),
        (lambda: LastLayer(0.0), "cut-off of singular values must be"),
        (lambda: VariableProjection(1.0, -1.0), "cut-off of singular values must be"),
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
    "LastLayer": (LastLayer(), (False, False, True)),
    "VariableProjection": (VariableProjection(), (False, False, True)),
    "LevenbergMarquardt": (LevenbergMarquardt(), (False, False, True)),
    "BayesianRegularisation": (BayesianRegularisation(), (False, False, True)),
    "HessianFree": (HessianFree(), (False, False, True)),
    "MishchenkoNewton": (MishchenkoNewton(), (False, False, True)),
    "SemenovNewton": (SemenovNewton(), (False, False, True)),
    "RatioGaussNewton": (RatioGaussNewton(), (False, False, True)),
    "in a sketch": (RatioGaussNewton(sketch=Sketch(12)), (False, False, True)),
    "CutOffGaussNewton": (CutOffGaussNewton(4, 4), (False, False, True)),
    "InSingle": (InSingle(Adam()), (True, True, False)),
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


ALONE = [name for name in TRAITS if name not in ("of first order", "deep", "in a sketch")]


@pytest.mark.parametrize("name", ALONE)
def test_every_optimiser_conforms(name):
    found = conforms(TRAITS[name][0])
    assert found.good, str(found)


class Own(Optimiser):
    """θ ← θ − η g, with a fault that one chooses."""

    fault: str = eqx.field(static=True, default="")
    rate: Array = eqx.field(converter=jnp.asarray, default=1e-2)
    calls: itertools.count = eqx.field(static=True, default_factory=lambda: itertools.count(1))

    first_order = True

    def rows_a_step(self):
        return 5 if self.fault == "traits" else None

    def init(self, task, θ):
        return 1.0 if self.fault == "start" else ()

    def epoch(self, task, state):
        batches = task.loss.batches(state.drawn)
        g, losses, weights, weighting = weighted_gradient(
            lambda θ: task.losses(θ, batches), state.θ, task.weighting, state.weighting
        )
        after = state._replace(θ=state.θ - self._factor() * self.rate * g, weights=weights)
        unguarded = self.fault == "weights that are not finite"
        good = jnp.asarray(unguarded) | all_finite(g, weights, losses)
        return keep_if(good, after._replace(weighting=weighting), state)._replace(
            step=state.step + 1,
            epoch=state.epoch + (self.fault != "epochs"),
            rejected=state.rejected + ~good,
        )

    def _factor(self):
        if self.fault == "one program":  # once for each time that it is compiled
            return next(self.calls)
        if self.fault == "going on":  # once for each time that it is run
            number = jax.ShapeDtypeStruct((), jnp.float64)
            return jax.pure_callback(lambda: np.float64(next(self.calls)), number)
        return -1.0 if self.fault == "descent" else 1.0


FAULTS = ["traits", "start", "epochs", "one program", "going on", "descent"]


@pytest.mark.parametrize("fault", ["", *FAULTS, "weights that are not finite"])
def test_what_is_wrong_with_an_optimiser_is_found_and_nothing_else(fault):
    found = conforms(Own(fault))
    spread = {"going on": {"going on", "one program"}}  # what makes other cases fail, too
    expected = spread.get(fault, {fault} - {""})
    assert {result.case for result in found.failures} == expected, str(found)


def test_the_example_of_the_protocol_conforms():
    code = inspect.cleandoc(Optimiser.__doc__ or "").split("```python\n")[1].split("```")[0]
    names = {"Optimiser": Optimiser, "jax": jax, "jnp": jnp}
    exec(code, names)
    found = conforms(names["SignDescent"](1e-3))
    assert found.good, str(found)


def test_an_optimiser_without_a_step_cannot_be_made():
    class Idle(Optimiser):
        def init(self, task, θ):
            return ()

    with pytest.raises(TypeError, match="epoch"):
        Idle()  # pyright: ignore


@pytest.mark.parametrize("wrong", [Adam, "adam", LBFGS])
def test_what_is_no_optimiser_is_refused(wrong):
    with pytest.raises(ConfigError, match="conforms tries an optimiser, such as Adam"):
        conforms(wrong)
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
