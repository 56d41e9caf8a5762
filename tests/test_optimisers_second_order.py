"""Quasi-Newton, L-BFGS, chains, SOAP, gradient-regularised Newton, and who is chosen."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from helpers import net, table, task_of
from jax.flatten_util import ravel_pytree
from scipy.optimize import minimize, rosen, rosen_der

from sobolev import (
    BFGS,
    LBFGS,
    SOAP,
    Adam,
    AdamThenLBFGS,
    ConfigError,
    CosineDistance,
    FirstOrder,
    Fixed,
    GradientRegularisedNewton,
    LevenbergMarquardt,
    SSBroyden,
    Then,
    choose_optimiser,
    fit,
)
from sobolev.optimisers import Optimiser
from sobolev.optimisers.dense import Dense, _bfgs, _self_scaled
from sobolev.optimisers.gradient_regularised import tried
from sobolev.optimisers.lbfgs import Limited
from sobolev.optimisers.levenberg_marquardt import _damped_step
from sobolev.optimisers.line_search import CURVATURE, DECREASE, Point, wolfe
from sobolev.optimisers.protocol import start, when
from sobolev.optimisers.quasi_newton import Change
from sobolev.optimisers.soap import scale_by_soap

DATA = table()
QUASI = {"SSBroyden": SSBroyden(), "BFGS": BFGS(), "LBFGS": LBFGS(8)}
quasi = pytest.mark.parametrize("name", QUASI)
both = pytest.mark.parametrize("name", ["SSBroyden", "LBFGS"])
epoch = eqx.filter_jit(lambda optimiser, task, state: optimiser.epoch(task, state))
begin = eqx.filter_jit(start)


@eqx.filter_jit
def epochs(optimiser, task, state, count):
    return jax.lax.fori_loop(0, count, lambda _, s: optimiser.epoch(task, s), state)


def parameters(surrogate):
    return np.asarray(ravel_pytree(surrogate.network)[0])


class Given(eqx.Module):
    """Stands for a task: a known function of θ as its only loss, any weighting.

    Which function it is, is a number: all of them are compiled at once for each optimiser.
    """

    which: jax.Array
    weighting: Any = eqx.field(default_factory=lambda: Fixed(jnp.ones_like))
    labels: jax.Array = eqx.field(default_factory=lambda: jnp.zeros(1))

    @property
    def loss(self):
        class One:
            terms = (None,)

        return One

    def losses(self, θ, labels):
        return jax.lax.switch(self.which, KNOWN, θ)[None]


def state_at(task, optimiser, θ, weights=None):
    from sobolev.optimisers.protocol import State

    zero = jnp.zeros((), int)
    ones = jnp.ones(1) if weights is None else weights
    init = task.weighting.init(jnp.ones_like(ones))
    own = optimiser.init(task, θ)
    return State(θ, own, init, ones, 0 * ones, zero, zero, zero, jnp.zeros((), bool))


def rosenbrock(θ):
    return jnp.sum(100 * (θ[1:] - θ[:-1] ** 2) ** 2 + (1 - θ[:-1]) ** 2)


def tilted(θ):
    """Smooth, bounded below, with a minimum that is not 0."""
    return jnp.sum(jnp.cosh(0.5 * θ) + jnp.arange(1, 1 + len(θ)) * 0.1 * θ) + 0.05 * θ[0] ** 4


def walled(θ):
    """NaN beyond |θ| = 1; its minimum is where 2θ/(1 − θ²) = 3."""
    return jnp.sum(-jnp.log(1 - θ**2)) - 3.0 * jnp.sum(θ)


def finite_at_one(θ):
    return jnp.where(jnp.all(θ == 1.0), jnp.sum(θ**2), jnp.nan)


KNOWN = rosenbrock, tilted, walled, finite_at_one


def given(function):
    return Given(jnp.asarray(KNOWN.index(function)))


# --- quasi-Newton on known functions


@quasi
def test_rosenbrock_in_about_as_many_evaluations_as_scipy(name):
    optimiser, θ = QUASI[name], jnp.full(6, -1.2)
    task = given(rosenbrock)
    end = epochs(optimiser, task, state_at(task, optimiser, θ), jnp.asarray(400))
    known = minimize(rosen, np.full(6, -1.2), jac=rosen_der, method="BFGS", tol=1e-12)
    np.testing.assert_allclose(end.θ, np.ones(6), atol=1e-7)
    np.testing.assert_allclose(known.x, np.ones(6), atol=1e-5)
    assert bool(end.converged) and end.rejected == 0
    at_goal = state_at(task, optimiser, θ)
    while float(at_goal.optimiser.point.φ) > 1e-10 or not bool(at_goal.optimiser.known):
        at_goal = epochs(optimiser, task, at_goal, jnp.asarray(5))
    assert at_goal.optimiser.evaluations < 1.6 * known.nfev


@both
def test_a_minimum_that_is_not_zero_is_that_of_scipy(name):
    optimiser, task = QUASI[name], given(tilted)
    end = epochs(optimiser, task, state_at(task, optimiser, jnp.ones(6)), jnp.asarray(300))
    value_and_slope = jax.jit(jax.value_and_grad(tilted))
    known = minimize(value_and_slope, np.ones(6), jac=True, method="BFGS", options={"gtol": 1e-9})
    np.testing.assert_allclose(end.θ, known.x, atol=2e-7)
    assert bool(end.converged) and end.step < 100  # round-off ends it, not the number of steps
    later = epochs(optimiser, task, end, jnp.asarray(1))
    np.testing.assert_array_equal(later.θ, end.θ)
    assert later.step == end.step and later.epoch == end.epoch + 1


def test_the_dense_update_is_the_formula_on_the_matrix_itself():
    """65 updates by blocks, against H⁺ written out; and H⁺y = s."""
    rng = np.random.default_rng(0)
    P = 7
    A = rng.normal(size=(P, P))
    A = A @ A.T + np.eye(P)  # the changes of a quadratic function
    for rule in (_bfgs, _self_scaled):
        dense = Dense(rule)
        update = jax.jit(dense.update)
        memory = dense.init(jnp.zeros(P))
        g = rng.normal(size=P)
        H, Hg = np.eye(P), g
        for k in range(65):
            α, d = 0.3 + rng.random(), -Hg
            s = α * d
            y = A @ s
            g = g + y
            change = Change(*map(jnp.asarray, (s, y, d, α, g, True)))
            ours, memory, learnt = update(memory, change, jnp.asarray(False))
            if k == 0:
                H = (y @ s) / (y @ y) * np.eye(P)
            ys, Hy = y @ s, H @ y
            b = s @ np.linalg.solve(H, s) / ys
            w = rule(jnp.asarray(b), jnp.asarray(y @ Hy / ys), P)
            v = np.sqrt(y @ Hy) * (s / ys - Hy / (y @ Hy))
            H = (H - np.outer(Hy, Hy) / (y @ Hy) + w.φ * np.outer(v, v)) / w.τ
            H = H + np.outer(s, s) / ys
            assert bool(learnt)
            np.testing.assert_allclose(H @ y, s, atol=1e-9 * np.abs(s).max())
            np.testing.assert_allclose(ours, H @ g, rtol=1e-6, atol=1e-7 * np.abs(H @ g).max())
            assert np.linalg.eigvalsh(H).min() > 0 and w.τ <= 1 + 1e-12
            Hg, g = rng.normal(size=P), g
            Hg = H @ (g := rng.normal(size=P))  # another point, so that H is seen on all sides


def test_the_compact_form_is_the_two_loop_recursion():
    rng = np.random.default_rng(1)
    P, m = 6, 3
    limited = Limited(m)
    update = jax.jit(limited.update)
    memory = limited.init(jnp.zeros(P))
    pairs = []
    for _ in range(7):
        s = rng.normal(size=P)
        y = s * np.arange(1, P + 1) + 0.1 * rng.normal(size=P)
        g = rng.normal(size=P)
        change = Change(*map(jnp.asarray, (s, y, -g, 1.0, g, True)))
        ours, memory, learnt = update(memory, change, jnp.asarray(False))
        if s @ y > 0:
            pairs = [*pairs, (s, y)][-m:]
        assert bool(learnt) == bool(s @ y > 0)
        q, stack = g.copy(), []
        for s_, y_ in reversed(pairs):
            stack.append((s_ @ q) / (s_ @ y_))
            q -= stack[-1] * y_
        q *= pairs[-1][0] @ pairs[-1][1] / (pairs[-1][1] @ pairs[-1][1])
        for (s_, y_), a in zip(pairs, reversed(stack), strict=True):
            q += s_ * (a - (y_ @ q) / (s_ @ y_))
        np.testing.assert_allclose(ours, q, rtol=1e-10, atol=1e-11)


@pytest.mark.parametrize("curvature", [Dense(_self_scaled), Limited(3)])
def test_nothing_is_learnt_from_a_change_without_curvature_and_a_restart_forgets(curvature):
    θ = jnp.zeros(4)
    e = jnp.eye(4)
    memory = curvature.init(θ)
    no, yes = jnp.asarray(False), jnp.asarray(True)
    good = Change(e[0], 4 * e[0], -e[0], jnp.asarray(1.0), e[1], yes)
    Hg, memory, learnt = curvature.update(memory, good, no)
    assert bool(learnt)
    np.testing.assert_allclose(Hg, e[1] / 4)
    bad = Change(e[0], -e[0], -e[0], jnp.asarray(1.0), e[0], yes)
    Hg, same, learnt = curvature.update(memory, bad, no)
    assert not bool(learnt)
    np.testing.assert_allclose(Hg, e[0] / 4, atol=1e-15)
    for a, b in zip(jax.tree.leaves(same), jax.tree.leaves(memory), strict=True):
        np.testing.assert_array_equal(a, b)
    Hg, memory, _ = curvature.update(memory, good, yes)
    np.testing.assert_array_equal(Hg, e[1])


# --- the line search


@pytest.mark.parametrize("α", [1e-3, 0.3, 1.0, 40.0])
@pytest.mark.parametrize("kind", ["parabola", "wall", "waves"])
def test_the_step_satisfies_the_strong_wolfe_conditions(kind, α):
    φ = {
        "parabola": lambda t: (t - 1.5) ** 2,
        "wall": lambda t: -jnp.log(3 - t) - t,  # not finite beyond 3
        "waves": lambda t: -t / (t**2 + 2) - 0.03 * jnp.sin(20 * t),
    }[kind]

    def evaluate(t):
        value, slope = jax.value_and_grad(φ)(t)
        return Point(value, slope[None], value[None])

    begin_ = evaluate(jnp.asarray(0.0))
    run = jax.jit(lambda a: wolfe(evaluate, begin_, jnp.ones(1), a, jnp.asarray(False)))
    end, finite, trials = run(jnp.asarray(α))
    slope = float(begin_.g[0])
    assert slope < 0 and bool(finite) and trials <= 12
    assert end.α > 0
    assert end.point.φ <= begin_.φ + DECREASE * end.α * slope
    assert abs(float(end.slope)) <= CURVATURE * abs(slope)
    np.testing.assert_allclose(end.point.φ, φ(end.α), rtol=1e-14)


def test_uphill_there_is_no_step():
    def evaluate(t):
        return Point(t, jnp.ones(1), t[None])

    end, *_ = wolfe(
        evaluate, evaluate(jnp.asarray(0.0)), jnp.ones(1), jnp.asarray(1.0), jnp.asarray(False)
    )
    assert end.α == 0


# --- on networks


@both
def test_a_network_is_trained_and_the_loss_never_rises(name):
    fitted = fit(net(DATA), DATA, DATA, optimiser=QUASI[name], epochs=300, records=100)
    total = fitted.history.loss.sum(axis=1)
    assert np.all(np.diff(total) <= 1e-12 * total[:-1])
    assert total[-1] < 1e-3 * total[0]
    assert fitted.good and fitted.rejected == 0
    again = fit(net(DATA), DATA, DATA, optimiser=QUASI[name], epochs=300, records=100)
    np.testing.assert_array_equal(parameters(fitted.surrogate), parameters(again.surrogate))


WEIGHTS = jnp.array([1.0, 9.0, 0.25])
UNEVEN = Fixed(lambda energies: WEIGHTS)


@eqx.filter_jit
def weighted_gradient(task, θ):
    return jax.grad(lambda t: WEIGHTS @ task.losses(t, task.labels))(θ)


@both
def test_a_weight_multiplies_its_term(name):
    """The point and its gradient, at the start and after steps, against `jax.grad`."""
    task, θ = task_of(DATA, weighting=UNEVEN)
    optimiser = QUASI[name]
    state = begin(task, optimiser)
    for _ in range(4):
        state = epoch(optimiser, task, state)
        g = weighted_gradient(task, state.θ)
        np.testing.assert_allclose(state.optimiser.point.g, g, rtol=1e-9, atol=1e-12)
        np.testing.assert_array_equal(state.weights, WEIGHTS)
    assert np.any(state.θ != θ)


@pytest.mark.parametrize("scheme", [CosineDistance("own", 0.5)])
def test_adaptive_weights_are_held_and_then_asked_for(scheme):
    task, _ = task_of(DATA, weighting=scheme)
    optimiser = SSBroyden(hold=5)
    state = begin(task, optimiser)
    seen, points = [], []
    for _ in range(24):
        state = epoch(optimiser, task, state)
        seen.append(np.asarray(state.weights))
        points.append((state.θ, float(state.optimiser.point.φ)))
    changes = [k for k in range(1, 24) if np.any(seen[k] != seen[k - 1])]
    assert len(changes) >= 3 and set(np.diff(changes)) <= {5, 6}
    for k in changes:  # the step that takes new weights only looks
        np.testing.assert_array_equal(points[k][0], points[k - 1][0])
        losses = task.losses(points[k][0], task.labels)
        np.testing.assert_allclose(points[k][1], seen[k] @ losses, rtol=1e-12)
    rising = [k for k in range(1, 24) if k not in changes and points[k][1] > points[k - 1][1]]
    assert not rising


@both
def test_other_numbers_do_not_compile_anew(name):
    traces = []

    @eqx.filter_jit
    def step(optimiser, task, state):
        traces.append(1)
        return optimiser.epoch(task, state)

    make = {"SSBroyden": SSBroyden, "BFGS": BFGS, "LBFGS": lambda hold: LBFGS(8, hold)}[name]
    task, _ = task_of(DATA)
    state = begin(task, make(hold=50))
    for hold in (50, 7, 3):
        other = eqx.tree_at(lambda t: t.labels.x, task, task.labels.x + 0.01 * hold)
        state = step(make(hold=hold), other, state)
    assert len(traces) == 1


@both
def test_trials_that_are_not_finite_shorten_the_step(name):
    """log is NaN beyond its domain: the minimum near the wall is found all the same."""
    task, optimiser = given(walled), QUASI[name]
    end = epochs(optimiser, task, state_at(task, optimiser, jnp.zeros(6)), jnp.asarray(100))
    answer = (-1 + np.sqrt(10)) / 3
    np.testing.assert_allclose(end.θ, np.full(6, answer), atol=1e-7)
    assert end.rejected == 0 and bool(end.converged)


@both
def test_a_gradient_that_is_nan_is_rejected_counted_and_never_returned(name):
    """Finite at the start only: every trial is refused, θ stays, nothing is called converged."""
    optimiser = QUASI[name]
    task = given(finite_at_one)
    state = epochs(optimiser, task, state_at(task, optimiser, jnp.ones(6)), jnp.asarray(8))
    np.testing.assert_array_equal(state.θ, 1)
    assert state.rejected == 7 and not bool(state.converged)  # the first one only looked


def test_weights_that_are_not_finite_are_refused():
    class Broken(eqx.Module):
        needs_gram: bool = False

        def init(self, energies):
            return jnp.zeros(()), jnp.ones_like(energies)

        def update(self, statistics, state):
            step, ones = state
            return jnp.where(step >= 1, jnp.nan, 1.0) * ones, (step + 1, ones)

    fitted = fit(net(DATA), DATA, optimiser=SSBroyden(hold=1), weighting=Broken(), epochs=9)
    assert fitted.rejected == 7 and not fitted.good
    assert np.isfinite(parameters(fitted.surrogate)).all()
    none = fit(net(DATA), DATA, optimiser=LBFGS(4), weighting=Fixed(jnp.zeros_like), epochs=3)
    assert none.rejected == 3 and not none.good


@pytest.mark.parametrize(
    "make, sentence",
    [
        (lambda: SSBroyden(hold=0), "held for a whole number"),
        (lambda: LBFGS(0), "memory of L-BFGS"),
        (lambda: LBFGS(2.5), "memory of L-BFGS"),  # pyright: ignore
        (lambda: Then(Adam(), -1, LBFGS()), "whole number ≥ 0"),
        (lambda: GradientRegularisedNewton(0.0), "smoothness must be"),
        (lambda: GradientRegularisedNewton(np.nan), "smoothness must be"),
    ],
)
def test_settings_without_a_meaning_are_refused(make, sentence):
    with pytest.raises(ConfigError, match=sentence):
        make()


def test_every_optimiser_keeps_the_protocol():
    every = (*QUASI.values(), SOAP(), AdamThenLBFGS(3), GradientRegularisedNewton())
    assert all(isinstance(optimiser, Optimiser) for optimiser in every)


def test_when_runs_once_or_not_at_all():
    run = jax.jit(lambda c, x: when(c, lambda y: {"a": y["a"] + 1}, x))
    for flag, known in ((True, 2.0), (False, 1.0)):
        assert run(jnp.asarray(flag), {"a": jnp.ones(())})["a"] == known


# --- chains and SOAP


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
    vector = jnp.asarray(rng.normal(size=4))
    state, known = soap.init({"v": vector}), adam.init({"v": vector})
    for k in range(5):
        g = {"v": jnp.asarray(rng.normal(size=4))}
        step, state = soap.update(g, state)
        expected, known = adam.update(g, known)
        wanted = np.zeros(4) if k == 0 else ravel_pytree(expected)[0]
        np.testing.assert_allclose(ravel_pytree(step)[0], wanted, rtol=1e-10)


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


# --- gradient-regularised Newton


def logistic():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 10)) * np.logspace(0, -1, 10)
    y = np.where(X.sum(axis=1) + 0.5 * rng.normal(size=200) > 0, 1.0, -1.0)
    X, y = jnp.asarray(X), jnp.asarray(y)

    def loss(t):
        return jnp.mean(jax.nn.softplus(-y * (X @ t))) + 0.5e-4 * t @ t

    def curvature(t):
        p = jax.nn.sigmoid(X @ t)
        return (X * (p * (1 - p))[:, None]).T @ X / 200 + 1e-4 * jnp.eye(10)

    return loss, curvature, float(jnp.linalg.eigvalsh(X.T @ X / 800)[-1]) + 1e-4


def test_logistic_regression_in_a_tenth_of_the_steps_of_gradient_descent():
    loss, curvature, L = logistic()
    slope = jax.jit(jax.grad(loss))
    t, descent = jnp.zeros(10), 0
    while np.linalg.norm(slope(t)) > 1e-8 and descent < 20_000:
        t, descent = t - slope(t) / L, descent + 1
    one = jax.jit(lambda t, B, γ: tried(loss, loss(t), t, slope(t), curvature(t), B, γ))
    for B in (jnp.eye(10), jnp.diag(jnp.linspace(0.5, 2, 10))):
        t, γ, values = jnp.zeros(10), jnp.asarray(1.0), []
        while np.linalg.norm(slope(t)) > 1e-8 and len(values) < 1000:
            trial, γ, accept, _ = one(t, B, γ)
            t = trial if bool(accept) else t
            values.append(float(loss(t)))
        assert np.linalg.norm(slope(t)) <= 1e-8
        assert np.all(np.diff(values) <= 0)
        assert 10 * len(values) <= descent


@pytest.mark.parametrize("power", [2, 4])
def test_convex_oracles_are_descended_monotonically(power):
    """LogSumExp with a weak ridge, and the sum of fourth powers, from far away."""
    A = jnp.asarray(np.random.default_rng(2).normal(size=(30, 6)))
    if power == 2:
        loss = lambda t: jax.scipy.special.logsumexp(A @ t) + 0.01 * t @ t  # noqa: E731
    else:
        loss = lambda t: jnp.sum((A @ t) ** 4) + 0.5 * t @ t  # noqa: E731
    slope, curvature = jax.grad(loss), jax.hessian(loss)
    one = jax.jit(lambda t, γ: tried(loss, loss(t), t, slope(t), curvature(t), jnp.eye(6), γ))
    t, γ, values = 10 * jnp.ones(6), jnp.asarray(1.0), []
    for _ in range(60):
        trial, γ, accept, _ = one(t, γ)
        t = trial if bool(accept) else t
        values.append(float(loss(t)))
    assert np.all(np.diff(values) <= 0)
    assert np.linalg.norm(slope(t)) < 1e-7


def test_gradient_regularised_training_never_rises_and_takes_a_metric():
    identity = fit(net(DATA), DATA, optimiser=GradientRegularisedNewton(), epochs=120, records=60)
    metric = GradientRegularisedNewton(metric=lambda task: 4.0 * jnp.eye(31))
    other = fit(net(DATA), DATA, optimiser=metric, epochs=120, records=60)
    for fitted in (identity, other):
        total = fitted.history.loss.sum(axis=1)
        assert np.all(np.diff(total) <= 0) and total[-1] < 1e-2 * total[0] and fitted.good
    assert np.any(parameters(identity.surrogate) != parameters(other.surrogate))


# --- Levenberg–Marquardt's last digits


@pytest.mark.parametrize("m, P", [(30, 8), (8, 30)])
def test_near_round_off_the_step_comes_from_an_orthogonal_factor(m, P):
    """κ = 1e9: the normal equations have no digit left, QR gives the step of `lstsq`."""
    rng = np.random.default_rng(m)
    k = min(m, P)
    U, V = (np.linalg.qr(rng.normal(size=(n, k)))[0] for n in (m, P))
    J, r = U * np.logspace(0, -9, k) @ V.T, rng.normal(size=m)
    μ = 1e-17
    δ = np.asarray(_damped_step(*map(jnp.asarray, (J, r, J.T @ r, μ))))
    wide = np.concatenate([J, np.sqrt(μ) * np.eye(P)])
    known = np.linalg.lstsq(wide, -np.concatenate([r, np.zeros(P)]), rcond=None)[0]
    np.testing.assert_allclose(δ, known, rtol=1e-5, atol=1e-6 * np.abs(known).max())
    normal = -np.linalg.pinv(J.T @ J + μ * np.eye(P)) @ (J.T @ r)
    assert np.abs(normal - known).max() > 1e-2 * np.abs(known).max()


# --- who is chosen


@pytest.mark.parametrize(
    "P, m, n, settings, kind",
    [
        (745, 750, 150, {}, "SSBroyden"),
        (49, 960, 320, {}, "Levenberg"),
        (5000, 30, 10, {}, "Levenberg"),
        (4000, 4000, 1000, {}, "SSBroyden"),
        (4001, 4000, 1000, {}, "L-BFGS"),
        (745, 11_000_000, 1_000_000, {}, "SOAP"),
        (745, 11_000_000, 1_000_000, {"batchable": False}, "SSBroyden"),
        (745, 500_000, 100_000, {}, "SSBroyden"),
        (745, 500_000, 100_000, {"noisy": True}, "SOAP"),
    ],
)
def test_the_cost_model_chooses_and_says_why(P, m, n, settings, kind):
    optimiser, why = choose_optimiser(parameters=P, residuals=m, rows=n, **settings)
    assert isinstance(optimiser, Optimiser)
    assert why.startswith(kind) and why.endswith(".")
    types = {"Levenberg": LevenbergMarquardt, "SOAP": FirstOrder}
    assert type(optimiser) is types.get(kind, type(SSBroyden()))
