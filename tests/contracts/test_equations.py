"""Every equation of the catalogue: its reference, its conditions and its network."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import sobolev as sb
from sobolev._base.compiled import SELDOM, compiled
from sobolev.equations import CATALOGUE, Burgers, Heat, Poisson, by_name
from sobolev.equations.references.exponential_steps import exponential_steps
from sobolev.equations.references.table import Table
from sobolev.errors import ConfigError, DataError
from sobolev.function import Function
from sobolev.losses import Loss, Uniform, View
from sobolev.networks import MLP, tanh

# Solved coarsely here: what a residual is allowed to be beside 1e-11.
COARSE = {"allen-cahn-1": 512, "allen-cahn-2": 512}
ALLOWED = {"allen-cahn-1": 1e-6, "allen-cahn-2": 2e-6}
SMALL = MLP((5,), activation=tanh)
NAMES = list(CATALOGUE)


def posed(name):
    problem = CATALOGUE[name]
    return replace(problem, modes=COARSE[name]) if name in COARSE else problem


def points(problem, count=12):
    lower, upper = np.array(problem.box.lower), np.array(problem.box.upper)
    share = np.random.default_rng(3).uniform(0.02, 0.98, (count, len(lower)))
    return jnp.asarray(lower + share * (upper - lower))


@compiled(SELDOM)
def residuals(functions, u, x):
    """Of each function at each point: [k, n]."""
    return jnp.stack([jax.vmap(lambda row, f=f: f(u, row))(x) for f in functions])


@pytest.mark.parametrize("name", NAMES)
def test_the_reference_meets_its_equation_and_its_conditions(name):
    problem = posed(name)
    functions = (problem.residual, *problem.conditions)
    inside, *sides = residuals(functions, problem.reference.pure(), points(problem))
    assert np.abs(inside).max() < ALLOWED.get(name, 1e-11) * problem.scale
    # Conditions are seen in the unit of u: that of a part, beside what is carried along.
    assert np.abs(np.stack(sides)).max() < ALLOWED.get(name, 1e-12) * (1 + abs(problem.level))


@pytest.mark.parametrize("name", NAMES)
def test_the_network_meets_what_it_says_and_nothing_else(name):
    problem = posed(name)
    names = [condition.name for condition in problem.conditions]
    assert set(problem.hard) <= set(names)
    surrogate = problem.surrogate(SMALL, key=1)
    found = residuals(problem.conditions, surrogate.pure(), points(problem))
    worst = dict(zip(names, np.abs(np.asarray(found)).max(axis=1), strict=True))
    for each, off in worst.items():
        if each in problem.hard:
            assert off < 1e-12 * (1 + abs(problem.level)), each
        else:
            assert off > 1e-3, each


@pytest.mark.parametrize("name", NAMES)
def test_its_blocks_are_terms_of_a_loss(name):
    """Traced, not compiled: shapes, names, and every condition as a term where that is asked."""
    problem = posed(name)
    every = [condition.name for condition in problem.conditions]
    left = [each for each in every if each not in problem.hard]
    inside, sides = Uniform(problem.box, 7), Uniform(problem.box, 3)
    assert [b.names[0] for b in problem.blocks(inside, sides)] == ["equation", *left]
    loss = Loss(problem.blocks(inside, sides, every))
    assert list(loss.names) == ["equation", *every]
    assert [block.rows for block in loss.blocks] == [7] + [3] * len(every)

    view = View.of(problem.surrogate(SMALL))

    def losses(key):
        return [b.losses(view, b.draw(key, view)) for b in loss.blocks]

    shapes = jax.eval_shape(losses, jax.random.key(0))
    assert [s.shape for s in shapes] == [(1,)] * len(loss.blocks)


class Constant(Function):
    """One number everywhere."""

    outputs, output_units, box, order = ("u",), ("",), None, 1

    def __init__(self, inputs, number):
        self.inputs, self.input_units, self.number = inputs, ("",) * len(inputs), number

    def compute(self, rows, order):
        n, d = rows.shape
        return (np.full((n, 1), self.number), np.zeros((n, 1, d)))[: order + 1]


@pytest.mark.parametrize("problem", [Burgers(0.01), Poisson(3)])
def test_the_error_of_no_solution_is_one(problem):
    nothing = Constant(problem.box.names, problem.level)
    found = problem.error(nothing)
    assert found.l2 == pytest.approx(1.0) and found.h1 == pytest.approx(1.0)
    assert problem.error(problem.reference) == (0.0, 0.0, 0.0)
    assert len(problem.grid) == (4096 if problem.box.dimension == 3 else 256 * 101)
    assert str(problem.grid.shape[0]) in problem.metric or "256 × 101" in problem.metric


def test_an_error_is_measured_in_the_norms_that_are_named():
    problem = Heat()
    x = problem.grid
    u, du = problem.reference.derivatives(x)
    off = Constant(("x", "t"), 0.25)
    e, slope = 0.25 - u, np.sum(du**2)
    assert problem.error(off).l2 == pytest.approx(np.linalg.norm(e) / np.linalg.norm(u))
    both = (np.sum(e**2) + slope) / (np.sum(u**2) + slope)
    assert problem.error(off).h1 == pytest.approx(both**0.5)
    with pytest.raises(DataError, match=r"one of a, b with 1 outputs: .* needs x, t"):
        problem.error(Constant(("a", "b"), 0.0))


@pytest.mark.parametrize("name, slope, at", [("burgers-a", -152.005162, 0.51047),
                                             ("burgers-b", -44.5676, 0.53776)])  # fmt: skip
def test_the_front_is_as_steep_as_published(name, slope, at):
    """A: Basdevant et al., 1986: −152.00516 at t = 1.6037/π."""
    times = at + np.array([-2e-3, 0.0, 2e-3])
    found = by_name(name).reference.jacobian(np.stack([0 * times, times], 1))[:, 0, 0]
    assert found[1] == pytest.approx(slope, rel=1e-6)
    assert found[1] < found[0] and found[1] < found[2]


def test_a_start_has_its_rate_of_change():
    """√t has no slope at 0, the solution has."""
    value, slope = Burgers(0.02).reference.derivatives(np.array([[0.3, 0.0], [0.3, 1e-6]]))
    sine, cosine = np.sin(0.3 * np.pi), np.cos(0.3 * np.pi)
    rate = 0.02 * np.pi**2 * sine - np.pi * sine * cosine
    np.testing.assert_allclose(value[:, 0], -sine + rate * np.array([0, 1e-6]), atol=1e-10)
    np.testing.assert_allclose(slope[:, 0], [[-np.pi * cosine, rate]] * 2, atol=1e-4)


def test_steps_are_of_fourth_order_and_exact_in_the_linear_part():
    """v' = λ v + v² has a closed form."""
    λ, start = np.array([-1.0, -30.0]), np.array([0.5, 0.5])

    def off(steps):
        found = exponential_steps(start, λ, lambda v: v**2, 1.0, steps, steps)[-1]
        return np.abs(found - λ / ((λ / start + 1) * np.exp(-λ) - 1)).max()

    assert 10 < off(10) / off(20) < 25
    linear = exponential_steps(start, λ, lambda v: 0 * v, 1.0, 4, 2)
    np.testing.assert_allclose(linear, start * np.exp(np.outer([0, 0.5, 1], λ)), rtol=1e-12)


def test_a_table_is_exact_for_polynomials_of_degree_seven():
    x, t = np.linspace(-1, 1, 12), np.linspace(0, 2, 9)
    table = Table(np.outer(x**7, t**7 - t), (-1.0, 0.0), (2 / 11, 0.25))
    for point in ([-1.0, 0.0], [0.37, 1.1], [1.0, 2.0]):
        p = jnp.asarray(point)
        assert table(p)[0] == pytest.approx(point[0] ** 7 * (point[1] ** 7 - point[1]), abs=1e-12)
    slope = jax.jacfwd(table)(jnp.array([0.37, 1.1]))[0, 0]
    assert slope == pytest.approx(7 * 0.37**6 * (1.1**7 - 1.1), rel=1e-9)


def test_what_there_is_not_is_said():
    with pytest.raises(ConfigError, match="no equation 'burgers': give one of burgers-a"):
        by_name("burgers")
    with pytest.raises(ConfigError, match="no condition 'wall' here: there are start, x = 0"):
        Heat().blocks(Uniform(Heat().box, 4), conditions=["wall"])
    with pytest.raises(ConfigError, match="dimension"):
        Poisson(0)
    assert sb.equations.CATALOGUE is CATALOGUE


def test_statements_are_whole_and_differ():
    assert len({problem.statement for problem in CATALOGUE.values()}) == len(CATALOGUE)
    for problem in CATALOGUE.values():
        assert "=" in problem.statement and "[" in problem.statement
