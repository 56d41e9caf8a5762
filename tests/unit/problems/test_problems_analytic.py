"""Closed-form problems: every derivative against the complex step or the derivative below it."""

import numpy as np
import pytest

from sobolev import problems
from sobolev.errors import ConfigError, Diverged

PROBLEMS = [problems.BeamDeflection(force=3.0), problems.Ishigami()]


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda p: p.name)
def test_each_derivative_is_the_difference_of_the_one_below(problem):
    rng = np.random.default_rng(0)
    width = np.subtract(problem.box.upper, problem.box.lower)
    for x in problem.box.from_unit(rng.random((5, problem.box.dimension))):
        exact = problem.solve(x, 2)
        assert exact.value.shape == (1,)
        for k, h in enumerate(1e-6 * width):  # cube root of round-off: error near 1e-11
            step = h * np.eye(len(x))[k]
            up, down = problem.solve(x + step, 1), problem.solve(x - step, 1)
            for high, low, slope in zip(up, down, exact[1:], strict=False):
                if high is None:
                    continue
                size = np.abs(slope * width).max() + np.abs(high).max()
                assert np.abs((high - low) / (2 * h) - slope[..., k]).max() * width[k] < 1e-8 * size


def test_beam_deflection_is_the_textbook_value():
    solution = problems.BeamDeflection(force=2.0).solve(np.array([100.0, 2.1e5, 10.0]), 0)
    assert solution.value[0] == pytest.approx(2 * 100**3 / (3 * 2.1e5 * 1000 / 12), rel=1e-14)
    assert solution.jacobian is None
    short = problems.BeamDeflection(force=2.0).solve(np.array([0.1, 2.1e11, 0.01]), 0)  # in metres
    assert short.value[0] == pytest.approx(solution.value[0] * 1e-6, rel=1e-14)


@pytest.mark.parametrize("x", [[np.nan, 1, 1], [1, 1, np.inf]])
@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda p: p.name)
def test_points_that_are_not_finite_are_refused(problem, x):
    with pytest.raises(Diverged, match="finite"):
        problem.solve(np.array(x))


def test_a_negative_length_and_an_infinite_force_are_refused():
    with pytest.raises(Diverged, match="positive"):
        problems.BeamDeflection().solve(np.array([-1.0, 1.0, 1.0]))
    with pytest.raises(ConfigError, match="force"):
        problems.BeamDeflection(force=float("nan"))
