"""`sobolev fit` as a process: interrupted, continued, and with its compiled code kept."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from cli_processes import COMMAND, finish, start
from helpers import table

from sobolev.cli.start import _trim, start_jax
from sobolev.data import write

OF_THE_TESTS = "JAX_COMPILATION_CACHE_DIR", "TF_CPP_MIN_LOG_LEVEL"  # see conftest
# The command line, and at last how often code was found in the cache and how often it was not.
COUNTING = """
import atexit, os
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"  # as the command line says before JAX is there
import jax
from sobolev.cli.app import main
counts = {"/jax/compilation_cache/cache_" + name: 0 for name in ("hits", "misses")}
def count(event, **_):
    if event in counts:
        counts[event] += 1
jax.monitoring.register_event_listener(count)
atexit.register(lambda: print("counted", *counts.values(), flush=True))
main()
"""
FIT = "fit", "t.csv", "--out", "m.npz", "--hidden", "3", "--optimiser", "adam"


@pytest.fixture
def home(tmp_path):
    write(tmp_path / "t.csv", table(20))
    return tmp_path


def epoch(path):
    with np.load(path) as file:
        return int(file["state.epoch"])


def test_signals_save_and_the_same_command_continues(home):
    """Ended by SIGTERM, then by Ctrl-C twice; each time more epochs are kept."""
    path, lock, kept = home / "m.checkpoint.npz", home / ".m.checkpoint.npz.lock", 0
    for number, code, times in ((signal.SIGTERM, 143, 1), (signal.SIGINT, 130, 2)):
        process = start(*FIT, "--epochs", "1000000000", "--records", "1000000", cwd=home)
        until = time.monotonic() + 120
        while not (lock.exists() and path.exists()):
            assert time.monotonic() < until and process.poll() is None, process.communicate()
            time.sleep(0.02)
        time.sleep(6)  # beyond compilation, unless the machine is busy
        asked = time.monotonic()
        for _ in range(times):
            process.send_signal(number)
        try:
            output, errors = process.communicate(timeout=60)
        finally:
            process.kill()  # it would train for ever
        print(f"signal {number}: left after {time.monotonic() - asked:.2f} s")
        last = errors.splitlines()[-1]
        assert process.returncode == code and output == "", errors
        assert "epochs are kept in m.checkpoint.npz: give the same command again" in last
        assert "Traceback" not in errors
        assert sorted(os.listdir(home)) == ["m.checkpoint.npz", "t.csv"]
        assert epoch(path) >= kept
        kept = epoch(path)
    code, _, errors = finish(*FIT, "--epochs", "5", cwd=home)
    assert code == 2 and "another training" in errors and "--restart" in errors
    code, output, errors = finish(*FIT, "--epochs", "5", "--restart", cwd=home)
    assert code == 0 and "finished" in output, errors
    assert sorted(os.listdir(home)) == ["m.fit.toml", "m.history.csv", "m.html", "m.npz", "t.csv"]


def test_compiled_code_is_kept_and_damage_to_it_costs_time_only(home):
    where = {name: value for name, value in os.environ.items() if name not in OF_THE_TESTS}
    where["SOBOLEV_CACHE"] = str(home / "cache")
    options = [*FIT, "--epochs", "5"]

    def run(command):
        done = subprocess.run(
            [*command, *options], cwd=home, env=where, capture_output=True, text=True
        )
        assert done.returncode == 0 and "Traceback" not in done.stderr
        assert "cache" not in done.stderr and "feature" not in done.stderr
        return done.stdout.splitlines()[-1], (home / "m.npz").read_bytes()

    counting = [sys.executable, "-c", COUNTING]
    said, first = run(counting)
    found, missed = map(int, said.split()[1:])
    assert found == 0 and missed > 3
    entries = [path for path in (home / "cache").rglob("*") if path.is_file()]
    assert len(entries) > 3
    assert run(counting) == (f"counted {missed} 0", first)
    assert run(COMMAND)[1] == first
    rng = np.random.default_rng(0)
    for number, path in enumerate(sorted(entries)):
        content = bytearray(path.read_bytes())
        if number % 3 == 0:
            content = content[: len(content) // 2]
        elif number % 3 == 1:
            for place in rng.integers(0, len(content), 5):
                content[place] ^= 255
        else:
            content = b""
        path.write_bytes(content)
    assert run(COMMAND)[1] == first


def test_a_cache_that_cannot_be_written_is_one_note(monkeypatch, capsys):
    import jax

    monkeypatch.setenv("SOBOLEV_CACHE", "/dev/null/x")
    ours = jax.config.jax_compilation_cache_dir
    jax.config.update("jax_compilation_cache_dir", None)
    try:
        start_jax()
        assert jax.config.jax_compilation_cache_dir is None
    finally:
        jax.config.update("jax_compilation_cache_dir", ours)
    said = capsys.readouterr().err
    assert said.startswith("warning: compiled code is not kept") and said.count("\n") == 1


def test_the_oldest_compiled_code_goes_first(tmp_path, monkeypatch):
    monkeypatch.setattr(sys.modules["sobolev.cli.start"], "LARGEST", 25)
    for age, name in enumerate("abcd"):
        (tmp_path / name).write_bytes(b"x" * 10)
        os.utime(tmp_path / name, (age, age))
    _trim(tmp_path)
    assert sorted(os.listdir(tmp_path)) == ["c", "d"]
