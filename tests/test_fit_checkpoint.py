"""Checkpoints: resumed to the bit, refused when foreign or damaged, locked, and swept."""

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import fields, replace
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from helpers import net, table

from sobolev import (
    Adam,
    Clip,
    ConfigError,
    CorruptFile,
    CosineDistance,
    DataError,
    FirstOrder,
    LevenbergMarquardt,
    LossMax,
    OutputError,
    Unweighted,
    fit,
)
from sobolev.fit import Interrupted, compiled
from sobolev.fit.checkpoint import Checkpoint
from sobolev.fit.fingerprint import digest

FAULTS = Path(__file__).parent / "faults"
TRAIN, VALID = table(), table(9, seed=1)
ADAM = {"optimiser": Adam(1e-2, batch_size=5), "weighting": CosineDistance("own", 0.1)}
HOW = {**ADAM, "epochs": 12, "records": 4, "every": 0}


def train(path=None, **how):
    return fit(net(TRAIN), TRAIN, VALID, **{**HOW, **how}, checkpoint=path)


def stopped_at(epoch, path, **how):
    """A training that an error in `progress` ends, as a kill would, when this epoch is kept."""

    class Stop(Exception):
        pass

    def stop(now):
        if now.saved >= epoch:
            raise Stop

    with pytest.raises(Stop):
        train(path, progress=stop, **how)


def same(one, other):
    assert (one.result, one.rejected, one.best_epoch) == (
        other.result,
        other.rejected,
        other.best_epoch,
    )
    for field in fields(one.history):
        if field.name not in ("seconds", "cpu_seconds", "terms"):
            ours, theirs = (getattr(fitted.history, field.name) for fitted in (one, other))
            assert ours.dtype == theirs.dtype and ours.tobytes() == theirs.tobytes(), field.name
    pairs = zip(*(jax.tree.leaves(f.surrogate.network) for f in (one, other)), strict=True)
    assert all(np.asarray(a).tobytes() == np.asarray(b).tobytes() for a, b in pairs)


@pytest.fixture(scope="module")
def whole():
    return train()


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
    monkeypatch.setattr(sys.modules["sobolev.fit.train"], "PIECE", 0.0)  # one epoch each
    same(train(), whole)
    assert len(whole.history.epoch) == 5


def test_a_finished_training_returns_at_once(tmp_path, whole, monkeypatch):
    train(tmp_path / "c.npz")
    before = (tmp_path / "c.npz").read_bytes()
    for name in ("start", "advance", "measure"):
        monkeypatch.setattr(compiled, name, None)
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
        ({"patience": 5}, "patience is None there and 5 here"),
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
    there = sys.modules["sobolev.fit.train"]
    monkeypatch.setattr(there, "versions", lambda: {"jax": "0.0.1"})
    with pytest.raises(DataError, match=r"jax is .* there and 0\.0\.1 here"):
        train(tmp_path / "c.npz")


def test_a_flipped_bit_anywhere_in_a_checkpoint_is_noticed(tmp_path):
    path = tmp_path / "c.npz"
    stopped_at(3, path)
    good, rng = path.read_bytes(), np.random.default_rng(0)
    shapes = compiled.shapes  # not reached: the checksum comes first
    accepted = 0
    for place in rng.integers(0, 8 * len(good), 3000):
        flipped = bytearray(good)
        flipped[place // 8] ^= 1 << (place % 8)
        path.write_bytes(flipped)
        try:
            Checkpoint(path, 0, {}).read(shapes)
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
    from sobolev._files import read_archive, write_archive

    path = tmp_path / "c.npz"
    stopped_at(3, path)
    header, arrays = read_archive(path, "checkpoint", 1)
    for name in ("state.θ", "record/loss", "clock"):
        write_archive(path, "checkpoint", 1, header, {k: v for k, v in arrays.items() if k != name})
        with pytest.raises(CorruptFile, match="not hold a whole checkpoint"):
            train(path)
    write_archive(path, "checkpoint", 1, header, {**arrays, "state.θ": arrays["state.θ"][1:]})
    with pytest.raises(CorruptFile, match="an array is"):
        train(path)


def test_a_second_process_waits_outside(tmp_path):
    path = tmp_path / "c.npz"
    with Checkpoint(path, 0, {}):
        with pytest.raises(OutputError, match="in use by another process"):
            train(path)
    train(path)
    assert os.listdir(tmp_path) == ["c.npz"]


def test_many_who_want_the_same_checkpoint_come_one_by_one(tmp_path):
    inside, most, refused = [], [], []

    def enter():
        for _ in range(50):
            try:
                with Checkpoint(tmp_path / "c.npz", 0, {}):
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


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("times", [1, 3])
def test_a_signal_saves_and_says_how_to_resume(tmp_path, whole, number, times):
    path = tmp_path / "c.npz"

    def ask(now):
        if now.epoch == 6:
            [os.kill(os.getpid(), number) for _ in range(times)]

    before = signal.getsignal(number)
    with pytest.raises(Interrupted, match=r"6 of 12 epochs are kept in .*make the same call") as up:
        train(path, every=1e9, progress=ask)
    assert up.value.signal == number and isinstance(up.value, KeyboardInterrupt)
    assert signal.getsignal(number) == before
    same(train(path), whole)


def test_signals_at_random_instants(tmp_path):
    """R17, in this process: whatever the instant, the end has the same bits, within 2 s."""
    rng, long = np.random.default_rng(0), {"epochs": 20000, "records": 40, "every": 30.0}
    expected, interrupted, runs, slowest = train(**long), 0, 0, 0.0
    path, sent = tmp_path / "c.npz", []

    def ask():
        sent.append(time.monotonic())
        os.kill(os.getpid(), rng.choice([signal.SIGINT, signal.SIGTERM]))

    while interrupted < 30:
        timer = threading.Timer(rng.uniform(0.1, 0.6), ask)
        before = {n: signal.signal(n, lambda *_: None) for n in (signal.SIGINT, signal.SIGTERM)}
        timer.start()
        try:
            fitted = train(path, **long)
        except Interrupted:
            interrupted += 1
            slowest = max(slowest, time.monotonic() - sent[-1])
        else:
            runs += 1
            same(fitted, expected)
            path.unlink()
        finally:
            timer.cancel()
            timer.join()
            [signal.signal(number, handler) for number, handler in before.items()]
    print(f"{interrupted} interruptions, {runs} runs ended, slowest answer {slowest:.2f} s")
    assert slowest < 2


def test_signals_are_left_alone_without_a_checkpoint_and_beside_the_main_thread(tmp_path, whole):
    def look(now):
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler

    train(progress=look)
    done = []
    thread = threading.Thread(target=lambda: done.append(train(tmp_path / "c.npz")))
    thread.start()
    thread.join()
    same(done[0], whole)


def test_a_state_of_any_kind_of_numbers_survives(tmp_path):
    """Keys, half precision, integers and what is not a number at all."""

    class Strange(eqx.Module):
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


def test_what_a_job_is_recognised_by():
    rate = 0.1

    def schedule(step):
        return rate / (1 + step)

    def other(step):
        return rate / (2 + step)

    def adam(**how):
        return FirstOrder(optax.scale_by_adam(**how), 1e-3)

    assert digest(adam()) == digest(adam())
    assert digest(adam(b1=0.8)) != digest(adam())
    assert digest(FirstOrder(optax.identity(), schedule)) != digest(
        FirstOrder(optax.identity(), other)
    )
    assert digest(LossMax(0.1)) == digest(LossMax(0.1)) != digest(LossMax(0.2))
    assert digest({"a": 1}) != digest({"a": 2}) and digest(1.0) != digest(1)
    assert digest([np.float64(0.0)]) != digest([np.float64(-0.0)])
    first = digest(schedule)
    rate = 0.2
    assert digest(schedule) != first
    circle: list = []
    circle.append(circle)
    assert digest(circle) == digest(circle)


def test_the_digest_is_the_same_in_another_process():
    code = (
        "import jax; jax.config.update('jax_enable_x64', True)\n"
        "from sobolev import Adam, CosineDistance, Exponential\n"
        "from sobolev.fit.fingerprint import digest\n"
        "print(digest((Adam(), CosineDistance('sum', 0.1, Exponential()), {'a', 'b', 'c'})))"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=120,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in "12"
    }  # fmt: skip
    assert len(said) == 1 and len(said.pop()) == 65


@pytest.mark.parametrize(
    "how, sentence",
    [
        ({"keep": "first"}, "keep must be 'best' or 'last': got 'first'"),
        ({"patience": 0}, "patience must be a whole number of epochs ≥ 1: got 0"),
        ({"patience": 1.5}, "patience must be"),
        ({"patience": 5, "valid": None}, "there are no validation data: give valid"),
        ({"seconds": -1}, "seconds must be a number of seconds ≥ 0: got -1"),
        ({"seconds": float("nan")}, "seconds must be"),
        ({"every": "often"}, "every must be"),
    ],
)
def test_rules_that_cannot_be_followed_are_refused(how, sentence):
    with pytest.raises(ConfigError, match=sentence):
        fit(**{"surrogate": net(TRAIN), "train": TRAIN, "valid": VALID, **HOW, **how})


def test_kills_lose_nothing():
    """The long form is `python tests/faults/kill_fit.py --kills 1000`."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, str(FAULTS / "kill_fit.py"), "--kills", "60"],
        capture_output=True, text=True, timeout=900,
    )  # fmt: skip
    print(done.stdout, f"{time.monotonic() - began:.0f} s")
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    assert done.stdout.startswith("60 kills")


def test_replacing_the_network_alone_is_a_new_training(tmp_path):
    stopped_at(3, tmp_path / "c.npz")
    other = replace(net(TRAIN), network=net(TRAIN, key=5).network)
    with pytest.raises(DataError, match="the network differs"):
        fit(other, TRAIN, VALID, **HOW, checkpoint=tmp_path / "c.npz")
