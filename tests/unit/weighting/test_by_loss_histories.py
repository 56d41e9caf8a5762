"""Softmax, ratios and schedules of losses, on whole histories where schemes keep sums of them."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from loss_histories import DECAY, RAMP, falling, weights_of
from scipy import stats
from scipy.optimize import minimize
from scipy.special import logsumexp, softmax

from sobolev.weighting import (
    Clip,
    CoefficientOfVariation,
    DynamicWeightAverage,
    KLSimplex,
    LossMax,
    RandomWeights,
    ReLoBRaLo,
    Scheduled,
    SmoothTchebycheff,
    SoftAdapt,
    Statistics,
    TiedToRate,
)
from sobolev.weighting.maths.ratios import ratio


@pytest.mark.parametrize("order", [1, 2, 5])
@pytest.mark.parametrize("variant", ["plain", "normalised", "loss-weighted"])
def test_soft_adapt(variant, order):
    """The slope is that of the polynomial through the last `order + 1` losses, at its end."""
    losses, β = falling(), 0.7
    for t, found in enumerate(weights_of(SoftAdapt(β, variant, order), losses)):
        if t < order:
            np.testing.assert_array_equal(found, 1)
            continue
        recent, at = losses[t - order : t + 1], np.arange(-order, 1)
        s = np.array([np.polyfit(at, column, order)[-2] for column in recent.T])
        s = s / np.abs(s).sum() if variant == "normalised" else s
        w = np.exp(β * s) * (losses[t] if variant == "loss-weighted" else 1)
        np.testing.assert_allclose(found, 3 * w / w.sum(), rtol=1e-9)


@pytest.mark.parametrize("window, T", [(1, 2.0), (4, 0.5)])
def test_dynamic_weight_average(window, T):
    losses = falling(5 * window)
    means = losses.reshape(5, window, 3).mean(axis=1)
    expected = np.ones((5, 3))
    for e in range(2, 5):
        expected[e] = 3 * softmax(means[e - 1] / means[e - 2] / T)
    found = weights_of(DynamicWeightAverage(window, T), losses)
    np.testing.assert_allclose(found, np.repeat(expected, window, axis=0), rtol=1e-12)


def test_relobralo_takes_one_of_the_two_branches_as_often_as_asked():
    α, τ, share = 0.8, 0.5, 0.3
    losses = falling(1500, seed=3) + 0.1
    λ = weights_of(ReLoBRaLo(α, τ, share, seed=5), losses)
    np.testing.assert_array_equal(λ[0], 1)
    kept = 0
    for t in range(1, len(losses)):
        to_first = 3 * softmax(losses[t] / losses[0] / τ)
        to_last = 3 * softmax(losses[t] / losses[t - 1] / τ)
        either = [α * past + (1 - α) * to_last for past in (λ[t - 1], to_first)]
        off = [np.abs(λ[t] - one).max() for one in either]
        assert min(off) < 1e-12 < max(off)
        kept += off[0] < off[1]
    assert stats.binomtest(kept, len(losses) - 1, share).pvalue > 1e-3


def test_relobralo_without_chance_and_without_memory():
    losses, τ = falling(), 0.1
    pure = weights_of(ReLoBRaLo(0.0, τ, 1.0), losses)
    np.testing.assert_allclose(
        pure[1:], 3 * softmax(losses[1:] / losses[:-1] / τ, axis=1), rtol=1e-11
    )
    first = weights_of(ReLoBRaLo(1.0, τ, 0.0), losses)
    np.testing.assert_allclose(first, 3 * softmax(losses / losses[0] / τ, axis=1), rtol=1e-11)
    np.testing.assert_array_equal(weights_of(ReLoBRaLo(1.0, τ, 1.0), losses), 1)
    one, other = (weights_of(ReLoBRaLo(0.5, look_back=0.5, seed=s), losses) for s in (0, 1))
    assert np.any(one != other)


def test_coefficient_of_variation():
    """From all of the history at once; the paper's weights times K."""
    losses = falling()
    ratios = np.array([np.ones(3)] + [losses[t] / losses[:t].mean(axis=0) for t in range(1, 14)])
    found = weights_of(CoefficientOfVariation(1e-300), losses)
    np.testing.assert_array_equal(found[:2], 1)
    for t in range(2, 14):
        c = ratios[:t].std(axis=0) / ratios[:t].mean(axis=0)
        np.testing.assert_allclose(found[t], 3 * c / c.sum(), rtol=1e-10)


def test_random_weights():
    """Softmax of normals: log w_j − log w_k ~ N(0, 2); Dirichlet(1): each share is Beta(1, K−1)."""
    nothing = Statistics(jnp.ones(3))
    draw = eqx.filter_jit(lambda s: jax.vmap(lambda t: s.update(nothing, t)[0])(jnp.arange(3000)))
    normal = np.log(draw(RandomWeights(seed=1)))
    assert stats.kstest((normal[:, 0] - normal[:, 2]) / np.sqrt(2), "norm").pvalue > 1e-3
    uniform = np.asarray(draw(RandomWeights("dirichlet", 1))) / 3
    for share in uniform.T:
        assert stats.kstest(share, stats.beta(1, 2).cdf).pvalue > 1e-3
    assert abs(stats.pearsonr(normal[1:, 0], normal[:-1, 0]).statistic) < 0.1
    assert np.any(draw(RandomWeights(seed=2)) != np.exp(normal))


def test_the_simplex_with_a_prior_is_the_maximiser():
    """π ∝ π₀ exp(L/τ), found as well by an optimiser that does not know it."""
    L, prior, τ = np.array([1.0, 0.3, 0.8]), np.array([0.2, 0.5, 0.3]), 0.4
    found = weights_of(KLSimplex(τ, prior), L[None])[0] / 3
    known = prior * np.exp(L / τ)
    np.testing.assert_allclose(found, known / known.sum(), rtol=1e-13)

    def negative(ξ):
        π = softmax(ξ)
        return -(π @ L - τ * np.sum(π * np.log(π / prior)))

    np.testing.assert_allclose(softmax(minimize(negative, np.zeros(3)).x), found, atol=1e-5)
    np.testing.assert_allclose(-negative(np.log(found)), τ * logsumexp(L / τ, b=prior), rtol=1e-12)


def test_in_a_box_the_ascent_on_the_losses_ends_at_the_bound():
    weights = weights_of(LossMax(0.5, Clip(0.1, 1.5)), falling(400) + 0.1)
    np.testing.assert_array_equal(weights[-1], 1.5)


def test_a_temperature_in_mean_losses_does_not_forget():
    L = falling()
    scheme = KLSimplex(0.5, relative=True)
    np.testing.assert_allclose(weights_of(scheme, 1e-9 * L), weights_of(scheme, L), rtol=1e-10)
    np.testing.assert_allclose(weights_of(KLSimplex(0.5), 1e-9 * L), 1, atol=1e-7)


def test_with_a_uniform_prior_the_simplex_is_the_smooth_maximum():
    L = falling()
    np.testing.assert_allclose(
        weights_of(KLSimplex(0.3), L), weights_of(SmoothTchebycheff(0.3), L), rtol=1e-12
    )


def test_schedules_of_the_step():
    found = weights_of(Scheduled(RAMP, lambda t: 3.0, lambda t: t**2), np.ones((6, 3)))
    t = np.arange(6)
    np.testing.assert_allclose(found.T, [np.minimum(t / 2, 2), np.full(6, 3), t**2], rtol=1e-12)


def test_weights_tied_to_the_learning_rate():
    t = np.arange(7)
    found = weights_of(TiedToRate((0.02, 1000.0), 1.0, DECAY), np.ones((7, 2)))
    for start_, column in zip((0.02, 1000.0), found.T, strict=True):
        np.testing.assert_allclose(column, 1 + (start_ - 1) * 0.5 ** (t / 3), rtol=1e-6)


def test_a_ratio_of_losses_is_bounded_and_that_of_two_zeros_is_one():
    new, old = jnp.array([1.0, 1.0, 0.0, 0.0, 3.0]), jnp.array([1e-11, 0.0, 0.0, 2.0, 2.0])
    np.testing.assert_allclose(ratio(new, old), [1e11, 1e12, 1.0, 0.0, 1.5], rtol=1e-14)
