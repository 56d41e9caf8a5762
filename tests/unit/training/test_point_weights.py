"""Weights of the points inside a training: against loops written out, resumed, refused."""

from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from helpers import labels_of, net, table, task_of, with_gaps
from jax.flatten_util import ravel_pytree

from sobolev import Checkpoint, fit
from sobolev.errors import ConfigError, DataError
from sobolev.losses import (
    Equation,
    Labelled,
    Loss,
    ScalingArrays,
    View,
)
from sobolev.networks.parameters import unflatten
from sobolev.optimisers import (
    Adam,
    BayesianRegularisation,
    FirstOrder,
    MultiAdam,
    Then,
)
from sobolev.optimisers.first_state import start
from sobolev.optimisers.optimiser import Task
from sobolev.optimisers.point_weights import attended
from sobolev.training.loop import epochs
from sobolev.weighting import (
    Causal,
    CausalInTime,
    ConFIG,
    Fixed,
    InverseResidualDecay,
    LogSum,
    ResidualAttention,
    SelfAdaptive,
    TangentKernel,
    Unweighted,
)

STEPS, RATE = 3, 0.05
DESCENT = FirstOrder(optax.identity(), RATE, None)
DATA = with_gaps(table(), 0.2)
WEIGHTS = np.array([1.0, 0.5, 2.0])  # of the terms


def trained(points, optimiser=DESCENT, steps=STEPS, data=DATA, weighting=None, noise=None):
    """The states before the first step and after each."""
    task, _ = task_of(data, weighting=weighting, hidden=(3,))
    task = replace(task, points=() if points is None else (points,))
    advance = eqx.filter_jit(optimiser.epoch)
    states = [eqx.filter_jit(start)(task, optimiser)]
    for _ in range(steps):
        states.append(advance(task, states[-1]))
    return task, states


# ---- the same by hand: residuals of value and slopes, one attention after the other


def residuals_by_hand(task, θ):
    """r [3, n] of the value and the two slopes; 0 where there is no label."""
    network, x, target = unflatten(task.network, θ), labels_of(task).x, labels_of(task).target
    value = jax.vmap(network)(x)[:, 0] - target.y[:, 0]
    slope = jax.vmap(jax.jacfwd(network))(x)[:, 0] - target.jacobian[:, 0]
    r = jnp.concatenate([value[None], slope.T])
    return jnp.where(present(task), r, 0.0)


def present(task):
    """Which labels there are, `[3, n]`."""
    target = labels_of(task).target
    y, jacobian = (np.asarray(a) for a in (target.y, target.jacobian))
    return ~np.isnan(np.concatenate([y, jacobian[:, 0]], axis=1).T)


def attention(λ, r, there, t):
    """γ = 0.9, η = 0.1 from 1 on; the weight is λ²."""
    λ = np.where(there, 0.9 * λ + 0.1 * np.abs(r) / np.abs(r).max(), λ)
    return λ, λ**2


def decay(state, r, there, t):
    """β = memory = 0.8, the average of r⁴ over all steps so far at once."""
    w, seen = state if t else (np.ones(len(r)), [])
    seen = [*seen, r**4]
    ages = 0.8 ** np.arange(len(seen))[::-1]
    usual = np.sqrt(np.average(seen, axis=0, weights=ages))
    ρ = np.where(there, r**2 / np.where(there, usual, 1.0), 0.0)
    w = 0.8 * w + 0.2 * ρ / ρ[there].mean()
    return (w, seen), w


def ascent(state, r, there, t):
    """Adam on λ, upwards, at rate 0.1 from 1 on; the weight is λ² before the step."""
    λ, m, v = state if t else (np.ones(len(r)), 0.0, 0.0)
    slope = np.where(there, λ * r**2 / there.sum(), 0.0)
    m, v = 0.99 * m + 0.01 * slope, 0.999 * v + 0.001 * slope**2
    size = np.sqrt(v / (1 - 0.999 ** (t + 1)))
    step = np.where(there, m / np.where(there, size, 1.0) / (1 - 0.99 ** (t + 1)), 0.0)
    return (λ + 0.1 * step, m, v), λ**2


BY_HAND = {
    "attention": (ResidualAttention(0.9, 0.1), attention, lambda s: s),
    "decay": (InverseResidualDecay(0.8, 0.8), decay, lambda s: s.weights),
    "ascent": (SelfAdaptive(0.1), ascent, lambda s: s.λ),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_three_steps_are_those_of_a_loop_by_hand(name):
    points, moved, λ_of = BY_HAND[name]
    fixed = Fixed(lambda energies: jnp.asarray(WEIGHTS))
    task, states = trained(points, weighting=fixed)
    θ, own = states[0].θ, [np.ones(len(DATA)) for _ in range(3)]

    @jax.jit
    def gradient(θ, λ):
        def loss(θ):
            squares = jnp.sum(λ * residuals_by_hand(task, θ) ** 2, axis=1)
            return jnp.asarray(WEIGHTS) @ (0.5 * squares / there.sum(axis=1))

        return jax.grad(loss)(θ)

    there = present(task)
    assert not there.all() and there.any(axis=1).all()
    for t, state in enumerate(states[1:]):
        r = np.asarray(residuals_by_hand(task, θ))
        weights = np.zeros_like(r)
        for e in range(3):
            own[e], weights[e] = moved(own[e], r[e], there[e], t)
        θ = θ - RATE * gradient(θ, jnp.where(there, weights, 0.0))
        np.testing.assert_allclose(state.θ, θ, rtol=1e-10, atol=1e-13)
        for e in range(3):
            known = own[e] if isinstance(own[e], np.ndarray) else own[e][0]
            found = np.asarray(λ_of(state.points[0]))[e]
            np.testing.assert_allclose(found[there[e]], known[there[e]], rtol=1e-9)
            assert np.all(found[~there[e]] == 1)  # who has no label keeps its start
    assert int(states[-1].rejected) == 0
    plain = trained(None, weighting=fixed)[1]
    assert np.abs(plain[-1].θ - states[-1].θ).max() > 1e-5 and plain[-1].points == ()


def test_the_trust_of_a_noisy_label_counts_in_its_residual():
    """L_k = ½ mean λ τ r²: a point that is not trusted does not get attention for its noise."""
    noisy = np.where(np.arange(12)[:, None] == 3, 1.0, 0.0)
    data = replace(table(), noise={"y": noisy})
    points = ResidualAttention(0.0, 1.0)
    task, states = trained(points, data=data, steps=1)
    r = residuals_by_hand(task, states[0].θ)
    τ = np.asarray(labels_of(task).trust.y)[:, 0]
    assert τ[3] < 1e-3 and np.all(np.delete(τ, 3) == 1)
    known = np.sqrt(τ) * np.abs(r[0])
    np.testing.assert_allclose(states[1].points[0][0], known / known.max(), rtol=1e-12)


def test_traces_and_first_weights_are_those_of_the_weighted_points():
    points = ResidualAttention(0.5, 0.5)
    task, (before, after) = trained(points, weighting=TangentKernel(), steps=1)
    there = present(task)
    dense = jax.jit(jax.jacobian(lambda θ: residuals_by_hand(task, θ)))(before.θ)
    λ = np.where(there, np.asarray(after.points[0]) ** 2, 0.0)
    traces = (λ * np.sum(np.asarray(dense) ** 2, axis=2)).sum(axis=1) / there.sum(axis=1)
    np.testing.assert_allclose(before.weights, traces.sum() / traces, rtol=1e-10)
    np.testing.assert_array_equal(before.weights, after.weights)
    _, (first, then) = trained(points, weighting=LogSum(), steps=1)
    r = np.asarray(residuals_by_hand(task, before.θ))
    losses = 0.5 * (λ * r**2).sum(axis=1) / there.sum(axis=1)
    np.testing.assert_allclose(first.weights, 1 / losses, rtol=1e-10)
    np.testing.assert_allclose(first.weights, then.weights, rtol=1e-14)


# ---- causal weights


def test_causal_weights_of_no_strength_are_no_weights():
    plain = trained(None)[1][-1]
    chunks = np.arange(12) % 4
    causal = trained(Causal(chunks, (1e-300,)))[1][-1]
    np.testing.assert_allclose(causal.θ, plain.θ, rtol=1e-12)
    strong = trained(Causal(chunks, (1e2,)))[1][-1]
    assert np.abs(strong.θ - plain.θ).max() > 1e-4


def test_causal_weights_are_of_the_residuals_themselves():
    """Their size counts: exp(−ε Σ L) with L the mean square over the labels of a chunk."""
    chunk, ε = np.arange(12) % 3, 0.7
    task, (before,) = trained(Causal(chunk, (ε,)), steps=0)
    batches = task.loss.batches()
    (labels,), _ = jax.jit(lambda: attended(task, before.θ, before.points, batches))()
    r, there = np.asarray(residuals_by_hand(task, before.θ)), present(task)
    L = np.array([[np.mean(r[e][there[e] & (chunk == c)] ** 2) for c in (0, 1)] for e in range(3)])
    known = np.c_[np.ones(3), np.exp(-ε * L[:, 0]), np.exp(-ε * L.sum(axis=1))][:, chunk]
    np.testing.assert_allclose(labels.attention.T, np.where(there, known, 0.0), rtol=1e-12)
    assert known.min() < 0.7


def test_time_in_chunks_of_equal_duration():
    x = np.random.default_rng(0).uniform([0, 3], [1, 7], (200, 2))
    x[0, 1], x[1, 1] = 3.0, 7.0
    found = CausalInTime("t", 4).at((x - 2.0) / 5.0, ("a", "t"))
    np.testing.assert_array_equal(found.chunk, np.digitize(x[:, 1], [4.0, 5.0, 6.0]))
    assert found.chunks == 4


# ---- in `fit`


def run(points, optimiser=None, epochs=6, **how):
    data = with_gaps(table(14), 0.2)
    optimiser = Adam(1e-2, batch_size=None) if optimiser is None else optimiser
    return fit(
        net(data, (3,)), data, point_weights=points, optimiser=optimiser, epochs=epochs,
        check=False, records=how.pop("records", 3), **how,
    )  # fmt: skip


def parameters(fitted):
    return np.asarray(ravel_pytree(fitted.surrogate.network)[0])


def test_a_training_uses_them_and_records_the_losses_without_them():
    fitted, plain = run(SelfAdaptive(0.3)), run(None)
    assert np.abs(parameters(fitted) - parameters(plain)).max() > 1e-4
    data = with_gaps(table(14), 0.2)
    block = Labelled.of(data, fitted.surrogate.scaling)
    known = block.losses(View.of(fitted.surrogate), block.labels)
    np.testing.assert_allclose(fitted.history.loss[-1], known, rtol=1e-12)
    with_time = run(CausalInTime("b", 3, strengths=(10.0,)))
    assert np.abs(parameters(with_time) - parameters(plain)).max() > 1e-4


def test_points_of_an_equation_have_weights_of_their_own():
    """Rows of the data and of the equation: neither is in the other's maximum."""
    data, x = table(6), np.random.default_rng(1).uniform([-1, 0], [2, 1], (9, 2))
    decay = lambda u, x: jax.jacfwd(u)(x)[0, 1] + u(x)[0]  # noqa: E731
    surrogate = net(data, (3,))
    equation = Equation("du/db + u", decay, x, order=1)
    loss = Loss((Labelled.of(data, surrogate.scaling), equation))
    task = Task(
        surrogate.network, loss, Unweighted(), jax.random.key(0),
        ScalingArrays.of(surrogate.scaling),
        (ResidualAttention(0.0, 1),) * 2,
    )  # fmt: skip
    before = eqx.filter_jit(start)(task, DESCENT)
    after = eqx.filter_jit(DESCENT.epoch)(task, before)
    view = View.of(surrogate)
    for block, found, shape in zip(loss.blocks, after.points, [(3, 6), (1, 9)], strict=True):
        r = np.abs(block.raw_residuals(view, block.draw()))
        assert found.shape == shape
        np.testing.assert_allclose(found, r / r.max(axis=1, keepdims=True), rtol=1e-12)
    how = {"optimiser": Adam(1e-2, None), "epochs": 3, "check": False}
    causal = CausalInTime("b", 3, strengths=(10.0,))
    with_time = fit(surrogate, [data, equation], point_weights=causal, **how)
    plain = fit(surrogate, [data, equation], **how)
    assert np.abs(parameters(with_time) - parameters(plain)).max() > 1e-4
    assert with_time.result == "finished"


def test_steps_by_rows_take_them_too():
    states = trained(SelfAdaptive(0.3), MultiAdam(1e-2, None), steps=1)[1]
    assert np.all(
        np.asarray(states[-1].points[0].λ) != 1, where=np.asarray(states[-1].points[0].times) > 0
    )


class Enough(Exception):
    pass


@pytest.mark.parametrize("points", [SelfAdaptive(0.3), InverseResidualDecay(0.5, 0.5)])
def test_a_training_that_was_left_goes_on_to_the_same_bits(tmp_path, points):
    whole, path = run(points), tmp_path / "c.npz"

    def leave(progress):
        raise Enough

    with pytest.raises(Enough):
        run(points, checkpoint=Checkpoint(path, 0), progress=leave)
    resumed = run(points, checkpoint=Checkpoint(path, 0))
    np.testing.assert_array_equal(parameters(resumed), parameters(whole))
    np.testing.assert_array_equal(resumed.history.loss, whole.history.loss)
    with pytest.raises(DataError, match="the weighting differs"):
        run(None, checkpoint=path)


def test_a_rejected_step_leaves_them_as_they_were():
    _, states = trained(ResidualAttention(0.5, 0.5), FirstOrder(optax.identity(), 1e308, None))
    assert [int(state.rejected) for state in states] == [0, 0, 1, 2]  # the first one is finite
    np.testing.assert_array_equal(states[-1].points, states[1].points)
    assert np.any(np.asarray(states[1].points) != states[0].points)


def test_without_them_nothing_is_compiled_again():
    run(None)
    before = epochs.advance.programs()
    run(ResidualAttention())
    with_points = epochs.advance.programs()
    run(None)
    run(ResidualAttention(0.9, 0.3, 0.5))
    assert epochs.advance.programs() == with_points == before + 1


@pytest.mark.parametrize(
    "points, optimiser, sentence",
    [
        (
            SelfAdaptive(),
            BayesianRegularisation(),
            "BayesianRegularisation does not make: give",
        ),
        (
            SelfAdaptive(),
            Adam(1e-2, 5),
            "on all rows in memory that know of them, which FirstOrder in batches does not",
        ),
        (SelfAdaptive(), Then(Adam(1e-2, None), 2, Adam(1e-2, 5)), "FirstOrder in batches"),
        (ConFIG(), None, "points takes weights of points.*got ConFIG"),
        (SelfAdaptive, None, "points takes weights of points.*got the class SelfAdaptive"),
        (CausalInTime, None, "points takes weights of points.*got the class CausalInTime"),
        (3.0, None, "points takes weights of points.*got float"),
        (Causal([0, 1]), None, "chunk has 2 numbers for 14 points"),
        (CausalInTime("t"), None, "no input 't' that could be time: choose one of a, b"),
    ],
)
def test_what_cannot_be_is_refused(points, optimiser, sentence):
    with pytest.raises(ConfigError, match=sentence):
        run(points, optimiser)


def test_a_time_that_stands_still_is_none():
    with pytest.raises(ConfigError, match="one value only"):
        CausalInTime("t").at(np.ones((3, 1)), ("t",))
