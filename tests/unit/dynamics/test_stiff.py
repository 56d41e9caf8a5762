"""Stiff runs, what they cost, and what a wrong Jacobian does to them."""

import numpy as np
import pytest

from sobolev.dynamics.stiff import integrate
from sobolev.errors import ConfigError, DataError, Diverged
from sobolev.function import of_callable

NAMES = ("A", "B", "C")
TOLERANCES = {"rtol": 1e-6, "atol": (1e-10, 1e-14, 1e-10)}


def rates(x):
    """Robertson's."""
    A, B, C = x
    y = [-0.04 * A + 1e4 * B * C, 0.04 * A - 1e4 * B * C - 3e7 * B**2, 3e7 * B**2]
    first = [-0.04, 1e4 * C, 1e4 * B]
    last = [0.0, 6e7 * B, 0.0]
    return y, [first, -np.add(first, last), last]


EXACT = of_callable(rates, NAMES, NAMES, order=1)
ROUGH = of_callable(lambda x: (rates(x)[0], 0.5 * np.array(rates(x)[1])), NAMES, NAMES, order=1)


@pytest.mark.parametrize(
    "method, steps, evaluations, jacobians, decompositions",
    [("Radau", 92, 763, 37, 128), ("BDF", 177, 446, 5, 39)],
)
def test_it_takes_the_steps_that_are_known(method, steps, evaluations, jacobians, decompositions):
    """Of SciPy 1.17, within a twentieth; its versions differ."""
    run = integrate(EXACT, [1, 0, 0], 40.0, method, **TOLERANCES)
    assert run.states[-1] == pytest.approx([0.7158270687, 9.1855348e-6, 0.2841637457], rel=1e-4)
    found = run.steps, run.evaluations, run.jacobians, run.decompositions
    assert found == pytest.approx((steps, evaluations, jacobians, decompositions), rel=0.05, abs=1)
    assert run.failures <= 2
    assert str(run).startswith(f"{run.steps} steps to t = 40: ")


@pytest.mark.parametrize("method", ["Radau", "BDF"])
def test_a_wrong_jacobian_costs_failures_of_newton_and_no_accuracy(method):
    right = integrate(EXACT, [1, 0, 0], 0.1, method, **TOLERANCES)
    wrong = integrate(EXACT, [1, 0, 0], 0.1, method, ROUGH, **TOLERANCES)
    assert wrong.states[-1] == pytest.approx(right.states[-1], rel=1e-4)
    assert wrong.failures > 10 * (right.failures + 1)
    assert wrong.decompositions > 2 * right.decompositions


def test_a_run_that_does_not_end_is_none():
    with pytest.raises(Diverged, match=r"RK45 gave up at t = .* of 40 after .*no more are allowed"):
        integrate(EXACT, [1, 0, 0], 40.0, "RK45", most=500, **TOLERANCES)
    grows = lambda x: ([np.nan if x[0] > 1.5 else x[0]], [[1.0]])  # noqa: E731
    hole = of_callable(grows, ("x",), ("y",), order=1)
    with pytest.raises(Diverged, match=r"Radau gave up at t = 0\.4.* of 2"):
        integrate(hole, [1.0], 2.0)


@pytest.mark.parametrize(
    "change, kind, sentence",
    [
        ({"start": [1, 0]}, DataError, "start must be 3 finite numbers"),
        ({"method": "Euler"}, ConfigError, "no method 'Euler': choose among Radau, BDF, RK45"),
        ({"end": 0.0}, ConfigError, "the end must be a positive number"),
        ({"rate": rates}, DataError, "rate is of type function"),
        (
            {"jacobian": of_callable(lambda x: (x[0], [1.0]), ("x",), ("y",), order=1)},
            ConfigError, "the jacobian has 1 inputs and 1 outputs: a run needs 3 of both",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_in_one_sentence(change, kind, sentence):
    with pytest.raises(kind, match=sentence):
        integrate(**{"rate": EXACT, "start": [1, 0, 0], "end": 1.0} | change)
