"""Training on a file part by part."""

from dataclasses import replace

import numpy as np
import pytest
from helpers import net, table
from jax.flatten_util import ravel_pytree

import sobolev as sb
from sobolev import evaluate, fit
from sobolev.errors import ConfigError
from sobolev.optimisers import SOAP, Adam, MultiAdam, Then
from sobolev.training.feed import Parts, Rows

DATA = table(22)
ADAM = Adam(3e-3, batch_size=4)


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    path = tmp_path_factory.mktemp("parts") / "data.h5"
    return sb.data.open_rows(sb.write(path, DATA))


def bits(fitted):
    return np.asarray(ravel_pytree(fitted.surrogate.network)[0]).tobytes()


def train(source, epochs=4, **options):
    settings = (
        dict(optimiser=ADAM, epochs=epochs, records=2, placement=sb.training.Placement(part=8))
        | options
    )
    return fit(net(DATA), source, **settings)


def test_a_file_is_rows(source):
    assert isinstance(source, Rows)
    ours, theirs = sb.Surrogate.mlp(source, (4, 3)), net(DATA)
    for name in ("x_shift", "x_scale", "y_shift", "y_scale"):
        found, known = getattr(ours.scaling, name), getattr(theirs.scaling, name)
        np.testing.assert_allclose(found, known, rtol=1e-13, atol=1e-15)


def test_one_part_with_everything_gives_the_bits_of_the_data_in_memory(source):
    assert (
        bits(train(source, placement=sb.training.Placement(part=22)))
        == bits(train(DATA))
        == bits(train(source, placement=sb.training.Placement(part=10**6)))
    )


def test_every_row_is_seen_once_in_a_pass(source):
    feed = Parts(source, net(DATA).scaling, None, 8, seed=3)
    loss = feed.posed.loss
    assert feed.visits == 3
    orders = []
    with feed.reading():
        for whole in range(6):
            ahead = [feed.ahead(loss, epoch, 9)[0] for epoch in range(3 * whole, 3 * whole + 3)]
            labels = [part.blocks[0].labels for part in ahead]
            seen = np.concatenate(
                [np.asarray(part.x)[np.asarray(part.weight) > 0] for part in labels]
            )
            orders.append(seen[0].tolist())
            scaled = net(DATA).scaling.scaled(DATA)["x"]
            assert sorted(map(tuple, seen)) == sorted(map(tuple, scaled))
            assert {part.x.shape for part in labels} == {(8, 2)}
    assert len({tuple(first) for first in orders}) > 1  # another order in another pass


def test_the_history_counts_parts_and_the_loss_falls(source):
    found = train(source, epochs=60, records=6, optimiser=Adam(0.02, batch_size=4))
    assert found.history.epoch.tolist() == [0, 30, 60, 90, 120, 150, 180]
    assert found.history.step[-1] == 180 * 2
    assert found.history.loss[-1].sum() < 0.2 * found.history.loss[0].sum()
    assert evaluate(found.surrogate, DATA).relative_h1 < evaluate(net(DATA), DATA).relative_h1 / 2


def test_an_interrupted_training_on_parts_resumes_to_the_same_bits(source, tmp_path):
    class Stop(Exception):
        pass

    def stop(progress):
        if progress.epoch == 5:
            raise Stop

    whole = train(source, records=[1, 2, 3])
    path = tmp_path / "fit.npz"
    options = dict(records=12, checkpoint=sb.Checkpoint(path, 0.0))
    with pytest.raises(Stop):
        train(source, progress=stop, **options)
    resumed = train(source, **options)
    assert resumed.history.epoch.tolist() == list(range(13))
    assert bits(resumed) == bits(whole)


@pytest.mark.parametrize("optimiser", [MultiAdam(1e-2, 8), Then(Adam(1e-2, 8), 3, SOAP(1e-2, 8))])
def test_whoever_takes_batches_takes_parts(source, optimiser):
    fitted = train(source, optimiser=optimiser)
    loss = fitted.history.loss.sum(axis=1)
    assert fitted.good and loss[-1] < loss[0]


def test_optimisers_of_whole_sets_are_refused(source):
    for optimiser in (sb.optimisers.LevenbergMarquardt(), Adam(1e-3, batch_size=None)):
        with pytest.raises(ConfigError, match=r"needs all rows at once.*batch_size"):
            train(source, optimiser=optimiser)
    with pytest.raises(ConfigError, match="part must be a whole number of rows"):
        train(source, placement=sb.training.Placement(part=0))


def test_names_are_compared(source):
    other = replace(net(DATA), outputs=("w",))
    with pytest.raises(sb.errors.DataError, match="must be the same"):
        fit(other, source, optimiser=ADAM, epochs=1)
