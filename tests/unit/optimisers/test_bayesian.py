"""Noise and prior from the evidence, against independent values."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.linear_model import BayesianRidge

from sobolev import Dataset, SobolevLoss, Stop, Surrogate, fit, networks
from sobolev.errors import ConfigError
from sobolev.optimisers import BayesianRegularisation
from sobolev.optimisers.least_squares.evidence import damped, posterior
from sobolev.weighting import Unweighted


def surface(n, noise, seed):
    """The function of the trials, 2 inputs; noise relative to what each label varies by."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, (n, 2))
    a, b = x.T
    wave, slope, e = np.sin(2 * a + b), np.cos(2 * a + b), np.exp(0.4 * b)
    y = wave * e + 0.3 * a**2
    dy = np.stack([2 * slope * e + 0.6 * a, (slope + 0.4 * wave) * e], axis=1)
    y = y + noise * y.std() * rng.standard_normal(n)
    dy = dy + noise * dy.std(0) * rng.standard_normal(dy.shape)
    return Dataset(x, y[:, None], dy[:, None], inputs=("a", "b"), outputs=("f",))


@pytest.mark.parametrize("m, P", [(5, 9), (9, 5), (7, 7)])
def test_the_posterior_is_that_of_the_whole_matrix(m, P):
    rng = np.random.default_rng(m)
    J, prior, g = rng.normal(size=(m, P)), rng.uniform(0.5, 2, P), rng.normal(size=P)
    A = J.T @ J + np.diag(prior)
    found = eqx.filter_jit(posterior)(J, prior)
    inverse = np.linalg.inv(A)
    np.testing.assert_allclose(found.variance, np.diag(inverse), rtol=1e-10)
    np.testing.assert_allclose(found.leverage, np.diag(J @ inverse @ J.T), rtol=1e-10)
    np.testing.assert_allclose(found.log_det, np.linalg.slogdet(A)[1], rtol=1e-12)
    step = eqx.filter_jit(damped)(J, prior, g)
    np.testing.assert_allclose(step, -np.linalg.solve(A, g), rtol=1e-9)


def test_of_a_linear_network_the_evidence_finds_the_noise_that_bayesian_ridge_finds():
    rng = np.random.default_rng(4)
    x = rng.uniform(-1, 1, (60, 3))
    y = x @ [1.0, -2.0, 0.5] + 0.3 * rng.standard_normal(60)
    data = Dataset(x, y[:, None])
    start = Surrogate.of(data, eqx.nn.Linear(3, 1, key=jax.random.key(0)))
    fitted = fit(start, data, optimiser=BayesianRegularisation(), epochs=300, records=1)
    noise = np.sqrt(60 / fitted.history.weight[-1, 0]) * start.scaling.y_scale[0]
    known = BayesianRidge().fit(x, y)
    assert abs(noise * np.sqrt(known.alpha_) - 1) < 0.03


def test_of_a_linear_network_the_prior_shrinks_as_bayesian_ridge_does():
    rng = np.random.default_rng(1)
    x = rng.uniform(-1, 1, (20, 4))
    x[:2] = [[-1.0], [1.0]]  # the inputs are scaled by their range
    y = x @ [1.0, -0.6, 0.4, 0.2] + 1.0 * rng.standard_normal(20)
    data = Dataset(x, y[:, None])
    start = Surrogate.of(data, eqx.nn.Linear(4, 1, key=jax.random.key(0)))
    fitted = fit(start, data, optimiser=BayesianRegularisation(), epochs=300, records=1)
    found, known = fitted.surrogate.jacobian(x[0])[0], BayesianRidge().fit(x, y).coef_
    plain = np.linalg.lstsq(np.c_[x, np.ones(20)], y, rcond=None)[0][:4]
    apart = np.linalg.norm(plain - known)
    assert np.linalg.norm(found - known) < 0.2 * apart


@pytest.mark.parametrize("noise", [0.02, 0.1])
def test_noise_is_found_and_not_learnt(noise):
    """What is found is the noise; and the slopes lower the error instead of spoiling it."""
    errors, found = [], []
    test = surface(500, 0.0, 99)
    for seed in range(3):
        data = surface(30, noise, seed)
        fitted = fit(Surrogate.new(data, key=seed), data, check=False)
        assert fitted.optimiser.startswith("Bayesian") and fitted.result == "converged"
        unit = 2 * 0.5 * np.mean(data.y**2) / np.var(data.y)
        found.append(np.sqrt(30 / fitted.history.weight[-1, 0] / unit))
        errors.append(np.std(fitted.surrogate.value(test.x) - test.y) / test.y.std())
    assert 0.6 * noise < np.median(found) < 1.4 * noise
    assert np.median(errors) < 0.7 * noise  # an average over the labels, not the labels


def test_exact_labels_are_trained_on_as_before():
    data = surface(40, 0.0, 0)
    fitted = fit(Surrogate.new(data, key=0), data, epochs=3, records=1, check=False)
    assert not fitted.optimiser.startswith("Bayesian") and not fitted.notes


def test_who_weighs_takes_no_weighting():
    data = surface(10, 0.1, 0)
    start = Surrogate.new(data, networks.MLP((3,)))
    with pytest.raises(ConfigError, match="finds the weights of the terms itself"):
        fit(start, data, optimiser=BayesianRegularisation(), weighting=Unweighted())
    noisy = surface(30, 0.1, 0)
    with_weighting = fit(
        Surrogate.new(noisy, networks.MLP((3,))), noisy, weighting=Unweighted(), epochs=2, records=1
    )
    assert not with_weighting.optimiser.startswith("Bayesian")


def test_at_the_end_it_goes_back_to_the_largest_evidence():
    data = surface(30, 0.1, 1)
    start = Surrogate.new(data, networks.MLP((8, 8)), key=2)
    how = {"optimiser": BayesianRegularisation(), "check": False, "stop": Stop(keep_best=False)}
    ended = fit(start, data, epochs=400, records=400, loss=SobolevLoss.of(data), **how)
    steps = ended.history.step
    assert ended.result == "converged" and steps[-1] < 400
    drifted = fit(start, data, epochs=int(steps[-1]) - 1, records=1, **how)
    weights = [jax.flatten_util.ravel_pytree(f.surrogate.network)[0] for f in (ended, drifted)]
    assert jnp.linalg.norm(weights[0]) < jnp.linalg.norm(weights[1])
