"""One step's work on a real network: rows, Gram matrix, weighted gradient."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import table, task_of

from sobolev.weighting import (
    Clip,
    CosineDistance,
    Exponential,
    Fixed,
    InverseEnergy,
    InverseNorm,
    LossMax,
    Normalised,
    Scheme,
    Statistics,
    Unweighted,
    term_gradients,
    weighted_gradient,
)

SCHEMES = {
    "unweighted": Unweighted(),
    "fixed": Fixed(lambda e: jnp.array([0.3, -2.0, 1e3])),
    "energy": InverseEnergy(),
    "norm": InverseNorm(),
    "loss": LossMax(0.1, Clip()),
    "own": CosineDistance("own", 0.1),
    "sum": Normalised(CosineDistance("sum", 0.1, Exponential())),
}


@pytest.fixture(scope="module")
def problem():
    """A task, its parameters, its losses and the rows ∇L_k from `jax.jacobian`."""
    task, θ = task_of(table())
    losses = eqx.filter_jit(lambda t: task.losses(t, task.loss.batches()))
    return losses, θ, np.asarray(losses(θ)), np.asarray(jax.jacrev(losses)(θ))


@pytest.mark.parametrize("scheme", SCHEMES.values(), ids=SCHEMES)
def test_the_gradient_is_that_of_the_weighted_sum(problem, scheme):
    """Against `jax.grad` of Σ w_k L_k, with the weights held; at the second step, too."""
    losses, θ, values, _ = problem
    state = scheme.init(jnp.array([0.5, 2.0, 0.1]))
    for _ in range(2):
        gradient, found, weights, state = weighted_gradient(losses, θ, scheme, state)
        whole = jax.grad(lambda t, w=weights: w @ losses(t))(θ)
        np.testing.assert_allclose(gradient, whole, rtol=1e-12, atol=1e-14 * np.abs(whole).max())
        np.testing.assert_allclose(found, values, rtol=1e-15)


def test_the_rows_are_the_gradients_of_the_terms(problem):
    losses, θ, _, rows = problem
    found, pullback = jax.vjp(losses, θ)
    np.testing.assert_allclose(term_gradients(pullback, found), rows, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("asked", [True, False])
def test_a_weighting_gets_the_statistics_it_asks_for(problem, asked):
    losses, θ, values, rows = problem

    class Spy(Scheme):
        needs = frozenset({"gram"} if asked else ())

        def init(self, energies):
            return ()

        def update(self, statistics, state):
            return jnp.ones(3), statistics

    *_, statistics = weighted_gradient(losses, θ, Spy(), None)
    assert isinstance(statistics, Statistics)
    np.testing.assert_allclose(statistics.losses, values, rtol=1e-15)
    if asked:
        np.testing.assert_allclose(statistics.gram, rows @ rows.T, rtol=1e-12)
    else:
        assert statistics.gram is None


def test_one_term_is_the_plain_gradient(problem):
    losses, θ, _, rows = problem
    for scheme in (CosineDistance("own"), InverseNorm(), LossMax()):
        gradient, *_ = weighted_gradient(
            lambda t: losses(t)[:1], θ, scheme, scheme.init(jnp.ones(1))
        )
        np.testing.assert_allclose(gradient, rows[0], rtol=1e-12, atol=1e-15)
