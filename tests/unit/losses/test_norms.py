"""Residuals in another norm: what it is, what it does to condition numbers, what is refused."""

import warnings

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import sobolev as sb
from sobolev import Box, Surrogate, fem, fit
from sobolev.errors import ConfigError, EquationWarning
from sobolev.inner_products import Circle, Dense, Sines
from sobolev.losses import At, Equation, Mapped, RandomTests, Uniform, View, WeakForm, by_names
from sobolev.networks import MLP, Between, HardBoundary, parameters, relu
from sobolev.optimisers.linearisation import linearised
from sobolev.optimisers.optimiser import Task
from sobolev.weighting import Unweighted

UNIT = Box(("x",), (0.0,), (1.0,))
NEGATIVE = Sines(UNIT, 31).dual


class Waves(eqx.Module):
    """u = Σ θ_k sin(kπx)."""

    θ: jax.Array

    def __call__(self, x):
        k = jnp.arange(1, len(self.θ) + 1)
        return jnp.sum(self.θ * jnp.sin(k * jnp.pi * x[0]))[None]


@by_names(UNIT, "u")
def bent(u):
    return -u.xx - 1.0


def poisson(points):
    return Equation("−u″ = 1", bent, points=points)


def jacobian(block, count):
    """∂r/∂θ of a sum of waves."""

    def r(θ):
        return block.residuals(View(Waves(θ)), block.draw())[0]

    return np.asarray(jax.jit(jax.jacfwd(r))(jnp.zeros(count)))


@eqx.filter_jit
def loss_of(block, θ, batch):
    return block.losses(View(Waves(θ)), batch)[0]


ZERO = jnp.zeros(2)


def test_the_loss_is_half_the_square_of_the_norm():
    """u = 0 leaves r = −1, whose norm is √(1/12) but for the walls."""
    block = Mapped(poisson(NEGATIVE.points), NEGATIVE)
    assert 2 * loss_of(block, ZERO, block.draw()) == pytest.approx(
        NEGATIVE.norm(NEGATIVE.seen(np.ones(31))) ** 2
    )
    mean = loss_of(poisson(NEGATIVE.points), ZERO + 1, block.draw())
    plain = Mapped(poisson(NEGATIVE.points), Sines(UNIT, 31, order=0.0))
    # L2 is the mean square, by another rule.
    assert loss_of(plain, ZERO + 1, plain.draw()) == pytest.approx(mean * 31 / 32)


@pytest.mark.parametrize("order, slope", [(0.0, 4.0), (1.0, 2.0), (2.0, 0.0)])
def test_each_order_takes_two_powers_of_the_wave_number_from_the_condition(order, slope):
    """JᵀJ of −u″ for K waves has the condition K^(4 − 2s)."""
    K = np.array([8, 16, 32, 64])
    norm = Sines(UNIT, 127, order=order).dual
    J = jacobian(Mapped(poisson(norm.points), norm), 64)
    conditions = [np.linalg.cond(J[:, :k].T @ J[:, :k]) for k in K]
    assert np.polyfit(np.log(K), np.log(conditions), 1)[0] == pytest.approx(slope, abs=1e-6)
    assert conditions[0] == pytest.approx(8.0**slope)


def test_random_tests_have_the_norm_in_the_mean():
    """Within four standard deviations, √(2/M) of it each."""
    block = RandomTests(poisson(NEGATIVE.points), NEGATIVE, 4096)
    found = loss_of(block, ZERO, block.draw(jax.random.key(0)))
    known = NEGATIVE.norm(NEGATIVE.seen(np.ones(31))) ** 2 / 2
    assert abs(found / known - 1) < 4 * np.sqrt(2 / 4096)
    fresh = block.elsewhere(jax.random.key(1))
    assert abs(loss_of(block, ZERO, fresh) / known - 1) < 0.1


SQUARE = fem.grid((2, 2))
CELLS = fem.inner_product(SQUARE, 0.0, 1.0, ("left",)).dual
SIDES = Box(("x", "y"), (0.0, 0.0), (1.0, 1.0))
PLANE = Surrogate.on(SIDES, "u", MLP((3,)))
WEAK = WeakForm("weak", by_names(SIDES, ("u", "v"))(lambda u, v: u.x * v.x + u**2 * v.y), SIDES, 2)


@pytest.mark.parametrize("kind", ["norm", "matrix", "function", "weak form"])
def test_derivatives_of_mapped_residuals_are_mapped_derivatives(kind):
    """Row by row as with a pass backwards for every residual."""
    equation = Equation("slope", lambda u, x: jax.jacfwd(u)(x)[0, 0] ** 2, CELLS.points, order=1)
    maps = {"norm": CELLS, "matrix": np.tril(np.ones((16, 16))), "function": jnp.cumsum}
    block = Mapped(equation, maps[kind]) if kind in maps else WEAK
    view = View.of(PLANE)
    loss = sb.losses.Loss((block,))
    task = Task(PLANE.network, loss, Unweighted(), jax.random.key(0), view.scaling)
    θ = parameters.flatten(PLANE.network)
    here = eqx.filter_jit(linearised)(task, θ, loss.batches())

    def residuals(θ):
        return block.residuals(task.view(θ), block.draw())

    np.testing.assert_allclose(here.residuals[0], residuals(θ), rtol=1e-12)
    np.testing.assert_allclose(here.rows[0], jax.jit(jax.jacrev(residuals))(θ), atol=1e-13)


def network(*hidden, **how):
    bounded = HardBoundary(MLP(hidden, **how), (Between("x", 0.0, 1.0),))
    return Surrogate.on(UNIT, "u", bounded)


def test_fresh_residuals_have_the_same_norm_on_a_finer_grid():
    """And see what hides between 31 points: sin 32πx, whose energy is ½ (32π)²."""
    block = Mapped(poisson(NEGATIVE.points), NEGATIVE)
    grids = block.draw(), block.elsewhere(jax.random.key(0))
    slow = jnp.zeros(40).at[0].set(1.0)
    own, fresh = (float(loss_of(block, slow, grid)) for grid in grids)
    assert fresh == pytest.approx(own, rel=1e-2)
    hidden = [float(loss_of(block, slow.at[31].set(1e-3), grid)) for grid in grids]
    assert hidden[0] == pytest.approx(own, rel=1e-12)
    assert hidden[1] - fresh == pytest.approx(1e-6 * (32 * np.pi) ** 2 / 4)


def test_what_is_asked_of_an_equation_is_asked_of_a_mapped_one():
    block = Mapped(poisson(NEGATIVE.points), NEGATIVE)
    with pytest.raises(ConfigError, match="the activation 'relu' cannot be trained on derivatives"):
        fit(network(4, activation=relu), block, epochs=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error", EquationWarning)
        with pytest.raises(EquationWarning, match="Is one left out"):
            fit(Surrogate.on(UNIT, "u", MLP((4,))), block, epochs=1)


GRID = np.linspace(0, 1, 31)[:, None]


@pytest.mark.parametrize(
    "make, sentence",
    [
        (lambda: Mapped(poisson(GRID), NEGATIVE), r"31 points of '−u″ = 1' are others: give it"),
        (lambda: Mapped(poisson(GRID[:7]), NEGATIVE), r"31 points of 1 inputs, and the 7 points"),
        (lambda: Mapped(poisson(Uniform(UNIT, 31)), NEGATIVE), "draws its points anew, and those"),
        (lambda: Mapped(poisson(GRID), Dense(np.eye(9))), "of 9 numbers, and .* has 31 residuals"),
        (lambda: Mapped(poisson(GRID), Circle(31)), "31 points of 2 inputs"),
        (lambda: Mapped(poisson(GRID), np.ones(31)), "an inner product, a matrix or a function"),
        (lambda: RandomTests(poisson(GRID), np.eye(31), 4), "random tests are of an inner product"),  # pyright: ignore
        (lambda: RandomTests(poisson(NEGATIVE.points), NEGATIVE, 0), "number of random tests"),
    ],
)  # fmt: skip
def test_a_norm_on_points_that_are_no_grid_is_refused(make, sentence):
    with pytest.raises(ConfigError, match=sentence):
        make()


def test_a_mesh_that_is_too_fine_for_jax_says_so():
    fine = fem.inner_product(fem.grid((60, 60))).dual
    with pytest.raises(ConfigError, match="would be a full one, of 3000 at most: take a coarser"):
        Mapped(Equation("one", lambda u, x: u(x)[0], fine.points, order=0), fine)


def test_labels_of_points_leave_nothing_to_say_elsewhere():
    labelled = Equation("u", lambda u, x: u(x)[0], NEGATIVE.points, labels=np.zeros(31), order=0)
    assert Mapped(labelled, NEGATIVE).elsewhere(jax.random.key(0)) is None
    found = Mapped(poisson(NEGATIVE.points), NEGATIVE).elsewhere(jax.random.key(0))
    assert isinstance(found, At) and len(found.x) == 48
