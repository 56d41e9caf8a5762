"""Weights of points in steps of every kind, also of points that are drawn anew."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

from sobolev import Box, Checkpoint, Stop, Surrogate, fit
from sobolev.errors import ConfigError
from sobolev.losses import Adaptive, Equation, Region, Unbiased, Uniform, by_names
from sobolev.networks import MLP
from sobolev.optimisers import Adam, LevenbergMarquardt, SSBroyden
from sobolev.optimisers.first_state import start
from sobolev.optimisers.point_weights import attended
from sobolev.training import Placement
from sobolev.training.loop import epochs
from sobolev.training.preparation.prepare import prepare
from sobolev.weighting import Causal, CausalInTime, ResidualAttention
from sobolev.weighting.points.causal import CausalWhenDrawn, Clock, Strengths

TIME = Box(("a", "b"), (-1.0, 0.0), (1.0, 2.0))
CAUSAL = CausalInTime("b", 4, strengths=(3.0,))


DECAYING = by_names(TIME, "u")(lambda u: u.b + u)


def off_start(u, x):
    return u(x)[0] - jnp.cos(x[0])


def drawn(points=Uniform, every=2):
    """A decay in b, at points that are drawn, and its start."""
    at = Region.of(TIME).boundary("b=0")
    return Surrogate.on(TIME, ("u",), MLP((3,)), key=0), [
        Equation("decay", DECAYING, points(TIME, 32, every=every)),
        Equation("start", off_start, Uniform(at, 32, every=every), order=0),
    ]


def solved(optimiser, causal, **how):
    surrogate, blocks = drawn()
    return fit(
        surrogate, blocks, optimiser=optimiser, point_weights=causal, epochs=6, records=3, **how
    )


def parameters(fitted):
    return np.asarray(ravel_pytree(fitted.surrogate.network)[0])


class Enough(Exception):
    pass


def task_drawn(optimiser, points=Uniform, every=2):
    surrogate, blocks = drawn(points, every)
    job = prepare(
        surrogate, blocks, None, stop=Stop(), placement=Placement(), optimiser=optimiser,
        point_weights=CAUSAL,
    ).job  # fmt: skip
    return job.task, eqx.filter_jit(start)(job.task, optimiser), eqx.filter_jit(optimiser.epoch)


@eqx.filter_jit
def weights_at(task, θ, points, drawn):
    found = attended(task, θ, points, task.loss.batches(drawn))
    return [batch.attention for batch in found[0]]


def test_the_time_of_a_point_that_was_drawn_says_to_which_chunk_it_belongs():
    by_residual = lambda *a, **k: Unbiased(Adaptive(*a, **k))  # noqa: E731
    task, state, _ = task_drawn(Adam(1e-2, None), by_residual)
    equation, _ = state.drawn
    found, first = weights_at(task, state.θ, state.points, state.drawn)
    residuals = eqx.filter_jit(lambda θ, at: task.loss.blocks[0].raw_residuals(task.view(θ), at))
    r = residuals(state.θ, equation)[0]
    chunk = np.digitize(equation.x[:, 1], [0.5, 1.0, 1.5])
    L = np.array([np.mean(np.asarray(r)[chunk == c] ** 2) for c in range(4)])
    known = np.exp(-3.0 * np.r_[0, np.cumsum(L)[:-1]])[chunk]
    own = np.asarray(equation.attention)[:, 0]  # what makes the loss that of even points
    np.testing.assert_allclose(found[:, 0], known * own, rtol=1e-10)
    assert known.min() < 0.9
    np.testing.assert_array_equal(first, 1.0)  # all of it at the beginning of time


def test_a_chunk_without_a_point_is_as_one_that_is_learnt():
    clock = Clock(1, 4, jnp.asarray(0.0), jnp.asarray(1.0))
    weighting = CausalWhenDrawn(clock, Strengths((2.0,), 0.9), 3)
    t = np.array([0.1, 0.6, 0.9])
    r = np.array([0.5, 0.7, 9.0])

    @eqx.filter_jit
    def updated(x, r):
        seeing = weighting.seeing(x)
        return seeing.update(r, jnp.arange(3), seeing.init(3))

    w, _ = updated(np.stack([0 * t, t], axis=1), r)
    np.testing.assert_allclose(w, np.exp(-2.0 * np.array([0, 0.25, 0.25 + 0.49])), rtol=1e-12)


def test_a_training_takes_them_on_drawn_points():
    plain, causal = (solved(Adam(1e-2, None), how) for how in (None, CAUSAL))
    assert causal.rejected == 0 and plain.rejected == 0
    assert np.abs(parameters(causal) - parameters(plain)).max() > 1e-4
    before = epochs.advance.programs()
    weak = solved(Adam(1e-2, None), CausalInTime("b", 4, strengths=(1e-300,)))
    assert epochs.advance.programs() == before  # other numbers
    np.testing.assert_allclose(parameters(weak), parameters(plain), rtol=1e-6, atol=1e-9)


def test_a_trial_is_judged_by_the_weights_that_it_was_made_with():
    task, state, advance = task_drawn(LevenbergMarquardt(), every=100)
    losses = eqx.filter_jit(task.losses)
    for _ in range(6):
        before, state = state, advance(task, state)
        λ = weights_at(task, before.θ, before.points, state.drawn)
        batches = tuple(b._replace(attention=own) for b, own in zip(state.drawn, λ, strict=True))
        old, new = (np.dot(state.weights, losses(θ, batches)) for θ in (before.θ, state.θ))
        assert new < old or np.array_equal(before.θ, state.θ)


def test_a_line_search_has_the_weights_of_points_of_its_hold():
    task, state, advance = task_drawn(SSBroyden(hold=4), every=1)
    for step in range(9):
        before, state = state, advance(task, state)
        old, new = before.optimiser, state.optimiser
        same = np.array_equal(old.attention[0], new.attention[0])
        assert same == (step % 4 != 0)
        if same:  # and the loss that it measures is theirs, and does not rise
            assert new.point.φ <= old.point.φ
            continue
        λ = weights_at(task, before.θ, before.points, state.drawn)
        np.testing.assert_allclose(new.attention[0], λ[0], rtol=1e-12)
        np.testing.assert_array_equal(before.θ, state.θ)  # a look
        batches = tuple(b._replace(attention=own) for b, own in zip(state.drawn, λ, strict=True))
        known = state.weights @ task.losses(state.θ, batches)
        np.testing.assert_allclose(new.point.φ, known, rtol=1e-10)


def test_a_training_on_drawn_points_that_was_left_goes_on_to_the_same_bits(tmp_path):
    def leave(progress):
        raise Enough

    how = {"causal": CAUSAL, "checkpoint": Checkpoint(tmp_path / "c.npz", 0)}
    optimiser = SSBroyden(hold=4)
    whole = solved(optimiser, CAUSAL)
    with pytest.raises(Enough):
        solved(optimiser, progress=leave, **how)
    resumed = solved(optimiser, **how)
    np.testing.assert_array_equal(parameters(resumed), parameters(whole))


def test_what_remembers_single_points_is_refused_where_they_are_drawn():
    with pytest.raises(ConfigError, match=r"ResidualAttention remembers single points.*'decay'"):
        solved(LevenbergMarquardt(), ResidualAttention())
    with pytest.raises(ConfigError, match="Causal remembers"):
        solved(LevenbergMarquardt(), Causal([0, 1]))
