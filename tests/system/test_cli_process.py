"""The command line as a process: its start, its pipes, its interruption."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from cli_processes import COMMAND, finish, start

SLOW = """
import time
from sobolev import Box
from sobolev.problems import FunctionProblem

def slow(x):
    time.sleep(0.05)
    with open("calls", "a") as calls:
        calls.write(f"{x[0]}\\n")
    return x[0] ** 2, [2 * x[0]]

problem = FunctionProblem(slow, Box(("s",), (0,), (1,)), ("y",))
"""


HEAVY = ["jax", "numpy", "scipy", "matplotlib", "rich", "equinox"]


@pytest.mark.parametrize(
    "arguments, word, absent",
    [
        (["--help"], "generate", [*HEAVY, "sobolev.cli.settings"]),
        (["--version"], "sobolev", [*HEAVY, "sobolev.cli.settings"]),
        (["fit", "--help"], "--weighting", HEAVY),
    ],
)
def test_the_command_starts_without_the_heavy_modules(arguments, word, absent):
    script = (
        "import json, sys\n"
        "from sobolev.cli import main\n"
        f"sys.argv = ['sobolev', *{arguments}]\n"
        "try:\n    main()\n"
        "except SystemExit as end:\n    assert end.code == 0\n"
        f"print(json.dumps([m for m in {absent} if m in sys.modules]))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == []
    assert word in done.stdout


def test_an_interrupted_generation_continues_with_the_same_command(tmp_path):
    (tmp_path / "mine.py").write_text(SLOW)
    command = "generate", "mine:problem", "--out", "d.csv", "--design", "grid", "--n", "60"
    process = start(*command, cwd=tmp_path)
    journal = tmp_path / "d.csv.journal"
    until = time.monotonic() + 60
    while not journal.exists() or journal.read_bytes().count(b"\n") < 4:
        assert time.monotonic() < until and process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 130 and output == ""
    last = errors.splitlines()[-1]
    assert last.startswith("interrupted: ") and "same command again" in last
    assert "Traceback" not in errors
    assert journal.exists() and not (tmp_path / "d.csv").exists()
    code, output, _ = finish(*command, cwd=tmp_path)
    assert code == 0 and "60 rows" in output
    assert not journal.exists()
    calls = (tmp_path / "calls").read_text().splitlines()
    assert len(set(calls)) == 60 and len(calls) <= 61  # the one at work may be done twice


@pytest.mark.skipif(os.name != "posix", reason="signals and pipes of POSIX")
def test_a_closed_pipe_ends_the_command_quietly():
    read, write = os.pipe()
    os.close(read)
    process = subprocess.run([*COMMAND, "--help"], stdout=write, stderr=subprocess.PIPE, text=True)
    os.close(write)
    assert process.returncode == 141 and process.stderr == ""


def test_a_full_disk_behind_standard_output_is_one_sentence():
    if not os.path.exists("/dev/full"):
        return
    with open("/dev/full", "w") as full:
        done = subprocess.run([*COMMAND, "--version"], stdout=full, stderr=subprocess.PIPE)
    assert done.returncode != 0 and b"Traceback" not in done.stderr


def test_names_that_the_terminal_cannot_show_do_not_matter(tmp_path):
    (tmp_path / "t.csv").write_text("λ,y\n", encoding="utf-8")
    where = {**os.environ, "PYTHONIOENCODING": "ascii"}
    command = "fit", "t.csv", "--out", "m.npz", "--inputs", "ξ", "--outputs", "y"
    code, _, errors = finish(*command, cwd=tmp_path, env=where)
    assert code == 2 and errors.startswith("error: t.csv: ")
    command = "fit", "λ.csv", "--out", "m.npz"
    code, _, errors = finish(*command, cwd=tmp_path, env=where)
    assert code == 2 and "\\u03bb.csv" in errors


def test_an_error_is_one_line_on_stderr_and_code_2(tmp_path):
    name = "un\x1bknown\n.csv"
    code, output, errors = finish("fit", name, "--out", "m.npz", cwd=tmp_path)
    assert code == 2 and output == ""
    assert errors.startswith("error: ") and errors.count("\n") == 1 and "\x1b" not in errors
    assert os.listdir(tmp_path) == []
