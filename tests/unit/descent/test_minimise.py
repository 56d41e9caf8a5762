"""How a descent ends, and what is no descent."""

import numpy as np
import pytest

from sobolev.descent import (
    LBFGS,
    Armijo,
    ConjugateGradients,
    FixedStep,
    Outcome,
    SteepestDescent,
    Wolfe,
    minimise,
)
from sobolev.errors import ConfigError, DataError, Diverged
from sobolev.inner_products import Dense, InnerProduct

PLAIN = Dense(np.diag([1.0, 2.0, 4.0]))
START = np.array([1.0, -1.0, 2.0])


def bowl(v):
    return float(v @ v) / 2 + 1, v.copy()


def test_who_runs_out_of_steps_says_so():
    found = minimise(bowl, START, PLAIN, SteepestDescent(FixedStep(0.1)), steps=3)
    assert found.outcome is Outcome.OUT_OF_STEPS and not found.converged and found.steps == 3
    assert "not converged: after 3 steps" in str(found)
    np.testing.assert_allclose(found.v, START * (1 - 0.1 / np.array([1.0, 2.0, 4.0])) ** 3)
    np.testing.assert_array_equal(found.evaluations, [1, 2, 3, 4])
    np.testing.assert_allclose(found.gradient, found.v / [1, 2, 4])


def test_a_minimum_at_the_start_takes_no_step():
    found = minimise(bowl, np.zeros(3), PLAIN)
    assert found.converged and found.steps == 0 and found.evaluations.tolist() == [1]


def test_an_absolute_norm_ends_it_too():
    found = minimise(bowl, START, PLAIN, SteepestDescent(), tolerance=0, absolute=0.1)
    assert found.converged and found.sizes[-2] > 0.1 >= found.size


@pytest.mark.parametrize("method", [SteepestDescent(), ConjugateGradients(), LBFGS()])
def test_a_wrong_derivative_is_told_with_both_numbers(method):
    found = minimise(lambda v: (bowl(v)[0], -v), START, PLAIN, method)
    assert found.outcome is Outcome.NO_LOWER_VALUE and not found.converged
    assert "a unit, and the derivative says -2.5: is it that of the function?" in found.result


@pytest.mark.parametrize("method", [SteepestDescent(), ConjugateGradients(), LBFGS()])
def test_where_values_are_rounded_slopes_decide(method):
    """The worst rounding: each value lies above the last, by 1e-12 of its size."""
    calls = []

    def rising(v):
        calls.append(v)
        return 1e6 + bowl(v)[0] + 1e-6 * len(calls), v

    found = minimise(rising, START, PLAIN, method)
    assert found.converged and np.abs(found.v).max() < 1e-5


def test_rounding_is_no_wrong_derivative():
    """A kink: no step there makes the slope smaller, and values are equal."""
    found = minimise(lambda v: (1e9 + np.abs(v).sum(), np.sign(v)), 1e-3 * START, PLAIN)
    assert found.outcome is Outcome.NO_LOWER_VALUE
    assert "no more than rounding" in found.result


def test_who_stands_at_the_edge_of_what_there_is_hears_of_both():
    """So a mesh that is about to turn inside out ends a descent."""
    start = 1e-3 * START

    def edge(v):
        if np.abs(v - start).max() > 1e-6:
            raise Diverged("cell 3 is inside out.")
        return 1e9 + np.abs(v).sum(), np.sign(v)

    found = minimise(edge, start, PLAIN, SteepestDescent(), steps=3, tolerance=0.0)
    assert found.outcome is Outcome.NO_LOWER_VALUE
    assert "rounding; farther along there is none: cell 3 is inside out." in found.result


def test_a_gradient_that_is_not_finite_on_the_way_is_a_step_too_long():
    def cliff(v):
        value, g = bowl(v)
        return value, g if v[0] > 0.3 else g * np.nan

    found = minimise(cliff, START, PLAIN, SteepestDescent(), steps=50)
    assert not found.converged and found.v[0] > 0.3
    assert np.isfinite(found.sizes).all() and np.isfinite(found.v).all()


def test_who_raises_at_the_start_is_heard():
    def nowhere(v):
        raise Diverged("no equilibrium.")

    with pytest.raises(Diverged, match="no equilibrium"):
        minimise(nowhere, START, PLAIN)


class Negative(InnerProduct):
    """Of a matrix that is −1."""

    @property
    def size(self):
        return 3

    def _gram(self, v):
        return -v

    def _riesz(self, g):
        return -g

    def _root(self, v):
        return v

    def _dual_root(self, g):
        return g


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"start": np.zeros(4)}, DataError, r"3 finite numbers.*shape \(4,\)"),
        ({"start": [1.0, np.nan, 0.0]}, DataError, "entries that are no finite numbers"),
        ({"start": "zero"}, DataError, "3 finite numbers"),
        ({"function": lambda v: 1.0}, DataError, r"\(f, g\): got 1.0"),
        ({"function": lambda v: (np.ones(2), v)}, DataError, "one real number"),
        ({"function": lambda v: (1.0, v[:2])}, DataError, r"each of the 3.*shape \(2,\)"),
        ({"function": lambda v: (np.inf, v)}, DataError, "no finite value at the start: got inf"),
        (
            {"function": lambda v: (1.0, np.array([1.0, np.nan, np.inf]))},
            DataError,
            "2 entries that are not finite, the first is number 1: nan",
        ),
        ({"inner_product": Negative()}, ConfigError, "not positive definite"),
        ({"inner_product": np.eye(3)}, ConfigError, "needs an inner product and a method"),
        ({"method": LBFGS}, ConfigError, "needs an inner product and a method"),
        ({"tolerance": -1}, ConfigError, "the tolerance must be"),
        ({"steps": 1.5}, ConfigError, "the number of steps must be"),
    ],
)
def test_what_does_not_fit_is_one_sentence(change, error, said):
    given = {"function": bowl, "start": START, "inner_product": PLAIN, **change}
    with pytest.raises(error, match=said):
        minimise(**given)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda: FixedStep(0.0), "the step must be a positive"),
        (lambda: Armijo(first=-1), "the first step must be"),
        (lambda: Armijo(decrease=1.0), "the decrease must lie between"),
        (lambda: Wolfe(0.1, 0.2), "below the curvature 0.1: got 0.2"),
        (lambda: Wolfe(trials=0), "number of trials"),
        (lambda: LBFGS(0), "number of pairs"),
        (lambda: LBFGS(search=0.1), "Armijo, Wolfe or FixedStep: got 0.1"),  # pyright: ignore
        (lambda: ConjugateGradients("fletcher"), "choose one of polak-ribiere"),
        (lambda: SteepestDescent("wolfe"), "Armijo, Wolfe or FixedStep"),  # pyright: ignore
    ],
)
def test_settings_out_of_range_are_told(made, said):
    with pytest.raises(ConfigError, match=said):
        made()
