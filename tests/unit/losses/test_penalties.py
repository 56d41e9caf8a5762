"""Penalties: what is kept small, how steep a critic may be, and points between samples."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import sobolev as sb
from sobolev.errors import ConfigError, DataError
from sobolev.losses import (
    BetweenSamples,
    Equation,
    Functional,
    GradientPenalty,
    Penalty,
    Uniform,
    View,
    WeightedPoints,
    by_names,
)
from sobolev.networks import MLP, relu, tanh
from sobolev.optimisers import Adam, LevenbergMarquardt
from sobolev.weighting import Unweighted

BOX = sb.Box(("x",), (0.0,), (2.0,))
X = np.linspace(0, 2, 9)[:, None]
bent = by_names(BOX, "u")(lambda u: u.xx)


def cube(x):
    """u = x³: u'' = 6x."""
    return x**3


def lost(block, u, key=None):
    view = View(u)
    return float(block.losses(view, block.draw(key, view))[0])


def test_a_penalty_is_its_weight_times_that_of_the_equation():
    penalty = Penalty("bent", bent, X, weight=3.0, scale=2.0)
    equation = Equation("bent", bent, X, scale=2.0)
    assert lost(penalty, cube) == pytest.approx(3 * lost(equation, cube), rel=1e-14)
    assert lost(Penalty("bent", bent, X, weight=0.0), cube) == 0


def test_a_quadrature_is_the_mean_over_the_region():
    at, ω = np.polynomial.legendre.leggauss(2)
    cells = np.array([0.0, 0.1, 1.3, 2.0])
    h = np.diff(cells)[:, None]
    nodes = (cells[:-1, None] + h * (at + 1) / 2).reshape(-1, 1)
    penalty = Penalty("bent", bent, WeightedPoints(nodes, (h * ω / 2).ravel()))
    assert lost(penalty, cube) == pytest.approx(0.5 * 36 * 8 / 3 / 2, rel=1e-12)  # ∫(6x)² dx / 2


def plane(x):
    """∇u = (3, 4): as steep as 5."""
    return jnp.array([3 * x[0] + 4 * x[1]])


@pytest.mark.parametrize(
    "target, one_sided, loss",
    [(1.0, False, 8.0), (7.0, False, 2.0), (7.0, True, 0.0), (1.0, True, 8.0), (0.0, False, 12.5)],
)
def test_one_and_two_sides_of_a_slope(target, one_sided, loss):
    block = GradientPenalty("slope", np.zeros((3, 2)), 1.0, target, one_sided)
    assert lost(block, plane) == pytest.approx(loss, rel=1e-9, abs=1e-12)


def test_a_flat_function_has_a_gradient_of_its_slope():
    block = GradientPenalty("slope", np.zeros((3, 2)))
    steep = jax.grad(lambda a: lost_of(block, lambda x: a * plane(x)))(0.0)
    assert jnp.isfinite(steep)


def lost_of(block, u):
    return block.losses(View(u), block.draw())[0]


def test_points_between_samples_lie_between_them():
    first, second = np.zeros((4, 2)), np.array([[1.0, 2.0], [2.0, 4.0], [3.0, 6.0]])
    points = BetweenSamples(first, second, 500)
    x = np.asarray(points.draw(jax.random.key(0), lambda x: x[:, 0]).x)
    np.testing.assert_allclose(x[:, 1], 2 * x[:, 0], rtol=1e-12)
    assert x.min() >= 0 and x[:, 0].max() <= 3
    assert x[:, 0].mean() == pytest.approx(1.0, abs=4 * 0.66 / 500**0.5)  # E η · E b
    other = np.asarray(points.draw(jax.random.key(1), lambda x: x[:, 0]).x)
    assert not np.array_equal(x, other)


def test_a_critic_finds_how_far_a_sample_was_moved():
    """max_c c m − λ max(0, c − 1)² is at c = 1 + m/2λ: the gap is a little more than m.

    Two-sided the penalty is a wall of λ before a slope of the wrong sign, such as of this start.
    """
    rng, m, λ = np.random.default_rng(0), 1.5, 10.0
    real = rng.normal(size=(64, 1))
    fake = real + m
    ω = np.full(64, 1 / 64)
    gap = Functional("gap", lambda D, x: D(x)[0], np.vstack([fake, real]), np.r_[ω, -ω], order=0)
    slope = GradientPenalty("slope", BetweenSamples(real, fake, 64), 2 * λ, one_sided=True)
    box = sb.Box(("x",), (-3.0,), (5.0,))
    critic = sb.Surrogate.on(box, ("D",), MLP((8,), activation=tanh), output_scale=4.0)
    how = {"weighting": Unweighted(), "records": 1, "check": False}
    fitted = sb.fit(critic, [gap, slope], optimiser=Adam(1e-2, None), epochs=600, **how)
    D = fitted.surrogate.value(np.vstack([real, fake]))[:, 0]
    assert D[:64].mean() - D[64:].mean() == pytest.approx(m * (1 + m / (2 * λ)), rel=0.05)
    with pytest.raises(ConfigError, match=r"LevenbergMarquardt works on residuals.*'gap'"):
        sb.fit(critic, [gap, slope], optimiser=LevenbergMarquardt(), epochs=1, **how)


def test_a_penalty_asks_for_no_condition_and_is_no_news():
    """As an equation u'' = 1 of the same network it would warn of both."""
    data = sb.Dataset(X, 10 * np.sin(6 * X), inputs=("x",), outputs=("u",))
    start = sb.Surrogate.new(data, MLP((4,), activation=tanh))
    penalty = Penalty("bent", bent, Uniform(BOX, 32), weight=1e-6)
    how = {"optimiser": LevenbergMarquardt(), "epochs": 2, "check": False, "records": 1}
    fitted = sb.fit(start, [data, penalty], **how)  # a warning is an error here
    assert not any("bent" in note.sentence for note in fitted.notes)
    assert np.isnan(fitted.fresh_residual)


@pytest.mark.parametrize("weight", [-1.0, np.nan, np.inf, "much"])
def test_a_weight_is_a_number_and_not_negative(weight):
    with pytest.raises(ConfigError, match=r"the weight of 'bent' must be a number ≥ 0: got"):
        Penalty("bent", bent, X, weight=weight)
    with pytest.raises(ConfigError, match=r"the weight of 'slope' must be a number ≥ 0: got"):
        GradientPenalty("slope", X, weight=weight)


def test_what_else_is_refused():
    with pytest.raises(ConfigError, match=r"the slope of 'slope' must be a number ≥ 0: got -1"):
        GradientPenalty("slope", X, target=-1.0)
    with pytest.raises(DataError, match=r"needs a positive weight for each: got shape \(9,\)"):
        WeightedPoints(X, np.linspace(-1, 1, 9))
    with pytest.raises(DataError, match=r"two arrays of numbers \[n, d\] and \[m, d\]: got shapes"):
        BetweenSamples(X, np.zeros((0, 1)), 8)
    with pytest.raises(DataError, match="finite samples"):
        BetweenSamples(X, X + np.nan, 8)
    start = sb.Surrogate.on(BOX, ("u",), MLP((4,), activation=relu))
    with pytest.raises(ConfigError, match="relu"):
        sb.fit(start, Penalty("bent", bent, X), epochs=1)
    two = GradientPenalty("slope", BetweenSamples(np.zeros((2, 2)), np.ones((2, 2)), 8))
    with pytest.raises(DataError, match=r"the samples of the penalty 'slope' have 2 columns"):
        sb.fit(sb.Surrogate.on(BOX, ("u",)), two, epochs=1)
