"""Unknown constants from noisy data and an equation: found, and as sure as least squares is."""

import jax
import numpy as np
import pytest
from scipy.optimize import curve_fit

from sobolev import Box, Dataset, Surrogate, fit, laplace
from sobolev.confidence import Laplace
from sobolev.errors import ConfigError, DataError
from sobolev.losses import Equation, Functional, Uniform
from sobolev.networks import MLP, Constants, tanh
from sobolev.optimisers import BayesianRegularisation

BOX = Box(("t",), (0.0,), (2.0,))
T, POINTS = np.linspace(0, 2, 30)[:, None], np.linspace(0, 2, 60)[:, None]
NET = Surrogate.on(
    BOX, ("k", "u"), Constants(MLP((8,), activation=tanh), ("k",), 0.3, positive=True)
)


def decay(u, t):
    """u' = −k u."""
    return jax.jacfwd(u)(t)[1, 0] + u(t)[0] * u(t)[1]


def noisy(seed):
    u = np.exp(-1.3 * T) + 0.05 * np.random.default_rng(seed).normal(size=T.shape)
    return Dataset(T, u, inputs=("t",), outputs=("u",))


def equation(name="decay", points=POINTS):
    return Equation(name, decay, points, order=1)


@pytest.fixture(scope="module")
def found():
    """Data, the network trained on them, and its posterior."""
    data, how = noisy(1), {"optimiser": BayesianRegularisation(), "epochs": 100, "records": 2}
    fitted = fit(NET, [data, equation()], **how)
    return data, fitted, laplace(fitted.surrogate, [data, equation()])


def test_the_constant_and_its_spread_are_those_of_least_squares(found):
    """Known is A exp(−k t), two parameters; here are 26, of which the equation leaves as many."""
    data, fitted, posterior = found
    (_, k), covariance = curve_fit(lambda t, a, k: a * np.exp(-k * t), T[:, 0], data.y[:, 0])
    assert fitted.good and fitted.history.terms == ("u", "decay")
    known, spread = np.sqrt(covariance[1, 1]), posterior.spread(T[:1])[0][0, 0]
    assert posterior.value(T[:1])[0, 0] == pytest.approx(k, abs=0.03 * known)
    assert spread == pytest.approx(known, rel=0.01)
    assert posterior.noise["u"] == pytest.approx(0.05, rel=0.25)


def test_the_prior_that_is_right_for_the_weights_draws_the_constant(found):
    """What the evidence says of them moves it by a tenth of its spread, here and towards zero."""
    data, fitted, posterior = found
    α = {"prior_precision": 30 * posterior.prior_precision}
    drawn = laplace(fitted.surrogate, [data, equation()], **α)
    k, off = posterior.value(T[:1])[0, 0], drawn.value(T[:1])[0, 0]
    assert off < k - 0.05 * posterior.spread(T[:1])[0][0, 0]


def test_value_and_slope_are_those_of_the_minimiser(found):
    """It is linear in the parameters, so with an equation that is met u' is −k u in value too."""
    posterior, h = found[2], 1e-4
    x = T[5:10]
    slope = (posterior.value(x + h) - posterior.value(x - h)) / (2 * h)
    np.testing.assert_allclose(posterior.derivatives(x, 1)[1][..., 0], slope, atol=1e-6)
    assert np.abs(posterior.value(x) - posterior.surrogate.value(x)).max() > 1e-5


def test_an_equation_is_believed_as_it_is_met_and_no_more_than_ten_times_as_the_labels(found):
    data, fitted, posterior = found
    assert posterior.equations == {"decay": pytest.approx(posterior.noise["u"] / 10)}
    sure = laplace(fitted.surrogate, [data, equation()], noise={"u": 1e-4})
    assert sure.equations == {"decay": pytest.approx(np.sqrt(fitted.fresh_residual), rel=1e-6)}


def test_between_loose_and_round_off_it_does_not_matter_how_exactly_the_equation_is_believed(found):
    data, fitted, posterior = found
    spreads = [
        laplace(fitted.surrogate, [data, equation()], noise={"decay": σ}).spread(T[:1])[0][0, 0]
        for σ in (3e-3, 1e-5, 1.0)
    ]
    np.testing.assert_allclose(spreads[:2], posterior.spread(T[:1])[0][0, 0], rtol=0.05)
    assert spreads[2] > 3 * spreads[0]


def test_the_interval_of_a_constant_is_without_the_noise_of_labels(found, tmp_path):
    posterior = found[2]
    low, high = (bound[:, 0] for bound in posterior.interval(T[:1], 0.9, noise=False)[0])
    assert low < 1.3 < high
    assert np.isnan(posterior.interval(T[:1])[0].lower[:, 0]).all()  # nobody labels a constant
    again = Laplace.load(posterior.save(tmp_path / "p.npz"))
    assert again.equations == posterior.equations
    np.testing.assert_array_equal(again.spread(T)[0], posterior.spread(T)[0])
    np.testing.assert_array_equal(again.value(T), posterior.value(T))


def test_what_has_no_posterior_is_refused(found):
    data, surrogate = found[0], found[1].surrogate
    for train in ([equation()], [data, data], [data, "decay"]):
        with pytest.raises(DataError, match="takes one Dataset, alone or in a sequence"):
            laplace(surrogate, train)
    with pytest.raises(ConfigError, match="two terms are called 'u'"):
        laplace(surrogate, [data, equation("u", Uniform(BOX, 60))])
    with pytest.raises(ConfigError, match="noise names 'v', which is no term: there are u, decay"):
        laplace(surrogate, [data, equation()], noise={"v": 1.0})
    area = Functional("area", lambda u, x: u(x)[1], T, np.ones(30) / 30)
    with pytest.raises(ConfigError, match="'area' is no sum of squares"):
        laplace(surrogate, [data, area])
