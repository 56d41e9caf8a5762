"""Gauss–Newton by the ratio rule: its identities, its sketch, and a step of it by hand."""

from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import table, task_of
from optimiser_runs import begin, epoch

from sobolev import Box
from sobolev.errors import ConfigError
from sobolev.losses import Equation, Loss, Uniform
from sobolev.optimisers import RatioGaussNewton, Sketch
from sobolev.optimisers.least_squares import ratio_rule
from sobolev.optimisers.least_squares.ratio_rule import exact, rising
from sobolev.optimisers.least_squares.sketch import Directions, added, hashes
from sobolev.optimisers.least_squares.trust_radius import (
    damped,
    damping_of,
    last_good,
    predicted,
)
from sobolev.optimisers.optimiser import Task
from sobolev.weighting import Fixed, Unweighted

damped, damping_of, last_good, predicted, drawn = map(
    eqx.filter_jit, (damped, damping_of, last_good, predicted, Directions.drawn)
)

rng = np.random.default_rng(0)
J, R = (jnp.asarray(rng.normal(size=shape)) for shape in ((40, 12), (40,)))
G, g = J.T @ J, J.T @ R


@pytest.mark.parametrize("λ", [1e-6, 0.3, 50.0])
def test_the_reduction_predicted_is_that_of_the_linear_model(λ):
    """Also Σ g_i²(σ_i² + 2λ)/(σ_i² + λ)² over the singular values, as published."""
    p = damped(G, g, jnp.asarray(λ)).step
    known = R @ R - (R + J @ p) @ (R + J @ p)
    np.testing.assert_allclose(predicted(p, g, jnp.asarray(λ)), known, rtol=1e-12)
    U, σ, _ = np.linalg.svd(J, full_matrices=False)
    c = σ * (U.T @ R)
    series = np.sum(c**2 * (σ**2 + 2 * λ) / (σ**2 + λ) ** 2)
    np.testing.assert_allclose(predicted(p, g, jnp.asarray(λ)), series, rtol=1e-12)


@pytest.mark.parametrize("first", [1e-9, 1.0, 1e6])
@pytest.mark.parametrize("length", [1e-4, 0.01, 0.2])
def test_a_damping_is_found_for_a_length(length, first):
    λ = damping_of(G, g, jnp.asarray(length), jnp.asarray(first), 1e-11)
    assert abs(damped(G, g, λ).length / length - 1) < 1e-10


def test_beyond_the_whole_step_the_damping_is_the_least():
    λ = damping_of(G, g, jnp.asarray(1e3), jnp.asarray(1.0), 1e-11)
    known = np.linalg.lstsq(J, -R, rcond=None)[0]
    np.testing.assert_allclose(damped(G, g, λ).step, known, rtol=1e-9)


def test_the_last_length_above_the_target_is_between_two_that_were_tried():
    lengths = jnp.array([1.0, 10.0, 100.0])
    cases = [
        ([0.9, 0.7, 0.3], 0.5, 10**1.5),  # half of the way from 0.7 to 0.3
        ([0.9, 0.2, 0.8], 0.55, 10**0.5),  # what comes after a fall is not believed
        ([0.9, 0.8, 0.6], 0.5, 100.0),
        ([0.4, 0.8, 0.6], 0.5, 1.0),
    ]
    for ratios, target, known in cases:
        found = last_good(lengths, jnp.array(ratios), jnp.asarray(target))
        np.testing.assert_allclose(found, known, rtol=1e-12)


def test_the_directions_of_a_sketch_are_orthonormal():
    of = drawn(jax.random.key(1), 30, 7)
    step = eqx.filter_jit(of.step)
    Ω = np.stack([step(e) for e in np.eye(7)], axis=1)
    np.testing.assert_allclose(Ω.T @ Ω, np.eye(7), atol=1e-14)
    A = rng.normal(size=(5, 30))
    np.testing.assert_allclose(eqx.filter_jit(of.along)(A), A @ Ω, atol=1e-13)


def test_sums_of_residuals_keep_their_squares_in_the_mean():
    """E‖Sx‖² = ‖x‖², and not each ‖Sx‖²: over 3000 draws within 4 of its deviations."""
    x = rng.normal(size=50)

    def square(key):
        return jnp.sum(added(jnp.zeros(20), x, *hashes(key, 50, 20)) ** 2)

    keys = jax.random.split(jax.random.key(2), 3000)
    found = np.asarray(jax.jit(jax.vmap(square))(keys)) / (x @ x)
    deviation = found.std() / np.sqrt(3000)
    assert 0.05 < found.std() < 0.6 and abs(found.mean() - 1) < 4 * deviation


def two_blocks():
    """Values, and an equation at points that are drawn anew."""
    box = Box(("a", "b"), (-1.0, 0.0), (2.0, 1.0))
    task, θ = task_of(table(12, order=0), weighting=Fixed(lambda e: jnp.array([1.0, 0.3])))
    other = Equation("other", lambda u, x: jnp.exp(u(x)[0]) - 2.0, Uniform(box, 23, every=2), 0, 0)
    return replace(task, loss=Loss((*task.loss.blocks, other))), θ


def test_with_all_directions_a_sketch_is_the_exact_step(monkeypatch):
    """Labels and an equation with fresh points, rows in pieces: one G, turned."""
    task, θ = two_blocks()
    monkeypatch.setattr("sobolev.optimisers.least_squares.sketch.PIECE", 9)
    state = begin(task, RatioGaussNewton())
    batches = task.loss.batches(state.drawn)
    makes = exact, Sketch(len(θ)).model, Sketch(len(θ), sums=4000).model

    @eqx.filter_jit
    def models(s):
        return [make(task, s, batches)[0][:3] for make in makes]

    (square, g, G), found, (same, slope, _) = models(state)
    np.testing.assert_allclose(found[0], square, rtol=1e-12)
    np.testing.assert_allclose(np.linalg.eigvalsh(found[2]), np.linalg.eigvalsh(G), atol=1e-12)
    np.testing.assert_allclose(found[1] @ found[1], g @ g, rtol=1e-11)
    assert same == found[0] and 0.8 < (slope @ slope) / (g @ g) < 1.25  # few share a sum


def test_a_step_is_judged_on_its_own_points_and_never_raises_the_loss_there():
    task, _ = two_blocks()
    optimiser = RatioGaussNewton()
    state, radii = begin(task, optimiser), [1.0]

    @eqx.filter_jit
    def loss(θ, drawn):
        return state.weights @ task.losses(θ, task.loss.batches(drawn))

    for i in range(9):
        after = epoch(optimiser, task, state)
        fresh = not np.array_equal(after.drawn[1].x, state.drawn[1].x)
        assert fresh == (i > 0 and i % 2 == 0)
        change = float(loss(after.θ, after.drawn) - loss(state.θ, after.drawn))
        taken = not np.array_equal(after.θ, state.θ)
        assert change < 0 if taken else change == 0
        length = float(jnp.linalg.norm(after.θ - state.θ))
        np.testing.assert_allclose(after.optimiser.radius, length if taken else radii[-1] / 3)
        radii.append(float(after.optimiser.radius))
        state = after
    assert loss(state.θ, state.drawn) < 0.2 * loss(begin(task, optimiser).θ, state.drawn)


class Line(eqx.Module):
    """u = a x + b, and so residuals that the linear model is."""

    w: jax.Array

    def __call__(self, x):
        return self.w[:1] * x[:1] + self.w[1:]


def one_step_on_a_line(function):
    """Before and after, with a target that only a true model reaches."""
    equation = Equation("line", function, jnp.linspace(-1, 1, 7)[:, None], order=0)
    line = Line(jnp.array([0.3, 0.2]))
    task = Task(line, Loss((equation,)), Unweighted(), jax.random.key(0))
    optimiser = RatioGaussNewton(targets=(0.9, 0.9), radius=0.1)
    state = begin(task, optimiser)
    return state, epoch(optimiser, task, state)


def test_where_the_linear_model_is_true_the_longest_step_is_taken():
    _, after = one_step_on_a_line(lambda u, x: u(x)[0] - 2 * x[0] - 5)
    assert after.optimiser.radius > 0.15


def test_a_step_that_gains_nothing_is_not_taken_and_the_next_one_is_a_third():
    def deceiving(u, x):
        return 1 + u(x)[0] - jax.lax.stop_gradient(u(x)[0])

    state, after = one_step_on_a_line(deceiving)
    np.testing.assert_array_equal(after.θ, state.θ)
    np.testing.assert_allclose(after.optimiser.radius, 0.1 / 3)


def test_the_target_is_another_one_when_the_damping_rises():
    up, noise = np.linspace(0, 0.1, 30), np.random.default_rng(1).normal(size=30)
    assert bool(rising(jnp.asarray(up + 0.01 * noise)))
    assert not bool(rising(jnp.asarray(-up))) and not bool(rising(jnp.zeros(30)))
    task, _ = two_blocks()
    optimiser = RatioGaussNewton(targets=(0.1, 0.6))
    state = begin(task, optimiser)
    rises = state.optimiser._replace(past=jnp.linspace(-9.0, -1.0, 30))
    for step, known in ((0, 0.1), (ratio_rule.SETTLED, 0.6)):
        at = state._replace(optimiser=rises, step=jnp.asarray(step))
        assert epoch(optimiser, task, at).optimiser.target == known


@pytest.mark.parametrize(
    "make, sentence",
    [
        (lambda: RatioGaussNewton((0.0, 0.5)), "targets are two ratios between 0 and 1"),
        (lambda: RatioGaussNewton(radius=-1.0), "first radius must be"),
        (lambda: RatioGaussNewton(sketch=300), "sketch takes a Sketch"),  # pyright: ignore
        (lambda: Sketch(1), "size of a sketch must be"),
        (lambda: Sketch(30, sums=20), "number of sums of a sketch must be"),
    ],
)
def test_settings_without_a_meaning_are_refused(make, sentence):
    with pytest.raises(ConfigError, match=sentence):
        make()
