"""The state before the first step."""

import numpy as np
import pytest
from helpers import task_of
from optimiser_runs import DATA, begin, epoch

from sobolev.optimisers import LBFGS, Adam, LevenbergMarquardt, Then
from sobolev.weighting import InverseNorm, Sketched

ON_ALL = {
    "Adam": Adam(1e-3, None),
    "LevenbergMarquardt": LevenbergMarquardt(),
    "first Adam": Then(Adam(1e-3, None), 2, LBFGS()),
    "first LevenbergMarquardt": Then(LevenbergMarquardt(), 2, Adam(1e-3, None)),
}


@pytest.mark.parametrize("name", ON_ALL)
def test_weights_of_a_sketch_are_those_of_the_first_step(name):
    """Its directions are random, so another stream of them gives other weights."""
    task, _ = task_of(DATA, weighting=Sketched(InverseNorm(), 2))
    before = begin(task, ON_ALL[name])
    after = epoch(ON_ALL[name], task, before)
    np.testing.assert_allclose(before.weights, after.weights, rtol=1e-9)
    assert int(after.rejected) == 0 and np.ptp(before.weights) > 0
