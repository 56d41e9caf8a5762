"""Schemes made from schemes, and what the engine computes for them."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import net, table, task_of

from sobolev import fit
from sobolev.errors import ConfigError
from sobolev.optimisers import Adam, UnitLength
from sobolev.optimisers.linearisation import linearised, traces
from sobolev.weighting import (
    FAMO,
    Bounded,
    Chain,
    Every,
    Fixed,
    Frozen,
    InverseEnergy,
    InverseNorm,
    Moments,
    Normalised,
    Scheme,
    Smoothed,
    Statistics,
    Unweighted,
    Warmup,
    weighted_gradient,
)
from sobolev.weighting.wrappers.chain import weighted

ENERGIES = jnp.array([0.5, 2.0, 0.1])
ROWS = np.random.default_rng(0).normal(size=(3, 5)) * [[1.0], [30.0], [0.1]]


class Told(Scheme):
    """Weights that count how often it was asked, and which say what it saw."""

    needs = frozenset({"gram"})

    def init(self, energies):
        return jnp.zeros((), int)

    def update(self, statistics, state):
        return (1.0 + state) * statistics.losses, state + 1


def statistics(step=0):
    losses = jnp.array([1.0, 2.0, 4.0]) / (1 + step)
    rows = jnp.asarray(ROWS) / (1 + step)
    size = jnp.abs(rows)
    moments = Moments(size.max(axis=1), size.mean(axis=1), rows.std(axis=1))
    return Statistics(losses, rows @ rows.T, moments, losses**2, (rows @ jnp.ones(5))[None])


def evolve(scheme, steps):
    state, found = scheme.init(ENERGIES), []
    for step in range(steps):
        weights, state = scheme.update(statistics(step), state)
        found.append(np.asarray(weights))
    return np.array(found), state


def asked(scheme, steps):
    """In which steps the counting scheme inside was asked."""
    state, found = scheme.init(ENERGIES), []
    for step in range(steps):
        found.append(bool(scheme.due(state)))
        _, state = scheme.update(statistics(step), state)
    return found


@pytest.mark.parametrize(
    "wrap, expected",
    [
        (lambda s: Every(s, 3), [1, 0, 0, 1, 0, 0, 1]),
        (lambda s: Every(s, 1), [1] * 7),
        (lambda s: Warmup(s, 2), [0, 0, 1, 1, 1, 1, 1]),
        (lambda s: Frozen(s, 2), [1, 1, 0, 0, 0, 0, 0]),
        (lambda s: Warmup(Every(s, 3), 2), [0, 0, 1, 0, 0, 1, 0]),
        (lambda s: Every(Warmup(s, 1), 3), [0, 0, 0, 1, 0, 0, 1]),
        (lambda s: Normalised(Every(s, 3)), [1, 0, 0, 1, 0, 0, 1]),
        (lambda s: Bounded(Smoothed(Every(s, 3))), [1, 0, 0, 1, 0, 0, 1]),
        (lambda s: Chain(InverseEnergy(), Every(s, 3)), [1, 0, 0, 1, 0, 0, 1]),
        (lambda s: Chain(Every(s, 2), Every(s, 3)), [1, 0, 1, 1, 1, 0, 1]),
    ],
)
def test_a_scheme_is_asked_in_its_steps_only(wrap, expected):
    assert asked(wrap(Told()), 7) == [bool(e) for e in expected]
    assert wrap(Told()).needs == {"gram"}


def test_weights_are_held_between_the_steps():
    found, _ = evolve(Every(Told(), 3), 7)
    every = np.array([[1.0, 2, 4], [2 / 4 * 1.0, 2 / 4 * 2, 2 / 4 * 4], [3 / 7, 6 / 7, 12 / 7]])
    np.testing.assert_allclose(found, every[[0, 0, 0, 1, 1, 1, 2]], rtol=1e-14)


def test_a_warm_up_has_weights_of_one_and_a_frozen_scheme_keeps_its_last():
    warm, _ = evolve(Warmup(Told(), 2), 3)
    np.testing.assert_allclose(warm, [[1] * 3, [1] * 3, [1 / 3, 2 / 3, 4 / 3]], rtol=1e-14)
    frozen, _ = evolve(Frozen(Told(), 2), 4)
    np.testing.assert_allclose(frozen[1:], np.array([[1.0, 2, 4]] * 3), rtol=1e-14)


def test_the_average_starts_at_the_first_weights():
    raw, _ = evolve(Told(), 5)
    found, _ = evolve(Smoothed(Told(), 0.75), 5)
    mean = raw[0]
    for row, weights in zip(found, raw, strict=True):
        mean = 0.75 * mean + 0.25 * weights
        np.testing.assert_allclose(row, mean, rtol=1e-14)


def test_a_chain_shows_each_scheme_the_terms_as_weighted_so_far():
    first = Fixed(lambda e: jnp.array([2.0, 0.5, 3.0]))
    found, _ = evolve(Chain(first, Told()), 1)
    w = np.array([2.0, 0.5, 3.0])
    np.testing.assert_allclose(found[0], w * (w * [1, 2, 4]), rtol=1e-14)


def test_every_statistic_of_weighted_terms_is_that_of_the_weighted_gradients():
    w, plain = np.array([2.0, 0.5, 3.0]), statistics()
    rows = w[:, None] * ROWS
    seen = weighted(plain, jnp.asarray(w))
    np.testing.assert_allclose(seen.losses, w * [1, 2, 4], rtol=1e-14)
    np.testing.assert_allclose(seen.gram, rows @ rows.T, rtol=1e-13)
    np.testing.assert_allclose(seen.moments.largest, np.abs(rows).max(axis=1), rtol=1e-14)
    np.testing.assert_allclose(seen.moments.mean, np.abs(rows).mean(axis=1), rtol=1e-13)
    np.testing.assert_allclose(seen.moments.deviation, rows.std(axis=1), rtol=1e-13)
    np.testing.assert_allclose(seen.sketch[0], rows.sum(axis=1), rtol=1e-12)
    np.testing.assert_allclose(seen.traces, w * plain.traces, rtol=1e-14)  # r -> √w r


def test_the_losses_after_a_step_are_for_the_first_of_a_chain():
    first, second = FAMO(), Every(Told(), 2)
    chain, losses = Chain(first, second), jnp.array([0.9, 1.0, 4.0])
    _, state = chain.update(statistics(), chain.init(ENERGIES))
    famo, counted = chain.after(losses, state)
    known = first.after(losses, state[0])
    assert jax.tree.structure(famo) == jax.tree.structure(known) and counted is state[1]
    jax.tree.map(np.testing.assert_array_equal, famo, known)
    changed = jax.tree.leaves(jax.tree.map(lambda a, b: np.any(a != b), famo, state[0]))
    assert any(changed)


def test_a_chain_with_balanced_terms_changes_nothing():
    balanced = Chain(InverseNorm(0.0), InverseNorm(0.0))
    one, _ = evolve(InverseNorm(0.0), 2)
    two, _ = evolve(balanced, 2)
    np.testing.assert_allclose(two, one, rtol=1e-12)


@pytest.mark.parametrize("to, size", [("mean", 3.0), ("sum", 1.0), ("max", None), ("first", None)])
def test_what_is_one_afterwards(to, size):
    (w, *_), _ = evolve(Normalised(Told(), to), 1)
    if size is not None:
        np.testing.assert_allclose(np.sum(np.abs(w)), size, rtol=1e-14)
    else:
        np.testing.assert_allclose(w[0] if to == "first" else w.max(), 1.0, rtol=1e-14)


@pytest.mark.parametrize("to", ["mean", "sum", "max", "first"])
def test_weights_without_size_stay_zero(to):
    scheme = Normalised(Told(), to)
    seen = Statistics(jnp.zeros(3), jnp.zeros((3, 3)))
    np.testing.assert_array_equal(scheme.update(seen, scheme.init(ENERGIES))[0], 0)


def test_weights_stay_between_their_bounds():
    found, _ = evolve(Bounded(Told(), 1.5, 3.0), 1)
    np.testing.assert_array_equal(found[0], [1.5, 2.0, 3.0])
    one, _ = evolve(Bounded(Told()), 3)
    two, _ = evolve(Told(), 3)
    np.testing.assert_array_equal(one, two)


# --- in the engine


@pytest.fixture(scope="module")
def problem():
    task, θ = task_of(table())
    losses = eqx.filter_jit(lambda t: task.losses(t, task.loss.batches()))
    return task, losses, θ, np.asarray(jax.jacrev(losses)(θ))


def test_the_gradient_is_the_same_whether_or_not_its_rows_are_there(problem):
    _, losses, θ, rows = problem
    scheme = Every(InverseNorm(0.0), 2)
    state = scheme.init(ENERGIES)
    norms = np.linalg.norm(rows, axis=1)
    known = (1 / norms) / np.mean(1 / norms)
    for _ in range(3):
        gradient, _, weights, state = weighted_gradient(losses, θ, scheme, state)
        np.testing.assert_allclose(weights, known, rtol=1e-12)
        np.testing.assert_allclose(gradient, known @ rows, rtol=1e-12, atol=1e-14)


class Asking(Scheme):
    """Hands out what it was given."""

    needs: frozenset = eqx.field(static=True)
    vectors: int = eqx.field(default=3, static=True)

    def init(self, energies):
        return energies

    def update(self, statistics, state):
        return jnp.ones(3), statistics


def test_each_statistic_is_what_it_says(problem):
    task, losses, θ, rows = problem
    scheme = Asking(frozenset({"gram", "moments", "traces", "sketch"}))
    key, batches = jax.random.key(5), task.loss.batches()
    *_, seen = weighted_gradient(losses, θ, scheme, None, key, lambda t: traces(task, t, batches))
    np.testing.assert_allclose(seen.gram, rows @ rows.T, rtol=1e-12)
    np.testing.assert_allclose(seen.moments.largest, np.abs(rows).max(axis=1), rtol=1e-12)
    np.testing.assert_allclose(seen.moments.mean, np.abs(rows).mean(axis=1), rtol=1e-12)
    np.testing.assert_allclose(seen.moments.deviation, rows.std(axis=1), rtol=1e-12)
    directions = jax.random.normal(key, (3, len(θ)))
    np.testing.assert_allclose(seen.sketch, directions @ rows.T, rtol=1e-10, atol=1e-13)
    J = np.asarray(linearised(task, θ, batches)[1][0])
    np.testing.assert_allclose(seen.traces, (J**2).sum(axis=(1, 2)), rtol=1e-12)


@pytest.mark.parametrize("optimiser", [Adam(1e-2, None), Adam(1e-2, 5)])
def test_a_network_trains_with_all_of_it(optimiser):
    scheme = Chain(InverseEnergy(), Every(Smoothed(InverseNorm()), 3))
    data, along = table(), UnitLength(optimiser)
    fitted = fit(net(data), data, weighting=scheme, optimiser=along, epochs=9, records=3)
    assert fitted.good and np.all(np.isfinite(fitted.history.weight))
    assert fitted.history.loss[-1].sum() < fitted.history.loss[0].sum()


@pytest.mark.parametrize(
    "make, sentence",
    [
        (lambda: Every(Unweighted(), 0), "steps must be a whole number of steps ≥ 1: got 0"),
        (lambda: Warmup(Unweighted(), 1.5), "got 1.5"),
        (lambda: Frozen(Unweighted(), -1), "got -1"),
        (lambda: Smoothed(Unweighted(), 1.0), r"decay must lie in \[0, 1\)"),
        (lambda: Normalised(Unweighted(), "median"), "choose one of mean, sum, max, first"),
        (lambda: Bounded(Unweighted(), 2.0, 1.0), r"0 ≤ lower < upper: got \[2.0, 1.0\]"),
        (lambda: Chain(), "one or more schemes"),
    ],
)
def test_what_has_no_meaning_is_refused(make, sentence):
    with pytest.raises(ConfigError, match=sentence):
        make()
