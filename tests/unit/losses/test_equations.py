"""Differential equations as terms of a loss: against solutions known by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sobolev import Box, Dataset, Surrogate, fit
from sobolev.errors import ConfigError, DataError
from sobolev.losses import (
    Equation,
    Labelled,
    Loss,
    Residual,
    ScalingArrays,
    Uniform,
    View,
    derivatives_along,
)  # fmt: skip
from sobolev.networks import MLP, tanh
from sobolev.optimisers import Adam, SSBroyden
from sobolev.training.sharding import sharded

X = np.linspace(0.0, 3.0, 7)[:, None]
FRESH = Uniform(Box(("x1",), (0.0,), (3.0,)), 4)
DATA = Dataset(X, 100 * np.exp(-X), jacobian=(-100 * np.exp(-X))[:, None])


def decay(u, x):
    """u' + u."""
    return jax.jacfwd(u)(x)[0, 0] + u(x)[0]


def curvature(u, x):
    """u″."""
    return jax.hessian(u)(x)[0, 0, 0]


SCALING = Surrogate.mlp(DATA, (3,)).scaling


def known(point):
    """x ↦ exp(−x)·100, as a network between the scalings of DATA would have it."""
    x = SCALING.x_shift + SCALING.x_scale * point
    return (100 * jnp.exp(-x) - SCALING.y_shift) / SCALING.y_scale


KNOWN = View(known, ScalingArrays.of(SCALING))


def made(*equations):
    loss = Loss((Labelled.of(DATA, SCALING), *equations))
    return loss, loss.batches()


def lost(loss, batches):
    """The losses of the solution, as one program."""
    return jax.jit(lambda at: loss.losses(KNOWN, at))(batches)


def test_what_meets_the_equation_has_no_loss_in_any_unit():
    points = np.linspace(0.2, 2.5, 5)[:, None]
    loss, batches = made(Equation("decay", decay, points, order=1))
    assert loss.names == ("y1", "dy1/dx1", "decay") and loss.order == 1
    assert [len(batch.weight) for batch in batches] == [7, 5]
    np.testing.assert_allclose(lost(loss, batches), 0.0, atol=1e-24)


def test_an_equation_is_half_the_mean_square_over_its_own_points():
    points = np.linspace(0.2, 2.5, 5)[:, None]
    given = Equation("curved", curvature, points, np.r_[np.nan, 1.0, 2.0, 3.0, 4.0], scale=5)
    loss, batches = made(Equation("decay", decay, X, order=1, labels=2.0), given)
    losses = lost(loss, batches)
    off = (100 * np.exp(-points[1:, 0]) - np.arange(1.0, 5.0)) / 5
    np.testing.assert_allclose(losses[2:], [0.5 * 2.0**2, 0.5 * np.mean(off**2)], rtol=1e-12)
    np.testing.assert_allclose(losses[:2], 0.0, atol=1e-24)
    energies = loss.energies(batches)
    np.testing.assert_allclose(
        energies[2:], [2.0, 0.5 * np.mean((np.arange(1.0, 5.0) / 5) ** 2)], rtol=1e-12
    )
    assert [block.count for block in loss.blocks] == [14, 7, 4]


def test_equations_may_share_their_derivatives():
    def both(u, x):
        value, slope, curved = derivatives_along(u, x, jnp.ones(1), 2)[:, 0]
        return jnp.stack([slope + value, curved])

    one = Equation("decay", decay, X[:4], order=1, scale=2.0)
    two = Equation("curved", curvature, X[:4], labels=np.arange(4.0), scale=5.0)
    apart, batches = made(one, two)
    wanted = np.stack([np.zeros(4), np.arange(4.0)], axis=1)
    together = Equation(("decay", "curved"), both, X[:4], wanted, scale=(2.0, 5.0))
    loss, fewer = made(together)
    assert loss.names == apart.names
    np.testing.assert_allclose(lost(loss, fewer), lost(apart, batches), rtol=1e-12, atol=1e-24)
    with pytest.raises(ConfigError, match=r"'a, b, c' returns shape \(2,\).* an array of 3"):
        loss, batches = made(Equation(("a", "b", "c"), both, X))
        lost(loss, batches)


def test_rows_on_several_devices_are_the_same_rows():
    loss, batches = made(Equation("curved", curvature, X[:4], labels=1.0))
    many = loss.moved(lambda batch: sharded(batch, jax.devices())).batches()
    np.testing.assert_allclose(lost(loss, many), lost(loss, batches), rtol=1e-14)


def test_derivatives_along_a_direction_are_those_of_nested_differentiation():
    def u(x):
        return jnp.stack([jnp.tanh(x[0] + 2 * x[1]), jnp.sin(x[0]) * jnp.exp(x[1])])

    x, v = jnp.array([0.3, -0.2]), jnp.array([1.0, 0.5])
    nested = [lambda s: u(x + s * v)]
    for _ in range(4):
        nested.append(jax.jacfwd(nested[-1]))
    want = np.stack([jax.jit(d)(0.0) for d in nested])
    along = jax.jit(derivatives_along, static_argnums=(0, 3))
    np.testing.assert_allclose(along(u, x, v, 4), want, rtol=1e-12, atol=1e-13)
    for order in (0, 1, 2):
        found = along(u, x, v, order)
        np.testing.assert_allclose(found, want[: order + 1], rtol=1e-12, atol=1e-13)


def test_an_equation_and_one_value_are_enough_to_learn_the_solution():
    start = Dataset(np.array([[0.0]]), np.array([[1.0]]), inputs=("t",), outputs=("u",))
    surrogate = Surrogate.on(Box(("t",), (0.0,), (2.0,)), "u", MLP((8,), activation=tanh))
    equation = Equation("decay", decay, np.linspace(0, 2, 21)[:, None], order=1)
    for optimiser in (None, SSBroyden()):
        fitted = fit(surrogate, [start, equation], optimiser=optimiser, epochs=300, records=2)
        assert fitted.history.terms == ("u", "decay") and fitted.good
        within = np.linspace(0, 2, 9)[:, None]
        np.testing.assert_allclose(fitted.surrogate.value(within), np.exp(-within), atol=1e-4)


def test_validation_data_say_nothing_about_an_equation():
    train, valid = DATA.rows(np.arange(0, 7, 2)), DATA.rows(np.arange(1, 7, 2))
    fitted = fit(
        Surrogate.mlp(train, (4,)),
        [train, Equation("decay", decay, train.x, order=1)],
        valid,
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
        ({"scale": 0.0}, "scale of the equation 'r' must be a positive number.*got 0.0"),
        ({"scale": "two"}, "scale of the equation 'r' must be a positive number.*got two"),
        ({"name": ""}, r"needs a name, or one for each of several: got \(''"),
        ({"name": 3}, "needs a name"),
        ({"order": 1.5}, "order of the equation 'r' must be a whole number"),
    ],
)
def test_an_equation_without_meaning_is_refused(settings, words):
    with pytest.raises(ConfigError, match=words):
        Equation(**{"name": "r", "function": decay, "points": X} | settings)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"points": np.zeros((3, 2))}, r"equation 'r' have shape \(3, 2\).*\[m, 1\]"),
        ({"points": np.array([[np.inf]])}, "points of the equation 'r' must be finite"),
        ({"points": Uniform(Box(("s",), (0,), (1,)), 3)}, "in a box of s: give one of x1"),
        ({"points": Box(("x1",), (0,), (1,))}, r"a rule how they are drawn.*got Box"),
        ({"labels": "two"}, "an array of 7 × 1 with NaN where there is none: got 'two'"),
        ({"labels": np.zeros(3)}, r"an array of 7 × 1 with NaN.*got shape \(3,\)"),
        ({"points": FRESH, "labels": np.zeros(3)}, r"belongs into the function: got shape \(3,\)"),
    ],
)
def test_points_and_labels_of_a_wrong_shape_are_refused(settings, words):
    with pytest.raises(DataError, match=words):
        fit(
            Surrogate.mlp(DATA, (3,)),
            Equation(**{"name": "r", "function": decay, "points": X} | settings),
            epochs=1,
        )


def test_what_does_not_return_a_number_or_repeats_a_name_is_refused():
    surrogate = Surrogate.mlp(DATA, (3,))
    with pytest.raises(ConfigError, match=r"'r' returns shape \(2,\).*a number"):
        fit(surrogate, [DATA, Equation("r", lambda u, x: jnp.zeros(2), X)], epochs=1)
    for function, words in (
        (lambda u, x: None, "'r' returns None for one point: it must return a real number"),
        (lambda u, x: u(x)[0] > 0, "'r' returns .* for one point: it must return a real number"),
        (lambda u, x: u(x)[0] if x[0] > 0 else 0.0, r"'r' cannot be evaluated.*jnp\.where"),
    ):
        with pytest.raises(ConfigError, match=words):
            fit(surrogate, [DATA, Equation("r", function, X)], epochs=1)
    with pytest.raises(ConfigError, match="different names"):
        fit(surrogate, [DATA, Equation("y1", decay, X)], epochs=1)


def test_the_former_spelling_still_trains():
    how = {"optimiser": Adam(1e-2, None), "epochs": 3, "records": 1}
    with pytest.warns(DeprecationWarning, match="Residual is now Equation"):
        old = Residual("decay", decay, order=1, labels=1.0)
    with pytest.warns(DeprecationWarning, match=r"residuals=\.\.\. is deprecated"):
        before = fit(Surrogate.mlp(DATA, (3,)), DATA, residuals=[old], **how)
    with (
        pytest.warns(DeprecationWarning),
        pytest.raises(DataError, match=r"needs points x, as there are no data"),
    ):
        fit(Surrogate.mlp(DATA, (3,)), Equation("e", decay, X), residuals=[old], **how)
    equation = Equation("decay", decay, X, order=1, labels=1.0)
    after = fit(Surrogate.mlp(DATA, (3,)), [DATA, equation], **how)
    assert before.history.terms == after.history.terms == ("y1", "dy1/dx1", "decay")
    np.testing.assert_array_equal(before.history.loss, after.history.loss)
