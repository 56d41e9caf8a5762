"""The Laplace approximation, against references of its own."""

from dataclasses import replace

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import band, net, table, with_gaps
from jax.flatten_util import ravel_pytree
from jaxtyping import Array
from scipy.optimize import minimize
from scipy.stats import multivariate_normal, norm

from sobolev import Dataset, SobolevLoss, Surrogate, fit, laplace
from sobolev.data import Scaling
from sobolev.errors import ConfigError, DataError

SCALING = Scaling(np.array([1.0, -2.0]), np.array([2.0, 0.5]), np.array([3.0]), np.array([4.0]))
NAMES = ("a", "b"), ("u",), ("mm", "deg"), ("N",)


class Quadratic(eqx.Module):
    """Linear in its parameters: w · (1, a, b, a², ab, b²)."""

    w: Array

    def __call__(self, x):
        a, b = x
        return jnp.dot(self.w, jnp.stack([jnp.ones_like(a), a, b, a * a, a * b, b * b]))[None]


def features(x):
    """Values and first derivatives of the features in scaled units: `[3, n, 6]`, by hand."""
    a, b = ((x - SCALING.x_shift) / SCALING.x_scale).T
    one, zero = np.ones_like(a), np.zeros_like(a)
    return np.array(
        [
            np.stack([one, a, b, a * a, a * b, b * b], axis=1),
            np.stack([zero, one, zero, 2 * a, b, zero], axis=1),
            np.stack([zero, zero, one, zero, a, 2 * b], axis=1),
        ]
    )


UNITS = np.array([4.0, 4.0 / 2.0, 4.0 / 0.5])  # of y, dy/da, dy/db
SHIFT = np.array([3.0, 0.0, 0.0])


def surrogate_at(w):
    return Surrogate(Quadratic(jnp.asarray(w)), SCALING, *NAMES)


def labelled(x, w, noise, rng):
    """Noisy values and derivatives of the quadratic with parameters w."""
    exact = features(x) @ w * UNITS[:, None] + SHIFT[:, None]
    y, *slopes = exact + rng.normal(size=exact.shape) * np.asarray(noise)[:, None]
    jacobian = np.stack(slopes, axis=1)[:, None, :]
    return Dataset(x, y[:, None], jacobian, inputs=("a", "b"), outputs=("u",))


def points(n, rng):
    return rng.uniform([-1, -2.5], [3, -1.5], (n, 2))


NOISE = np.array([0.3, 0.5, 2.0])  # physical
TERMS = ("u", "du/da", "du/db")


def bayes(data, noise, prior):
    """Bayesian linear regression in scaled units: mean and covariance of w."""
    Φ = features(data.x)
    labels = np.stack([data.y[:, 0], data.jacobian[:, 0, 0], data.jacobian[:, 0, 1]])
    t = (labels - SHIFT[:, None]) / UNITS[:, None]
    β = (UNITS / noise) ** 2
    precision = prior * np.eye(6)
    right = np.zeros(6)
    for k in range(3):
        there = ~np.isnan(t[k])
        precision += β[k] * Φ[k][there].T @ Φ[k][there]
        right += β[k] * Φ[k][there].T @ t[k][there]
    covariance = np.linalg.inv(precision)
    return covariance @ right, covariance


def log_evidence(data, noise, prior):
    """The density of all labels, scaled, under the whole prior: N(0, σ² + ΦΦᵀ/α)."""
    Φ = np.concatenate(features(data.x))
    labels = [data.y[:, 0], data.jacobian[:, 0, 0], data.jacobian[:, 0, 1]]
    t = np.concatenate([(a - s) / u for a, s, u in zip(labels, SHIFT, UNITS, strict=True)])
    σ = np.repeat(noise / UNITS, len(data))
    there = ~np.isnan(t)
    Φ, t, σ = Φ[there], t[there], σ[there]
    return multivariate_normal(cov=np.diag(σ**2) + Φ @ Φ.T / prior).logpdf(t)


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(3)
    w = np.array([0.3, -1.0, 0.5, 0.2, 0.7, -0.4])
    return with_gaps(labelled(points(30, rng), w, NOISE, rng), share=0.2)


@pytest.mark.parametrize("prior", [0.1, 3.0])
def test_of_a_linear_model_laplace_is_bayesian_linear_regression(data, prior):
    mean, covariance = bayes(data, NOISE, prior)
    found = laplace(
        surrogate_at(mean),
        data,
        noise=dict(zip(TERMS, NOISE, strict=True)),
        prior_precision=prior,
    )
    np.testing.assert_allclose(found.covariance, covariance, rtol=1e-10, atol=1e-14)
    x = points(7, np.random.default_rng(8))
    Φ = features(x)
    deviation = np.sqrt(np.einsum("knp,pr,knr->kn", Φ, covariance, Φ)) * UNITS[:, None]
    value, jacobian = found.spread(x, 1)
    np.testing.assert_allclose(value[:, 0], deviation[0], rtol=1e-10)
    np.testing.assert_allclose(jacobian[:, 0].T, deviation[1:], rtol=1e-10)
    noisy = found.spread(x, 1, noise=True)
    np.testing.assert_allclose(
        noisy[1][:, 0].T, np.hypot(deviation[1:], NOISE[1:, None]), rtol=1e-10
    )
    np.testing.assert_allclose(found.value(x)[:, 0], Φ[0] @ mean * 4 + 3, rtol=1e-12)
    one = found.spread(x[2], 1)
    np.testing.assert_allclose(one[1], jacobian[2], rtol=1e-12)


def test_the_posterior_does_not_depend_on_where_a_linear_model_stands(data):
    known = {"noise": dict(zip(TERMS, NOISE, strict=True)), "prior_precision": 0.5}
    first, second = (laplace(surrogate_at(w), data, **known) for w in (np.zeros(6), np.ones(6)))
    np.testing.assert_allclose(first.covariance, second.covariance, rtol=1e-12, atol=1e-15)
    assert first.evidence == pytest.approx(second.evidence, rel=1e-12)


def test_the_evidence_is_the_density_of_the_labels(data):
    known = {"noise": dict(zip(TERMS, NOISE, strict=True)), "prior_precision": 0.7}
    found = laplace(surrogate_at(np.ones(6)), data, **known)
    assert found.evidence == pytest.approx(log_evidence(data, NOISE, 0.7), rel=1e-10)
    assert found.settled


def test_noise_and_prior_are_those_of_the_largest_evidence(data):
    found = laplace(surrogate_at(np.zeros(6)), data)
    assert found.settled

    def negative(log):
        return -log_evidence(data, np.exp(log[1:]), np.exp(log[0]))

    best = minimize(negative, np.log([1, *NOISE]), method="BFGS", options={"gtol": 1e-7})
    ours = np.log([found.prior_precision, *(found.noise[name] for name in TERMS)])
    np.testing.assert_allclose(ours, best.x, atol=2e-5)
    assert found.evidence == pytest.approx(-best.fun, abs=1e-8)
    np.testing.assert_allclose(np.exp(ours[1:]), NOISE, rtol=0.5)


def test_what_is_given_stays(data):
    found = laplace(surrogate_at(np.zeros(6)), data, noise={"du/da": 0.5})
    assert found.noise["du/da"] == pytest.approx(0.5, rel=1e-14)
    free = laplace(surrogate_at(np.zeros(6)), data)
    assert found.evidence < free.evidence


def test_noise_that_comes_with_the_data_counts_like_noise_that_is_given(data):
    given = laplace(
        surrogate_at(np.zeros(6)),
        data,
        noise=dict(zip(TERMS, NOISE, strict=True)),
        prior_precision=0.5,
    )
    levels = {"y": NOISE[0], "jacobian": NOISE[1:]}
    own = laplace(surrogate_at(np.zeros(6)), replace(data, noise=levels), prior_precision=0.5)
    np.testing.assert_allclose(own.covariance, given.covariance, rtol=1e-11, atol=1e-15)
    assert own.evidence == pytest.approx(given.evidence, rel=1e-11)
    assert own.noise == pytest.approx(given.noise, rel=1e-12)
    # Some labels with a level of their own, some without: precisions add up.
    some = np.where(np.arange(30)[:, None] < 10, 0.1, np.nan)
    mixed = laplace(
        surrogate_at(np.zeros(6)),
        replace(data, noise={"y": some, "jacobian": NOISE[1:]}),
        noise={"u": NOISE[0]},
        prior_precision=0.5,
    )
    here = ~np.isnan(data.y[:, 0])
    Φ, gain = features(data.x)[0], np.where(some[:, 0] > 0, (4 / 0.1) ** 2, (4 / NOISE[0]) ** 2)
    exchange = np.einsum("n,np,nr->pr", (gain - (4 / NOISE[0]) ** 2)[here], Φ[here], Φ[here])
    reference = np.linalg.inv(np.linalg.inv(given.covariance) + exchange)
    np.testing.assert_allclose(mixed.covariance, reference, rtol=1e-9, atol=1e-14)


def test_products_along_the_axes_are_the_jacobian(data):
    """Scaled to length 1, as every direction is."""
    axes = np.broadcast_to(np.diag([2.0, 0.5]), (30, 2, 2))
    products = replace(
        data, jacobian=None, jvp=data.jacobian * np.array([2.0, 0.5]), directions=axes
    )
    # One level for all products along the vectors of a row: 0.2 in scaled units.
    one = laplace(
        surrogate_at(np.ones(6)),
        data,
        noise={"u": 0.3, "du/da": 0.2 * UNITS[1], "du/db": 0.2 * UNITS[2]},
        prior_precision=0.5,
    )
    product = next(name for name in SobolevLoss.of(products).names if name != "u")
    known = {"u": 0.3, product: 0.2}
    other = laplace(surrogate_at(np.ones(6)), products, noise=known, prior_precision=0.5)
    np.testing.assert_allclose(other.covariance, one.covariance, rtol=1e-9, atol=1e-13)
    assert other.noise == pytest.approx(known, rel=1e-12)
    assert laplace(surrogate_at(np.ones(6)), products).settled
    assert np.isnan(other.spread(data.x, 1, noise=True)[1]).all()
    with pytest.raises(ConfigError, match="has 2 entries"):
        laplace(surrogate_at(np.ones(6)), data, loss=SobolevLoss.of(data, group="by_order"))


def test_laplace_intervals_cover_when_the_model_is_right():
    """R23: parameters from the prior, labels with noise, a new label at a new point; 90 %."""
    rng, repeats, prior = np.random.default_rng(0), 300, 0.8
    x, inside = points(8, rng), np.zeros(3)
    known = {"noise": dict(zip(TERMS, NOISE, strict=True)), "prior_precision": prior}
    for _ in range(repeats):
        w = rng.normal(size=6) / np.sqrt(prior)
        train, new = labelled(x, w, NOISE, rng), labelled(points(1, rng), w, NOISE, rng)
        mean, _ = bayes(train, NOISE, prior)
        value, jacobian = laplace(surrogate_at(mean), train, **known).interval(new.x, 0.9, 1)
        inside[0] += value.holds(new.y)[0, 0]
        inside[1:] += jacobian.holds(new.jacobian)[0, 0]
    low, high = band(repeats, 0.9)
    assert np.all((low <= inside) & (inside <= high)), inside


def test_the_spread_of_a_network_is_that_of_its_linearisation():
    """By sampling parameters from a posterior so narrow that the network is linear in them."""
    train = table()
    surrogate = net(train)
    noise = {"u": 1e-7, "du/da": 1e-7, "du/db": 1e-7}
    found = laplace(surrogate, train, noise=noise, prior_precision=1e13)
    θ, unravel = ravel_pytree(surrogate.network)
    rng, x = np.random.default_rng(1), table(3, seed=5).x
    draws = np.asarray(θ) + rng.multivariate_normal(np.zeros(len(θ)), found.covariance, 2000)
    moved = [replace(surrogate, network=unravel(jnp.asarray(d))).derivatives(x, 2) for d in draws]
    for array, drawn in zip(found.spread(x, 2), zip(*moved, strict=True), strict=True):
        np.testing.assert_allclose(array, np.std(drawn, axis=0), rtol=0.1)  # 6 standard errors


def test_laplace_after_training_is_larger_outside_the_data():
    train = table(20)
    fitted = fit(net(train), train, epochs=60)
    found = laplace(fitted.surrogate, train)
    far = train.x + np.array([6.0, 0.0])
    inside, outside = found.spread(train.x)[0].mean(), found.spread(far)[0].mean()
    assert outside > 5 * inside
    assert found.spread(train.x, 1)[1].shape == (20, 1, 2)
    assert set(found.noise) == {"u", "du/da", "du/db"}
    assert np.isnan(found.spread(train.x, 2, noise=True)[2]).all()  # no label, no noise level
    bounds = found.interval(train.x, 0.5, 1)
    half = norm.ppf(0.75) * found.spread(train.x, 1, noise=True)[1]
    np.testing.assert_allclose(bounds[1].upper - found.jacobian(train.x), half, rtol=1e-12)


def test_laplace_refuses(data):
    surrogate = surrogate_at(np.zeros(6))
    with pytest.raises(ConfigError, match="no term: there are u, du/da, du/db"):
        laplace(surrogate, data, noise={"v": 1.0})
    with pytest.raises(ConfigError, match="noise of 'u' must be a positive number"):
        laplace(surrogate, data, noise={"u": 0.0})
    with pytest.raises(ConfigError, match="prior precision must be a positive"):
        laplace(surrogate, data, prior_precision=-1.0)
    with pytest.raises(DataError, match="must be the same"):
        laplace(surrogate, table(outputs=2))
    with pytest.raises(DataError, match="not finite on its training data"):
        laplace(surrogate_at(np.full(6, np.nan)), data)
    big = net(table(), hidden=(70, 70))
    with pytest.raises(ConfigError, match="5251 parameters"):
        laplace(big, table())
    with pytest.raises(ConfigError, match="between 0 and 1"):
        laplace(surrogate, data).interval(data.x, 90)
