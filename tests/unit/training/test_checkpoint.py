"""Checkpoints: resumed to the bit, of another training refused, damage noticed."""

import os
import threading
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import net, table
from trainings import HOW, TRAIN, VALID, same, stopped_at, train
from trainings import whole as whole

from sobolev import Checkpoint, Stop, fit
from sobolev.errors import ConfigError, CorruptFile, DataError, OutputError
from sobolev.optimisers import Adam, FirstOrder, LevenbergMarquardt, Optimiser
from sobolev.training import Placement
from sobolev.training.loop import epochs, job
from sobolev.training.loop import run as loop
from sobolev.training.loop.checkpoint_file import CheckpointFile
from sobolev.weighting import Clip, CosineDistance, Unweighted


@pytest.mark.parametrize("epoch", [3, 6, 9])
def test_a_resumed_training_ends_with_the_same_bits(tmp_path, whole, epoch):
    path = tmp_path / "c.npz"
    stopped_at(epoch, path)
    told = []
    same(train(path, progress=told.append), whole)
    assert [now.epoch for now in told] == [e for e in (3, 6, 9, 12) if e > epoch]
    assert os.listdir(tmp_path) == ["c.npz"]


def test_levenberg_marquardt_resumes_with_its_damping(tmp_path):
    how = {"optimiser": LevenbergMarquardt(), "weighting": Unweighted(), "epochs": 9}
    stopped_at(4, tmp_path / "c.npz", **how)
    same(train(tmp_path / "c.npz", **how), train(**how))


def test_how_long_the_pieces_are_does_not_change_a_bit(whole, monkeypatch):
    monkeypatch.setattr(loop, "PIECE", 0.0)  # one epoch each
    same(train(), whole)
    assert len(whole.history.epoch) == 5


def test_a_finished_training_returns_at_once(tmp_path, whole, monkeypatch):
    train(tmp_path / "c.npz")
    before = (tmp_path / "c.npz").read_bytes()
    for name in ("start", "advance", "measure"):
        monkeypatch.setattr(epochs, name, None)
    same(train(tmp_path / "c.npz"), whole)
    assert (tmp_path / "c.npz").read_bytes() == before


@pytest.mark.parametrize(
    "how, words",
    [
        ({"seed": 1}, "the seed differs"),
        ({"epochs": 20}, "epochs is 12 there and 20 here, the records differs"),
        ({"optimiser": Adam(2e-2, batch_size=5)}, "the optimiser differs"),
        ({"optimiser": LevenbergMarquardt()}, "the optimiser differs"),
        ({"weighting": CosineDistance("own", 0.1, Clip(0.1))}, "the weighting differs"),
        ({"valid": table(9, seed=2)}, "the validation data differs"),
        ({"train": table(seed=3)}, "the training data differs"),
        ({"surrogate": net(TRAIN, key=1)}, "the network differs"),
        ({"stop": Stop(patience=5)}, "patience is None there and 5 here"),
    ],
)
def test_the_checkpoint_of_another_training_is_refused(tmp_path, how, words):
    path = tmp_path / "c.npz"
    stopped_at(3, path)
    before = path.read_bytes()
    with pytest.raises(DataError, match=f"another training: {words}.*delete this one"):
        fit(**{"surrogate": net(TRAIN), "train": TRAIN, "valid": VALID, **HOW, **how},
            checkpoint=path)  # fmt: skip
    assert path.read_bytes() == before and os.listdir(tmp_path) == ["c.npz"]


def test_the_checkpoint_of_another_version_is_refused(tmp_path, monkeypatch):
    stopped_at(3, tmp_path / "c.npz")
    monkeypatch.setattr(job, "versions", lambda: {"jax": "0.0.1"})
    with pytest.raises(DataError, match=r"jax is .* there and 0\.0\.1 here"):
        train(tmp_path / "c.npz")


def test_a_flipped_bit_anywhere_in_a_checkpoint_is_noticed(tmp_path):
    path = tmp_path / "c.npz"
    stopped_at(3, path)
    good, rng = path.read_bytes(), np.random.default_rng(0)
    shapes = epochs.shapes  # not reached: the checksum comes first
    accepted = 0
    for place in rng.integers(0, 8 * len(good), 3000):
        flipped = bytearray(good)
        flipped[place // 8] ^= 1 << (place % 8)
        path.write_bytes(flipped)
        try:
            CheckpointFile(Checkpoint(path, 0), {}).read(shapes)
            accepted += 1
        except CorruptFile:
            pass
    print(f"3000 flipped bits in a checkpoint of {len(good)} bytes: {accepted} accepted")
    assert accepted == 0


@pytest.mark.parametrize("damage", ["cut", "appended", "zeroed", "empty", "another kind", "model"])
def test_a_damaged_checkpoint_is_refused_and_left(tmp_path, damage):
    path = tmp_path / "c.npz"
    stopped_at(3, path)
    good = path.read_bytes()
    net(TRAIN).save(tmp_path / "m.npz")
    content = {
        "cut": good[: len(good) // 2],
        "appended": good + b"more",
        "zeroed": good[:-500] + b"\0" * 500,
        "empty": b"",
        "another kind": b"hello",
        "model": (tmp_path / "m.npz").read_bytes(),
    }[damage]
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"c\.npz"):
        train(path)
    assert path.read_bytes() == content


def test_a_checkpoint_that_lacks_an_array_is_corrupt(tmp_path):
    from sobolev._base.checksummed import read_archive, write_archive

    path = tmp_path / "c.npz"
    stopped_at(3, path)
    header, arrays = read_archive(path, "checkpoint", 4)
    for name in ("state.θ", "record/loss", "clock"):
        write_archive(path, "checkpoint", 4, header, {k: v for k, v in arrays.items() if k != name})
        with pytest.raises(CorruptFile, match="not hold a whole checkpoint"):
            train(path)
    write_archive(path, "checkpoint", 4, header, {**arrays, "state.θ": arrays["state.θ"][1:]})
    with pytest.raises(CorruptFile, match="an array is"):
        train(path)


def test_a_second_process_waits_outside(tmp_path):
    path = tmp_path / "c.npz"
    with CheckpointFile(Checkpoint(path, 0), {}):
        with pytest.raises(OutputError, match="in use by another process"):
            train(path)
    train(path)
    assert os.listdir(tmp_path) == ["c.npz"]


def test_many_who_want_the_same_checkpoint_come_one_by_one(tmp_path):
    inside, most, refused = [], [], []

    def enter():
        for _ in range(50):
            try:
                with CheckpointFile(Checkpoint(tmp_path / "c.npz", 0), {}):
                    inside.append(1)
                    most.append(len(inside))
                    inside.pop()
            except OutputError:
                refused.append(1)

    threads = [threading.Thread(target=enter) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert max(most) == 1 and len(most) + len(refused) == 200
    assert os.listdir(tmp_path) == []


def test_paths_that_cannot_be_written_are_refused_before_the_training(tmp_path):
    (tmp_path / "file").write_text("old")
    for path in (tmp_path / "file" / "c.npz", tmp_path, tmp_path / "a\0b"):
        with pytest.raises(OutputError, match="cannot write"):
            train(path)
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize("call", ["fsync", "replace", "open"])
def test_a_disk_that_fails_later_is_a_warning_and_the_training_goes_on(
    tmp_path, whole, monkeypatch, call
):
    """Every write fails from the second save on; the first one stays whole (R4)."""
    path = tmp_path / "c.npz"

    def fail(*_, **__):
        raise OSError(28, "No space left on device")

    def break_it(now):
        monkeypatch.setattr(os, call, fail)

    with pytest.warns(RuntimeWarning, match=r"No space left on device.*training goes on"):
        same(train(path, progress=break_it), whole)
    monkeypatch.undo()
    assert os.listdir(tmp_path) == ["c.npz"]
    same(train(path), whole)


def test_a_state_of_any_kind_of_numbers_survives(tmp_path):
    """Keys, half precision, integers and what is not a number at all."""

    class Strange(Optimiser):
        inner: FirstOrder

        def init(self, task, θ):
            half = jnp.asarray([1.5, 2.5], jnp.bfloat16)
            return self.inner.init(task, θ), jax.random.key(3), half, jnp.arange(2), None

        def epoch(self, task, state):
            inner, key, half, count, _ = state.optimiser
            state = self.inner.epoch(task, state._replace(optimiser=inner))
            noise = jax.random.normal(jax.random.fold_in(key, count[0])) * 1e-3
            rest = jax.random.fold_in(key, 1), half * 1.25, count + 1, None
            return state._replace(θ=state.θ + noise * half[0], optimiser=(state.optimiser, *rest))

    how = {"optimiser": Strange(Adam(1e-2, None)), "epochs": 6, "records": 3}
    stopped_at(2, tmp_path / "c.npz", **how)
    same(train(tmp_path / "c.npz", **how), train(**how))


@pytest.mark.parametrize(
    "rule, sentence",
    [
        (lambda: Stop(patience=0), "patience must be a whole number of epochs ≥ 1: got 0"),
        (lambda: Stop(patience=1.5), "patience must be"),
        (lambda: Stop(seconds=-1), "seconds must be a number of seconds ≥ 0: got -1"),
        (lambda: Stop(seconds=float("nan")), "seconds must be"),
        (lambda: Checkpoint("c.npz", "often"), "every must be a number of seconds"),
        (lambda: Placement(part=0), "part must be a whole number of rows ≥ 1: got 0"),
        (lambda: Placement(devices=2), r"devices are a list of them.*got 2"),
        (
            lambda: fit(net(TRAIN), TRAIN, stop=Stop(patience=5)),
            "patience=5 looks at the validation error, or at equations .* neither: give valid",
        ),
        (lambda: fit(net(TRAIN), TRAIN, stop=500), r"stop takes a Stop\(...\): got 500"),
        (lambda: fit(net(TRAIN), TRAIN, checkpoint=5), r"checkpoint takes a path or a Checkpoint"),
    ],
)
def test_rules_that_cannot_be_followed_are_refused(rule, sentence):
    with pytest.raises(ConfigError, match=sentence):
        rule()


def test_replacing_the_network_alone_is_a_new_training(tmp_path):
    stopped_at(3, tmp_path / "c.npz")
    other = replace(net(TRAIN), network=net(TRAIN, key=5).network)
    with pytest.raises(DataError, match="the network differs"):
        fit(other, TRAIN, VALID, **HOW, checkpoint=tmp_path / "c.npz")
