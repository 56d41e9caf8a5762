from dataclasses import replace

import jax
import numpy as np
import pytest
from helpers import table, with_gaps

from sobolev import Surrogate
from sobolev.errors import ConfigError, DataError
from sobolev.losses import (
    Directional,
    Labelled,
    RandomDimensions,
    RandomDirections,
    View,
)
from sobolev.networks import MLP
from sobolev.training.sharding import _filled

DATA = table(5, order=2)
NET = Surrogate.new(DATA, MLP((3,)), key=0)
VIEW = View.of(NET)


def seen(block, seed=0):
    """The losses of a draw, and the draw."""

    @jax.jit
    def found(key):
        at = block.draw(key)
        return block.losses(VIEW, at), at

    return found(jax.random.key(seed))


def mean_over_draws(block, count=4000):
    """Mean and standard error of the losses."""
    of = jax.jit(jax.vmap(lambda key: block.losses(VIEW, block.draw(key))))
    found = np.asarray(of(jax.random.split(jax.random.key(0), count)))
    return found.mean(axis=0), found.std(axis=0) / count**0.5


@pytest.mark.parametrize("directions", [RandomDirections(1), RandomDimensions(1)])
def test_one_direction_is_right_in_the_mean_for_the_norm_of_jacobian_and_hessian(directions):
    """Σ over first derivatives of an output, and over all its second ones: mixed ones twice."""
    block = Directional.of(DATA, NET.scaling, directions)
    whole = Labelled.of(DATA, NET.scaling)
    each = dict(zip(whole.names, whole.losses(VIEW, whole.labels).tolist(), strict=True))
    d = len(DATA.inputs)
    known = dict.fromkeys(block.names, 0.0)
    for term, loss in zip(whole.loss.terms, each.values(), strict=True):
        (entry,) = term.entries
        name = {0: "", 1: "d", 2: "d2"}[entry.order] + DATA.outputs[entry.index[0]]
        twice = entry.order == 2 and entry.index[1] != entry.index[2]
        known[name + ("·v" if entry.order else "")] += loss * (2 if twice else 1)
    assert d > 1
    mean, error = mean_over_draws(block)
    assert np.all(np.abs(mean - list(known.values())) <= 4 * error + 1e-12)
    assert np.all(error[: len(DATA.outputs)] < 1e-12)  # values are no estimate


def test_with_every_input_it_is_no_estimate():
    d = len(DATA.inputs)
    block = Directional.of(DATA, NET.scaling, RandomDimensions(d), group="by_order")
    (one, at), (other, _) = (seen(block, seed) for seed in (0, 1))
    np.testing.assert_allclose(one, other, rtol=1e-12)
    assert np.asarray(at.directions).shape == (len(DATA), d, d)
    assert block.names == ("value", "first derivatives", "second derivatives")


def test_what_is_absent_decides_nothing_and_rows_keep_their_directions():
    gaps = with_gaps(table(6, order=1))
    block = Directional.of(gaps, NET.scaling, RandomDirections(2))
    losses, at = seen(block)
    assert not np.isnan(losses).any()
    unknown = np.isnan(gaps.jacobian) & ~np.isnan(gaps.jacobian).all(axis=2, keepdims=True)
    left_out = np.broadcast_to(unknown.any(axis=1)[:, None], at.directions.shape)
    assert np.all(np.asarray(at.directions)[left_out] == 0)
    assert np.all(np.asarray(at.directions)[~left_out] != 0)
    none = np.isnan(gaps.jacobian).all(axis=2)
    np.testing.assert_array_equal(np.isnan(at.target.jvp).all(axis=2), none)
    longer = block.moved(lambda labels: _filled(labels, 4))  # as for four devices
    filled, more = seen(longer)
    assert len(more.weight) == 8
    np.testing.assert_array_equal(more.directions[:6], at.directions)
    np.testing.assert_allclose(filled, losses, rtol=1e-12)


def test_noise_counts_along_the_direction():
    noise = np.zeros_like(DATA.jacobian)
    noise[..., 0] = 0.3
    noisy = replace(DATA, noise={"jacobian": noise}, hessian=None)
    block = Directional.of(noisy, NET.scaling, RandomDimensions(1))
    _, at = seen(block, 3)
    along_first = np.asarray(at.directions)[:, 0, 0] != 0
    trust = np.asarray(at.trust.jvp)[:, :, 0]
    assert 0 < along_first.sum() < len(DATA)
    np.testing.assert_allclose(trust[along_first], block.labels.trust.jacobian[0, 0, 0], rtol=0.5)
    np.testing.assert_allclose(trust[~along_first], 1.0)


def test_what_has_no_jacobian_is_refused():
    directions = RandomDirections(2)
    bare = replace(DATA, jacobian=None, hessian=None)
    with pytest.raises(DataError, match="the data have no Jacobian and no Hessian to be looked at"):
        Directional.of(bare, NET.scaling, directions)
    with pytest.raises(DataError, match="takes a Dataset: got int"):
        Directional.of(3, NET.scaling, directions)
    with pytest.raises(ConfigError, match="directions are drawn by RandomDirections"):
        Directional.of(DATA, NET.scaling, 8)
    with pytest.raises(ConfigError, match=r"the data set has \d inputs, of which 9 cannot"):
        Directional.of(DATA, NET.scaling, RandomDimensions(9))
    n, q, d = DATA.jacobian.shape
    products = replace(bare, jvp=np.ones((n, q, 1)), directions=np.ones((n, 1, d)))
    with pytest.raises(DataError, match="products along directions of their own"):
        Directional.of(products, NET.scaling, directions)
