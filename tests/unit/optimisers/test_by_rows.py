"""Steps made of the rows ∇L_k: MultiAdam and M-ConFIG against NumPy."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import net, task_of
from optimiser_runs import DATA, begin, epoch, parameters

from sobolev import fit
from sobolev.errors import ConfigError
from sobolev.optimisers import ByRows, MomentumConFIG, MultiAdam, Optimiser, UnitLength
from sobolev.optimisers.by_terms.momentum_config import (
    AlternatingConFIG,
    ConFIGOfMomenta,
    conflict_free,
)
from sobolev.optimisers.by_terms.multi_adam import MeanOfAdams
from sobolev.weighting import Fixed, InverseNorm, Unweighted

STEPS, K, P = 10, 3, 7
ROWS = np.random.default_rng(8).normal(size=(STEPS, K, P)) * np.array([1.0, 20.0, 0.1])[:, None]


@jax.jit
def along(aggregator, rows):
    """The directions of each step."""
    step = lambda state, r: aggregator.update(r, state)[::-1]  # noqa: E731
    return jax.lax.scan(step, aggregator.init(rows[0]), rows)[1]


def test_multi_adam_is_the_mean_of_k_adams():
    known = np.zeros((STEPS, P))
    for k in range(K):
        m, v = np.zeros(P), np.zeros(P)
        for t in range(STEPS):
            g = ROWS[t, k]
            m, v = 0.9 * m + 0.1 * g, 0.95 * v + 0.05 * g**2
            known[t] += m / (1 - 0.9 ** (t + 1)) / np.sqrt(v / (1 - 0.95 ** (t + 1))) / K
    np.testing.assert_allclose(along(MeanOfAdams(0.9, 0.95), ROWS), known, rtol=1e-12, atol=1e-14)


def test_multi_adam_does_not_know_the_units_of_the_terms():
    c = np.array([1e-8, 1.0, 1e8])[:, None]
    scheme = MeanOfAdams()
    np.testing.assert_allclose(along(scheme, ROWS * c), along(scheme, ROWS), rtol=1e-12, atol=1e-14)


def by_pseudo_inverse(rows):
    """(Σ g·d) d from U⁺1 of the matrix itself, rows of zeros left out."""
    rows = rows[np.linalg.norm(rows, axis=1) > 0]
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    d = np.linalg.pinv(unit) @ np.ones(len(unit))
    d /= np.linalg.norm(d)
    return np.sum(rows @ d) * d


@pytest.mark.parametrize("left_out", [(), (1,), (0, 2)])
def test_the_conflict_free_direction_has_equal_angles_to_all(left_out):
    rows = ROWS[0].copy()
    rows[list(left_out)] = 0.0
    d = np.asarray(jax.jit(conflict_free)(rows))
    np.testing.assert_allclose(d, by_pseudo_inverse(rows), rtol=1e-10)
    there = rows[np.linalg.norm(rows, axis=1) > 0]
    cosines = there @ d / np.linalg.norm(there, axis=1) / np.linalg.norm(d)
    np.testing.assert_allclose(cosines, cosines[0], rtol=1e-10)
    assert cosines[0] > 0


@pytest.mark.parametrize(
    "rows, known",
    [
        ([[0.0, 0.0], [0.0, 0.0]], [0.0, 0.0]),
        ([[1.0, 2.0], [-3.0, -6.0]], [0.0, 0.0]),
        ([[1.0, 2.0], [1.0, 2.0]], [2.0, 4.0]),
        ([[3.0, 4.0]], [3.0, 4.0]),
        ([[1e150, 0.0], [0.0, 1e150]], [1e150, 1e150]),
    ],
)
def test_rows_that_cancel_repeat_or_vanish(rows, known):
    found = jax.jit(conflict_free)(np.asarray(rows))
    np.testing.assert_allclose(found, known, rtol=1e-12, atol=1e-12)


def momentum_config(rows, new, b1=0.9, b2=0.99):
    """Algorithm 1 by hand; `new [T]` says which rows a step sees."""
    m, seen, last, v, steps = np.zeros((K, P)), np.zeros(K), np.zeros(P), np.zeros(P), []
    for t, which in enumerate(new, start=1):
        for k in which:
            m[k], seen[k] = b1 * m[k] + (1 - b1) * rows[t - 1, k], seen[k] + 1
        known = seen > 0
        direction = by_pseudo_inverse(m[known] / (1 - b1 ** seen[known])[:, None])
        total = direction * (1 - b1**t)
        v = b2 * v + (1 - b2) * ((total - b1 * last) / (1 - b1)) ** 2
        last = total
        steps.append(direction / np.sqrt(v / (1 - b2**t)))
    return steps


def test_momentum_config_follows_its_algorithm():
    every = [range(K)] * STEPS
    found = along(ConFIGOfMomenta(0.9, 0.99), ROWS)
    np.testing.assert_allclose(found, momentum_config(ROWS, every), rtol=1e-8)


def test_alternating_looks_at_one_row_a_step():
    turns = [[t % K] for t in range(STEPS)]
    found = along(AlternatingConFIG(ConFIGOfMomenta(0.9, 0.99)), ROWS)
    np.testing.assert_allclose(found, momentum_config(ROWS, turns), rtol=1e-8)
    only = np.where(np.arange(K) == np.array(turns), 1.0, 0.0)[..., None] * ROWS
    np.testing.assert_array_equal(along(AlternatingConFIG(ConFIGOfMomenta(0.9, 0.99)), only), found)


@pytest.mark.parametrize(
    "make", [MultiAdam, MomentumConFIG, lambda *a: MomentumConFIG(*a, alternating=False)]
)
@pytest.mark.parametrize("weights", [(1.0, 1.0, 1.0), (2.0, 0.5, 10.0)])
def test_the_optimiser_feeds_the_weighted_rows(make, weights):
    """Three full-batch steps against `jax.jacrev` and the aggregator by itself."""
    weighting = Fixed(lambda e: jnp.array(weights))
    optimiser = make(1e-2, None)
    assert isinstance(optimiser, Optimiser) and isinstance(optimiser, ByRows)
    task, θ = task_of(DATA, weighting=weighting)
    jacobian = jax.jit(jax.jacrev(lambda t: task.losses(t, task.loss.batches())))
    state, aggregator = begin(task, optimiser), optimiser.aggregator
    own, update = eqx.filter_jit(aggregator.init)(jacobian(θ)), eqx.filter_jit(aggregator.update)
    for _ in range(3):
        rows = np.asarray(weights)[:, None] * np.asarray(jacobian(θ))
        step, own = update(rows, own)
        θ = np.asarray(θ) - 1e-2 * np.asarray(step)
        state = epoch(optimiser, task, state)
    # A step of Adam is a sign at first: an entry at round-off would make it a coin's.
    np.testing.assert_allclose(state.θ, θ, rtol=1e-9, atol=1e-11)
    assert int(state.step) == 3 and not int(state.rejected)


@pytest.mark.parametrize("optimiser", [MultiAdam(1e-2, 5), MomentumConFIG(1e-2, 5)])
def test_a_fit_reduces_the_loss(optimiser):
    fitted = fit(net(DATA), DATA, optimiser=optimiser, weighting=Unweighted(), epochs=60)
    loss = fitted.history.loss.sum(axis=1)
    assert loss[-1] < 0.5 * loss[0]
    assert np.isfinite(parameters(fitted.surrogate)).all()


def test_weightings_of_the_rows_work_and_others_are_refused():
    task, θ = task_of(DATA, weighting=InverseNorm())
    with pytest.raises(ConfigError, match="one term a step, and InverseNorm needs those of all"):
        MomentumConFIG().init(task, θ)
    MomentumConFIG(alternating=False).init(task, θ)
    with pytest.raises(ConfigError, match=r"follows the combined gradient, .*: got ByRows"):
        UnitLength(MultiAdam())


@pytest.mark.parametrize(
    "make, sentence",
    [
        (lambda: MultiAdam(0.0), "learning rate must be"),
        (lambda: MultiAdam(1e-3, 0), "batch size"),
        (lambda: MultiAdam(b1=1.0), "b1 must lie"),
        (lambda: MomentumConFIG(b2=-1.0), "b2 must lie"),
    ],
)
def test_settings_without_a_meaning_are_refused(make, sentence):
    with pytest.raises(ConfigError, match=sentence):
        make()
