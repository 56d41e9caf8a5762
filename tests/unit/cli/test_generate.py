"""`sobolev generate` from end to end, and each bad input as one sentence."""

import os
import tomllib

import numpy as np
import pytest
from cli_runs import quiet as quiet
from cli_runs import refused, run
from model_server import EVERY, Served, serving
from sources_made import BOX, OUTPUTS, right
from typer.testing import CliRunner

from sobolev.cli import app
from sobolev.data import read
from sobolev.function import of_callable


def test_generate_writes_the_table_its_settings_and_no_journal(tmp_path):
    out = tmp_path / "new folder" / "d.csv"
    result = run("generate", "ishigami", "--out", out, "--design", "grid", "--n", "2")
    assert result.exit_code == 0 and "8 rows of y against x1, x2, x3" in result.stdout
    data = read(out, inputs=("x1", "x2", "x3"), outputs=("y",))
    assert len(data) == 8 and data.jacobian is not None
    assert sorted(os.listdir(out.parent)) == ["d.csv", "d.generate.toml"]
    settings = tomllib.loads((out.parent / "d.generate.toml").read_text())
    assert settings["design"] == "grid" and settings["n"] == 2
    assert settings["record"]["problem"] == "ishigami" and settings["record"]["rows"] == 8


def test_generate_repeats_from_its_own_settings_to_the_bit(tmp_path):
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    options = "--design", "latin_hypercube", "--n", "5", "--seed", "3", "--param", "a=2"
    assert run("generate", "Ishigami", "--out", first, *options, "--order", "2").exit_code == 0
    again = run("generate", "ishigami", "--out", second, "--config", tmp_path / "a.generate.toml")
    assert again.exit_code == 0 and first.read_bytes() == second.read_bytes()
    assert tomllib.loads((tmp_path / "b.generate.toml").read_text())["params"] == {"a": 2}
    assert "d2y/dx1dx2" in first.read_text().splitlines()[0]


def test_generate_marks_rows_of_the_staggered_grid(tmp_path):
    result = run("generate", "beam-deflection", "--out", tmp_path / "d.npz", "--n", "3")
    assert "for training and" in result.stdout, result.output
    assert set(read(tmp_path / "d.npz").group) == {"train", "valid"}


OWN = """
from pathlib import Path
from sobolev import Box
from sobolev.errors import Diverged
from sobolev.problems import FunctionProblem

def square(x):
    if x[0] > 0.9:
        raise Diverged("there is nothing beyond 0.9")
    return x[0] ** 2, [2 * x[0]]

def wrong(x):
    return 1 / 0

problem = FunctionProblem(square, Box(("s",), (0,), (1,)), ("y",))
broken = FunctionProblem(wrong, problem.box, ("y",))
"""


MOODY = """
def at_last(x):
    return wrong(x) if x[0] > 0.9 else (x[0], [1.0])

moody = FunctionProblem(at_last, problem.box, ("y",))
"""


def test_generate_takes_the_users_own_problem_from_a_file(tmp_path):
    (tmp_path / "own_problem_of_a_user.py").write_text(OWN)
    here = f"{tmp_path / 'own_problem_of_a_user.py'}:problem"
    out = tmp_path / "d.csv"
    command = "generate", here, "--out", out, "--design", "grid", "--n", "5"
    refused(run(*command), "nothing beyond 0.9", "Give --on-diverged absent", "kept in")
    assert not out.exists()
    result = run(*command, "--on-diverged", "absent")
    assert result.exit_code == 0 and "1 without a solution" in result.stdout
    assert np.isnan(read(out).y[-1, 0])
    refused(run("generate", f"{here}s", "--out", tmp_path / "e.csv"), "did you mean 'problem'")
    refused(run("generate", here, "--out", tmp_path / "e.csv", "--param", "a=1"), "no --param")


def test_an_error_in_the_users_own_code_says_how_to_see_the_traceback(tmp_path):
    (tmp_path / "broken_problem_of_a_user.py").write_text(OWN)
    here = f"{tmp_path / 'broken_problem_of_a_user.py'}:broken"
    command = "generate", here, "--out", tmp_path / "d.csv", "--n", "3"
    refused(run(*command), "ZeroDivisionError: division by zero", "--debug", "kept in", code=1)
    shown = CliRunner().invoke(app, ["--debug", *map(str, command)])
    assert shown.exit_code == 1 and "Traceback" in shown.stderr and "1 / 0" in shown.stderr
    by_environment = CliRunner().invoke(app, [*map(str, command)], env={"SOBOLEV_DEBUG": "1"})
    assert by_environment.exit_code == 1 and "Traceback" in by_environment.stderr


def test_generate_says_in_words_of_the_command_line_what_cannot_be_shared(tmp_path):
    own = OWN.replace("(square,", "(lambda x: square(x),")
    (tmp_path / "hidden_problem_of_a_user.py").write_text(own)
    here = f"{tmp_path / 'hidden_problem_of_a_user.py'}:problem"
    refused(run("generate", here, "--out", tmp_path / "d.csv", "--workers", "2"), "--workers 1")


def test_rows_that_failed_are_empty_and_tried_anew_when_asked_for(tmp_path):
    """The mistake lies in a file beside the problem, so the problem is the same."""
    own = OWN.replace("return 1 / 0", "return x[0], [1 / float(Path(%r).read_text())]")
    (tmp_path / "moody_problem_of_a_user.py").write_text(own % str(tmp_path / "f") + MOODY)
    out, here = tmp_path / "d.csv", f"{tmp_path / 'moody_problem_of_a_user.py'}:moody"
    (tmp_path / "f").write_text("0")
    command = "generate", here, "--out", out, "--design", "grid", "--n", "5"
    refused(run(*command), "1 of 5 rows failed: row 4 ", "ZeroDivisionError", "--again faults")
    empty = run(*command, "--on-diverged", "absent")
    assert empty.exit_code == 0 and "1 of 5 rows failed and are empty: row 4" in empty.stderr
    assert "--force --again faults" in empty.stderr and "1 without a solution" in empty.stdout
    (tmp_path / "f").write_text("1")
    assert run(*command, "--force", "--again", "faults").exit_code == 0
    assert sorted(os.listdir(tmp_path))[:3] == ["d.csv", "d.generate.toml", "f"]
    assert np.isfinite(read(out, inputs=("s",), outputs=("y",)).y).all()


def test_generate_does_not_overwrite_unless_forced(tmp_path):
    out = tmp_path / "d.csv"
    command = "generate", "ishigami", "--out", out, "--design", "grid", "--n", "2"
    assert run(*command).exit_code == 0
    before = out.read_bytes()
    refused(run(*command), "is there already", "--force")
    assert out.read_bytes() == before
    assert run(*command, "--force", "--param", "b=0.2").exit_code == 0
    assert out.read_bytes() != before


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["ishi"], ["unknown problem 'ishi'", "did you mean 'ishigami'", "plate-with-hole"]),
        (["nowhere_module:x"], ["cannot import 'nowhere_module'"]),
        (["nowhere/file.py:x"], ["there is no file nowhere/file.py"]),
        (["ishigami", "--param", "c=1"], ["no parameter 'c'", "known are a, b"]),
        (["ishigami", "--param", "a"], ["write name=value"]),
        (["ishigami", "--param", "a=x"], ["parameter a is 'x'", "a number"]),
        (["plate-with-hole", "--param", "material=wood"], ["material", "'wood'"]),
        (["ishigami", "--design", "random"], ["option --design is 'random'", "'grid'"]),
        (["ishigami", "--design", "grid", "--n", "0"], ["option --n is 0", "equal to 1"]),
        (["ishigami", "--design", "sobol", "--n", "6"], ["power of two", "n=6"]),
        (["ishigami", "--design", "sobol", "--train", "6"], ["train = 6 has no meaning"]),
        (["ishigami", "--seed", "6"], ["seed = 6 has no meaning"]),
        (["ishigami", "--n", "3", "--train", "1"], ["train=1"]),
        (["ishigami", "--order", "3"], ["option --order is 3"]),
        (["ishigami", "--workers", "0"], ["option --workers is 0"]),
        (["ishigami", "--executor", "threads"], ["option --executor is 'threads'", "'dask'"]),
        (
            ["ishigami", "--scheduler", "tcp://127.0.0.1:9", "--executor", "serial"],
            ["scheduler = 'tcp://127.0.0.1:9' has no meaning with executor = 'serial'"],
        ),
        (["ishigami", "--scheduler", "tcp://x:1", "--workers", "3"], ["workers = 3 has no mean"]),
        (["ishigami", "--scheduler", "nowhere:x"], ["no Dask scheduler answers at nowhere:x"]),
        (["ishigami", "--executor", "serial", "--workers", "3"], ["workers = 3 has no meaning"]),
        (["ishigami", "--patience", "5"], ["patience = 5.0 has no meaning with executor = 'seri"]),
        (["ishigami", "--patience", "0"], ["option --patience is 0", "greater than 0"]),
        (["ishigami", "--retries", "-1"], ["option --retries is -1"]),
        (["ishigami", "--again", "some"], ["option --again is 'some'", "'faults'"]),
        (["ishigami", "--config", "missing.toml"], ["cannot read missing.toml"]),
    ],
)
def test_generate_refuses(tmp_path, arguments, words):
    refused(run("generate", *arguments, "--out", tmp_path / "d.csv"), *words)
    assert not (tmp_path / "d.csv").exists()


def test_generate_takes_a_model_on_a_server(tmp_path):
    function = of_callable(right, BOX, OUTPUTS)
    params = "names=a,b", "lower=0.5,1", "upper=2,3", "units=mm,K", "outputs=u,v"
    options = [word for param in params for word in ("--param", param)]
    command = "--out", tmp_path / "d.csv", "--design", "grid", "--n", "2", *options
    with serving(Served(function, (2,), (2,), EVERY)) as url:
        result = run("generate", f"umbridge:{url}/beam", *command)
        assert result.exit_code == 0 and "4 rows of u, v against a, b" in result.stdout
        data = read(tmp_path / "d.csv", inputs=("a", "b"), outputs=("u", "v"))
        np.testing.assert_allclose(data.jacobian, right(data.x, 1)[1], rtol=1e-14)
        out = "--out", tmp_path / "e.csv"
        for text, more, sentence in (
            ("beam", (), "needs names and bounds of its inputs: give --param names=E,F"),
            ("beam", ("--param", "name=a"), "has no parameter 'name', did you mean 'names'"),
            ("plate", options, "has no model 'plate': it has beam."),
            ("", options, "names no model: write umbridge:http://localhost:4242/beam."),
        ):
            refused(run("generate", f"umbridge:{url}/{text}", *out, *more), sentence)
