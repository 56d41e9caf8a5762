"""Two processes on one checkpoint, several threads on one surrogate (R25)."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from helpers import net, table
from trainings import ADAM, TRAIN, VALID, same

from sobolev import Checkpoint, fit
from sobolev.errors import OutputError

HOW = {**ADAM, "epochs": 40, "records": 40}
SUPPORT = Path(__file__).parents[1] / "support"
FIRST = """
import os, sys, time
import jax
jax.config.update("jax_enable_x64", True)
from helpers import net
from trainings import ADAM, TRAIN, VALID
from sobolev import Checkpoint, fit

HOW = {**ADAM, "epochs": 40, "records": 40}

def hold(now):
    if now.epoch == 3 and "hold" in sys.argv:
        print("holds", flush=True)
        sys.stdin.readline()

fit(net(TRAIN), TRAIN, VALID, **HOW, checkpoint=Checkpoint(sys.argv[1], 0), progress=hold)
print("done", flush=True)
"""


def start(path, *words):
    """One process that trains."""
    where = os.pathsep.join([str(SUPPORT), os.environ.get("PYTHONPATH", "")])
    return subprocess.Popen(
        [sys.executable, "-c", FIRST, str(path), *words],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": where},
    )  # fmt: skip


def test_the_second_process_is_told_and_disturbs_nothing(tmp_path):
    path, alone = tmp_path / "c.npz", tmp_path / "alone.npz"
    first = start(path, "hold")
    try:
        assert first.stdout.readline() == "holds\n", first.communicate()[1]
        before = path.read_bytes()
        for _ in range(100):
            with pytest.raises(OutputError, match=r"c\.npz is in use by another process: wait"):
                fit(net(TRAIN), TRAIN, VALID, **HOW, checkpoint=Checkpoint(path, 0))
        assert path.read_bytes() == before
        output, errors = first.communicate("go on\n", timeout=120)
        assert output == "done\n" and first.returncode == 0, errors
    finally:
        first.kill()
    assert os.listdir(tmp_path) == ["c.npz"]
    other = start(alone)  # this process compiles otherwise, and has other last bits
    assert other.communicate(timeout=120)[0] == "done\n"
    kept = [place.read_bytes() for place in (path, alone)]
    same(
        *(
            fit(net(TRAIN), TRAIN, VALID, **HOW, checkpoint=Checkpoint(place, 0))
            for place in (path, alone)
        )
    )
    # Finished by those processes: nothing was trained again.
    assert [place.read_bytes() for place in (path, alone)] == kept


def test_two_that_start_at_the_same_time_end_with_the_same_bits(tmp_path):
    """One trains, the other is told; whoever asks again gets the finished training."""
    path, found, told = tmp_path / "c.npz", [], []
    go = threading.Barrier(4)

    def work():
        go.wait()
        until = time.monotonic() + 120
        while time.monotonic() < until:
            try:
                found.append(fit(net(TRAIN), TRAIN, VALID, **HOW, checkpoint=Checkpoint(path, 0)))
                return
            except OutputError as error:
                told.append(str(error))
                time.sleep(0.02)

    threads = [threading.Thread(target=work) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert len(found) == 4 and all("in use by another process" in said for said in told)
    for other in found[1:]:
        same(found[0], other)
    assert os.listdir(tmp_path) == ["c.npz"]


def test_threads_that_predict_get_the_bits_of_one():
    """Each size of the first rounds is compiled while several threads ask for it."""
    surrogate, rng = net(table(8), (3,), key=2), np.random.default_rng(0)
    points = [rng.uniform([-1, 0], [2, 1], (n, 2)) for n in rng.integers(1, 9, 100)]
    said = [[None] * len(points) for _ in range(2)]
    go = threading.Barrier(2)

    def ask(mine):
        for number, x in enumerate(points):
            go.wait()
            y, dy = surrogate.derivatives(x, 1)
            mine[number] = surrogate.value(x).tobytes(), y.tobytes(), dy.tobytes()

    threads = [threading.Thread(target=ask, args=(mine,)) for mine in said]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    alone = [None] * len(points)
    for number, x in enumerate(points):
        y, dy = surrogate.derivatives(x, 1)
        alone[number] = surrogate.value(x).tobytes(), y.tobytes(), dy.tobytes()
    assert said[0] == said[1] == alone
