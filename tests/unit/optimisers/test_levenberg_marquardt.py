"""Levenberg–Marquardt against linear algebra written a second time."""

from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import block_of, labels_of, net, table, task_of, with_gaps
from optimiser_runs import DATA, begin, epoch, parameters, term_rows

from sobolev import Box, fit
from sobolev.losses import Equation, Loss, Uniform
from sobolev.optimisers import Adam, LevenbergMarquardt, linearisation
from sobolev.optimisers.least_squares.levenberg_marquardt import damped_step
from sobolev.optimisers.linearisation import linearised, updated_weights
from sobolev.weighting import CosineDistance, Fixed, Scheme, Unweighted


@jax.jit
def step_of(J, r, μ):
    """In two parts, as of two blocks."""
    n = len(r) // 3
    r, columns = ([a[:n], a[n:]] for a in (r, J))
    columns = [part.T for part in columns]
    gradient = columns[0] @ r[0] + columns[1] @ r[1]
    return damped_step(columns, r, gradient, μ)


@pytest.mark.parametrize("m, P", [(30, 8), (8, 30)])
def test_near_round_off_the_step_comes_from_an_orthogonal_factor(m, P):
    """κ = 1e9: the normal equations have no digit left, QR gives the step of `lstsq`."""
    rng = np.random.default_rng(m)
    k = min(m, P)
    U, V = (np.linalg.qr(rng.normal(size=(n, k)))[0] for n in (m, P))
    J, r = U * np.logspace(0, -9, k) @ V.T, rng.normal(size=m)
    μ = 1e-17
    δ = np.asarray(step_of(J, r, μ))
    wide = np.concatenate([J, np.sqrt(μ) * np.eye(P)])
    known = np.linalg.lstsq(wide, -np.concatenate([r, np.zeros(P)]), rcond=None)[0]
    np.testing.assert_allclose(δ, known, rtol=1e-5, atol=1e-6 * np.abs(known).max())
    normal = -np.linalg.pinv(J.T @ J + μ * np.eye(P)) @ (J.T @ r)
    assert np.abs(normal - known).max() > 1e-2 * np.abs(known).max()


class Line(eqx.Module):
    """y = θ₀ + θ·x: linear in its parameters, so that one undamped step is the answer."""

    offset: jax.Array
    slope: jax.Array

    def __call__(self, x):
        return self.offset + self.slope[None] @ x


def linear_task(n=9, weighting=None):
    rng = np.random.default_rng(1)
    x, noise = rng.uniform(-1, 1, (n, 2)), rng.normal(size=(n, 3))
    data = replace(
        table(n),
        x=x,
        y=x @ [[2.0], [-1.0]] + 0.3 + 0.1 * noise[:, :1],
        jacobian=np.array([2.0, -1.0]) + 0.1 * noise[:, None, 1:],
    )
    task, _ = task_of(data, weighting=weighting)
    return eqx.tree_at(lambda t: t.network, task, Line(jnp.ones(1), jnp.zeros(2)))


@eqx.filter_jit
def linearise(task, θ):
    return linearised(task, θ, task.loss.batches())


@eqx.filter_jit
def _stacked(task, θ, root):
    def r(t):
        residuals = block_of(task).residuals(task.view(t), labels_of(task))
        return (root[:, None] * residuals).ravel()

    return r(θ), jax.jacobian(r)(θ)


def stacked(task, θ, weights):
    """√w_k r_k as one vector, and its derivative by `jax.jacobian`."""
    return map(np.asarray, _stacked(task, θ, jnp.sqrt(jnp.asarray(weights))))


def test_a_linear_problem_is_solved_in_a_few_steps():
    """With a weight on each term: against `numpy.linalg.lstsq` on √w r."""
    weights = np.array([1.0, 4.0, 0.25])
    task = linear_task(weighting=Fixed(lambda e: jnp.asarray(weights)))
    r, J = stacked(task, jnp.zeros(3), weights)
    answer = np.linalg.lstsq(J, -r, rcond=None)[0]
    optimiser = LevenbergMarquardt(1e-9)
    state = begin(task, optimiser)
    errors = []
    for _ in range(3):
        state = epoch(optimiser, task, state)
        errors.append(np.abs(state.θ - answer).max())
    assert errors[0] < 1e-8 and errors[1] < 1e-14
    for _ in range(4):
        state = epoch(optimiser, task, state)
    assert bool(state.converged)
    np.testing.assert_allclose(state.θ, answer, rtol=1e-13)
    later = epoch(optimiser, task, state)  # nothing happens any more
    assert later.epoch == state.epoch + 1 and later.step == state.step
    np.testing.assert_array_equal(later.θ, state.θ)


@pytest.mark.parametrize("m, P", [(20, 7), (7, 20), (9, 9)])
@pytest.mark.parametrize("μ", [1e-6, 1.0, 1e4])
def test_primal_and_dual_steps_agree_with_least_squares(m, P, μ):
    """(JᵀJ + μI)δ = −Jᵀr ⇔ min ‖Jδ + r‖² + μ‖δ‖², solved here by QR."""
    rng = np.random.default_rng(m)
    J, r = rng.normal(size=(m, P)), rng.normal(size=m)
    δ = step_of(J, r, μ)
    wide = np.concatenate([J, np.sqrt(μ) * np.eye(P)])
    known = np.linalg.lstsq(wide, -np.concatenate([r, np.zeros(P)]), rcond=None)[0]
    np.testing.assert_allclose(δ, known, rtol=1e-7 if μ < 1e-3 else 1e-11, atol=1e-10)


@pytest.mark.parametrize("n", [12, 4])  # 36 and 12 residuals against 31 parameters
def test_primal_and_dual_training_steps_agree(n):
    task, θ = task_of(table(n))
    here = linearise(task, θ)
    r, J = stacked(task, θ, np.ones(3))
    np.testing.assert_allclose(here.residuals[0].ravel(), r, rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(here.rows[0].reshape(J.shape), J, rtol=1e-11, atol=1e-14)
    μ = 10 * (J**2).sum(axis=0).max()
    primal = -np.linalg.solve(J.T @ J + μ * np.eye(J.shape[1]), J.T @ r)
    dual = -J.T @ np.linalg.solve(J @ J.T + μ * np.eye(len(r)), r)
    np.testing.assert_allclose(primal, dual, rtol=1e-9, atol=1e-11)
    optimiser = LevenbergMarquardt(10.0)
    first = epoch(optimiser, task, begin(task, optimiser))
    np.testing.assert_allclose(first.θ - θ, primal, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("gaps", [False, True])
def test_the_linearisation_has_the_gradient_of_the_loss(gaps):
    task, θ = task_of(with_gaps(DATA) if gaps else DATA)
    here = linearise(task, θ)
    gradient = np.einsum("kn,knp->kp", here.residuals[0], here.rows[0])
    known = term_rows(task, θ)
    np.testing.assert_allclose(gradient, known, rtol=1e-11, atol=1e-14)


def test_rows_are_linearised_in_pieces_as_in_one(monkeypatch):
    """37 rows as 16, 16 and the last 16, of which eleven are made twice."""
    task, θ = task_of(with_gaps(table(37)))
    r, J = stacked(task, θ, np.ones(3))
    monkeypatch.setattr(linearisation, "PIECE", 1)
    pieces = eqx.filter_jit(lambda θ: linearised(task, θ, task.loss.batches()))(θ)
    np.testing.assert_allclose(pieces.residuals[0].ravel(), r, rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(pieces.rows[0].reshape(J.shape), J, rtol=1e-11, atol=1e-14)


@pytest.fixture(scope="module")
def long_fit():
    return fit(
        net(DATA),
        DATA,
        DATA,
        weighting=Unweighted(),
        optimiser=LevenbergMarquardt(),
        epochs=400,
        records=400,
    )


def test_the_loss_never_rises_and_ends_small(long_fit):
    total = long_fit.history.loss.sum(axis=1)
    assert np.all(np.diff(total) <= 0)
    assert total[-1] < 1e-6 * total[0]
    assert long_fit.good and long_fit.rejected == 0


def test_a_fit_at_its_minimum_says_so():
    """More residuals than a 1-wide network can meet: the minimum is reached, not zero."""
    fitted = fit(
        net(DATA, (1,)),
        DATA,
        weighting=Unweighted(),
        optimiser=LevenbergMarquardt(),
        epochs=2000,
        records=1000,
    )
    assert fitted.result == "converged" and fitted.good
    assert fitted.history.epoch[-1] < 1000
    assert fitted.history.gradient_norm[-1].min() > 1e-3  # no term's own gradient vanishes, but
    task, _ = task_of(DATA, hidden=(1,))
    θ = jnp.asarray(parameters(fitted.surrogate))
    gradient = np.asarray(term_rows(task, θ)).sum(axis=0)
    assert np.abs(gradient).max() < 5e-8


def test_negative_weights_count_as_zero():
    """√w needs w ≥ 0: the term is left out, and the history says so."""
    task, θ = task_of(DATA, weighting=Fixed(lambda e: jnp.array([1.0, -2.0, 1.0])))
    optimiser = LevenbergMarquardt(10.0)
    state = epoch(optimiser, task, begin(task, optimiser))
    np.testing.assert_array_equal(state.weights, [1, 0, 1])
    r, J = stacked(task, θ, np.array([1.0, 0.0, 1.0]))
    μ = 10 * (J**2).sum(axis=0).max()
    δ = -np.linalg.solve(J.T @ J + μ * np.eye(J.shape[1]), J.T @ r)
    np.testing.assert_allclose(state.θ - θ, δ, rtol=1e-9, atol=1e-11)


def test_adaptive_weights_are_taken_at_the_start_of_each_trial():
    """One trial by hand: the Gram matrix, the weights, and the damped step on √w r."""
    scheme = CosineDistance("own", 0.5)
    task, θ = task_of(DATA, weighting=scheme)
    optimiser = LevenbergMarquardt(10.0)
    state = begin(task, optimiser)
    first = epoch(optimiser, task, state)
    second = epoch(optimiser, task, first)
    np.testing.assert_array_equal(first.weights, 1)
    rows = np.asarray(term_rows(task, θ))
    total = rows.sum(axis=0)
    sines = 1 - (rows @ total) ** 2 / (rows**2).sum(axis=1) / (total @ total)
    expected = 1 + 0.5 * np.sqrt((rows**2).sum(axis=1) / (total @ total)) * sines
    np.testing.assert_allclose(second.weights, expected, rtol=1e-11)
    np.testing.assert_allclose(second.weight_step, expected - 1, rtol=1e-10)
    r, J = stacked(task, first.θ, expected)
    μ = first.optimiser[0]
    δ = -np.linalg.solve(J.T @ J + μ * np.eye(J.shape[1]), J.T @ r)
    np.testing.assert_allclose(second.θ - first.θ, δ, rtol=1e-8, atol=1e-10)


def test_the_statistics_are_those_of_the_engine():
    """Losses and Gram matrix from the linearisation, against `jax.jacrev` of the losses."""
    task, θ = task_of(with_gaps(DATA))

    class Spy(Scheme):
        needs = frozenset({"gram"})

        def init(self, energies):
            return ()

        def update(self, statistics, state):
            return -jnp.ones(3), statistics

    spying = eqx.tree_at(lambda t: t.weighting, task, Spy())
    weights, seen = updated_weights(spying, begin(task, Adam()), linearise(task, θ))
    rows = np.asarray(term_rows(task, θ))
    np.testing.assert_array_equal(weights, 0)
    np.testing.assert_allclose(seen.losses, task.losses(θ, task.loss.batches()), rtol=1e-13)
    np.testing.assert_allclose(seen.gram, rows @ rows.T, rtol=1e-11)


def test_the_damping_follows_nielsen():
    """Accepted: μ max(1/3, 1 − (2ϱ − 1)³), ν = 2. Refused: μ ν, ν doubled. ϱ against its model."""
    task, θ = task_of(DATA)
    optimiser = LevenbergMarquardt(1e-6)
    state = begin(task, optimiser)
    _, J = stacked(task, θ, np.ones(3))
    first = 1e-6 * (J**2).sum(axis=0).max()
    outcomes = set()
    for _ in range(25):
        after = epoch(optimiser, task, state)
        μ, ν, *_ = state.optimiser
        μ = float(μ) or first
        r, J = stacked(task, state.θ, np.ones(3))
        δ = -np.linalg.solve(J.T @ J + μ * np.eye(J.shape[1]), J.T @ r)
        r_trial, _ = stacked(task, state.θ + δ, np.ones(3))
        ϱ = (r @ r - r_trial @ r_trial) / (δ @ (μ * δ - J.T @ r))
        outcomes.add(bool(ϱ > 0))
        if ϱ > 0:
            expected = μ * max(1 / 3, 1 - (2 * ϱ - 1) ** 3), 2.0
            np.testing.assert_allclose(after.θ, state.θ + δ, rtol=1e-6, atol=1e-8)
        else:
            expected = μ * ν, 2 * ν
            np.testing.assert_array_equal(after.θ, state.θ)
        np.testing.assert_allclose(after.optimiser[:2], expected, rtol=1e-4)
        state = after
    assert outcomes == {True, False}


def test_a_trial_on_points_drawn_anew_is_judged_on_them():
    """Every third trial has others, also after a rejection; gain and damping are those of Nielsen
    there, and no step is taken that raises the loss on the points of its trial."""
    box = Box(("a", "b"), (-1.0, 0.0), (2.0, 1.0))
    steep = lambda u, x: jax.jacfwd(u)(x)[0, 0] + jnp.exp(2 * u(x)[0]) - 3.0  # noqa: E731
    equation = Equation("steep", steep, Uniform(box, 25, every=3), order=1)
    task, θ = task_of(DATA)
    task = replace(task, loss=Loss((equation,)))
    optimiser = LevenbergMarquardt(1e-7)
    state, outcomes, drawn_after_rejection = begin(task, optimiser), [], False

    @eqx.filter_jit
    def known(θ, δ_of, at):
        r = lambda t: equation.residuals(task.view(t), at)[0]  # noqa: E731
        before, J = r(θ), jax.jacobian(r)(θ)
        return before, J, r(δ_of)

    for i in range(24):
        after = epoch(optimiser, task, state)
        (at,), (last,) = after.drawn, state.drawn
        fresh = not np.array_equal(at.x, last.x)
        assert fresh == (i > 0 and i % 3 == 0)
        r, J, _ = known(state.θ, state.θ, at)
        μ = float(state.optimiser.μ) or 1e-7 * float((J**2).sum(axis=0).max())
        δ = -np.linalg.solve(J.T @ J + μ * np.eye(len(θ)), J.T @ r)
        trial = known(state.θ, state.θ + δ, at)[2]
        ϱ = float((r @ r - trial @ trial) / (δ @ (μ * δ - J.T @ r)))
        taken = not np.array_equal(after.θ, state.θ)
        assert taken == (ϱ > 0)
        expected = μ * (max(1 / 3, 1 - (2 * ϱ - 1) ** 3) if taken else state.optimiser.ν)
        np.testing.assert_allclose(after.optimiser.μ, expected, rtol=1e-3)
        drawn_after_rejection |= fresh and not outcomes[-1]
        outcomes.append(taken)
        state = after
    assert set(outcomes) == {True, False} and drawn_after_rejection
