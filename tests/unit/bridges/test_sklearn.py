"""The scikit-learn estimator: its conformance suite, and what that does not ask."""

import pickle
import subprocess
import sys

import numpy as np
import pytest
from budget import programs
from sklearn.base import clone
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from sobolev import Dataset, Surrogate, fit
from sobolev.bridges import SobolevRegressor
from sobolev.optimisers import Adam, LevenbergMarquardt

X = np.random.default_rng(0).uniform(-1, 1, (20, 2))
Y = np.sin(2 * X[:, 0]) * X[:, 1]
SLOPES = np.stack([2 * np.cos(2 * X[:, 0]) * X[:, 1], np.sin(2 * X[:, 0])], axis=1)
SMALL = SobolevRegressor((4,), epochs=15, random_state=0)


# No check is expected to fail; the one of the array API is skipped by scikit-learn itself.
@parametrize_with_checks([SMALL])
def test_scikit_learn_accepts_it(estimator, check):
    check(estimator)


def test_it_is_the_library_underneath():
    """Neither the padding from 20 to 32 rows nor the wrapper changes the result."""
    model = clone(SMALL).fit(X, Y, jacobian=SLOPES)
    seed = int(np.random.RandomState(0).randint(2**31 - 1))
    data = Dataset(X, Y[:, None], SLOPES[:, None])
    known = fit(
        Surrogate.mlp(data, (4,), seed), data, optimiser=LevenbergMarquardt(), epochs=15, records=1
    )
    assert model.result_ == known.result
    np.testing.assert_allclose(model.predict(X), known.surrogate.value(X)[:, 0], rtol=1e-6)
    slopes = known.surrogate.jacobian(X)[:, 0]
    np.testing.assert_allclose(model.predict_jacobian(X), slopes, rtol=1e-5, atol=1e-6)


def test_derivatives_are_learnt_and_may_have_gaps():
    few, gaps = slice(0, 8), SLOPES[:8].copy()
    gaps[2, 1] = np.nan
    model = SobolevRegressor((8,), epochs=60, random_state=0)
    plain = clone(model).fit(X[few], Y[few])
    derived = clone(model).fit(X[few], Y[few], jacobian=gaps)
    errors = [np.nanstd(m.predict_jacobian(X[few]) - gaps) for m in (plain, derived)]
    assert errors[1] < 0.2 * errors[0]


def test_shapes_follow_those_of_fit():
    both = np.stack([Y, -Y], axis=1)
    model = (
        clone(SMALL)
        .set_params(optimiser=Adam(0.01))
        .fit(X, both, jacobian=np.stack([SLOPES, -SLOPES], axis=1))
    )
    assert model.predict(X).shape == (20, 2) and model.predict_jacobian(X).shape == (20, 2, 2)
    assert model.predict(X).dtype == np.float64


@pytest.mark.parametrize(
    "change, sentence",
    [
        ({"jacobian": SLOPES.T}, r"jacobian has shape \(2, 20\).*\(20, 1, 2\)"),
        ({"jacobian": np.full((20, 2), np.inf)}, "jacobian contains infinity"),
        ({"y": np.ones(20)}, "values and slopes of 'y1' contradict each other"),
        ({"y": np.ones(20), "jacobian": 0 * SLOPES}, "constant"),
        ({"X": np.ones((20, 2))}, "constant"),
    ],
)
def test_data_that_do_not_fit_are_refused(change, sentence):
    with pytest.raises(ValueError, match=sentence):
        SMALL.fit(**({"X": X, "y": Y, "jacobian": SLOPES} | change))


@pytest.mark.parametrize(
    "settings, sentence",
    [
        ({"activation": "relu"}, "'relu' cannot be trained on derivatives"),
        ({"network": "cnn"}, "unknown network 'cnn'"),
        ({"hidden_layer_sizes": ()}, "widths"),
        ({"epochs": 0}, "epochs"),
    ],
)
def test_settings_that_do_not_fit_are_refused(settings, sentence):
    with pytest.raises(ValueError, match=sentence):
        clone(SMALL).set_params(**settings).fit(X, Y, jacobian=SLOPES)


def test_it_works_in_a_pipeline_and_in_cross_validation():
    scores = cross_val_score(make_pipeline(StandardScaler(), clone(SMALL)), X, Y, cv=3)
    assert np.isfinite(scores).all()


def test_folds_of_nearly_the_same_size_do_not_compile_anew():
    clone(SMALL).fit(X, Y)
    before = programs()
    clone(SMALL).fit(X[:18], Y[:18])
    same = programs() - before
    clone(SMALL).set_params(hidden_layer_sizes=(6,)).fit(X[:18], Y[:18])
    assert same == 0 and programs() > before


def test_it_needs_no_configuration_of_jax_and_leaves_none():
    """In a fresh process, where JAX is in 32-bit mode: the same numbers, also after a pickle."""
    code = (
        "import pickle, warnings, numpy as np, jax, sobolev\n"
        "warnings.simplefilter('error')\n"
        "X = np.random.default_rng(0).uniform(-1, 1, (20, 2))\n"
        "y = np.sin(2 * X[:, 0]) * X[:, 1]\n"
        "model = sobolev.bridges.SobolevRegressor((4,), epochs=15, random_state=0).fit(X, y)\n"
        "again = pickle.loads(pickle.dumps(model))\n"
        "assert np.array_equal(again.predict(X), model.predict(X))\n"
        "assert not jax.config.jax_enable_x64 and jax.numpy.ones(1).dtype == np.float32\n"
        "print(model.predict(X).dtype, *model.predict(X).tolist())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    dtype, *numbers = done.stdout.split()
    known = clone(SMALL).fit(X, Y).predict(X)
    assert dtype == "float64"
    np.testing.assert_allclose([float(n) for n in numbers], known, rtol=1e-12)


def test_a_pickle_keeps_every_bit():
    model = clone(SMALL).fit(X, Y)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_jacobian(X), model.predict_jacobian(X))
