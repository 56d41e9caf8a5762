"""Signals and kills at any instant: saved, told how to go on, nothing lost."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from trainings import same, train
from trainings import whole as whole

from sobolev.training import Interrupted

FAULTS = Path(__file__).parent / "faults"


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


def test_kills_lose_nothing():
    """The long form is `python tests/system/faults/kill_fit.py --kills 1000`."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, str(FAULTS / "kill_fit.py"), "--kills", "8"],
        capture_output=True, text=True, timeout=900,
    )  # fmt: skip
    print(done.stdout, f"{time.monotonic() - began:.0f} s")
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    assert done.stdout.startswith("8 kills")
