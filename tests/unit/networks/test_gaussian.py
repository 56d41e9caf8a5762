from dataclasses import replace

import equinox as eqx
import jax
import numpy as np
import pytest

from sobolev import Box, Surrogate, networks
from sobolev.errors import ConfigError
from sobolev.networks import MLP, Between, GaussianFeatures, HardBoundary
from sobolev.networks.families.gaussian_sums import SMALLEST
from sobolev.networks.parameters import size

RNG = np.random.default_rng(4)
ROWS = RNG.uniform(-1, 1, (4, 3))
BOX = Box(("x0", "x1"), (-1.0, -1.0), (1.0, 1.0))
WALLS = Between("x0", -1.0, 1.0), Between("x1", -1.0, 1.0)
predict = eqx.filter_jit(networks.predict)


def drawn(made):
    """All of its arrays other ones."""
    return jax.tree.map(lambda a: RNG.normal(scale=0.5, size=a.shape), made)


@pytest.mark.parametrize("covariance, pairs", [("diagonal", 0), ("full", 3)])
def test_sums_and_their_derivatives_have_the_closed_form(covariance, pairs):
    """φ, −φ Lz, φ (Lz (Lz)ᵀ − LLᵀ), by the factor L of the precision; widths above 0.05."""
    asked = GaussianFeatures((5,), covariance=covariance, narrowest=0.05)
    made = drawn(asked.build(3, 2, jax.random.key(0)))
    W, μ, logs, below = map(np.asarray, jax.tree.leaves(made.sums))
    assert below.shape == (1, 5, pairs) and W.shape == (2, 5)
    T = np.zeros((5, 3, 3)) + np.eye(3)
    if pairs:
        T[:, *np.tril_indices(3, -1)] = below[0]
    L = T / (0.05 + np.exp(logs[0]))[:, :, None]
    P = L @ L.swapaxes(1, 2)
    off = ROWS[:, None] - μ
    φ = np.exp(-0.5 * np.einsum("nki,kij,nkj->nk", off, P, off))
    slant = np.einsum("kij,nkj->nki", P, off)
    bend = slant[..., None] * slant[..., None, :] - P
    expected = (
        φ @ W.T + np.asarray(made.bias),
        -np.einsum("qk,nk,nki->nqi", W, φ, slant),
        np.einsum("qk,nk,nkij->nqij", W, φ, bend),
    )
    for found, known in zip(predict(made, ROWS, 2)[:3], expected, strict=True):
        np.testing.assert_allclose(found, known, rtol=1e-12, atol=1e-13)


def test_a_start_is_as_published():
    made = GaussianFeatures((400, 16), width=0.2, narrowest=0.1).build(2, 1, jax.random.key(1))
    sums = jax.tree.map(np.asarray, made.sums)
    assert sums.centres.shape == (4, 400, 2) and sums.weights.shape == (4, 400)
    np.testing.assert_allclose(np.exp(sums.log_widths), 0.1, rtol=1e-14)
    assert -1 <= sums.centres.min() < -0.99 and 0.99 < sums.centres.max() <= 1
    assert abs(np.std(sums.weights) / 0.01 - 1) < 0.1 and abs(np.mean(sums.weights)) < 1e-3


def test_a_bump_that_has_shrunk_to_nothing_stays_finite():
    """At its centre, where its derivatives are the largest, and far from it."""
    made = GaussianFeatures((1,)).build(3, 1, jax.random.key(0))
    made = eqx.tree_at(lambda n: n.sums.log_widths, made, np.full((1, 1, 3), -400.0))
    weights, centres = map(np.asarray, (made.sums.weights, made.sums.centres))
    found = predict(made, np.concatenate([centres[0], ROWS]), 2)
    assert all(np.isfinite(part).all() for part in found[:3])
    peak = abs(weights[0, 0]) * np.exp(-2 * SMALLEST)
    np.testing.assert_allclose(np.asarray(found.hessian)[0, 0], -peak * np.eye(3), rtol=1e-9)


@pytest.mark.parametrize(
    "made", [GaussianFeatures((9,)), HardBoundary(GaussianFeatures((9, 2)), WALLS)]
)
def test_what_does_nothing_is_taken_out(made):
    """Three of nine have weights of 1e-9: the answers stay, a third of the parameters goes."""
    start = Surrogate.on(BOX, ("u",), made, key=3)
    whose = lambda n: n.inner.sums if isinstance(made, HardBoundary) else n.sums  # noqa: E731
    w = np.asarray(whose(start.network).weights)
    small = np.where(np.arange(9) % 3 == 1, 1e-9 * w, w)
    network = eqx.tree_at(lambda n: whose(n).weights, start.network, small)
    surrogate = replace(start, network=network)
    smaller = networks.pruned(surrogate, 1e-6)
    inner = smaller.architecture.inner if isinstance(made, HardBoundary) else smaller.architecture
    assert inner == replace(getattr(made, "inner", made), hidden=(6, *inner.hidden[1:]))
    kept = whose(smaller.network)
    places = [k for k in range(9) if k % 3 != 1]
    np.testing.assert_array_equal(kept.centres, np.asarray(whose(network).centres)[:, places])
    x = RNG.uniform(-1, 1, (20, 2))
    np.testing.assert_allclose(smaller.value(x), surrogate.value(x), atol=1e-9)
    blank = smaller.architecture.explicit(2, 1)
    assert size(smaller.network) == size(Surrogate.on(BOX, ("u",), blank).network)


def test_a_set_that_outputs_share_keeps_what_one_of_them_needs():
    start = Surrogate.on(BOX, ("u", "v"), GaussianFeatures((3,)))
    w = np.array([[1.0, 0.0, 0.0], [0.0, 1e-6, 0.0]])  # the second of u is small, not that of v
    network = eqx.tree_at(lambda n: n.sums.weights, start.network, w)
    assert networks.pruned(replace(start, network=network)).architecture.hidden == (2,)


def test_there_is_always_one_left_and_all_stay_where_all_count():
    start = Surrogate.on(BOX, ("u",), GaussianFeatures((4,)))
    assert networks.pruned(start, 0.0).architecture.hidden == (4,)
    network = eqx.tree_at(lambda n: n.sums.weights, start.network, np.zeros((1, 4)))
    assert networks.pruned(replace(start, network=network)).architecture.hidden == (1,)


@pytest.mark.parametrize(
    "made, share, words",
    [
        (MLP((3,)), 1e-3, "no Gaussians to prune in MLP"),
        (HardBoundary(MLP((3,)), WALLS), 1e-3, "no Gaussians to prune"),
        (GaussianFeatures((3,)), 1.0, r"in \[0, 1\): got 1.0"),
    ],
)
def test_what_cannot_be_pruned_is_refused(made, share, words):
    with pytest.raises(ConfigError, match=words):
        networks.pruned(Surrogate.on(BOX, ("u",), made), share)
