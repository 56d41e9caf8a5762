"""Many initialisations: the three ways to train them, what is averaged, and what is left out."""

import os
import signal
from dataclasses import replace
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import net, table
from jax.flatten_util import ravel_pytree

from sobolev import Box, Ensemble, Stop, Surrogate, evaluate, fit, fit_ensemble
from sobolev._base.checksummed import read_archive, write_archive
from sobolev.confidence import LeftOut
from sobolev.errors import ConfigError, CorruptFile, DataError
from sobolev.losses import Equation, Uniform
from sobolev.optimisers import Adam
from sobolev.training import Ending, Outcome
from sobolev.training.fit import fit_together
from sobolev.weighting import CosineDistance
from sobolev.work.progress import Progress

TRAIN, VALID = table(), table(9, seed=1)
HOW = {"optimiser": Adam(1e-2, batch_size=5), "epochs": 6, "records": 3}
X = VALID.x


def parameters(ensemble):
    return np.stack([np.asarray(ravel_pytree(m.network)[0]) for m in ensemble.members])


@pytest.fixture(scope="module")
def ensemble():
    return fit_ensemble(net(TRAIN), TRAIN, VALID, members=3, **HOW)


def test_each_member_is_a_fit_from_its_own_seed(ensemble):
    assert ensemble.seeds == (0, 1, 2) and ensemble.left_out == ()
    for seed, member in zip(ensemble.seeds, ensemble.members, strict=True):
        alone = fit(net(TRAIN, key=seed), TRAIN, VALID, seed=seed, **HOW).surrogate
        np.testing.assert_array_equal(member.jacobian(X), alone.jacobian(X))
    shifted = fit_ensemble(net(TRAIN), TRAIN, VALID, members=2, first_seed=1, **HOW)
    np.testing.assert_array_equal(parameters(shifted), parameters(ensemble)[1:])


def test_mean_and_spread_are_over_the_members(ensemble):
    told = [member.derivatives(X, 2) for member in ensemble.members]
    means, spreads = ensemble.derivatives(X, 2), ensemble.spread(X, 2)
    for mean, spread, *each in zip(means, spreads, *told, strict=True):
        np.testing.assert_allclose(mean, sum(each) / 3, rtol=1e-13, atol=1e-14)
        squares = sum((one - mean) ** 2 for one in each)
        np.testing.assert_allclose(spread, np.sqrt(squares / 2), rtol=1e-12)
        assert np.all(spread > 0)
    np.testing.assert_array_equal(ensemble.value(X), means[0])
    np.testing.assert_array_equal(ensemble.jacobian(X), means[1])
    np.testing.assert_array_equal(ensemble.hessian(X), means[2])
    np.testing.assert_allclose(ensemble.spread(X[0], 1)[1], spreads[1][0], rtol=1e-12)
    as_jax = jax.jacfwd(ensemble.as_function())(jnp.asarray(X[0]))
    np.testing.assert_allclose(as_jax, means[1][0], rtol=1e-12)
    assert ensemble.inside(TRAIN.x).all() and not ensemble.inside(TRAIN.x.max(axis=0) + 1)


def test_it_is_evaluated_like_a_surrogate(ensemble):
    found = evaluate(ensemble, VALID)
    errors = ensemble.jacobian(X)[:, 0, 1] - VALID.jacobian[:, 0, 1]
    assert found.terms[2].rmse == pytest.approx(np.sqrt(np.mean(errors**2)), rel=1e-12)
    # Convexity: the mean is no worse than the members are on average (root mean square).
    each = [evaluate(member, VALID).relative_h1 for member in ensemble.members]
    assert found.relative_h1 <= np.sqrt(np.mean(np.square(each)))


@pytest.mark.parametrize("weighting", [None, CosineDistance("sum", 0.1)], ids=["plain", "cosine"])
def test_all_at_once_takes_the_same_steps(ensemble, weighting):
    how = HOW if weighting is None else {**HOW, "weighting": weighting}
    seen = []
    one = ensemble
    if weighting is not None:
        one = fit_ensemble(net(TRAIN), TRAIN, VALID, members=3, **how)
        assert not np.allclose(parameters(one), parameters(ensemble))
    every = fit_ensemble(
        net(TRAIN), TRAIN, VALID, members=3, together=True, progress=seen.append, **how
    )
    np.testing.assert_allclose(parameters(every), parameters(one), rtol=1e-9, atol=1e-12)
    assert seen == [Progress("epochs of all members", e, 6) for e in (2, 4, 6)]


def test_together_each_member_ends_where_it_would_alone():
    """Patience and what is kept are each member's own; the default optimiser is that of `fit`."""
    how = {"optimiser": Adam(0.1, None), "epochs": 60, "records": 60, "stop": Stop(patience=4)}
    surrogates = [net(TRAIN, key=seed) for seed in range(3)]
    fits = fit_together(surrogates, TRAIN, VALID, range(3), lambda *_: None, **how)
    ends = []
    for seed, (start, found) in enumerate(zip(surrogates, fits, strict=True)):
        alone = fit(start, TRAIN, VALID, seed=seed, check=False, **how)
        assert (found.outcome, found.best_epoch) == (alone.outcome, alone.best_epoch)
        np.testing.assert_array_equal(found.history.epoch, alone.history.epoch)
        np.testing.assert_allclose(found.history.loss, alone.history.loss, rtol=1e-6)
        np.testing.assert_allclose(found.surrogate.value(X), alone.surrogate.value(X), rtol=1e-6)
        ends.append(int(found.history.epoch[-1]))
    assert len(set(ends)) > 1 and min(ends) < 60  # otherwise this test shows nothing
    whole = fit_together(surrogates, TRAIN, VALID, range(3), lambda *_: None, epochs=2)
    assert {f.optimiser for f in whole} == {fit(net(TRAIN), TRAIN, VALID, epochs=2).optimiser}


def test_together_each_member_draws_its_own_points():
    """Blocks with fresh points: the draws follow from each member's seed."""
    decay = Equation(
        "du/db + u",
        lambda u, x: jax.jacfwd(u)(x)[0, 1] + u(x)[0],
        Uniform(Box(("a", "b"), (-1.0, 0.0), (2.0, 1.0)), 6),
        order=1,
    )
    how = {"optimiser": Adam(1e-2, None), "epochs": 6, "records": 3}
    surrogates = [net(TRAIN, key=seed) for seed in range(2)]
    fits = fit_together(surrogates, [TRAIN, decay], None, range(2), lambda *_: None, **how)
    for seed, found in enumerate(fits):
        alone = fit(surrogates[seed], [TRAIN, decay], seed=seed, check=False, **how)
        for name in ("loss", "fresh_loss"):
            ours, known = getattr(found.history, name), getattr(alone.history, name)
            np.testing.assert_allclose(ours, known, rtol=1e-9)
        assert np.isfinite(found.history.fresh_loss[:, -1]).all()
        np.testing.assert_allclose(found.surrogate.value(X), alone.surrogate.value(X), rtol=1e-8)
    assert not np.allclose(fits[0].history.loss, fits[1].history.loss)


@pytest.mark.parametrize(
    "old, new", [({"by": "loop"}, {}), ({"by": "vmap"}, {"together": True})], ids=["loop", "vmap"]
)
def test_the_ways_by_their_old_names_warn(old, new):
    how = {**HOW, "epochs": 1, "records": 1, "members": 2}
    with pytest.warns(DeprecationWarning, match=rf"by='{old['by']}'\) is .*next version"):
        before = fit_ensemble(net(TRAIN), TRAIN, **how, **old)
    now = fit_ensemble(net(TRAIN), TRAIN, **how, **new)
    np.testing.assert_array_equal(parameters(before), parameters(now))


def test_processes_give_the_same_bits_however_many_there_are():
    seen, found = [], []
    for workers in (1, 2):
        seen.clear()
        found.append(
            fit_ensemble(
                net(TRAIN),
                TRAIN,
                VALID,
                members=3,
                workers=workers,
                progress=seen.append,
                **HOW,
            )
        )
        assert seen[0] == Progress("members", 0, 3) and seen[-1] == Progress("members", 3, 3)
    np.testing.assert_array_equal(*map(parameters, found))
    one_by_one = fit_ensemble(net(TRAIN), TRAIN, VALID, members=3, **HOW)
    np.testing.assert_allclose(parameters(found[0]), parameters(one_by_one), rtol=1e-9, atol=1e-12)


def broken(seed):
    """Seed 1 starts where the loss is not finite."""
    surrogate = net(TRAIN, key=seed)
    network = jax.tree.map(lambda a: a * (jnp.nan if seed == 1 else 1.0), surrogate.network)
    return replace(surrogate, network=network)


@pytest.mark.parametrize("together", [False, True])
def test_a_member_that_did_not_end_well_is_left_out_by_name(together, ensemble, tmp_path):
    found = fit_ensemble(broken, TRAIN, VALID, members=3, together=together, **HOW)
    assert found.seeds == (0, 2)
    (left,) = found.left_out
    assert left == LeftOut(1, Ending(Outcome.NOT_FINITE_AT_THE_START))
    np.testing.assert_allclose(parameters(found), parameters(ensemble)[[0, 2]], rtol=1e-9)
    assert Ensemble.load(found.save(tmp_path / "some")).left_out == found.left_out
    with pytest.raises(ConfigError, match=r"at least two .* got 1 members.* Seed 1: .*not finite"):
        fit_ensemble(broken, TRAIN, VALID, members=2, together=together, **HOW)


def test_a_killed_process_is_replaced_and_what_dies_again_is_named(tmp_path):
    """Seed 0 ends its process once; seed 1 each time it is tried."""
    mark = tmp_path / "was here"

    def deadly(seed):
        if seed == 1 or (seed == 0 and not mark.exists()):
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return net(TRAIN, key=seed)

    how = {**HOW, "epochs": 1, "records": 1}
    with_deaths = fit_ensemble(deadly, TRAIN, members=3, workers=1, first_seed=0, **how)
    assert with_deaths.seeds == (0, 2)
    assert [left.seed for left in with_deaths.left_out] == [1]
    assert with_deaths.left_out[0].ending.outcome is Outcome.KILLED


def test_a_file_that_only_has_the_sentence_of_a_member_left_out_is_read(ensemble, tmp_path):
    path = Ensemble(ensemble.members, ensemble.seeds, (LeftOut(7, Ending(Outcome.KILLED)),)).save(
        tmp_path / "e.npz"
    )
    header, arrays = read_archive(path, "ensemble", 2)
    del header["endings"]
    write_archive(path, "ensemble", 2, header, arrays)
    (left,) = Ensemble.load(path).left_out
    assert left == LeftOut(7, Ending(Outcome.TOLD, {"sentence": left.result}))
    assert left.result == str(Ending(Outcome.KILLED))


def test_an_ensemble_is_kept_exactly(ensemble, tmp_path):
    path = ensemble.save(tmp_path / "ensemble.npz")
    again = Ensemble.load(path)
    assert again.seeds == ensemble.seeds and again.inputs == ("a", "b")
    np.testing.assert_array_equal(parameters(again), parameters(ensemble))
    np.testing.assert_array_equal(again.spread(X, 1)[1], ensemble.spread(X, 1)[1])
    assert path.read_bytes() == again.save(tmp_path / "again.npz").read_bytes()
    with pytest.raises(DataError, match="holds a ensemble, but a surrogate"):
        Surrogate.load(path)


def test_a_flipped_bit_is_noticed(ensemble, tmp_path):
    content = bytearray(Path(ensemble.save(tmp_path / "ensemble.npz")).read_bytes())
    rng = np.random.default_rng(0)
    for place in rng.integers(len(content), size=100):
        damaged = bytearray(content)
        damaged[place] ^= 1 << rng.integers(8)
        (tmp_path / "damaged").write_bytes(damaged)
        with pytest.raises(CorruptFile):
            Ensemble.load(tmp_path / "damaged")


def test_refusals(ensemble):
    with pytest.raises(ConfigError, match="members must be a whole number ≥ 2: got 1"):
        fit_ensemble(net(TRAIN), TRAIN, members=1)
    with pytest.raises(ConfigError, match="workers must be a whole number ≥ 1: got -1"):
        fit_ensemble(net(TRAIN), TRAIN, workers=-1)
    with pytest.raises(ConfigError, match="unknown by 'threads': choose one of loop, proc"):
        fit_ensemble(net(TRAIN), TRAIN, by="threads")
    with pytest.raises(ConfigError, match="together or by workers"):
        fit_ensemble(net(TRAIN), TRAIN, workers=2, together=True)
    with pytest.raises(ConfigError, match="first_seed instead of seed"):
        fit_ensemble(net(TRAIN), TRAIN, seed=3)
    with pytest.raises(ConfigError, match="members have no checkpoint"):
        fit_ensemble(net(TRAIN), TRAIN, checkpoint="some")
    with pytest.raises(ConfigError, match="one architecture and one scaling"):
        fit_ensemble(lambda s: net(TRAIN, hidden=(3 + s,)), TRAIN, members=2, together=True)
    with pytest.raises(ConfigError, match="one architecture and one scaling"):
        fit_ensemble(lambda s: net([TRAIN, VALID][s]), TRAIN, members=2, together=True)
    with pytest.raises(DataError, match="different outputs"):
        two = table(outputs=2)
        Ensemble((ensemble.members[0], net(two)), (0, 1))
    with pytest.raises(ConfigError, match="2 members and 1 seeds"):
        Ensemble(ensemble.members[:2], (0,))
