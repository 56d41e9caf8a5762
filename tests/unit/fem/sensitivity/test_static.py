"""Derivatives of both problems, both materials, in material and shape parameters at once."""

import dataclasses

import numpy as np
import pytest

from sobolev.errors import ConfigError
from sobolev.fem import BoundaryMean, Compliance, Mean, solve, von_mises
from sobolev.problems import Cantilever, PlateWithHole

ALL_PLATE, ALL_BEAM = ("a", "b", "E", "nu"), ("E", "nu", "length", "height")
PROBLEMS = [
    *(PlateWithHole(m, ALL_PLATE, divisions=8) for m in ("svk", "linear")),
    *(Cantilever(m, ALL_BEAM, divisions=8) for m in ("svk", "linear")),
]
EACH = pytest.mark.parametrize("problem", PROBLEMS, ids=lambda p: p.name)


def point(problem):
    """A point off the centre of the box, and the widths of the box as scales."""
    low, high = np.array(problem.box.lower), np.array(problem.box.upper)
    return low + (high - low) * [0.4, 0.3, 0.6, 0.45], high - low


def adjoint_equals_direct(problem):
    x, scale = point(problem)
    adjoint = problem.solve(x, 1, mode="adjoint").jacobian * scale
    direct = problem.solve(x, 1, mode="direct").jacobian * scale
    assert np.abs(adjoint - direct).max() < 1e-10 * np.abs(direct).max()


def gradient_and_hessian_equal_differences(problem):
    """Five-point differences with a step of 1/500 of the box.

    The truncation, h⁴/30 times the fifth derivative, is near 1e-11; round-off of 1e-13 in the
    values, divided by h, is near 1e-10. Both lie well below the 1e-7 that is asked for.
    """
    x, scale = point(problem)
    exact = problem.solve(x, 2)
    for k, step in enumerate(np.diag(scale / 500)):
        at = [problem.solve(x + m * step, 1) for m in (-2, -1, 1, 2)]
        for level, derivative in enumerate((exact.jacobian, exact.hessian)):
            y = [a[level] * (1 if level == 0 else scale) for a in at]
            slope = (y[0] - 8 * y[1] + 8 * y[2] - y[3]) / 12 * 500
            wanted = derivative[..., k] * scale[k] * (1 if level == 0 else scale)
            size = np.abs(derivative * scale * (1 if level == 0 else scale[:, None])).max()
            assert np.abs(slope - wanted).max() < 1e-7 * size


def plateau_slope(steps, remainders, y):
    """Slope of log remainder over log step on the two smallest decades above round-off.

    Values are exact to about 1e-15, so that remainders count from 1e-13 of the value upwards.
    """
    x, r = np.log10(steps), np.log10(remainders)
    above = np.flatnonzero(remainders > 1e-13 * np.abs(y))
    last = above[above == np.arange(len(above))].max()
    kept = (x >= x[last] - 1e-9) & (x <= x[last] + 2 + 1e-9)
    assert np.ptp(x[kept]) > 2 - 1e-9
    return np.polyfit(x[kept], r[kept], 1)[0]


def taylor_remainders_fall_at_rates_two_and_three(problem):
    """Directions are random with equal size in units of the box; steps span 3.3 decades."""
    x, scale = point(problem)
    y, J, H = (part[0] for part in problem.solve(x, 2))
    rng = np.random.default_rng(3)
    steps = 10 ** np.arange(-0.6, -4.0, -1 / 4)
    for _ in range(3):
        v = scale * rng.choice([-1, 1], 4) * rng.uniform(0.3, 1.0, 4) / 4
        values = np.array([problem.solve(x + h * v, 0).value[0] for h in steps])
        first = np.abs(values - y - steps * (J @ v))
        second = np.abs(values - y - steps * (J @ v) - steps**2 * (v @ H @ v) / 2)
        assert plateau_slope(steps, first, y) == pytest.approx(2, abs=0.1)
        assert plateau_slope(steps, second, y) == pytest.approx(3, abs=0.1)


@EACH
def test_derivatives(problem):
    """One test for three checks, so that parallel workers do not compile the kernels thrice."""
    adjoint_equals_direct(problem)
    gradient_and_hessian_equal_differences(problem)
    taylor_remainders_fall_at_rates_two_and_three(problem)


def test_many_responses_take_the_direct_way_and_every_way_agrees():
    beam = Cantilever(divisions=4, parameters=("length", "nu")).model
    asked = {"across": BoundaryMean("right", 1), "work": Compliance(), "stress": Mean(von_mises)}
    model = dataclasses.replace(beam, responses=asked)
    x = np.array([6.0, 0.3])
    default, direct, adjoint = (solve(model, x, 1, mode) for mode in (None, "direct", "adjoint"))
    assert (default.jacobian == direct.jacobian).all()
    assert default.jacobian.shape == (3, 2)
    assert np.abs(direct.jacobian - adjoint.jacobian).max() < 1e-10 * np.abs(direct.jacobian).max()
    hessian = solve(model, x, 2).hessian
    for k, h in enumerate((6e-4, 3e-5)):
        up, down = (solve(model, x + s * h * np.eye(2)[k], 1).jacobian for s in (1, -1))
        assert (up - down) / (2 * h) == pytest.approx(hessian[:, :, k], rel=1e-6)


def test_order_and_mode_are_checked():
    with pytest.raises(ConfigError, match="unknown order 3: choose one of 0, 1, 2"):
        Cantilever().solve(np.array([1000.0, 0.3]), 3)
    with pytest.raises(ConfigError, match="adjoint"):
        Cantilever().solve(np.array([1000.0, 0.3]), 1, mode="reverse")
    short = Cantilever().solve(np.array([1000.0, 0.3]), 0)
    assert short.jacobian is None and short.hessian is None
