"""As many parameters as noisy labels: when it is warned of, and that the error peaks there."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from sobolev import networks


@pytest.mark.parametrize(
    "parameters, labels, noisy, warned",
    [
        *[(100, 100, True, True), (51, 100, True, True), (199, 100, True, True)],
        *[(100, 100, False, False), (50, 100, True, False), (200, 100, True, False)],
    ],
)
def test_the_capacity_warning_is_for_noisy_labels_about_as_many_as_parameters(
    parameters, labels, noisy, warned
):
    said = networks.capacity_warning(parameters, labels, noisy)
    assert (said is not None) == warned
    if said:
        assert f"{parameters} parameters for {labels} noisy labels" in said
        assert said.endswith("or give the noise of the labels.")
        given = networks.capacity_warning(parameters, labels, noisy, declared=True)
        assert given and "give the noise" not in given


def benchmark():
    path = Path(__file__).parents[3] / "benchmarks" / "capacity.py"
    spec = importlib.util.spec_from_file_location("capacity_benchmark", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("labels", [20, 40, 100, 240])
def test_the_error_of_a_linear_student_is_the_closed_form(labels):
    bench = benchmark()
    measured = bench.gaussian_student(labels, repetitions=500)
    assert abs(measured / bench.closed_form(labels) - 1) < 0.05


@pytest.mark.parametrize("slopes, labels", [(False, 20), (True, 100)])
def test_the_error_of_a_student_peaks_at_as_many_parameters_as_labels(slopes, labels):
    """20 samples of 4 inputs: slopes move the peak from 20 to 100, where the warning is given."""
    bench = benchmark()
    errors = bench.feature_student(slopes, repetitions=10)
    assert bench.FEATURES[int(np.argmax(errors))] == labels
    assert networks.capacity_warning(labels, labels, noisy=True)
    best = bench.FEATURES[int(np.argmin(errors[: bench.FEATURES.index(labels)]))]
    assert networks.capacity_warning(best, labels, noisy=True) is None
