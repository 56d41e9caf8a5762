"""Cosines, conflict, shares and alignment of the history, against gradients taken by hand."""

import os

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import net, table, with_gaps
from jax.flatten_util import ravel_pytree
from trainings import same, stopped_at, train

from sobolev import SobolevLoss, Stop, fit
from sobolev._base.checksummed import read_archive, write_archive
from sobolev.errors import DataError
from sobolev.losses import Labelled, Loss, View
from sobolev.networks.parameters import unflatten
from sobolev.optimisers import LBFGS, Adam, LevenbergMarquardt, MultiAdam, UnitLength
from sobolev.training.loop import epochs
from sobolev.weighting import Fixed, InverseNorm, LogSum

DATA = with_gaps(table(9, outputs=2))
TERMS = ("u", "v", "du/da", "du/db", "dv/da", "dv/db")


def by_hand(data, surrogate):
    """∇_θ of ½ mean (residual)² over the labels there, for each value, then each derivative."""
    scaling = surrogate.scaling
    x = (data.x - scaling.x_shift) / scaling.x_scale
    y = (data.y - scaling.y_shift) / scaling.y_scale
    slopes = data.jacobian * scaling.x_scale / scaling.y_scale[:, None]
    wanted = np.concatenate([y, slopes.reshape(len(x), -1)], axis=1)
    parameters, static = eqx.partition(surrogate.network, eqx.is_inexact_array)
    flat, back = ravel_pytree(parameters)

    @jax.jit
    @jax.grad
    def gradient(θ, k):
        network = eqx.combine(back(θ), static)
        found = jax.vmap(lambda row: jnp.append(network(row), jax.jacrev(network)(row)))(x)
        there = ~jnp.isnan(wanted)
        off = jnp.where(there, found - jnp.nan_to_num(wanted), 0.0)
        return jnp.mean(0.5 * off**2, axis=0)[k] * len(x) / jnp.sum(there, axis=0)[k]

    return np.stack([gradient(flat, k) for k in range(wanted.shape[1])])


def known(rows, weights, counted):
    """Cosine by cosine: the matrix, its smallest entry, shares, and A from the unit gradients."""
    lengths = np.sqrt((rows**2).sum(axis=1))
    cosine = [[a @ b / np.sqrt(a @ a * (b @ b)) for b in rows] for a in rows]
    there = np.flatnonzero(counted)
    smallest = min(cosine[j][k] for j in there for k in there if j != k)
    pulls = weights * lengths
    unit = rows[there] / lengths[there, None]
    alignment = 2 * np.sum(unit.mean(axis=0) ** 2) - 1
    return cosine, smallest, pulls / np.abs(pulls).sum(), alignment


@pytest.fixture(scope="module")
def at_the_start():
    return by_hand(DATA, net(DATA))


HOW = {"check": False}  # with so many gaps a derivative looks wrong
WAYS = {
    "plain": {"optimiser": Adam(1e-2, batch_size=4)},
    "Gram": {"optimiser": UnitLength(Adam(1e-2, None)), "weighting": InverseNorm()},
    "on rows": {"optimiser": MultiAdam(1e-2, None)},
    "LM": {"optimiser": LevenbergMarquardt()},
    "L-BFGS": {"optimiser": LBFGS(), "weighting": LogSum()},
}  # fmt: skip


@pytest.mark.parametrize("way", WAYS)
def test_every_training_records_what_the_gradients_say(way, at_the_start):
    fitted = fit(
        net(DATA), DATA, epochs=2, records=1, stop=Stop(keep_best=False), **HOW, **WAYS[way]
    )
    history = fitted.history
    assert history.terms == TERMS
    for t, rows in ((0, at_the_start), (-1, by_hand(DATA, fitted.surrogate))):
        cosine, smallest, share, alignment = known(rows, history.weight[t], np.ones(6, bool))
        np.testing.assert_allclose(history.cosine[t], cosine, rtol=0, atol=1e-12)
        assert history.smallest_cosine[t] == pytest.approx(smallest, abs=1e-12)
        np.testing.assert_allclose(history.share[t], share, rtol=1e-10)
        assert history.alignment[t] == pytest.approx(alignment, abs=1e-12)
    assert history.cosine.shape == (2, 6, 6) and history.share.shape == (2, 6)
    assert history.smallest_cosine.shape == history.alignment.shape == (2,)


def test_two_terms_align_as_their_cosine():
    data = table(7)
    loss = SobolevLoss(SobolevLoss.of(data).terms[:2])
    fitted = fit(net(data), data, loss=loss, optimiser=Adam(1e-2, None), epochs=3, records=3)
    history = fitted.history
    np.testing.assert_allclose(history.alignment, history.cosine[:, 0, 1], rtol=0, atol=1e-12)
    np.testing.assert_allclose(history.smallest_cosine, history.cosine[:, 0, 1], rtol=1e-14)


def test_what_is_not_trained_on_has_cosines_and_nothing_else(at_the_start):
    counted = np.array([False, True, False, True, True, False])
    weights = jnp.array([2.0, 0.5, 1.0])
    loss = SobolevLoss.of(DATA).only(counted)
    how = {"loss": loss, "weighting": Fixed(lambda _: weights), "optimiser": Adam(1e-2, None)}
    history = fit(net(DATA), DATA, epochs=1, **how, **HOW).history
    there = np.where(counted, [0, 2.0, 0, 0.5, 1.0, 0], 0)
    cosine, smallest, share, alignment = known(at_the_start, there, counted)
    np.testing.assert_allclose(history.cosine[0], cosine, rtol=0, atol=1e-12)
    assert history.smallest_cosine[0] == pytest.approx(smallest, abs=1e-12)
    assert np.min(cosine) < smallest - 0.01  # another pair, of which one is not trained on
    np.testing.assert_allclose(history.share[0], share, rtol=1e-10)
    assert not history.share[:, ~counted].any() and np.all(history.share[:, counted] > 0)
    assert history.alignment[0] == pytest.approx(alignment, abs=1e-12)


def test_one_term_is_in_no_conflict():
    loss = SobolevLoss.of(DATA).only(np.arange(6) == 0)
    history = fit(net(DATA), DATA, loss=loss, optimiser=Adam(1e-2, None), epochs=1, **HOW).history
    assert np.all(history.smallest_cosine == 1) and np.all(history.alignment == 1)
    np.testing.assert_array_equal(history.share, [[1, 0, 0, 0, 0, 0]] * 2)


def test_gradients_whose_products_overflow():
    rows, weights = np.random.default_rng(0).normal(size=(3, 8)), np.array([1.0, 3.0, -2.0])
    cosine, smallest, share, alignment = known(rows, weights, np.ones(3, bool))
    for size in (1e-200, 1e200):
        found = epochs._agreement(jnp.asarray(size * rows), jnp.asarray(weights), jnp.ones(3) > 0)
        np.testing.assert_allclose(found.cosines, cosine, rtol=0, atol=1e-13)
        np.testing.assert_allclose(found.shares, share, rtol=1e-12)
        assert found.smallest_cosine == pytest.approx(smallest, abs=1e-13)
        assert found.alignment == pytest.approx(alignment, abs=1e-13)


def test_gradients_that_are_not_finite_have_no_angles():
    for bad in (np.nan, np.inf):
        rows = np.ones((3, 4))
        rows[1, 2] = bad
        found = epochs._agreement(jnp.asarray(rows), jnp.ones(3), jnp.ones(3) > 0)
        assert all(np.isnan(part).all() for part in found)


@pytest.mark.parametrize(
    "how",
    [{"weighting": InverseNorm()}, {"weighting": LogSum(), "optimiser": LBFGS()}],
)
def test_a_resumed_training_has_the_same_history_to_the_bit(tmp_path, how):
    how = {"epochs": 6, "records": 3, **how}
    stopped_at(4, tmp_path / "c.npz", **how)
    resumed = train(tmp_path / "c.npz", **how)
    same(resumed, train(**how))
    assert resumed.history.cosine.shape == (4, 3, 3)


@pytest.mark.parametrize("version", [1, 2, 3])
def test_a_checkpoint_of_a_format_before_is_refused(tmp_path, version):
    path = tmp_path / "c.npz"
    stopped_at(3, path)
    header, arrays = read_archive(path, "checkpoint", 4)
    write_archive(path, "checkpoint", version, header, arrays)
    before = path.read_bytes()
    words = rf"earlier sobolev \(format {version}, this one reads 4\).*delete this one to start"
    with pytest.raises(DataError, match=words):
        train(path)
    assert path.read_bytes() == before and os.listdir(tmp_path) == ["c.npz"]


def test_the_angles_cost_next_to_nothing():
    """Counted in floating-point operations, for a network of usual size on 40 rows."""
    data = table(40, outputs=2)
    surrogate = net(data, (20, 20))
    loss, θ = Loss((Labelled.of(data, surrogate.scaling),)), ravel_pytree(surrogate.network)[0]

    def losses(t):
        return loss.losses(View(unflatten(surrogate.network, t)), loss.batches())

    def flops(compiled):
        return compiled.cost_analysis()["flops"]

    rows = flops(jax.jit(jax.jacrev(losses)).lower(θ).compile())
    ones = jnp.ones(6)
    record = epochs._on_training.lower(loss, None, surrogate.network, θ, ones, ones > 0, ())
    found = flops(record.compile().compiled)
    print(f"a record costs {found / rows:.4f} of the gradients of its terms")
    assert 1 <= found / rows < 1.05
