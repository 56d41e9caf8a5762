import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sobolev import Box, Surrogate, fit
from sobolev.errors import ConfigError
from sobolev.losses import (
    Equation,
    Estimated,
    RandomDimensions,
    RandomDirections,
    Uniform,
    View,
    by_names,
    derivatives_along,
)
from sobolev.networks import MLP
from sobolev.optimisers import Adam, SSBroyden, Then

D = 6
BOX = Box(tuple("abcdef"), (-1.0,) * D, (1.0,) * D)
X = np.random.default_rng(0).uniform(-1, 1, (3, D))
MATRIX = np.random.default_rng(1).normal(size=(D, D))
MATRIX = jnp.asarray(MATRIX + MATRIX.T + 3 * np.diag(np.arange(D)))

TRACE = jnp.trace(MATRIX)


def quadratic(x):
    """Second derivatives MATRIX, whatever x."""
    return jnp.array([x @ MATRIX @ x / 2])


def laplace(u, x, v):
    return derivatives_along(u, x, v, 2)[2, 0] - TRACE - jnp.tanh(u(x)[0]) - x[0]


def whole(u, x):
    return jnp.trace(jax.hessian(u)(x)[0]) - TRACE - jnp.tanh(u(x)[0]) - x[0]


def estimated(directions, points=X, scale=2.0):
    return Estimated(Equation("laplace", laplace, points, scale=scale), directions)


OFF = np.asarray(MATRIX) - np.diag(np.diag(MATRIX))
DRAWN = {
    "dimensions": (RandomDimensions(2), D**2 * (1 - 2 / D) * np.var(np.diag(MATRIX), ddof=1)),
    "rademacher": (RandomDirections(2), 2 * np.sum(OFF**2)),
    "normal": (RandomDirections(2, "normal"), 2 * np.sum(np.asarray(MATRIX) ** 2)),
}


@pytest.mark.parametrize("kind", DRAWN)
def test_the_loss_is_right_in_the_mean_and_the_square_of_one_mean_is_not(kind):
    """20 000 draws; the bias of the usual form is Var/B, in one square divided by scale²."""
    directions, variance = DRAWN[kind]
    block, view, count = estimated(directions), View(quadratic), 20_000

    @jax.jit
    @jax.vmap
    def both(key):
        batch = block.draw(key)
        usual = 0.5 * jnp.mean(block.raw_residuals(view, batch) ** 2)
        return block.losses(view, batch)[0], usual

    drawn, usual = both(jax.random.split(jax.random.key(0), count))
    exact = Equation("whole", whole, X, scale=2.0)
    known = float(jax.jit(lambda at: exact.losses(view, at))(exact.draw())[0])
    assert abs(np.mean(drawn) - known) < 3 * np.std(drawn) / count**0.5
    bias = 0.5 * variance / 2 / 2.0**2
    assert np.mean(usual) - known == pytest.approx(bias, rel=0.05)
    assert np.min(drawn) < 0 < known


def test_with_every_dimension_it_is_the_equation_and_elsewhere_it_is_so_at_once():
    block = estimated(RandomDimensions(D), Uniform(BOX, 4, every=3))
    key, net = jax.random.key(1), Surrogate.on(BOX, "u", MLP((4,)), key=0)
    equation = Equation("whole", whole, Uniform(BOX, 4, every=3), scale=2.0)
    few = estimated(RandomDimensions(2), Uniform(BOX, 4, every=3))

    @jax.jit
    def losses(net, batch):
        plain = batch._replace(known=batch.known.target)
        other = few.elsewhere(key)
        exact = other._replace(known=other.known.target)
        pairs = ((block, batch), (equation, plain), (few, other), (equation, exact))
        return jnp.stack([one.losses(View(net), at)[0] for one, at in pairs])

    found = losses(net.network, block.draw(key))
    np.testing.assert_allclose(found[::2], found[1::2], rtol=1e-12)
    assert estimated(RandomDirections(2), Uniform(BOX, 4)).elsewhere(key) is None
    assert len(few.elsewhere(key).x) == 4
    assert len(estimated(RandomDimensions(1), Uniform(BOX, 1)).elsewhere(key).x) == 1


def test_directions_are_others_in_every_step_and_points_when_they_are_due():
    block = estimated(RandomDimensions(2), Uniform(BOX, 4, every=3))
    at, seen = block.draw(jax.random.key(0)), []
    again = jax.jit(lambda at, key: block.redraw(at, key, View(quadratic)))
    for step in range(1, 7):
        new = again(at, jax.random.key(step))
        keys, before = np.asarray(new.known.key), np.asarray(at.known.key)
        assert np.all(keys == keys[0])  # all points have the same
        assert np.any(keys != before)
        seen.append(bool(np.any(new.x != at.x)))
        at = new
    assert seen == [False, False, True] * 2
    fixed = estimated(RandomDimensions(2))
    moved = fixed.redraw(fixed.draw(jax.random.key(0)), jax.random.key(1), View(quadratic))
    np.testing.assert_array_equal(moved.x, X)


def test_a_dimension_is_drawn_once_and_each_as_often():
    draw = jax.vmap(lambda key: RandomDimensions(2).drawn(key, D))
    v = np.asarray(jax.jit(draw)(jax.random.split(jax.random.key(0), 6000)))
    assert np.all(np.sum(v != 0, axis=2) == 1)
    assert np.all(np.sum(v.any(axis=1), axis=1) == 2)
    assert v.max() == pytest.approx(D**0.5)
    often = np.sum(v.any(axis=1), axis=0)
    assert np.sum((often - 2000) ** 2 / 2000) < 20  # χ², five degrees of freedom


def test_what_is_no_estimate_is_refused():
    net = Surrogate.on(BOX, "u", MLP((4,)), key=0)
    for wrong, said in (
        (estimated(RandomDimensions(7)), r"'laplace' has 6 inputs, of which 7 cannot be drawn"),
        (estimated(RandomDimensions(1)), r"one direction.*give RandomDimensions\(2\) or more"),
        (estimated(RandomDirections(1)), r"one direction.*give RandomDirections\(2\) or more"),
    ):
        with pytest.raises(ConfigError, match=said):
            fit(net, wrong, epochs=1)
    for optimiser in (SSBroyden(), Then(Adam(), 2, SSBroyden())):
        with pytest.raises(ConfigError, match="QuasiNewton looks for the least loss of one draw"):
            fit(net, estimated(RandomDimensions(2)), optimiser=optimiser, epochs=4)
    named = Equation("named", by_names(BOX, "u")(lambda u: u.aa), X)
    for equation in (named, "equation"):
        with pytest.raises(ConfigError, match=r"an Equation with a function of \(u, x, v\)"):
            Estimated(equation, RandomDimensions(2))  # pyright: ignore
    with pytest.raises(ConfigError, match="directions are drawn by RandomDimensions"):
        estimated(16)
    with pytest.raises(ConfigError, match="number of dimensions"):
        RandomDimensions(0)
    with pytest.raises(ConfigError, match="kind of directions"):
        RandomDirections(2, "uniform")
