"""Epochs in single precision."""

import jax
import numpy as np
import pytest
from helpers import table, task_of
from optimiser_runs import begin, epoch

from sobolev.errors import ConfigError
from sobolev.optimisers import InSingle, LevenbergMarquardt


def test_it_works_in_32_bit_between_states_of_64():
    task, θ = task_of(table(12, order=0))
    low, high = InSingle(LevenbergMarquardt(1.0)), LevenbergMarquardt(1.0)
    start = begin(task, low)
    assert {leaf.dtype for leaf in jax.tree.leaves(start.optimiser)} == {np.dtype("float32")}
    found, known = epoch(low, task, start), epoch(high, task, begin(task, high))
    assert found.θ.dtype == np.float64 and found.weights.dtype == np.float64
    moved = np.asarray(found.θ != θ)
    assert moved.sum() > 20  # and these have no digit beyond
    np.testing.assert_array_equal(found.θ[moved], found.θ[moved].astype(np.float32))
    step = np.linalg.norm(known.θ - θ)
    assert 1e-12 * step < np.linalg.norm(found.θ - known.θ) < 1e-4 * step


def test_what_is_no_optimiser_is_refused():
    with pytest.raises(ConfigError, match="InSingle lies around an optimiser"):
        InSingle(LevenbergMarquardt)  # pyright: ignore
