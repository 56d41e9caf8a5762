"""Exact kriging with derivatives, against covariances by automatic differentiation."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import in_units, table, with_gaps
from scipy.stats import multivariate_normal

from sobolev import Dataset, Surrogate, evaluate, recommend
from sobolev.data import Scaling
from sobolev.errors import ConfigError, DataError
from sobolev.kriging import GEK, KERNELS, gaussian_process
from sobolev.kriging.gek import observed
from sobolev.kriging.kernels import covariance, hessians
from sobolev.optimisers import Adam
from sobolev.selection.recommend import KRIGING, NETWORK, VALUES_ONLY, Candidate, Recommendation

RNG = np.random.default_rng(5)
U, V = RNG.uniform(-1, 1, (4, 3)), RNG.uniform(-1, 1, (5, 3))


def reference(name, u, v):
    """The kernels as the textbook has them, in the distance r."""
    if name == "squared-exponential":
        return jnp.exp(-jnp.sum((u - v) ** 2) / 2)
    r = jnp.sqrt(jnp.sum((u - v) ** 2))
    return (1 + jnp.sqrt(5) * r + 5 * r**2 / 3) * jnp.exp(-jnp.sqrt(5) * r)


def by_autodiff(name, u, v):
    """`[1 + d, 1 + d]` for one pair of different points."""
    k = lambda a, b: reference(name, a, b)  # noqa: E731
    by_u, by_v = jax.grad(k, 0)(u, v), jax.grad(k, 1)(u, v)
    mixed = jax.jacfwd(jax.grad(k, 0), 1)(u, v)
    return jnp.block([[k(u, v), by_v[None]], [by_u[:, None], mixed]])


def all_pairs(name, u, v):
    each = jax.jit(jax.vmap(jax.vmap(lambda a, b: by_autodiff(name, a, b), (None, 0)), (0, None)))
    return np.asarray(each(u, v)).transpose(2, 0, 3, 1)


@pytest.mark.parametrize("name", KERNELS)
def test_covariances_of_derivatives_equal_automatic_differentiation(name):
    found = covariance(KERNELS[name], U, V)
    np.testing.assert_allclose(found, all_pairs(name, U, V), rtol=1e-12, atol=1e-13)
    same = covariance(KERNELS[name], U, U).reshape(16, 16)
    assert np.linalg.eigvalsh(same).min() > 0
    np.testing.assert_allclose(same, same.T, atol=1e-15)
    α = RNG.normal(size=(4, 5))

    def mean(u):
        row = lambda v: by_autodiff(name, u, v)[0]  # noqa: E731
        return jnp.sum(jax.vmap(row)(V) * α.T)

    known = jax.jit(jax.vmap(jax.hessian(mean)))(U)
    np.testing.assert_allclose(hessians(KERNELS[name], U, V, α), known, rtol=1e-10, atol=1e-11)


def observations(share=0.3, noise=True):
    data = with_gaps(table(10), share)
    if noise:
        level = np.where(RNG.random(data.jacobian.shape) < 0.5, 0.05, np.nan)
        data = replace(data, noise={"jacobian": level})
    return observed(data, Scaling.of(data), 0)


PARAMETERS = gaussian_process.Parameters(np.array([0.8, 1.7]), 2.5, np.array([1e-3, 4e-3]))


def dense(seen, name):
    """Covariance in physical u = x, without the shortcuts of the code: `[N, N]`, labels, h."""
    size = seen.labels.size
    per = np.concatenate([[1.0], 1 / PARAMETERS.lengths])
    k = all_pairs(name, *[seen.x / PARAMETERS.lengths] * 2) * PARAMETERS.variance
    k = (k * per[:, None, None, None] * per[:, None]).reshape(size, size)
    nugget = (
        np.repeat(PARAMETERS.nuggets, [1, 2])[:, None] * PARAMETERS.variance * per[:, None] ** 2
    )
    least = gaussian_process.LEAST * PARAMETERS.variance * per[:, None] ** 2
    extra = np.where(np.isnan(seen.noise), nugget, least + np.nan_to_num(seen.noise))
    there = seen.present.ravel()
    k = (k + np.diag(extra.ravel()))[np.ix_(there, there)]
    h = np.repeat([1.0, 0.0, 0.0], len(seen.x))[there]
    return (k + k.T) / 2, seen.labels.ravel()[there], h


@pytest.mark.parametrize("name", ["squared-exponential"])
def test_the_likelihood_is_that_of_the_multivariate_normal(name):
    seen = observations()
    k, labels, h = dense(seen, name)
    weight = np.linalg.solve(k, h)
    mean = weight @ labels / (weight @ h)
    found = gaussian_process.condition(KERNELS[name], seen, PARAMETERS)
    assert found.mean == pytest.approx(mean, rel=1e-6)
    known = multivariate_normal(mean * h, k).logpdf(labels)
    assert found.likelihood == pytest.approx(known, rel=1e-6)


@pytest.mark.parametrize("name", KERNELS)
@pytest.mark.parametrize("noise", [False, True])
def test_the_gradient_of_the_likelihood_equals_differences(name, noise):
    seen = observations(noise=noise)
    θ = np.log([0.8, 1.7, 2.5, 1e-3, 4e-3])
    value, slope = gaussian_process._value_and_slope(θ, KERNELS[name], seen)
    at = lambda t: gaussian_process._value_and_slope(t, KERNELS[name], seen)[0]  # noqa: E731
    known = [(at(θ + 1e-5 * e) - at(θ - 1e-5 * e)) / 2e-5 for e in np.eye(5)]
    np.testing.assert_allclose(slope, known, rtol=1e-6, atol=1e-6)
    likelihood = gaussian_process.condition(KERNELS[name], seen, PARAMETERS).likelihood
    constant = 0.5 * seen.present.sum() * np.log(2 * np.pi)
    assert value == pytest.approx(-likelihood - constant, rel=1e-12)


def test_predictions_equal_conditioning_by_hand():
    """Universal kriging: weights from the bordered system of covariance and constraint."""
    name, seen = "squared-exponential", observations()
    k, labels, h = dense(seen, name)
    border = np.block([[k, h[:, None]], [h, np.zeros((1, 1))]])
    new = RNG.uniform(-1, 1, (3, 2))
    per = np.concatenate([[1.0], 1 / PARAMETERS.lengths])
    cross = all_pairs(name, new / PARAMETERS.lengths, seen.x / PARAMETERS.lengths)
    cross = PARAMETERS.variance * cross * per[:, None, None, None] * per[:, None]
    cross = cross.reshape(9, -1)[:, seen.present.ravel()]
    constraint = np.repeat([1.0, 0.0, 0.0], 3)
    weights = np.linalg.solve(border, np.column_stack([cross, constraint]).T)
    prior = np.repeat(PARAMETERS.variance * per**2, 3)
    mean = weights[:-1].T @ labels
    variance = prior - np.sum(weights * np.column_stack([cross, constraint]).T, axis=0)
    found = gaussian_process.condition(KERNELS[name], seen, PARAMETERS)
    y, slopes = found.predict(new, 1)
    np.testing.assert_allclose(np.concatenate([y, *slopes.T]), mean, rtol=1e-6, atol=1e-8)
    sd, sd_slopes = found.deviations(new)
    np.testing.assert_allclose(
        np.concatenate([sd, *sd_slopes.T]), np.sqrt(variance), rtol=1e-5, atol=1e-8
    )


@pytest.mark.parametrize("name", KERNELS)
def test_exact_data_are_interpolated_and_derivatives_fit_together(name):
    data = table(12, outputs=2)
    model = GEK.of(data, kernel=name)
    y, slopes = model.derivatives(data.x)
    np.testing.assert_allclose(y, data.y, atol=1e-4)
    np.testing.assert_allclose(slopes, data.jacobian, atol=1e-3)
    x = table(5, seed=1).x
    _, slopes, bends = model.derivatives(x, 2)
    for i, step in enumerate(1e-3 * np.eye(2)):
        difference = (model.value(x + step) - model.value(x - step)) / 2e-3
        np.testing.assert_allclose(slopes[..., i], difference, atol=1e-5)
        difference = (model.jacobian(x + step) - model.jacobian(x - step)) / 2e-3
        np.testing.assert_allclose(bends[..., i], difference, atol=1e-4)
    assert model.value(x[0]).shape == (2,) and model.hessian(x[0]).shape == (2, 2, 2)
    assert [a.shape for a in model.spread(x, 1)] == [(5, 2), (5, 2, 2)]
    assert [a.shape for a in model.spread(x[0], 1)] == [(2,), (2, 2)]
    assert model.value(x[:0]).shape == (0, 2)


def test_an_absent_label_is_as_good_as_none():
    data = table(10)
    y, jacobian = data.y.copy(), data.jacobian.copy()
    y[6:], jacobian[:3] = np.nan, np.nan
    gaps = replace(data, y=y, jacobian=jacobian)
    more = Dataset(
        np.concatenate([data.x, data.x[:3]]),
        np.concatenate([y, np.full((3, 1), np.nan)]),
        np.concatenate([jacobian, np.full((3, 1, 2), np.nan)]),
        inputs=data.inputs,
        outputs=data.outputs,
    )
    scaling, x = Scaling.of(gaps), RNG.uniform(-1, 1, (6, 2))
    ours, theirs = (
        gaussian_process.condition(
            KERNELS["squared-exponential"], observed(given, scaling, 0), PARAMETERS
        ).predict(x, 1)
        for given in (gaps, more)
    )
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-11)
    found = evaluate(GEK.of(gaps), table(50, seed=3))
    assert found.relative_h1 < 0.1


def test_slopes_alone_give_the_values_up_to_a_constant():
    data = table(25)
    model = GEK.of(replace(data, y=np.full_like(data.y, np.nan)))
    test = table(40, seed=4)
    gap = model.value(test.x) - test.y
    assert np.ptp(gap) < 0.02 * test.y.std()
    assert np.abs(model.jacobian(test.x) - test.jacobian).max() < 0.05


def test_kriging_does_not_depend_on_the_units():
    data = table(12, outputs=2)
    per = ([1e3, 2e-2], [5.0, 1e-4], [2e3, 1.0], [0.0, 3e-4])
    other, test = in_units(data, *per), table(30, outputs=2, seed=1)
    ours = evaluate(GEK.of(data), test)
    theirs = evaluate(GEK.of(other), in_units(test, *per))
    assert theirs.relative_h1 == pytest.approx(ours.relative_h1, rel=1e-3)


def test_known_noise_is_used_and_the_intervals_cover():
    """Of 20 data sets with known noise, the truth lies within 2 deviations 95 times in 100."""
    truth, inside = table(60, seed=9), []
    for seed in range(20):
        rng, data = np.random.default_rng(seed), table(25, seed=seed)
        noisy = replace(
            data,
            y=data.y + 0.1 * rng.normal(size=data.y.shape),
            jacobian=data.jacobian + 0.2 * rng.normal(size=data.jacobian.shape),
            noise={"y": np.full(data.y.shape, 0.1), "jacobian": 0.2},
        )
        model = GEK.of(noisy, restarts=1)
        for known, found, deviation in zip(
            (truth.y, truth.jacobian), model.derivatives(truth.x), model.spread(truth.x, 1),
            strict=True,
        ):  # fmt: skip
            inside.append(np.mean(np.abs(known - found) < 2 * deviation))
    assert 0.90 < np.mean(inside) < 0.99


def test_noise_that_nobody_told_is_estimated():
    rng, data = np.random.default_rng(0), table(60)
    noisy = replace(data, y=data.y + 0.1 * rng.normal(size=data.y.shape), jacobian=None)
    model = GEK.of(noisy)
    parameters = model.processes[0].parameters
    found = np.sqrt(parameters.variance * parameters.nuggets[0]) * model.scaling.y_scale[0]
    assert found == pytest.approx(0.1, rel=0.3)


def test_rastrigin_with_50_points():
    """Another exact process, with slopes, had 0.0090 and 0.0163 (three seeds, median)."""
    errors = []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        cells = (np.stack([rng.permutation(50) for _ in range(2)], 1) + rng.random((50, 2))) / 50
        y, slopes = rastrigin(x := -1 + 2.5 * cells)
        test = -1 + 2.5 * rng.random((1000, 2))
        known, known_slopes = rastrigin(test)
        found, found_slopes = GEK.of(Dataset(x, y[:, None], slopes[:, None])).derivatives(test)
        errors.append(
            (
                np.sqrt(np.mean((found[:, 0] - known) ** 2)) / known.std(),
                np.sqrt(np.mean((found_slopes[:, 0] - known_slopes) ** 2 / known_slopes.var())),
            )
        )
    value, slope = np.median(errors, axis=0)
    assert value < 0.018 and slope < 0.033


def rastrigin(x):
    y = 20 + np.sum(x**2 - 10 * np.cos(2 * np.pi * x), axis=1)
    return y, 2 * x + 20 * np.pi * np.sin(2 * np.pi * x)


@pytest.mark.parametrize(
    "change, options, error, sentence",
    [
        ({}, {"kernel": "cubic"}, ConfigError, "unknown kernel 'cubic'.*matern52"),
        ({}, {"restarts": 0}, ConfigError, "restarts"),
        ({}, {"limit": 35}, DataError, "matrix of 36 × 36 numbers.*limit is 35.*train a network"),
    ],
)
def test_what_cannot_be_fitted_is_refused(change, options, error, sentence):
    with pytest.raises(error, match=sentence):
        GEK.of(replace(table(12), **change), **options)


def test_an_output_without_labels_is_refused():
    data = table(12, outputs=2, order=2)
    y, jacobian = data.y.copy(), data.jacobian.copy()
    y[:, 1] = jacobian[:, 1] = np.nan
    with pytest.raises(DataError, match="output 'v' has neither values nor Jacobian entries"):
        GEK.of(replace(data, y=y, jacobian=jacobian))


@pytest.mark.parametrize("x", [np.ones(3), np.ones((1, 1, 2)), [np.nan, 0.0]])
def test_points_that_are_none_are_refused(x):
    model = GEK.of(table(6), restarts=1)
    for ask in (model.value, model.spread):
        with pytest.raises(DataError, match=r"for the inputs a, b|row \d of x is .* for input"):
            ask(x)


# --- which one to use


def test_the_recommendation_names_the_best_and_says_why():
    train, valid = table(12), table(30, seed=1)
    made = []

    def network(data):
        made.append(Surrogate.mlp(data, (3,)))
        return made[-1]

    found = recommend(train, valid, network=network, optimiser=Adam(0.01), epochs=3)
    assert [c.name for c in found.candidates] == [NETWORK, VALUES_ONLY, KRIGING] and len(made) == 2
    for candidate in found.candidates:
        assert candidate.relative_h1 == evaluate(candidate.model, valid).relative_h1
        assert candidate.seconds > 0
    assert found.best.name == KRIGING and found.best.relative_h1 < 0.2
    assert str(found).startswith("Use the gradient-enhanced kriging (relative H1 error ")
    none = recommend(train, valid, network=network, optimiser=Adam(0.01), epochs=3, limit=35)
    assert none.candidates[2].model is None and none.best.name != KRIGING
    assert "kriging could not be tried (exact kriging works on a matrix of 36" in str(none)
    values = replace(train, jacobian=None)
    plain = recommend(values, valid, network=network, optimiser=Adam(0.01), epochs=3)
    assert "network with derivatives could not be tried (the data have no deriv" in str(plain)


def test_candidates_that_are_about_as_good_are_named():
    a, b, c = (
        Candidate(name, object(), error, 1.0)
        for name, error in ((NETWORK, 0.010), (VALUES_ONLY, 0.20), (KRIGING, 0.0105))
    )
    said = str(Recommendation((a, b, c)))
    assert said.startswith("Use the network with derivatives (relative H1 error 1%, 1.0 CPU s);")
    assert said.endswith("The gradient-enhanced kriging is about as good.")
