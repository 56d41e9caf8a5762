from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from helpers import net, table, task_of, with_gaps
from jax.flatten_util import ravel_pytree

from sobolev import (
    Adam,
    ConfigError,
    CosineDistance,
    FirstOrder,
    Fixed,
    LevenbergMarquardt,
    Surrogate,
    fit,
)
from sobolev.losses import Labels
from sobolev.optimisers import Optimiser
from sobolev.optimisers.first_order import _shuffled
from sobolev.optimisers.levenberg_marquardt import _damped_step
from sobolev.optimisers.linearisation import linearised, updated_weights
from sobolev.optimisers.protocol import all_finite, at, keep_if, start

DATA = table()
BATCH = Adam(1e-2, batch_size=5)  # 12 rows: 5, 5 and 2
epoch = eqx.filter_jit(lambda optimiser, task, state: optimiser.epoch(task, state))
begin = eqx.filter_jit(start)


def parameters(surrogate):
    return np.asarray(ravel_pytree(surrogate.network)[0])


@pytest.mark.parametrize("optimiser", [BATCH, LevenbergMarquardt()])
def test_the_protocol_is_kept(optimiser):
    assert isinstance(optimiser, Optimiser)


# --- first order


def by_hand(transform, rate, batches):
    """The textbook loop over lists of row numbers, with optax and `jax.grad`, nothing of ours."""
    task, θ = task_of(DATA)

    @jax.jit
    def step(θ, state, x, target, count):
        rows = Labels(x, target, jnp.where(jnp.arange(len(x)) < count, 1.0, 0.0))
        gradient = jax.grad(lambda t: task.losses(t, rows).sum())(θ)
        direction, state = transform.update(gradient, state, θ)
        return θ - rate(0) * direction, state

    state = transform.init(θ)
    for rows in batches:
        padded = np.resize(rows, max(map(len, batches)))
        batch = jax.tree.map(lambda a, p=padded: a[p], task.labels)
        θ, state = step(θ, state, batch.x, batch.target, len(rows))
    return θ


def orders(seed, epochs):
    key = jax.random.key(seed)
    return [
        np.asarray(jax.random.permutation(jax.random.fold_in(key, e), 12)) for e in range(epochs)
    ]


@pytest.mark.parametrize("size", [5, None])
def test_adam_equals_the_textbook_loop(size):
    if size is None:
        batches = [np.arange(12)] * 9
    else:
        batches = [o[i : i + size] for o in orders(3, 3) for i in range(0, 12, size)]
    fitted = fit(
        net(DATA), DATA, optimiser=Adam(1e-2, size), epochs=9 if size is None else 3, seed=3
    )
    expected = by_hand(optax.scale_by_adam(), lambda _: 1e-2, batches)
    np.testing.assert_allclose(parameters(fitted.surrogate), expected, rtol=1e-11, atol=1e-13)
    assert fitted.history.step[-1] == 9


@pytest.mark.parametrize("size", [1, 5, 11])
def test_each_row_is_used_exactly_once_an_epoch(size):
    task, _ = task_of(DATA)
    seen = []
    for number in range(4):
        batches = _shuffled(task, jnp.asarray(number), size)
        assert batches.x.shape == (-(-12 // size), size, 2)
        real = np.asarray(batches.weight).reshape(-1) == 1
        assert real.sum() == 12 and not np.any(np.asarray(batches.weight).reshape(-1)[~real])
        rows = np.asarray(batches.x).reshape(-1, 2)[real]
        labels = np.asarray(batches.target.jacobian).reshape(-1, 2)[real]
        order = [int(np.flatnonzero((task.labels.x == row).all(axis=1))[0]) for row in rows]
        assert sorted(order) == list(range(12))
        np.testing.assert_array_equal(labels, task.labels.target.jacobian[np.array(order), 0])
        seen.append(tuple(order))
    assert len(set(seen)) == 4  # anew each epoch


@pytest.fixture(scope="module")
def by_seed():
    seeds = (0, 0, 1)
    return [fit(net(DATA), DATA, optimiser=BATCH, epochs=4, records=4, seed=s) for s in seeds]


def test_the_same_seed_gives_the_same_bits_and_another_another_order(by_seed):
    first, again, other = by_seed
    np.testing.assert_array_equal(parameters(first.surrogate), parameters(again.surrogate))
    np.testing.assert_array_equal(first.history.loss, again.history.loss)
    assert np.all(first.history.loss[0] == other.history.loss[0])
    assert np.all(first.history.loss[1:] != other.history.loss[1:])


def test_a_batch_as_large_as_the_data_is_the_full_batch():
    few = [
        fit(net(DATA), DATA, optimiser=Adam(1e-2, size), epochs=9, records=1, seed=seed)
        for size, seed in ((None, 0), (12, 1), (99, 2))
    ]
    for other in few[1:]:
        np.testing.assert_array_equal(parameters(few[0].surrogate), parameters(other.surrogate))


def test_any_optax_transformation_and_a_schedule():
    """Momentum with η(t) = 0.1/(1 + t), against its recursion in NumPy."""
    task, θ = task_of(DATA)
    gradient = jax.jit(jax.grad(lambda t: task.losses(t, task.labels).sum()))
    optimiser = FirstOrder(optax.trace(decay=0.9), lambda step: 0.1 / (1 + step))
    fitted = fit(net(DATA), DATA, optimiser=optimiser, epochs=5, records=1)
    velocity = 0.0
    for t in range(5):
        velocity = gradient(θ) + 0.9 * velocity
        θ = θ - 0.1 / (1 + t) * velocity
    np.testing.assert_allclose(parameters(fitted.surrogate), θ, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(
    "make, sentence",
    [(lambda r=r: Adam(r), "learning rate must be") for r in (0, -1, np.nan)]
    + [(lambda: Adam(np.inf), "positive number")]
    + [(lambda b=b: Adam(1e-3, b), "batch size") for b in (0, -1, 2.5)]
    + [(lambda d=d: LevenbergMarquardt(d), "damping must be") for d in (0, -1.0, np.nan, np.inf)],
)
def test_settings_without_a_meaning_are_refused(make, sentence):
    with pytest.raises(ConfigError, match=sentence):
        make()


# --- Levenberg–Marquardt


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


linearise = eqx.filter_jit(linearised)


@eqx.filter_jit
def _stacked(task, θ, root):
    def r(t):
        return (root[:, None] * task.loss.residuals(at(task.network, t), task.labels)).ravel()

    return r(θ), jax.jacobian(r)(θ)


def stacked(task, θ, weights):
    """√w_k r_k as one vector, and its derivative by `jax.jacobian`."""
    return map(np.asarray, _stacked(task, θ, jnp.sqrt(jnp.asarray(weights))))


@eqx.filter_jit
def term_rows(task, θ):
    return jax.jacrev(lambda t: task.losses(t, task.labels))(θ)


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
    δ = _damped_step(jnp.asarray(J), jnp.asarray(r), J.T @ r, μ)
    wide = np.concatenate([J, np.sqrt(μ) * np.eye(P)])
    known = np.linalg.lstsq(wide, -np.concatenate([r, np.zeros(P)]), rcond=None)[0]
    np.testing.assert_allclose(δ, known, rtol=1e-7 if μ < 1e-3 else 1e-11, atol=1e-10)


@pytest.mark.parametrize("n", [12, 4])  # 36 and 12 residuals against 31 parameters
def test_primal_and_dual_training_steps_agree(n):
    task, θ = task_of(table(n))
    here = linearise(task, θ)
    r, J = stacked(task, θ, np.ones(3))
    np.testing.assert_allclose(here.residuals.ravel(), r, rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(here.rows.reshape(J.shape), J, rtol=1e-11, atol=1e-14)
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
    gradient = np.einsum("kn,knp->kp", here.residuals, here.rows)
    known = term_rows(task, θ)
    np.testing.assert_allclose(gradient, known, rtol=1e-11, atol=1e-14)


@pytest.fixture(scope="module")
def long_fit():
    return fit(net(DATA), DATA, DATA, optimiser=LevenbergMarquardt(), epochs=400, records=400)


def test_the_loss_never_rises_and_ends_small(long_fit):
    total = long_fit.history.loss.sum(axis=1)
    assert np.all(np.diff(total) <= 0)
    assert total[-1] < 1e-6 * total[0]
    assert long_fit.good and long_fit.rejected == 0


def test_a_fit_at_its_minimum_says_so():
    """More residuals than a 1-wide network can meet: the minimum is reached, not zero."""
    fitted = fit(net(DATA, (1,)), DATA, optimiser=LevenbergMarquardt(), epochs=2000, records=1000)
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

    class Spy(eqx.Module):
        needs_gram: bool = True

        def update(self, statistics, state):
            return -jnp.ones(3), statistics

    spying = eqx.tree_at(lambda t: t.weighting, task, Spy())
    weights, seen = updated_weights(spying, begin(task, Adam()), linearise(task, θ))
    rows = np.asarray(term_rows(task, θ))
    np.testing.assert_array_equal(weights, 0)
    np.testing.assert_allclose(seen.losses, task.losses(θ, task.labels), rtol=1e-13)
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


# --- steps that are not finite


class Broken(eqx.Module):
    """Gives a NaN weight from its third step on."""

    needs_gram: bool = False

    def init(self, energies):
        return jnp.zeros(()), jnp.ones_like(energies)

    def update(self, statistics, state):
        step, ones = state
        return jnp.where(step >= 2, jnp.nan, 1.0) * ones, (step + 1, ones)


@pytest.mark.parametrize("optimiser", [Adam(1e-2, None), BATCH, LevenbergMarquardt()])
def test_steps_that_are_not_finite_are_refused_counted_and_told(optimiser):
    fitted = fit(net(DATA), DATA, optimiser=optimiser, weighting=Broken(), epochs=6, records=6)
    steps = fitted.history.step[-1]
    assert fitted.rejected == steps - 2 == fitted.history.rejected[-1]
    assert not fitted.good
    assert f"{steps - 2} of {steps} steps were not finite and were rejected" in fitted.result
    assert np.isfinite(parameters(fitted.surrogate)).all()
    for name in ("loss", "weight", "weight_step", "gradient_norm"):
        assert np.isfinite(getattr(fitted.history, name)).all()
    two = fit(net(DATA), DATA, optimiser=optimiser, weighting=Broken(), epochs=2, records=1)
    if steps == 6:  # one step an epoch: the surrogate is that of the second step
        np.testing.assert_array_equal(parameters(fitted.surrogate), parameters(two.surrogate))
        assert two.good


def test_parameters_that_overflow_are_not_taken():
    """No record ever shows them, and every step counts as rejected."""
    optimiser = FirstOrder(optax.scale(1e300), 1e300)
    fitted = fit(net(DATA), DATA, optimiser=optimiser, epochs=3, records=3)
    assert fitted.rejected == 3 and np.isfinite(fitted.history.loss).all()
    np.testing.assert_array_equal(parameters(fitted.surrogate), parameters(net(DATA)))


def test_a_weighting_whose_state_breaks_is_held_at_its_last_good_one():
    """The weights are still fine at that step; the next ones would not be."""

    class Breaking(Broken):
        def update(self, statistics, state):
            step, ones = state
            return ones, (jnp.where(step >= 2, jnp.nan, step + 1), ones)

    for optimiser in (Adam(1e-2, None), LevenbergMarquardt()):
        fitted = fit(net(DATA), DATA, optimiser=optimiser, weighting=Breaking(), epochs=5)
        assert fitted.rejected == 3


@pytest.mark.parametrize("rate", [1e300, 1e308])
@pytest.mark.parametrize("size", [None, 5])
def test_an_absurd_learning_rate_returns_the_last_surrogate_with_a_finite_loss(rate, size):
    start_, fitted = net(DATA), fit(net(DATA), DATA, optimiser=Adam(rate, size), epochs=3)
    assert not fitted.good and fitted.rejected > 0
    assert "lower the learning rate" in fitted.result
    assert np.isfinite(fitted.surrogate.value(DATA.x)).all()
    np.testing.assert_array_equal(parameters(fitted.surrogate), parameters(start_))


def test_finite_means_every_number_of_every_leaf():
    good = {"a": jnp.ones(3), "count": jnp.zeros((), int), "key": jnp.zeros((), bool)}
    assert bool(all_finite(good, jnp.ones(2)))
    for bad in (jnp.nan, jnp.inf, -jnp.inf):
        assert not bool(all_finite(good, jnp.array([1.0, bad])))
    kept = keep_if(jnp.asarray(False), {"a": jnp.nan * jnp.ones(2)}, {"a": jnp.ones(2)})
    np.testing.assert_array_equal(kept["a"], 1)


def test_the_first_weights_are_known_before_the_first_step():
    task, θ = task_of(DATA, weighting=Fixed(lambda e: e / e.sum()))
    state = begin(task, Adam())
    energies = task.loss.energies(task.labels)
    np.testing.assert_allclose(state.weights, energies / energies.sum(), rtol=1e-14)
    np.testing.assert_array_equal(state.θ, θ)
    assert not np.any(state.weight_step) and not state.step and not state.converged


def test_levenberg_marquardt_without_a_positive_weight_does_not_say_that_it_finished():
    data = table()
    fitted = fit(
        Surrogate.mlp(data, (4,), 0),
        data,
        weighting=Fixed(jnp.zeros_like),
        optimiser=LevenbergMarquardt(),
        epochs=3,
    )
    assert not fitted.good
    assert fitted.rejected == 3
    assert "no positive weight" in fitted.result
