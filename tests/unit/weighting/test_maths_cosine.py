"""Identities of the cosine distance on random Gram matrices; none of them needs a network."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from gram_cases import equiangular
from helpers import gram_of
from hypothesis import given, settings
from hypothesis import strategies as st

from sobolev.weighting import Statistics
from sobolev.weighting.maths.cosine import (
    cosine_distance_gradients,
    cosine_distances,
    inverse_with_floor,
    term_norms,
)
from sobolev.weighting.schemes.trained.objectives import (
    largest_distance,
    loss_ascent,
    own_distance,
    summed_distance,
)

distances, gradients = jax.jit(cosine_distances), jax.jit(cosine_distance_gradients)
automatic = jax.jit(jax.jacobian(cosine_distances, argnums=1))


@st.composite
def situations(draw):
    """Term gradients of sizes from 1e-3 to 1e3 in 7 parameters, and positive weights."""
    seed, terms = draw(st.integers(0, 10**6)), draw(st.integers(1, 4))
    rng = np.random.default_rng(seed)
    rows, gram = gram_of(seed, terms, 7, 10.0 ** rng.uniform(-3, 3, terms))
    return rows, gram, 10.0 ** rng.uniform(-2, 2, terms)


def on_random_grams(test):
    return settings(max_examples=60, derandomize=True, deadline=None)(given(situations())(test))


@on_random_grams
def test_distances_equal_those_of_the_full_gradients(situation):
    rows, gram, w = situation
    total = w @ rows
    cosines = rows @ total / np.linalg.norm(rows, axis=1) / np.linalg.norm(total)
    np.testing.assert_allclose(distances(gram, w), 1 - cosines, rtol=1e-12, atol=2e-15)
    np.testing.assert_allclose(term_norms(gram), np.linalg.norm(rows, axis=1), rtol=1e-14)


@on_random_grams
def test_derivatives_equal_automatic_ones(situation):
    _, gram, w = situation
    scale = np.sqrt(np.diagonal(gram) / (w @ gram @ w))  # ‖g_j‖/‖G‖
    np.testing.assert_allclose(
        gradients(gram, w) / scale[None], automatic(gram, w) / scale[None], atol=1e-13
    )


def test_derivatives_equal_finite_differences():
    _, gram = gram_of(5, 3, sizes=[1.0, 4.0, 0.3])
    w, step = np.array([1.0, 0.5, 2.0]), 1e-5
    columns = [
        (distances(gram, w + e) - distances(gram, w - e)) / (2 * step) for e in step * np.eye(3)
    ]
    np.testing.assert_allclose(gradients(gram, w), np.stack(columns, axis=1), atol=1e-9)


@on_random_grams
def test_the_distances_do_not_depend_on_the_size_of_the_weights(situation):
    """Degree 0 in w, hence w·∂CD_k/∂w = 0 for each k: a plain step only makes |w| grow."""
    _, gram, w = situation
    np.testing.assert_allclose(distances(gram, 7 * w), distances(gram, w), atol=1e-13)
    D = np.asarray(gradients(gram, w))
    assert np.all(np.abs(D @ w) <= 1e-9 * (np.abs(D) @ w) + 1e-13)
    summed = np.asarray(summed_distance(Statistics(jnp.ones(len(w)), gram), w))
    assert abs(summed @ w) <= 1e-9 * (np.abs(D) @ w).sum() + 1e-13


@on_random_grams
def test_the_own_rate_is_the_squared_sine(situation):
    """−∂CD_k/∂w_k = (‖g_k‖/‖G‖) sin² α_k: a dominated term's weight rises most, none ever falls."""
    rows, gram, w = situation
    total = w @ rows
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    across = unit - np.outer(unit @ total, total) / (total @ total)  # sin α_k without cancellation
    rate = np.linalg.norm(rows, axis=1) / np.linalg.norm(total) * (across**2).sum(axis=1)
    computed = -np.asarray(own_distance(Statistics(jnp.ones(len(w)), gram), w))
    np.testing.assert_allclose(computed, rate, rtol=1e-9, atol=1e-12 * rate.max() + 1e-15 / w.min())


def test_each_objective_takes_its_part_of_the_matrix():
    _, gram = gram_of(2, 3, sizes=[1.0, 3.0, 0.2])
    statistics, w = Statistics(jnp.array([3.0, 1.0, 2.0]), jnp.asarray(gram)), jnp.ones(3)
    D = gradients(gram, w)
    worst = int(np.argmax(distances(gram, w)))
    np.testing.assert_allclose(own_distance(statistics, w), np.diagonal(D), rtol=1e-13)
    np.testing.assert_allclose(summed_distance(statistics, w), np.sum(D, axis=0), rtol=1e-12)
    np.testing.assert_allclose(largest_distance(statistics, w), D[worst], rtol=1e-13)
    np.testing.assert_array_equal(loss_ascent(statistics, 5 * w), [-3, -1, -2])


@on_random_grams
def test_the_sum_is_stationary_at_inverse_norms(situation):
    _, gram, _ = situation
    w = 1 / np.sqrt(np.diagonal(gram))
    slope = summed_distance(Statistics(jnp.ones(len(w)), gram), w) * w  # per logarithm of w
    np.testing.assert_allclose(slope, 0, atol=1e-13)


@pytest.mark.parametrize("seed", [0, 1, 2, 3])
def test_the_largest_distance_is_least_at_equal_angles(seed):
    """Equal cosines 1/√(1ᵀC⁻¹1), and a convex combination of the slopes vanishes there."""
    _, gram = gram_of(seed, 3, 12, [1.0, 10.0, 0.1])
    w = equiangular(gram)
    norms = np.sqrt(np.diagonal(gram))
    assert w.min() > 0
    np.testing.assert_allclose(1 - distances(gram, w), (w @ norms) ** -0.5, rtol=1e-13)
    slopes = np.asarray(gradients(gram, w)) * w
    np.testing.assert_allclose((w * norms) @ slopes, 0, atol=1e-14)
    best = distances(gram, w).max()
    nearby = w * np.exp(0.1 * np.random.default_rng(0).normal(size=(50, 3)))
    assert min(distances(gram, other).max() for other in nearby) > best


@pytest.mark.parametrize(
    "rows",
    {
        "zero": [[0.0, 0.0], [1.0, 2.0]],
        "all zero": [[0.0, 0.0], [0.0, 0.0]],
        "duplicate": [[1.0, 2.0], [1.0, 2.0]],
        "parallel": [[1.0, 2.0], [1e-9, 2e-9]],
        "opposite": [[1.0, 2.0], [-1.0, -2.0]],
        "one": [[1.0, 2.0]],
        "huge": [[1e150, 0.0], [0.0, 1.0]],
        "tiny": [[1e-150, 0.0], [0.0, 1e-160]],
    }.values(),
)
def test_degenerate_gradients_give_finite_numbers(rows):
    gram = np.array(rows) @ np.array(rows).T
    w = np.ones(len(rows))
    for found in (distances(gram, w), gradients(gram, w)):
        assert np.isfinite(found).all()
    assert np.all(distances(gram, w) >= -1e-15) and np.all(distances(gram, w) <= 2 + 1e-15)


@pytest.mark.parametrize("unit", [1e-12, 1.0, 1e12])
def test_inverse_sizes_have_mean_one_and_a_floor_in_any_unit(unit):
    found = inverse_with_floor(unit * jnp.array([4.0, 1.0, 1e-9]))
    inverse = np.array([0.25, 1.0, 1 / 4e-6])  # the last one as if it were 1e-6 of the largest
    np.testing.assert_allclose(found, inverse / inverse.mean(), rtol=1e-13)
    np.testing.assert_array_equal(inverse_with_floor(jnp.zeros(3)), 1)


def test_gradients_that_cancel_pull_nobody():
    gram = jnp.array([[1.0, -1.0], [-1.0, 1.0]])
    assert not np.any(gradients(gram, np.ones(2)))
    np.testing.assert_array_equal(distances(gram, np.ones(2)), 1)


def test_a_gradient_that_vanishes_pulls_nobody():
    gram = np.diag([0.0, 1.0, 4.0])
    D = np.asarray(gradients(gram, np.ones(3)))
    assert not np.any(D[0]) and not np.any(D[:, 0])
    assert distances(gram, np.ones(3))[0] == 1
