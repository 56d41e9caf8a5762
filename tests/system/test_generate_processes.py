"""`generate` with processes: the same rows, and none lost when they die."""

import functools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import jax
import numpy as np
import pytest
from generate_problems import _broken, _function, _problem, _same, _steep

from sobolev import SobolevError, designs
from sobolev.generation import failures, generate
from sobolev.work import Retries

FAULTS = Path(__file__).parent / "faults"


def _deadly(x):
    if abs(x[0] - 1.0) < 1e-9:
        os.kill(os.getpid(), signal.SIGKILL)
    return _function(x)


def _precision(x):
    """What the worker's JAX and libraries are set to."""
    bits = np.dtype(jax.numpy.asarray(1.0).dtype).itemsize * 8
    return np.array([bits, float(os.environ["OMP_NUM_THREADS"])]), np.ones((2, 2))


def test_processes_give_the_rows_in_the_order_of_the_design(tmp_path):
    run = functools.partial(generate, _problem(_steep), designs.grid(4), on_diverged="absent")
    _same(run(workers=2, journal=tmp_path / "journal"), run())
    lines = (tmp_path / "journal").read_text().splitlines()
    assert sorted(json.loads(line)["row"] for line in lines[1:]) == list(range(16))


def test_processes_have_our_precision_and_few_threads(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    data = generate(_problem(_precision), designs.grid(2), workers=2)
    assert (data.y == [64, max(1, os.cpu_count() // 2)]).all()
    assert "OMP_NUM_THREADS" not in os.environ


def test_a_killed_process_is_reported_and_the_rest_kept(tmp_path):
    path, points = tmp_path / "journal", np.linspace(0.5, 1.5, 9)[:, None] * [1, 1]
    with pytest.raises(SobolevError, match=r"1 of 9 rows failed: row 4 .*SIGKILL.* 2 times"):
        generate(_problem(_deadly), points, workers=2, journal=path, retries=Retries(times=1))
    lines = path.read_text().splitlines()[1:]
    assert sorted(json.loads(line)["row"] for line in lines) == list(range(9))
    assert failures(path).keys() == {4}


def test_an_error_in_a_process_comes_through(tmp_path):
    with pytest.raises(ZeroDivisionError, match="no stiffness") as raised:
        generate(_problem(_broken), designs.grid(2), workers=2, journal=tmp_path / "journal")
    notes = "".join(raised.value.__notes__)
    assert "_broken" in notes
    assert "0 of 4 rows are kept" in notes


def test_a_script_without_a_guard_is_told_what_to_do(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "from sobolev.generation import generate\nfrom sobolev import Box, SobolevError\n"
        "from sobolev.problems import FunctionProblem\n"
        "def function(x): return x[0], x\n"
        "problem = FunctionProblem(function, Box(('a',), (0,), (1,)), ('y',))\n"
        "try: generate(problem, [[0.5], [0.6]], workers=2)\n"
        "except SobolevError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=60)
    assert "before its first row" in done.stdout
    assert "__name__ == '__main__'" in done.stdout
    assert done.stderr == ""  # not a word from the processes


@pytest.mark.parametrize(
    "call, remedy",
    [
        ("fit_ensemble(Surrogate.new(data), data, members=2, workers=2)", "leave workers out"),
        ("run_study(StudySettings(), (data, data), 'study')", "give workers="),
        ("compare(ComparisonSettings(problems=('spread',)), 'study')", "give workers="),
    ],
)
def test_so_is_one_that_trains(tmp_path, call, remedy):
    script = tmp_path / "script.py"
    script.write_text(
        "import jax, numpy\njax.config.update('jax_enable_x64', True)\n"
        "from sobolev import Dataset, SobolevError, Surrogate, fit_ensemble, run_study\n"
        "from sobolev.studies import ComparisonSettings, StudySettings, compare\n"
        "x = numpy.linspace(-1, 1, 9)[:, None]\ndata = Dataset(x, x)\n"
        f"try: {call}\nexcept SobolevError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=120, cwd=tmp_path
    )
    assert "before its first training: it reads this script again" in done.stdout
    assert remedy in done.stdout and "Traceback" not in done.stderr


def test_ctrl_c_stops_the_processes_and_says_how_to_continue(tmp_path):
    """The interrupt reaches the whole group, as in a terminal."""
    child = subprocess.Popen(
        [sys.executable, str(FAULTS / "interrupt_generate.py"), str(tmp_path / "journal")],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    guard = threading.Timer(60, child.kill)
    guard.start()
    while (
        not (tmp_path / "journal").exists() or b'"row": ' not in (tmp_path / "journal").read_bytes()
    ):
        assert child.poll() is None
        time.sleep(0.01)
    os.killpg(child.pid, signal.SIGINT)
    out, err = child.communicate()
    guard.cancel()
    assert "rows are kept in" in out
    assert "make the same call again" in out
    assert err == ""
    started = (tmp_path / "journal.log").read_bytes()
    time.sleep(0.05)
    assert (tmp_path / "journal.log").read_bytes() == started  # nobody works on


@pytest.mark.parametrize(("kills", "workers"), [(3, 1), (2, 2)])
def test_kills_lose_nothing(kills, workers):
    """The long form is `python tests/system/faults/kill_generate.py --kills 1000`."""
    script = FAULTS / "kill_generate.py"
    done = subprocess.run(
        [sys.executable, str(script), "--kills", str(kills), "--workers", str(workers)],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith(f"{kills} kills")
