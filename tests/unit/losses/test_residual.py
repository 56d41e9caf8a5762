"""Differential equations as terms of a loss: against solutions known by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sobolev import Dataset, Surrogate, fit
from sobolev.errors import ConfigError, DataError
from sobolev.losses import Labels, Residual, SobolevLoss, derivatives_along
from sobolev.losses.residual import at_points, with_operators
from sobolev.optimisers import SSBroyden
from sobolev.training.sharding import sharded

X = np.linspace(0.0, 3.0, 7)[:, None]
DATA = Dataset(X, 100 * np.exp(-X), jacobian=(-100 * np.exp(-X))[:, None])


def decay(u, x):
    """u' + u."""
    return jax.jacfwd(u)(x)[0, 0] + u(x)[0]


def curvature(u, x):
    """u″."""
    return jax.hessian(u)(x)[0, 0, 0]


def known(point):
    """x ↦ exp(−x)·100, as a network between the scalings of DATA would have it."""
    scaling = Surrogate.mlp(DATA, (3,)).scaling
    x = scaling.x_shift + scaling.x_scale * point
    return (100 * jnp.exp(-x) - scaling.y_shift) / scaling.y_scale


def made(*residuals):
    scaling = Surrogate.mlp(DATA, (3,)).scaling
    loss = with_operators(SobolevLoss.of(DATA), residuals, scaling)
    return loss, at_points(Labels.of(DATA, scaling), residuals, scaling)


def test_what_meets_the_equation_has_no_loss_in_any_unit():
    points = np.linspace(0.2, 2.5, 5)[:, None]
    loss, labels = made(Residual("decay", decay, points, order=1))
    assert loss.names == ("y1", "dy1/dx1", "decay") and loss.order == 1
    assert labels.x.shape == (12, 1)
    np.testing.assert_allclose(loss.losses(known, labels), 0.0, atol=1e-24)


def test_a_residual_is_half_the_mean_square_over_its_own_points():
    points = np.linspace(0.2, 2.5, 5)[:, None]
    given = Residual("curved", curvature, points, labels=np.r_[np.nan, 1.0, 2.0, 3.0, 4.0], scale=5)
    loss, labels = made(Residual("decay", decay, order=1, labels=2.0), given)
    losses = loss.losses(known, labels)
    off = (100 * np.exp(-points[1:, 0]) - np.arange(1.0, 5.0)) / 5
    np.testing.assert_allclose(losses[2:], [0.5 * 2.0**2, 0.5 * np.mean(off**2)], rtol=1e-12)
    np.testing.assert_allclose(losses[:2], 0.0, atol=1e-24)
    energies = loss.energies(labels)
    np.testing.assert_allclose(
        energies[2:], [2.0, 0.5 * np.mean((np.arange(1.0, 5.0) / 5) ** 2)], rtol=1e-12
    )


def test_equations_may_share_their_derivatives():
    def both(u, x):
        value, slope, curved = derivatives_along(u, x, jnp.ones(1), 2)[:, 0]
        return jnp.stack([slope + value, curved])

    one = Residual("decay", decay, X[:4], order=1, scale=2.0)
    two = Residual("curved", curvature, X[:4], labels=np.arange(4.0), scale=5.0)
    apart, labels = made(one, two)
    wanted = np.stack([np.zeros(4), np.arange(4.0)], axis=1)
    together = Residual(("decay", "curved"), both, X[:4], wanted, scale=(2.0, 5.0))
    loss, fewer = made(together)
    assert loss.names == apart.names and len(fewer.x) == len(labels.x) - 4
    np.testing.assert_allclose(
        loss.losses(known, fewer), apart.losses(known, labels), rtol=1e-12, atol=1e-24
    )
    with pytest.raises(ConfigError, match=r"'a, b, c' returns shape \(2,\).* an array of 3"):
        loss, labels = made(Residual(("a", "b", "c"), both))
        loss.losses(known, labels)


def test_rows_on_several_devices_are_the_same_rows():
    loss, labels = made(Residual("curved", curvature, X[:4], labels=1.0))
    many = sharded(labels, jax.devices())
    np.testing.assert_allclose(loss.losses(known, many), loss.losses(known, labels), rtol=1e-14)


def test_derivatives_along_a_direction_are_those_of_nested_differentiation():
    def u(x):
        return jnp.stack([jnp.tanh(x[0] + 2 * x[1]), jnp.sin(x[0]) * jnp.exp(x[1])])

    x, v = jnp.array([0.3, -0.2]), jnp.array([1.0, 0.5])
    nested = [lambda s: u(x + s * v)]
    for _ in range(4):
        nested.append(jax.jacfwd(nested[-1]))
    want = np.stack([d(0.0) for d in nested])
    np.testing.assert_allclose(derivatives_along(u, x, v, 4), want, rtol=1e-12, atol=1e-13)
    np.testing.assert_array_equal(derivatives_along(u, x, v, 0), want[:1])


def test_an_equation_and_one_value_are_enough_to_learn_the_solution():
    t = np.array([[0.0], [2.0]])
    ends = Dataset(t, np.array([[1.0], [np.nan]]), inputs=("t",), outputs=("u",))
    known_range = Dataset(t, np.array([[1.0], [0.0]]), inputs=("t",), outputs=("u",))
    equation = Residual("decay", decay, np.linspace(0, 2, 21)[:, None], order=1)
    for optimiser in (None, SSBroyden()):
        fitted = fit(
            Surrogate.mlp(known_range, (8,)),
            ends,
            residuals=[equation],
            optimiser=optimiser,
            epochs=300,
            records=2,
        )
        assert fitted.history.terms == ("u", "decay") and fitted.good
        within = np.linspace(0, 2, 9)[:, None]
        np.testing.assert_allclose(fitted.surrogate.value(within), np.exp(-within), atol=1e-4)


def test_validation_data_say_nothing_about_an_equation():
    train, valid = DATA.rows(np.arange(0, 7, 2)), DATA.rows(np.arange(1, 7, 2))
    fitted = fit(
        Surrogate.mlp(train, (4,)),
        train,
        valid,
        residuals=[Residual("decay", decay, order=1)],
        epochs=3,
        records=1,
    )
    assert np.isnan(fitted.history.valid_term_error[:, 2]).all()
    assert np.isfinite(fitted.history.valid_error).all()
    assert (fitted.history.loss[:, 2] > 0).all()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"function": 3.0}, "needs a function of"),
        ({"scale": 0.0}, "scale of the residual 'r' must be a positive number.*got 0.0"),
        ({"order": 1.5}, "order of the residual 'r' must be a whole number"),
    ],
)
def test_a_residual_without_meaning_is_refused(settings, words):
    with pytest.raises(ConfigError, match=words):
        Residual(**{"name": "r", "function": decay} | settings)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"x": np.zeros((3, 2))}, r"points of the residual 'r' have shape \(3, 2\).*\[m, 1\]"),
        ({"x": np.array([[np.inf]])}, "points of the residual 'r' must be finite"),
        ({"labels": np.zeros(3)}, r"an array of 7 × 1 with NaN.*got shape \(3,\)"),
    ],
)
def test_points_and_labels_of_a_wrong_shape_are_refused(settings, words):
    with pytest.raises(DataError, match=words):
        made(Residual("r", decay, **settings))


def test_what_does_not_return_a_number_or_repeats_a_name_is_refused():
    surrogate = Surrogate.mlp(DATA, (3,))
    with pytest.raises(ConfigError, match=r"'r' returns shape \(2,\).*a number"):
        fit(surrogate, DATA, residuals=[Residual("r", lambda u, x: jnp.zeros(2))], epochs=1)
    with pytest.raises(ConfigError, match="different names"):
        fit(surrogate, DATA, residuals=[Residual("y1", decay)], epochs=1)
