"""Settings without a meaning, and schemes that an optimiser cannot serve."""

import jax.numpy as jnp
import numpy as np
import pytest
from helpers import table
from loss_histories import DECAY, RAMP

from sobolev import Surrogate, fit
from sobolev.errors import ConfigError
from sobolev.optimisers import (
    LBFGS,
    SOAP,
    Adam,
    LevenbergMarquardt,
    MishchenkoNewton,
    SSBroyden,
    Then,
    UnitLength,
)
from sobolev.training.preparation.compatibility import check_weighting
from sobolev.weighting import (
    FAMO,
    AugmentedLagrangian,
    Chain,
    CoefficientOfVariation,
    DynamicWeightAverage,
    Every,
    KLSimplex,
    LogSum,
    Normalised,
    RandomWeights,
    ReLoBRaLo,
    Scheduled,
    Scheme,
    SmoothTchebycheff,
    SoftAdapt,
    TiedToRate,
    Uncertainty,
)


@pytest.mark.parametrize(
    "make, sentence",
    [
        (lambda: SoftAdapt(np.nan), "sharpness"),
        (lambda: SoftAdapt(0.1, "both"), "choose one of plain, normalised, loss-weighted"),
        (lambda: SoftAdapt(order=0), "order of the difference"),
        (lambda: SoftAdapt(order=6), "order of the difference"),
        (lambda: DynamicWeightAverage(0), "window"),
        (lambda: DynamicWeightAverage(temperature=0.0), "temperature must be a positive"),
        (lambda: ReLoBRaLo(1.1), r"memory must lie in \[0, 1\]"),
        (lambda: ReLoBRaLo(temperature=-1.0), "temperature"),
        (lambda: ReLoBRaLo(look_back=np.nan), "looking back"),
        (lambda: ReLoBRaLo(seed=-1), "seed"),
        (lambda: CoefficientOfVariation(0.0), "floor"),
        (lambda: LogSum(-1e-3), "floor"),
        (lambda: Uncertainty(-0.1), "rate of the weights"),
        (lambda: Uncertainty(start=np.inf), "start of s"),
        (lambda: SmoothTchebycheff(0.0), "smoothing"),
        (lambda: SmoothTchebycheff(preference=(1.0, 0.0)), "preference"),
        (lambda: SmoothTchebycheff(ideal=(np.nan, 0.0)), "ideal"),
        (lambda: FAMO(0.0), "rate of the weights"),
        (lambda: FAMO(decay=-1.0), "decay"),
        (lambda: RandomWeights("uniform"), "choose one of normal, dirichlet"),
        (lambda: RandomWeights(seed=0.5), "seed"),
        (lambda: AugmentedLagrangian(()), "constraints are"),
        (lambda: AugmentedLagrangian((0, 0)), "constraints are"),
        (lambda: AugmentedLagrangian((-1,)), "constraints are"),
        (lambda: AugmentedLagrangian((False, False)), "constraints are"),
        (lambda: AugmentedLagrangian((0.5,)), "constraints are"),
        (lambda: AugmentedLagrangian((0,), decay=1.0), "decay"),
        (lambda: KLSimplex(0.0), "temperature"),
        (lambda: KLSimplex(prior=(0.0, 1.0)), "prior"),
        (lambda: Scheduled(), "a function of the step"),
        (lambda: Scheduled(RAMP, 1.0), "got function, float"),
        (lambda: TiedToRate(-1.0, 1.0, DECAY), "start of the weights"),
        (lambda: TiedToRate(1.0, np.nan, DECAY), "limit of the weights"),
        (lambda: TiedToRate(1.0, 1.0, 1e-3), "function of the step"),
        (lambda: TiedToRate(1.0, 1.0, RAMP), "begin at a positive"),
        (lambda: Chain(LogSum(), FAMO()), "comes first"),
    ],
)
def test_settings_without_a_meaning_are_refused(make, sentence):
    with pytest.raises(ConfigError, match=sentence):
        make()


@pytest.mark.parametrize(
    "scheme",
    [
        Uncertainty(start=(0.0, 1.0)),
        SmoothTchebycheff(preference=(1.0, 2.0)),
        SmoothTchebycheff(ideal=(0.0, 0.1)),
        FAMO(ideal=(0.0, 0.1)),
        KLSimplex(prior=(1.0, 2.0)),
        Scheduled(RAMP, RAMP),
        TiedToRate((1.0, 2.0), 1.0, DECAY),
        AugmentedLagrangian((3,)),
        AugmentedLagrangian((True, False)),
    ],
)
def test_another_number_of_terms_is_refused(scheme):
    with pytest.raises(ConfigError, match="the loss has"):
        scheme.init(jnp.ones(3))


ONLY_FIRST_ORDER = {
    "famo": FAMO(),
    "deep": Normalised(Every(Chain(FAMO(), LogSum()), 3)),
}
SECOND_ORDER = {
    "LevenbergMarquardt": LevenbergMarquardt(),
    "MishchenkoNewton": MishchenkoNewton(),
    "QuasiNewton": LBFGS(),
    "in a chain": Then(Adam(), 3, SSBroyden()),
    "deep in a chain": Then(Adam(), 3, Then(LevenbergMarquardt(), 4, SOAP())),
}


@pytest.mark.parametrize("weighting", ONLY_FIRST_ORDER.values(), ids=ONLY_FIRST_ORDER)
def test_first_order_optimisers_take_every_scheme_and_others_do_not(weighting):
    for optimiser in (Adam(), SOAP(), Then(Adam(), 5, SOAP())):
        check_weighting(weighting, optimiser)
    for optimiser in SECOND_ORDER.values():
        with pytest.raises(ConfigError, match="FAMO works with first-order"):
            check_weighting(weighting, optimiser)
        check_weighting(LogSum(), optimiser)


def test_a_scheme_that_nobody_would_ask_is_refused():
    class Around(Scheme):
        inner: Scheme

        def init(self, energies):
            return self.inner.init(energies)

        def update(self, statistics, state):
            return self.inner.update(statistics, state)

    with pytest.raises(ConfigError, match="FAMO looks at the losses after the step"):
        check_weighting(Around(FAMO()), Adam())


def test_a_training_refuses_them_too_and_runs_with_the_others():
    data = table()
    surrogate = Surrogate.mlp(data, (3,), 0)
    with pytest.raises(ConfigError, match="LevenbergMarquardt needs the weighted loss"):
        fit(surrogate, data, weighting=FAMO(), optimiser=LevenbergMarquardt(), epochs=1)
    with pytest.raises(ConfigError, match="2 terms: the loss has 3"):
        fit(surrogate, data, weighting=Scheduled(RAMP, RAMP), optimiser=Adam(), epochs=1)
    done = fit(
        surrogate, data, weighting=FAMO(), optimiser=UnitLength(Adam(1e-2, None)), epochs=200,
        records=2, check=False,
    )  # fmt: skip
    loss = np.asarray(done.history.loss)
    assert done.rejected == 0 and np.all(loss[-1] < loss[0])
