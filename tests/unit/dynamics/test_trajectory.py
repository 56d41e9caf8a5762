"""Trajectories against closed forms, and what is told when there is none."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sobolev import Box
from sobolev.dynamics import (
    Adler,
    Crossing,
    Duffing,
    Explicit,
    Implicit,
    Robertson,
    Sampled,
    System,
    Trajectory,
    holding,
)  # fmt: skip
from sobolev.errors import ConfigError, Diverged

TURN = Crossing(lambda t, x, p: x[0] - 2 * jnp.pi, horizon=100.0, name="period", unit="s")
PERIOD = Trajectory(Adler(), TURN)
STIFF = Trajectory(Robertson(), Sampled([40.0]), Implicit(1e-8, (1e-10, 1e-14, 1e-10)))
RATES = np.log([0.04, 3e7, 1e4])


def test_a_period_and_its_first_two_derivatives_are_those_of_the_closed_form():
    D, K = 1.5, 1.0
    ω = np.sqrt(D**2 - K**2)
    y, dy, d2y = PERIOD.derivatives([D, K], 2)
    assert y[0] == pytest.approx(2 * np.pi / ω, rel=1e-8)
    assert dy[0] == pytest.approx(2 * np.pi * np.array([-D, K]) / ω**3, rel=1e-8)
    twice = 3 * np.outer([D, -K], [D, -K]) / ω**5 + np.diag([-1, 1]) / ω**3
    assert d2y[0] == pytest.approx(2 * np.pi * twice, rel=1e-6)
    assert Adler.beat(np.array([[D, K], [K, D]])) == pytest.approx([ω, np.nan], nan_ok=True)


def test_a_stiff_run_ends_where_it_is_known_to_and_so_do_its_slopes():
    """Values and slopes of Robertson's reaction at t = 40, from other integrators."""
    y, dy = STIFF.derivatives(RATES)
    assert y == pytest.approx(np.array([0.7158270687194, 9.185534764558e-6, 0.2841637457458]), 1e-6)
    assert dy[0] == pytest.approx(np.array([-0.169902351, -0.0686506527, 0.137308080]), rel=1e-6)
    assert dy[1] == pytest.approx(np.array([1.83647850e-6, -3.41417853e-6, -2.35719211e-6]), 1e-6)
    assert np.abs(dy.sum(axis=0)).max() < 1e-12  # A + B + C = 1


def test_what_a_tangent_leaves_falls_with_the_square_of_the_step():
    v, steps = np.array([1.0, 0.5, -0.3]), np.array([1e-1, 1e-2, 1e-3])
    y, dy = STIFF.jvp(RATES, v)
    left = [np.abs(STIFF.value(RATES + h * v) - y - h * dy)[[0, 2]].max() for h in steps]
    slopes = np.diff(np.log(left)) / np.diff(np.log(steps))
    assert slopes == pytest.approx(2.0, abs=0.1)


def test_as_a_function_it_is_differentiable_both_ways():
    free = {"cubic": 0.0, "force": 0.0, "frequency": 1.0, "damping": 0.0, "stiffness": 1.0}
    swing = Trajectory(holding(Duffing(), free), Sampled([1.0]), Explicit(most=64))
    turned = np.array([[np.cos(1), np.sin(1)], [-np.sin(1), np.cos(1)]])
    p = jnp.array([0.5, -0.2])
    assert swing.inputs == ("x0", "v0") and swing.outputs == ("x", "v")
    assert swing.value(p) == pytest.approx(turned @ np.array(p), rel=1e-8)
    assert np.array(jax.jacrev(swing.as_function())(p)) == pytest.approx(turned, rel=1e-8)


def test_what_has_no_trajectory_says_why_and_costs_no_other_row():
    good, locked = PERIOD.outcomes(np.array([[1.5, 1.0], [0.9, 1.0]]), 2)
    assert good.value[0] == pytest.approx(5.61985178)
    assert isinstance(locked, Diverged)
    with pytest.raises(Diverged, match=r"row 1 of x, .*does not rise through its level befo"):
        PERIOD.hessian([[1.5, 1.0], [0.9, 1.0]])
    short = Trajectory(Robertson(), Sampled([40.0]), Explicit(most=50))
    with pytest.raises(Diverged, match=r"gave up at t = 0\.\d+ of 40, after 50 steps"):
        short.jacobian(RATES)


class Odd(System):
    box: Box = Box(("a",), (0.0,), (1.0,))
    states: tuple[str, ...] = ("x", "y")

    def start(self, p):
        return jnp.zeros(2)

    def rate(self, t, x, p):
        return jnp.zeros(3)


@pytest.mark.parametrize(
    "make, sentence",
    [
        (lambda: Sampled([1.0, 1.0]), r"times must be finite and rising.*\[1.0, 1.0\]"),
        (lambda: Sampled([0.0, 1.0]), "begin after the start"),
        (lambda: Sampled([1.0], lambda t, x, p: x), "a quantity needs names"),
        (lambda: Crossing(lambda t, x, p: x[0], -1.0), "the horizon must be a positive number"),
        (lambda: Crossing(TURN.of, 1.0, names=("a",)), "what is asked then needs names"),
        (lambda: Explicit(rtol=0.0), "rtol must be a positive number: got 0.0"),
        (lambda: Trajectory(Odd(), Sampled([1.0])), r"2 states, x, y.*`rate` \(3,\)"),
        (lambda: Trajectory(Adler(), [1.0]), "observed is of type list: give a dynamics.Observ"),
        (
            lambda: Trajectory(Adler(), Sampled([1.0], lambda t, x, p: x, ("a", "b"))),
            r"2 names, a, b, but what is observed has shape \(1,\)",
        ),
        (lambda: holding(Adler(), {"K": 1.0}), "no parameter 'K': choose among detuning, coup"),
        (lambda: holding(Adler(), {"detuning": 1, "coupling": 1}), "all parameters are held"),
    ],
)
def test_what_is_wrong_is_told_in_one_sentence(make, sentence):
    with pytest.raises(ConfigError, match=sentence):
        make()
