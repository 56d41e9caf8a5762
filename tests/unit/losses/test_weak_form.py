import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sobolev import Box, Surrogate, fit, networks
from sobolev.errors import ConfigError, EquationWarning
from sobolev.losses import View, WeakForm, by_names
from sobolev.losses.equations.vanishing_polynomials import coefficients, gauss, moved, tables
from sobolev.optimisers import SSBroyden

LINE = Box(("x",), (0.0,), (2.0,))
PLANE = Box(("x", "y"), (-1.0, 0.0), (1.0, 3.0))


def bar(u, v, x):
    """−u″ = x."""
    return u.x * v.x - x * v


def norm(block, u, batch=None):
    """√(2L) of a function."""
    batch = block.draw() if batch is None else batch
    return float(np.sqrt(2 * jax.jit(lambda at: block.losses(View(u), at))(batch)[0]))


@pytest.mark.parametrize("order", [0, 1, 2])
def test_polynomials_are_orthonormal_vanish_and_have_the_derivatives_of_differences(order):
    of, (s, weights), h = coefficients(5, order), gauss(20), 1e-5
    places = np.concatenate([s, s + h, s - h, [0.0, 1.0]])
    b, ahead, behind, ends = np.split(tables(of, places, 2.0), [20, 40, 60])
    np.testing.assert_allclose((b[:, 0].T * weights) @ b[:, 0], np.eye(5), atol=1e-12)
    assert np.abs(ends[:, :order]).max(initial=0.0) < 1e-10
    for k in range(order):
        np.testing.assert_allclose(b[:, k + 1], (ahead - behind)[:, k] / (4 * h), atol=1e-5)


def test_nodes_that_are_moved_integrate_as_exactly():
    places, weights = map(jnp.asarray, gauss(24))
    for seed in range(3):
        s, ω = map(np.asarray, moved(places, weights, jax.random.key(seed)))
        assert np.all(np.diff(s) > 0)
        assert s[0] > 0
        assert s[-1] < 1
        assert np.abs(s - places).max() > 0.01
        assert ω @ np.exp(3 * s) == pytest.approx(np.expm1(3) / 3, rel=1e-10)


def test_the_loss_is_the_square_of_the_error_in_the_energy_norm():
    """Of u = 0 where −w″ = x, w(0) = w(2) = 0: w′ = 2/3 − x²/2, ∫ w′² dx = 32/45."""
    block = WeakForm("bar", by_names(LINE, ("u", "v"))(bar), LINE, tests=3)
    assert norm(block, jnp.zeros_like) == pytest.approx(np.sqrt(32 / 45), rel=1e-12)
    scaled = WeakForm("bar", by_names(LINE, ("u", "v"))(bar), LINE, tests=3, scale=4.0)
    assert norm(scaled, jnp.zeros_like) == pytest.approx(np.sqrt(32 / 45) / 4, rel=1e-12)
    again = WeakForm("bar", by_names(LINE, ("u", "v"))(bar), LINE, tests=3, nodes=24, every=5)
    at = again.draw(jax.random.key(0))
    assert norm(again, jnp.zeros_like, at) == pytest.approx(np.sqrt(32 / 45), rel=1e-10)
    assert norm(block, lambda p: (4 * p - p**3) / 6) < 1e-12
    # With one test it is the part of the error that this test sees.
    assert norm(WeakForm("bar", block.function, LINE, tests=1), jnp.zeros_like) < 0.98 * np.sqrt(
        32 / 45
    )


def test_in_the_plane_with_second_derivatives_on_a_box_of_any_size():
    """Of a clamped w that is among the tests: ∫ (Δw)² dx, by another rule."""

    def w(p):
        x, y = p
        return ((1 - x**2) ** 2 * (y * (3 - y)) ** 2 * (1 + x - 0.3 * y))[None]

    alone = by_names(PLANE, ("u", "v"))(lambda u, v: (u.xx + u.yy) * (v.xx + v.yy))
    block = WeakForm("plate", alone, PLANE, tests=3)
    (s, a), (t, b) = gauss(9), gauss(11)
    p = np.stack(np.meshgrid(2 * s - 1, 3 * t, indexing="ij"), -1).reshape(-1, 2)
    laplacian = jax.jit(jax.vmap(lambda q: jnp.trace(jax.hessian(w)(q)[0])))(p)
    exact = np.sqrt(6 * np.kron(a, b) @ np.asarray(laplacian) ** 2)
    assert norm(block, w) == pytest.approx(exact, rel=1e-11)
    # Twice as many tests on other nodes see no more of it.
    assert norm(block, w, block.elsewhere(jax.random.key(0))) == pytest.approx(exact, rel=1e-11)


def test_a_bar_is_solved_and_too_few_tests_are_told():
    box = Box(("x",), (0.0,), (2.0,))
    made = networks.HardBoundary(
        networks.MLP((8,), activation=networks.tanh), (networks.Between("x", 0.0, 2.0),)
    )
    start = Surrogate.on(box, ("u",), made)
    form = by_names(box, ("u", "v"))(bar)
    fitted = fit(start, WeakForm("bar", form, box, tests=12), optimiser=SSBroyden(), epochs=300)
    x = np.linspace(0, 2, 21)[:, None]
    assert np.abs(fitted.surrogate.value(x) - (4 * x - x**3) / 6).max() < 2e-3
    with pytest.warns(EquationWarning, match="more tests and nodes"):
        fit(start, WeakForm("bar", form, box, tests=2), optimiser=SSBroyden(), epochs=300)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: WeakForm("w", len, LINE), "by names, the test function last"),  # pyright: ignore
        (lambda: WeakForm("w", by_names(LINE, "u")(lambda u: u.x), LINE), "test function last"),
        (lambda: WeakForm("w", by_names(LINE, ("u", "v"))(lambda u: u.x), LINE), "never asks for"),
        (
            lambda: WeakForm("w", by_names(LINE, ("u", "v"))(lambda u, v, x: u.x * v.x - x), LINE),
            "linear in its test function v",
        ),
        (lambda: WeakForm("w", by_names(LINE, ("u", "v"))(bar), PLANE), "its box has x, y"),
        (lambda: WeakForm("w", by_names(LINE, ("u", "v"))(bar), LINE, tests=0), "number of tests"),
        (lambda: WeakForm("w", by_names(LINE, ("u", "v"))(bar), LINE, 8, nodes=8), "of nodes"),
        (lambda: WeakForm("w", by_names(LINE, ("u", "v"))(bar), LINE, scale=0.0), "scale"),
    ],
)
def test_what_is_no_weak_form_is_refused(make, says):
    with pytest.raises(ConfigError, match=says):
        make()


def test_inputs_of_another_name_are_refused_before_the_training():
    block = WeakForm("bar", by_names(LINE, ("u", "v"))(bar), LINE)
    with pytest.raises(ConfigError, match="the surrogate has t, in this order"):
        fit(Surrogate.on(Box(("t",), (0.0,), (2.0,)), ("u",)), block, epochs=1)


def test_where_it_is_no_number_is_told_by_the_node():
    form = by_names(LINE, ("u", "v"))(lambda u, v, x: u.x * v.x - jnp.sqrt(x - 1.95) * v)
    block = WeakForm("bar", form, LINE, tests=3)
    assert np.sum(np.asarray(block.draw().x) < 1.95) == 13
    with pytest.warns(EquationWarning, match=r"is not a number.* at x = 0\.0.* at 13 of 14 points"):
        fit(Surrogate.on(LINE, ("u",), networks.MLP((4,))), block, epochs=1)
