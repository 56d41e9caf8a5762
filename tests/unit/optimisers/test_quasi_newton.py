"""Quasi-Newton methods: on known functions, against the formulas, and on networks."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import labels_of, net, task_of, with_labels
from optimiser_runs import DATA, QUASI, begin, both, epoch, parameters
from scipy.optimize import minimize, rosen, rosen_der

from sobolev import Box, fit
from sobolev.errors import ConfigError
from sobolev.losses import Equation, Functional, Loss, Uniform
from sobolev.optimisers import BFGS, LBFGS, Logarithm, SquareRoot, SSBroyden, Task
from sobolev.optimisers.quasi_newton.dense import Dense, _bfgs, _self_scaled
from sobolev.optimisers.quasi_newton.lbfgs import Limited
from sobolev.optimisers.quasi_newton.quasi_newton import Change
from sobolev.training.preparation.compatibility import check_blocks
from sobolev.weighting import CosineDistance, Fixed, Scheme, Unweighted

quasi = pytest.mark.parametrize("name", QUASI)


@eqx.filter_jit
def epochs(optimiser, task, state, count):
    return jax.lax.fori_loop(0, count, lambda _, s: optimiser.epoch(task, s), state)


class Given(eqx.Module):
    """Stands for a task: a known function of θ as its only loss, any weighting.

    Which function it is, is a number: all of them are compiled at once for each optimiser.
    """

    which: jax.Array
    weighting: Any = eqx.field(default_factory=lambda: Fixed(jnp.ones_like))
    points: tuple = ()

    @property
    def loss(self):
        class One:
            names = ("one",)
            blocks = ()

            @staticmethod
            def batches(drawn):
                return drawn

        return One

    def losses(self, θ, batches):
        return jax.lax.switch(self.which, KNOWN, θ)[None]


def state_at(task, optimiser, θ, weights=None):
    from sobolev.optimisers.optimiser import State

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


def lifted(θ):
    return 1.0 + rosenbrock(θ)


KNOWN = rosenbrock, tilted, walled, finite_at_one, lifted


def given(function):
    return Given(jnp.asarray(KNOWN.index(function)))


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


@pytest.mark.parametrize("scale", [SquareRoot(), Logarithm()])
def test_on_another_scale_the_minimum_is_the_same_and_is_found_to_be_one(scale):
    """Where the loss ends at 0, which √L meets with a kink and log L with a pole, and at 1."""
    optimiser = SSBroyden(scale=scale)
    for function, goal in ((rosenbrock, 1e-13), (lifted, 1 + 1e-14)):
        task = given(function)
        first = epochs(optimiser, task, state_at(task, optimiser, jnp.full(6, -1.2)), 1)
        L, g = jax.value_and_grad(function)(first.θ)
        φ, slope = jax.value_and_grad(jnp.sqrt if scale == SquareRoot() else jnp.log)(L)
        np.testing.assert_allclose(first.optimiser.point.φ, φ, rtol=1e-14)
        np.testing.assert_allclose(first.optimiser.point.g, slope * g, rtol=1e-12)
        end = epochs(optimiser, task, first, 200)
        assert bool(end.converged) and end.rejected == 0
        assert function(end.θ) <= goal and np.abs(end.θ - 1).max() < 1e-7


def test_what_is_no_sum_of_squares_has_no_root():
    nodes, each = np.array([[0.0, 0.0], [1.0, 1.0]]), np.ones(2)
    energy = Loss((Functional("energy", lambda u, x: u(x)[0], nodes, each),))
    check_blocks(energy, SSBroyden(), ("a", "b"))
    with pytest.raises(ConfigError, match="whose squares are summed, which the term 'energy'"):
        check_blocks(energy, SSBroyden(scale=SquareRoot()), ("a", "b"))
    with pytest.raises(ConfigError, match="scale is Linear"):
        SSBroyden(scale="root")  # pyright: ignore


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
        update = eqx.filter_jit(dense.update)
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


@pytest.mark.parametrize("size", [1e-3, 0.3, 1.0, 5.0])  # of H, hence of h and 1/b
def test_the_self_scaled_member_is_that_of_the_paper_in_terms_of_the_inverse(size):
    """Eq. 9 to 16 are written for B = H⁻¹ with θ; the code updates H with φ: both are inverse."""
    rng, P = np.random.default_rng(1), 4
    for _ in range(10):
        root = rng.normal(size=(P, P))
        B, s = (root @ root.T + np.eye(P)) / size, rng.normal(size=P)
        y = s * rng.uniform(0.5, 2, P)
        H, ys, Bs = np.linalg.inv(B), y @ s, B @ s
        b, h, Hy = s @ Bs / ys, y @ H @ y / ys, H @ y
        a = b * h - 1
        ϱ = min(1, h * (1 - np.sqrt(a / (1 + a))))
        θ = max((ϱ - 1) / a, min(1 / ϱ, (1 - b) / b))
        σ, τ1 = 1 + θ * a, min(1, 1 / b)
        τ = τ1 * min(σ ** (-1 / (P - 1)), 1 / θ) if θ > 0 else min(τ1 * σ ** (-1 / (P - 1)), σ)
        u = np.sqrt(s @ Bs) * (y / ys - Bs / (s @ Bs))
        B = τ * (B - np.outer(Bs, Bs) / (s @ Bs) + θ * np.outer(u, u)) + np.outer(y, y) / ys
        w = _self_scaled(jnp.asarray(b), jnp.asarray(h), P)
        assert w.τ == pytest.approx(τ, rel=1e-10)
        v = np.sqrt(y @ Hy) * (s / ys - Hy / (y @ Hy))
        H = (H - np.outer(Hy, Hy) / (y @ Hy) + w.φ * np.outer(v, v)) / τ + np.outer(s, s) / ys
        np.testing.assert_allclose(H @ B, np.eye(P), atol=1e-8)


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
    e = np.eye(4)
    memory, update = eqx.filter_jit(curvature.init)(np.zeros(4)), eqx.filter_jit(curvature.update)
    no, yes = np.asarray(False), np.asarray(True)
    good = Change(e[0], 4 * e[0], -e[0], np.asarray(1.0), e[1], yes)
    Hg, memory, learnt = update(memory, good, no)
    assert bool(learnt)
    np.testing.assert_allclose(Hg, e[1] / 4)
    bad = Change(e[0], -e[0], -e[0], np.asarray(1.0), e[0], yes)
    Hg, same, learnt = update(memory, bad, no)
    assert not bool(learnt)
    np.testing.assert_allclose(Hg, e[0] / 4, atol=1e-15)
    for a, b in zip(jax.tree.leaves(same), jax.tree.leaves(memory), strict=True):
        np.testing.assert_array_equal(a, b)
    Hg, memory, _ = update(memory, good, yes)
    np.testing.assert_array_equal(Hg, e[1])


def test_h_is_kept_for_other_points_while_it_is_positive_definite():
    dense, e = Dense(_self_scaled), np.eye(4)
    update, keep = eqx.filter_jit(dense.update), eqx.filter_jit(dense.kept)
    good = Change(e[0], 4 * e[0], -e[0], np.asarray(1.0), e[1], np.asarray(True))
    _, memory, _ = update(eqx.filter_jit(dense.init)(np.zeros(4)), good, np.asarray(False))
    kept, fine = keep(memory)
    assert bool(fine) and int(kept.pairs) == 0 and not bool(kept.first)
    look = good._replace(g=np.arange(4.0), valid=np.asarray(False))
    (before, *_), (after, *_) = (update(m, look, np.asarray(False)) for m in (memory, kept))
    np.testing.assert_allclose(after, before, rtol=1e-14)
    kept, fine = keep(memory._replace(H0=memory.H0 - 20 * np.outer(e[1], e[1])))
    assert not bool(fine) and bool(kept.first)
    np.testing.assert_array_equal(kept.H0, e)


def test_no_change_mixes_two_sets_of_points():
    """Of fresh points the first step only looks: θ stays, and H is what it was."""
    box = Box(("a", "b"), (-1.0, 0.0), (2.0, 1.0))
    slope = Equation("e", lambda u, p: jax.jacfwd(u)(p)[0].sum() - u(p)[0], Uniform(box, 9, 4))
    network = net(DATA).network
    task = Task(network, Loss((slope,)), Unweighted(), jax.random.key(0))
    state, optimiser = begin(task, SSBroyden(hold=4)), SSBroyden(hold=4)
    for _ in range(4):
        state = epoch(optimiser, task, state)
    after = epoch(optimiser, task, state)
    assert np.any(after.drawn[0].x != state.drawn[0].x)
    np.testing.assert_array_equal(after.θ, state.θ)
    H, known = (
        m.c * (m.H0 + m.A.T @ m.B) for m in (after.optimiser.memory, state.optimiser.memory)
    )
    np.testing.assert_allclose(H, known, rtol=1e-9, atol=1e-12)
    later = epoch(optimiser, task, after)
    assert np.any(later.θ != after.θ) and later.optimiser.memory.pairs == 1


@both
def test_a_network_is_trained_and_the_loss_never_rises(name):
    how = {"weighting": Unweighted(), "optimiser": QUASI[name], "epochs": 300, "records": 100}
    fitted = fit(net(DATA), DATA, DATA, **how)
    total = fitted.history.loss.sum(axis=1)
    assert np.all(np.diff(total) <= 1e-12 * total[:-1])
    assert total[-1] < 1e-3 * total[0]
    assert fitted.good and fitted.rejected == 0
    again = fit(net(DATA), DATA, DATA, **how)
    np.testing.assert_array_equal(parameters(fitted.surrogate), parameters(again.surrogate))


WEIGHTS = jnp.array([1.0, 9.0, 0.25])
UNEVEN = Fixed(lambda energies: WEIGHTS)


@eqx.filter_jit
def weighted_gradient(task, θ):
    return jax.grad(lambda t: WEIGHTS @ task.losses(t, task.loss.batches()))(θ)


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
        losses = task.losses(points[k][0], task.loss.batches())
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
        other = with_labels(task, labels_of(task)._replace(x=labels_of(task).x + 0.01 * hold))
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
    class Broken(Scheme):
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
