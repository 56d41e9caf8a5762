"""Equations that are solved for coefficients: slabs that hold together, and what is refused."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sobolev import Box
from sobolev.errors import ConfigError
from sobolev.losses import (
    Adaptive,
    Equation,
    LeastSquaresLayer,
    Slabs,
    SolvedEquations,
    Uniform,
    by_names,
)

BOX = Box(("x", "p"), (0.0, 0.0), (1.0, 1.0))
ZERO = np.array([[0.0, 0.0]])
bent = Equation("bent", by_names(BOX, "u")(lambda u, p: u.xx - p), Uniform(BOX, 12))
start = Equation(("start", "slope"), by_names(BOX, "u")(lambda u: (u, u.x - 1)), ZERO)
decay = Equation("decay", by_names(BOX, "u")(lambda u, p: u.x + p * u**2), Uniform(BOX, 12))
one = Equation("start", by_names(BOX, "u")(lambda u: u - 1.0), ZERO, scale=0.1)
THIRDS = Slabs("x", (0.0, 0.3, 0.6, 1.0), joints=3)
P = jnp.array([0.8])


def monomials(x, a=1.0):
    return jnp.stack([jnp.ones_like(x[0]), a * x[0], (a * x[0]) ** 2])


def found(layer, basis=monomials):
    places = layer.draw(jax.random.key(1))
    return jax.jit(lambda p: layer.coefficients(basis, p, places))


@pytest.mark.parametrize("slabs", [None, THIRDS])
def test_conditions_reach_every_slab(slabs):
    """u = x + p x²/2 is in the basis, and a start alone decides it, three slabs away too."""
    layer = LeastSquaresLayer((bent, start), "p", slabs, ridge=0.0)
    assert layer.linear
    c = found(layer)
    exact = np.broadcast_to([0.0, 1.0, 0.4], (3 if slabs else 1, 1, 3))
    np.testing.assert_allclose(c(P), exact, atol=1e-11)
    slopes = np.asarray(jax.jit(jax.jacfwd(c))(P))[..., 0]
    np.testing.assert_allclose(slopes, exact * 0 + [0, 0, 0.5], atol=1e-10)


def test_without_joints_a_slab_would_know_of_no_wall():
    """Jumps are terms: value and slope, since the equation has second derivatives."""
    layer = LeastSquaresLayer((bent, start), "p", THIRDS)
    assert layer.names == ("bent", "start", "slope", "jumps along x")
    assert np.bincount(layer.term_of).tolist() == [12, 1, 1, 2 * 3 * 2]
    seen = layer.seen(monomials, P, layer.draw(jax.random.key(1)))
    c = jnp.asarray([[[0.0, 1.0, 0.4]], [[0.5, 1.0, 0.4]], [[0.5, 1.0, 0.4]]])
    jumps = layer.residuals(c, seen)[-12:].reshape(2, 3, 2)
    np.testing.assert_allclose(jumps[0], np.array([[0.5, 0.0]] * 3) / np.sqrt(3), atol=1e-14)
    np.testing.assert_allclose(jumps[1], 0.0, atol=1e-14)
    c = c.at[1:, 0].set(jnp.array([0.0, 1.5, 0.4]))
    slopes = layer.residuals(c, seen)[-12:].reshape(2, 3, 2)[0, :, 1]
    np.testing.assert_allclose(slopes, 0.5 * 0.3 / np.sqrt(3))  # in lengths of a slab


def test_derivatives_of_a_nonlinear_layer_are_differences():
    """By its parameter and by the basis, where no coefficients meet the equation."""
    layer = LeastSquaresLayer((decay, one), "p")
    assert not layer.linear
    places = layer.draw(jax.random.key(1))

    @jax.jit
    def c(θ):
        return layer.coefficients(lambda x: jnp.sin(monomials(x, θ[1])), θ[:1], places)

    θ, step = jnp.array([3.0, 0.7]), 1e-4
    known = [(c(θ + step * e) - c(θ - step * e)) / (2 * step) for e in jnp.eye(2)]
    off = np.abs(jax.jit(jax.jacrev(c))(θ) - jnp.stack(known, -1)).max()
    assert off < 1e-6 * np.abs(known).max()
    seen = layer.seen(lambda x: jnp.sin(monomials(x, 0.7)), θ[:1], places)
    assert jnp.linalg.norm(layer.residuals(c(θ), seen)) > 0.02


REFUSED = {
    "a layer solves one or several Equation": lambda: LeastSquaresLayer((1.0,)),  # pyright: ignore
    "write it by names": lambda: LeastSquaresLayer(Equation("f", lambda u, x: u(x)[0], ZERO)),
    "take Uniform": lambda: LeastSquaresLayer(Equation("f", bent.function, Adaptive(BOX, 4))),
    "not all: got x, p": lambda: LeastSquaresLayer(bent, ("x", "p")),
    "not all: got q": lambda: LeastSquaresLayer(bent, "q"),
    "ridge": lambda: LeastSquaresLayer(bent, "p", ridge=-1.0),
    "slabs lie along one of x": lambda: LeastSquaresLayer(bent, "p", Slabs("p", (0.0, 1.0))),
    "edges of slabs are increasing": lambda: LeastSquaresLayer(bent, "p", Slabs("x", (1.0, 0.0))),
    "those of a LeastSquaresLayer": lambda: SolvedEquations(bent, np.ones((1, 1))),  # pyright: ignore
    "parameters are drawn evenly": lambda: SolvedEquations(
        LeastSquaresLayer(bent, "p"), Adaptive(BOX, 4)
    ),
}


@pytest.mark.parametrize("sentence", REFUSED)
def test_what_no_layer_is_made_of_is_told(sentence):
    with pytest.raises(ConfigError, match=sentence):
        REFUSED[sentence]()
