"""Who is chosen, and the sentence that says why."""

import pytest

from sobolev.optimisers import (
    BayesianRegularisation,
    FirstOrder,
    LevenbergMarquardt,
    Optimiser,
    SSBroyden,
    choose_optimiser,
)


@pytest.mark.parametrize(
    "P, m, n, settings, kind",
    [
        (745, 750, 150, {}, "SSBroyden"),
        (49, 960, 320, {}, "Levenberg"),
        (5000, 30, 10, {}, "Levenberg"),
        (4000, 4000, 1000, {}, "SSBroyden"),
        (4001, 4000, 1000, {}, "L-BFGS"),
        (745, 11_000_000, 1_000_000, {}, "SOAP"),
        (745, 11_000_000, 1_000_000, {"batchable": False}, "SSBroyden"),
        (745, 500_000, 100_000, {}, "SSBroyden"),
        (745, 500_000, 100_000, {"noisy": True}, "SOAP"),
        (745, 750, 150, {"noisy": True}, "Bayesian"),
        (745, 750, 150, {"noisy": True, "weighted": True}, "SSBroyden"),
        (745, 750, 150, {"noisy": True, "least_squares": False}, "SSBroyden"),
        (745, 6000, 1500, {"noisy": True}, "SSBroyden"),
    ],
)
def test_the_cost_model_chooses_and_says_why(P, m, n, settings, kind):
    optimiser, why = choose_optimiser(parameters=P, residuals=m, rows=n, **settings)
    assert isinstance(optimiser, Optimiser)
    assert why.startswith(kind) and why.endswith(".")
    types = {
        "Levenberg": LevenbergMarquardt,
        "SOAP": FirstOrder,
        "Bayesian": BayesianRegularisation,
    }
    assert type(optimiser) is types.get(kind, type(SSBroyden()))
