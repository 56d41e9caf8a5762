"""Uncertainties, gains, multipliers: numbers that move beside the network, by their algorithms."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from helpers import table, task_of
from loss_histories import evolve, falling, weights_of
from scipy.optimize import minimize
from scipy.special import softmax

from sobolev.optimisers import FirstOrder
from sobolev.optimisers.first_state import start
from sobolev.weighting import (
    FAMO,
    AugmentedLagrangian,
    Bounded,
    Chain,
    Frozen,
    KLSimplex,
    LogSum,
    Smoothed,
    SmoothTchebycheff,
    Statistics,
    Uncertainty,
    Unweighted,
    Warmup,
    weighted_gradient,
)
from sobolev.weighting.maths.descent import Descent


def adam(slopes_of, ξ, rate, decay=0.0):
    """Adam as printed, with L2 decay in the slope; yields ξ before each step."""
    m = v = 0 * ξ
    t = 0
    while True:
        given = yield ξ
        g = slopes_of(ξ, given) + decay * ξ
        t += 1
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        ξ = ξ - rate * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)


def test_numbers_go_down_their_slope():
    x, slope = jnp.array([1.0, 2.0]), jnp.array([0.5, -4.0])
    plain = Descent(0.1, optax.identity())
    np.testing.assert_allclose(plain.moved(x, slope, plain.init(x))[0], [0.95, 2.4], rtol=1e-14)


def test_uncertainty_follows_its_own_optimiser():
    losses = falling()
    run = adam(lambda s, L: 0.5 - 0.5 * np.exp(-s) * L, np.full(3, -0.5), 0.1)
    s = next(run)
    for found, L in zip(weights_of(Uncertainty(0.1, start=-0.5), losses), losses, strict=True):
        np.testing.assert_allclose(found, 0.5 * np.exp(-s), rtol=1e-10)
        s = run.send(L)


def test_uncertainty_ends_at_the_logarithm_of_the_losses():
    """s* = log L, where the objective is ½ Σ log L + K/2: the closed form is half of LogSum."""
    L = np.array([3.0, 1e-3, 0.2])
    plain = Uncertainty(1.0, optax.identity())
    weights, state = evolve(plain, jnp.tile(L, (60, 1)), plain.init(jnp.asarray(L)))
    np.testing.assert_allclose(state.s, np.log(L), rtol=1e-9)
    np.testing.assert_allclose(2 * weights[-1], LogSum().update(Statistics(jnp.asarray(L)), ())[0])

    def objective(s):
        return np.sum(0.5 * np.exp(-s) * L + 0.5 * s)

    np.testing.assert_allclose(objective(state.s), 0.5 * np.log(L).sum() + 1.5, rtol=1e-12)
    np.testing.assert_allclose(minimize(objective, np.zeros(3)).x, np.log(L), atol=1e-3)


def test_uncertainty_without_a_loss_gives_a_weight_that_is_finite():
    scheme, L = Uncertainty(1e6, optax.identity()), jnp.zeros((3, 2))
    weights, _ = evolve(scheme, L, scheme.init(L[0]))
    assert np.all(np.isfinite(weights)) and np.all(weights[-1] > 1e100)


def test_the_documented_lag_of_uncertainty():
    """Adam at 1e-3 takes about 18 000 steps to s = log 1e-8, at 0.02 about 900."""
    L = jnp.array([1e-8, 1.0])
    for rate, steps in ((1e-3, 18_000), (0.02, 900)):
        scheme = Uncertainty(rate)
        run = eqx.filter_jit(lambda n, scheme=scheme: jax.lax.fori_loop(
            0, n, lambda _, s: scheme.update(Statistics(L), s)[1], scheme.init(L)
        ).s[0])  # fmt: skip
        assert float(run(int(0.8 * steps))) > np.log(1e-7) > float(run(int(1.2 * steps)))


def curves(θ):
    """Three losses of two parameters."""
    return jnp.sum((θ[None] - jnp.array([[1.0, 0.0], [0.0, 3.0], [-1.0, 1.0]])) ** 2, axis=1) + 0.1


@pytest.mark.parametrize(
    "scheme, combined",
    [
        (LogSum(), lambda L: jnp.sum(jnp.log(L))),
        (
            SmoothTchebycheff(0.7, (1.0, 2.0, 0.5), (0.1, 0.0, 0.05)),
            lambda L: 3 * 0.7 * jax.scipy.special.logsumexp(
                jnp.array([1.0, 2.0, 0.5]) * (L - jnp.array([0.1, 0.0, 0.05])) / 0.7
            ),
        ),
        (
            KLSimplex(0.7, (1.0, 2.0, 0.5)),
            lambda L: 3 * 0.7 * jax.scipy.special.logsumexp(L / 0.7, b=jnp.array([1.0, 2.0, 0.5])),
        ),
    ],
)  # fmt: skip
def test_the_gradient_is_that_of_the_combined_loss(scheme, combined):
    θ = jnp.array([0.3, 0.4])
    gradient, *_ = weighted_gradient(curves, θ, scheme, scheme.init(jnp.ones(3)))
    np.testing.assert_allclose(gradient, jax.grad(lambda t: combined(curves(t)))(θ), rtol=1e-12)


def test_a_loss_at_round_off_is_floored():
    np.testing.assert_allclose(weights_of(LogSum(1e-4), [[2.0, 1e-9, 0.0]])[0], [0.5, 5e3, 5e3])


def famo_of_the_paper(start, steps, η, rate, decay, ideal):
    """Algorithm 1 with the losses on both sides of each step; returns weights (sum 1) and θ."""
    θ, rows = np.array(start), []
    log = lambda θ: np.log(np.asarray(curves(jnp.asarray(θ))) - ideal)  # noqa: E731
    jacobian = jax.jit(jax.jacobian(curves))

    def slope(ξ, δ):
        z = softmax(ξ)
        return (np.diag(z) - np.outer(z, z)) @ δ

    run = adam(slope, np.zeros(3), rate, decay)
    ξ = next(run)
    for _ in range(steps):
        before, z = log(θ), softmax(ξ)
        rows.append(z / np.exp(before) / np.sum(z / np.exp(before)))
        θ = θ - η * rows[-1] @ np.asarray(jacobian(jnp.asarray(θ)))
        ξ = run.send(before - log(θ))
    return np.array(rows), θ


@pytest.mark.parametrize("ideal", [0.0, (0.05, 0.0, 0.09)])
def test_famo(ideal):
    expected, end = famo_of_the_paper([2.0, -1.0], 30, 0.05, 0.1, 1e-2, np.array(ideal))
    scheme, θ = FAMO(0.1, 1e-2, ideal), jnp.array([2.0, -1.0])
    state, rows = scheme.init(jnp.ones(3)), []

    @jax.jit
    def step(θ, state):
        gradient, _, weights, state = weighted_gradient(curves, θ, scheme, state)
        θ = θ - 0.05 / 3 * gradient  # our weights have mean 1
        return θ, scheme.after(curves(θ), state), weights

    for _ in range(30):
        θ, state, weights = step(θ, state)
        rows.append(weights / 3)
    np.testing.assert_allclose(rows, expected, rtol=1e-6)
    np.testing.assert_allclose(θ, end, rtol=1e-6)
    assert np.ptp(state.ξ) > 0.1  # the trained part has done something


def test_a_first_order_step_shows_famo_the_losses_after_it_on_the_same_rows():
    """Against the step written out, for each batch of an epoch."""
    scheme = Chain(FAMO(0.1), Unweighted())
    task, _ = task_of(table(), weighting=scheme, hidden=(3,))
    seen = []

    class Spying(FirstOrder):
        def _step(self, task, state, rows):
            done = super()._step(task, state, rows)
            jax.debug.callback(lambda *a: seen.append(a), rows, state, done, ordered=True)
            return done

    spying = Spying(optax.identity(), 0.01, 5)
    state = eqx.filter_jit(spying.epoch)(task, start(task, spying))
    jax.effects_barrier()
    assert len(seen) == 3
    for rows, before, done in seen:
        rows = jax.tree.map(jnp.asarray, rows)
        L = [np.asarray(task.losses(jnp.asarray(s.θ), rows)) for s in (before, done)]
        then, now = before.weighting[0], done.weighting[0]
        np.testing.assert_allclose(now.before, np.log(L[0]), rtol=1e-10)
        z, δ = softmax(then.ξ), np.log(L[0]) - np.log(L[1])
        g = z * (δ - z @ δ) + 1e-3 * np.asarray(then.ξ)
        m = 0.9 * np.asarray(then.optimiser.mu) + 0.1 * g
        np.testing.assert_allclose(now.optimiser.mu, m, rtol=1e-7, atol=1e-15)
    assert int(state.rejected) == 0 and np.any(np.asarray(state.weighting[0].ξ) != 0)


def test_wrappers_pass_the_losses_after_the_step_on():
    losses, famo = falling(), FAMO(0.1)
    alone = weights_of(famo, losses)
    np.testing.assert_allclose(weights_of(Chain(famo, Unweighted()), losses), alone, rtol=1e-12)
    np.testing.assert_allclose(weights_of(Frozen(famo, 4), losses)[:4], alone[:4], rtol=1e-12)
    np.testing.assert_allclose(
        weights_of(Warmup(famo, 3), losses)[3:], weights_of(famo, losses[3:]), rtol=1e-12
    )
    assert Bounded(Smoothed(famo)).looks_back and not Smoothed(LogSum()).looks_back


def capu_of_the_paper(losses, constrained, η=0.01, ζ=0.99, ω=0.999):
    """`losses[t]` before and `losses[t + 1]` after step t; objective first, then the updates."""
    K = losses.shape[1]
    λ, μ, v, last, rows = np.ones(K), np.ones(K), np.zeros(K), np.inf, []
    for t in range(len(losses)):
        c = losses[t]  # evaluated after the step before
        v = ζ * v + (1 - ζ) * c**2
        total = np.sum(np.where(constrained, λ * c + μ * c**2 / 2, c))
        if total >= ω * last:
            λ = λ + μ * c
            μ = np.maximum(η / np.sqrt(v + 1e-16), μ)
        last = total
        rows.append(np.where(constrained, λ + μ * c, 1.0))
    return np.array(rows), last


@pytest.mark.parametrize("scale", [0.02, 3.0])
@pytest.mark.parametrize("constraints", [(0, 2), (True, False, True)])
def test_augmented_lagrangian(constraints, scale):
    losses, scheme = jnp.asarray(scale * falling(40, seed=4)), AugmentedLagrangian(constraints)
    found, state = evolve(scheme, losses, scheme.init(losses[0]))
    expected, last = capu_of_the_paper(np.asarray(losses), np.array([True, False, True]))
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    np.testing.assert_allclose(state.previous, last, rtol=1e-9)
    assert np.all(found[:, 1] == 1) and found[-1, 2] > 1.1 * found[0, 2]


@pytest.mark.parametrize("c", [1e-5, 1e-12])
def test_the_penalty_of_a_small_constraint_has_a_ceiling(c):
    """η/√v̄ after two steps without progress, with √v̄ at least 1e-8 of the objective's."""
    losses, scheme = jnp.tile(jnp.array([1.0, c]), (2, 1)), AugmentedLagrangian((1,))
    found, _ = evolve(scheme, losses, scheme.init(losses[0]))
    penalty = 0.01 / (np.sqrt(1 - 0.99**2) * max(c, 1e-8))
    np.testing.assert_allclose(found[:, 1], [1 + c, 1 + c + penalty * c], rtol=1e-12)


def test_augmented_lagrangian_meets_its_constraint():
    """min (x − 2)² with c = x² = 0, whose multiplier has to grow without bound; least squares ½."""
    scheme, η = AugmentedLagrangian((1,), rate=0.1), 1e-3
    losses = lambda x: jnp.stack([(x[0] - 2) ** 2, x[0] ** 2])  # noqa: E731

    def step(carry, _):
        x, state = carry
        gradient, _, weights, state = weighted_gradient(losses, x, scheme, state)
        return (x - η * gradient / jnp.max(weights), state), None

    start = jnp.array([2.0]), scheme.init(jnp.ones(2))
    (x, _), _ = jax.jit(lambda: jax.lax.scan(step, start, length=20_000))()
    assert abs(float(x[0])) < 0.1  # 1 for equal weights
