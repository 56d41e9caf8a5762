"""Minima of sums of squares, and what they know of their derivatives."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sobolev.implicit import least_squares, linear_least_squares, minimiser

RNG = np.random.default_rng(0)
A, B = jnp.asarray(RNG.normal(size=(9, 2))), jnp.asarray(2 * RNG.normal(size=9))
θ = jnp.array([0.9, 1.3])


def bent(w, t):
    """Never zero, with a ridge as further rows."""
    return jnp.concatenate([jnp.sin(t[0] * (A @ w)) + A @ w - t[1] * B, 0.1 * w])


@jax.jit
def solved(t):
    return least_squares(bent, jnp.zeros(2), t)


def differences(f, t, step=1e-4):
    return jnp.stack([(f(t + step * e) - f(t - step * e)) / (2 * step) for e in jnp.eye(2)], -1)


def test_derivatives_are_those_of_the_minimum_where_residuals_are_not_zero():
    w = solved(θ)
    assert 1.0 < jnp.linalg.norm(bent(w, θ)) < 30
    forwards, backwards = jax.jit(jax.jacfwd(solved)), jax.jit(jax.jacrev(solved))
    known = differences(solved, θ)
    np.testing.assert_allclose(forwards(θ), known, rtol=0, atol=1e-6)
    np.testing.assert_allclose(backwards(θ), known, rtol=0, atol=1e-6)

    # Gauss and Newton's matrix in place of the Hessian is another derivative.
    slope = lambda w, t: jax.grad(lambda v: 0.5 * jnp.sum(bent(v, t) ** 2))(w)  # noqa: E731
    J, mixed = jax.jacfwd(bent)(w, θ), jax.jacfwd(slope, 1)(w, θ)
    assert jnp.abs(-jnp.linalg.solve(J.T @ J, mixed) - known).max() > 1e-2


def test_derivatives_of_derivatives():
    known = differences(jax.jit(jax.jacfwd(solved)), θ)
    for nested in (jax.jacfwd(jax.jacrev(solved)), jax.jacrev(jax.jacfwd(solved))):
        np.testing.assert_allclose(jax.jit(nested)(θ), known, rtol=0, atol=1e-6)


def test_linear_ones_keep_the_digits_that_the_square_of_the_condition_would_lose():
    s = np.linspace(0, 1, 20)
    columns = s[:, None] ** np.arange(10)  # condition 4e6 of it, 2e13 of its square
    known = RNG.normal(size=10)
    b = jnp.asarray(columns @ known)
    C = jnp.asarray(columns)
    w = jax.jit(lambda b: linear_least_squares(lambda w, t: C @ w - t, 10, b))
    assert np.abs(w(b) - known).max() < 1e-8
    assert (
        np.abs(np.linalg.solve(columns.T @ columns, columns.T @ np.asarray(b)) - known).max() > 1e-6
    )
    along = jnp.asarray(RNG.normal(size=20))
    slope = jax.jvp(w, (b,), (along,))[1]
    np.testing.assert_allclose(slope, np.linalg.lstsq(columns, along, rcond=None)[0], rtol=1e-4)


NOT_FOUND = {
    "no minimum": lambda: least_squares(lambda w, t: t * jnp.exp(-w), jnp.zeros(1), 1.0),
    "no full rank": lambda: least_squares(
        lambda w, t: t * jnp.array([w[0] + w[1], 1.0]), jnp.ones(2), 1.0
    ),
    "a saddle": lambda: least_squares(
        lambda w, t: t * jnp.array([w[0], w[1] ** 2 - 1]), jnp.array([1.0, 0.0]), 1.0
    ),
    "too few steps": lambda: least_squares(bent, jnp.zeros(2), θ, steps=2),
    "not linear": lambda: linear_least_squares(bent, 2, θ),
}


@pytest.mark.parametrize("why", NOT_FOUND)
def test_what_is_not_found_is_no_number(why):
    assert np.isnan(NOT_FOUND[why]()).all()


def test_steps_that_lead_up_are_turned():
    """Between two minima the curvature is negative."""
    F = lambda w, t: jnp.array([w[0] ** 2 - t, 0.1 * w[0]])  # noqa: E731
    found = least_squares(F, jnp.array([0.1]), 1.0)
    np.testing.assert_allclose(found, np.sqrt(1 - 0.005), rtol=1e-12)


def test_a_point_from_elsewhere_has_the_same_derivatives():
    w = solved(θ)
    own = jax.jit(jax.jacfwd(lambda t: minimiser(bent, w, t)))
    np.testing.assert_allclose(own(θ), jax.jit(jax.jacfwd(solved))(θ), rtol=1e-9)
