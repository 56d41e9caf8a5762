"""Chains of optimisers, and SOAP."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
from helpers import net
from optimiser_runs import DATA, QUASI, parameters

from sobolev import fit
from sobolev.optimisers import Adam, FirstOrder, LevenbergMarquardt, Then
from sobolev.optimisers.first_order.soap import scale_by_soap


def test_a_chain_is_one_after_the_other():
    first, second = Adam(1e-2, None), QUASI["LBFGS"]
    both = fit(net(DATA), DATA, DATA, optimiser=Then(first, 6, second), epochs=16, records=1)
    half = fit(net(DATA), DATA, DATA, optimiser=first, epochs=6, records=1)
    rest = fit(half.surrogate, DATA, DATA, optimiser=second, epochs=10, records=1)
    np.testing.assert_allclose(
        parameters(both.surrogate), parameters(rest.surrogate), rtol=1e-9, atol=1e-11
    )


def test_a_first_optimiser_that_has_converged_hands_over():
    chain = Then(LevenbergMarquardt(), 10_000, Adam(1e-3, None))
    fitted = fit(net(DATA, (1,)), DATA, optimiser=chain, epochs=1500, records=1)
    assert fitted.result == "finished"  # Adam never converges: it had its turn
    assert fitted.history.step[-1] == 1500


def test_soap_without_rotation_is_adam_one_step_late():
    """Diagonal gradients keep the identity as eigenbasis; the first step only measures."""
    soap, adam = scale_by_soap(0.9, 0.99, 1), optax.scale_by_adam(0.9, 0.99, eps=0.0)
    rng = np.random.default_rng(0)
    vector = rng.normal(size=4)
    state, known = (jax.jit(rule.init)({"v": vector}) for rule in (soap, adam))
    ours, theirs = jax.jit(soap.update), jax.jit(adam.update)
    for k in range(5):
        g = {"v": rng.normal(size=4)}
        step, state = ours(g, state)
        expected, known = theirs(g, known)
        wanted = np.zeros(4) if k == 0 else expected["v"]
        np.testing.assert_allclose(step["v"], wanted, rtol=1e-10)


def test_soap_does_not_follow_roundoff():
    """Where a gradient of rank one is zero but for round-off, no step is taken."""
    soap = scale_by_soap(0.9, 0.99, 1)
    rng = np.random.default_rng(5)
    u, v = rng.normal(size=(6, 1)), rng.normal(size=(1, 4))
    state, update = jax.jit(soap.init)(np.zeros((6, 4))), jax.jit(soap.update)
    for _ in range(20):
        noise = 1e-17 * rng.normal(size=(6, 4))
        step, state = update(u @ v * rng.uniform(0.5, 2) + noise, state)
    step = np.asarray(step)
    across = step - u @ (u.T @ step @ v.T) @ v / (u.T @ u) / (v @ v.T)
    assert np.linalg.norm(across) < 1e-6 * np.linalg.norm(step)


def test_soap_does_not_depend_on_the_basis():
    """Rotated gradients give rotated steps, as soon as the eigenbases are found."""
    rng = np.random.default_rng(3)
    U, V = (np.linalg.qr(rng.normal(size=(n, n)))[0] for n in (3, 4))
    scales = np.outer([3.0, 1.0, 0.2], [2.0, 1.0, 0.5, 0.1])
    soap = scale_by_soap(0.9, 0.99, 1)
    update = jax.jit(soap.update)
    turned, plain = soap.init(jnp.zeros((3, 4))), soap.init(jnp.zeros((3, 4)))
    a = b = jnp.zeros((3, 4))
    for _ in range(400):
        G = scales * rng.normal(size=(3, 4))
        a, plain = update(jnp.asarray(G), plain)
        b, turned = update(jnp.asarray(U @ G @ V.T), turned)
    error = np.abs(U.T @ b @ V - a).max() / np.abs(a).max()
    assert error < 0.2
    assert np.abs(b - a).max() / np.abs(a).max() > 0.5  # the basis does matter


def test_soap_trains_in_batches_and_matrices_are_seen_as_such():
    soap = FirstOrder(scale_by_soap(0.95, 0.95, 5), 1e-2, 4, structured=True)
    fitted = fit(net(DATA), DATA, optimiser=soap, epochs=200, records=4)
    flat = fit(net(DATA), DATA, optimiser=Adam(1e-2, 4, 0.95, 0.95), epochs=200, records=4)
    total = fitted.history.loss.sum(axis=1)
    assert total[-1] < 0.02 * total[0] and fitted.good
    assert np.any(parameters(flat.surrogate) != parameters(fitted.surrogate))
