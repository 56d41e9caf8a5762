"""The command line: each verb from end to end, and each bad input as one sentence."""

import json
import os
import tomllib
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from sobolev import Dataset, Surrogate
from sobolev.cli import app
from sobolev.cli.display import Display
from sobolev.data import read, write
from sobolev.networks import describe

STUDIES = Path(__file__).parent.parent / "studies"
FIT = ("--hidden", "3", "--epochs", "6", "--records", "3", "--batch-size", "all")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder with a table, its half without a group column, a surrogate, and points."""
    folder = tmp_path_factory.mktemp("cli")
    x = np.random.default_rng(0).uniform(1, 2, (24, 2))
    a, b = x.T
    y, dy = a**2 * b, np.stack([2 * a * b, a**2], axis=1)
    names = {"inputs": ("a", "b"), "outputs": ("eta",), "input_units": ("mm", "")}
    group = np.where(np.arange(24) % 3 == 0, "valid", "train")
    write(folder / "t.csv", Dataset(x, y[:, None], dy[:, None], group=group, **names))
    write(folder / "t.npz", Dataset(x, y[:, None], dy[:, None], group=group, **names))
    write(folder / "plain.csv", Dataset(x, y[:, None], dy[:, None], **names))
    assert run("fit", folder / "t.csv", "--out", folder / "m.npz", *FIT).exit_code == 0
    (folder / "p.csv").write_text("b,a [mm]\n1.5,1.25\n1.25,1.75\n1.5,9\n")
    return folder


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    """A slow machine shows progress in between, here it would only blur the sentences."""
    monkeypatch.setattr(Display.__init__, "__defaults__", (1e9,))


def run(*arguments):
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert "Traceback" not in result.output and "\x1b" not in result.output
    return result


def refused(result, *words, code=2):
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    assert result.stderr.startswith("error: ") and result.stderr.count("\n") == 1, result.stderr
    for word in words:
        assert str(word) in result.stderr, result.stderr


def warned(result) -> str:
    assert result.exit_code == 0, result.output
    return result.stderr


# --- generate ---------------------------------------------------------------------------------


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
from sobolev import Box, Diverged
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
        (["ishigami", "--config", "missing.toml"], ["cannot read missing.toml"]),
    ],
)
def test_generate_refuses(tmp_path, arguments, words):
    refused(run("generate", *arguments, "--out", tmp_path / "d.csv"), *words)
    assert not (tmp_path / "d.csv").exists()


# --- fit --------------------------------------------------------------------------------------


def test_fit_writes_surrogate_settings_and_history(home):
    assert Surrogate.load(home / "m.npz").inputs == ("a", "b")
    settings = tomllib.loads((home / "m.fit.toml").read_text())
    assert settings["hidden"] == [3] and settings["batch_size"] == "all"
    assert "fraction" not in settings and "damping" not in settings
    record = settings["record"]
    assert record["result"] == "finished" and record["rows"] == 16
    assert len(record["table_sha256"]) == 64 and {"jax", "numpy", "python"} <= set(record)
    header, *rows = (home / "m.history.csv").read_text().splitlines()
    assert header.startswith("epoch,step,loss eta,loss deta/da") and len(rows) == 4
    assert rows[-1].startswith("6,6,")


def test_fit_makes_the_network_that_is_asked(home, tmp_path):
    out = tmp_path / "m.npz"
    more = ("--network", "modified_mlp", "--init", "orthogonal", "--activation", "swish")
    result = run("fit", home / "t.csv", "--out", out, *FIT, *more)
    assert result.exit_code == 0, result.output
    assert describe(Surrogate.load(out).network)["kind"] == "modified-mlp"
    settings = tomllib.loads((tmp_path / "m.fit.toml").read_text())
    assert settings["network"] == "modified-mlp" and "frequency" not in settings


@pytest.mark.parametrize(
    "options, words",
    [
        (["--network", "sine", "--activation", "tanh"], ["activation = 'tanh'", "'sine'"]),
        (["--network", "sine", "--init", "glorot"], ["init = 'glorot'", "'sine'"]),
        (["--frequency", "2"], ["frequency = 2.0", "'mlp'"]),
        (["--network", "residual", "--hidden", "3,4"], ["same width", "(3, 3)"]),
        (["--activation", "relu"], ["'relu' cannot be trained on derivatives", "(order 0)"]),
    ],
)
def test_fit_refuses_networks_that_do_not_go_together(home, tmp_path, options, words):
    out = tmp_path / "m.npz"
    refused(run("fit", home / "t.csv", "--out", out, *options, "--epochs", "2"), *words)
    assert not out.exists()


def test_the_settings_written_by_fit_repeat_it_to_the_bit(home, tmp_path):
    table, config = home / "t.csv", home / "m.fit.toml"
    result = run("fit", table, "--out", tmp_path / "again.npz", "--config", config)
    assert "relative H1 error" in result.stdout and "rows not trained on" in result.stdout
    assert (tmp_path / "again.npz").read_bytes() == (home / "m.npz").read_bytes()
    first, second = home / "m.fit.toml", tmp_path / "again.fit.toml"
    first, second = (tomllib.loads(path.read_text()) for path in (first, second))
    del first["record"], second["record"]
    assert first == second
    command = "fit", table, "--out", tmp_path / "other.npz", "--config", config
    assert run(*command, "--seed", "1").exit_code == 0
    assert (tmp_path / "other.npz").read_bytes() != (home / "m.npz").read_bytes()


def test_fit_splits_at_random_without_a_group_and_with_a_fraction(home, tmp_path):
    command = "fit", home / "plain.csv", "--out", tmp_path / "m.npz", *FIT
    assert run(*command).exit_code == 0
    settings = tomllib.loads((tmp_path / "m.fit.toml").read_text())
    assert settings["fraction"] == 0.2 and settings["record"]["validation_rows"] == 5
    everything = run(*command, "--fraction", "0")
    assert "the training rows themselves" in everything.stdout
    settings = tomllib.loads((tmp_path / "m.fit.toml").read_text())
    assert settings["fraction"] == 0 and settings["record"]["validation_rows"] == 0


@pytest.mark.parametrize(
    "options",
    [
        ["--weighting", "cosine-sum", "--bound", "log", "--weight-rate", "0.1"],
        ["--weighting", "loss_max", "--bound", "clip"],
        ["--weighting", "inverse-norm", "--order", "1"],
    ],
)
def test_fit_with_each_kind_of_weighting(home, tmp_path, options):
    result = run("fit", home / "t.csv", "--out", tmp_path / "m.npz", *FIT, *options)
    assert result.exit_code == 0, result.output


def test_levenberg_marquardt_learns_the_table(home, tmp_path):
    command = "fit", home / "t.npz", "--out", tmp_path / "m.npz", "--hidden", "5"
    result = run(*command, "--optimiser", "lm", "--epochs", "60", "--records", "5")
    record = tomllib.loads((tmp_path / "m.fit.toml").read_text())["record"]
    assert record["relative_h1"] < 0.01, result.output


def test_values_alone_need_names_and_the_sentence_says_which_options(home, tmp_path):
    lines = [line.split(",")[:3] for line in (home / "t.csv").read_text().splitlines()]
    (tmp_path / "v.csv").write_text("\n".join(map(",".join, lines)))
    command = "fit", tmp_path / "v.csv", "--out", tmp_path / "m.npz", *FIT
    refused(run(*command), "--inputs", "--outputs")
    assert run(*command, "--inputs", "a, b", "--outputs", "eta").exit_code == 0


UNSTABLE = "--weighting", "loss-max", "--bound", "log", "--weight-rate", "1e6"


def test_a_training_that_ends_badly_is_not_written(home, tmp_path):
    out = tmp_path / "m.npz"
    command = "fit", home / "t.csv", "--out", out, *FIT, *UNSTABLE
    refused(run(*command), "the training ended badly", "lower the learning rate", code=3)
    assert os.listdir(tmp_path) == []
    refused(run(*command, "--keep-unfinished"), "m.unfinished.npz", code=3)
    assert os.listdir(tmp_path) == ["m.unfinished.npz"]


def test_a_surrogate_worse_than_a_constant_is_pointed_out(home, tmp_path):
    command = "fit", home / "t.csv", "--out", tmp_path / "m.npz", *FIT, "--learning-rate", "9"
    assert "no better than a constant" in warned(run(*command))


@pytest.mark.parametrize(
    "options, words",
    [
        (["--epochs", "-5"], ["option --epochs is -5", "greater than or equal to 1"]),
        (["--epochs", "many"], ["option --epochs is 'many'", "valid integer"]),
        (["--hidden", "3,x"], ["option --hidden (entry 2) is 'x'"]),
        (["--hidden", ""], ["option --hidden"]),
        (["--batch-size", "0"], ["option --batch-size is 0", "'all'"]),
        (["--learning-rate", "nan"], ["option --learning-rate", "finite"]),
        (["--weighting", "cosin-own"], ["'cosin-own'", "did you mean 'cosine-own'"]),
        (["--bound", "clip"], ["bound = 'clip' has no meaning with weighting = 'unweighted'"]),
        (["--optimiser", "lm", "--batch-size", "8"], ["batch_size = 8 has no meaning"]),
        (["--damping", "1", "--optimiser", "adam"], ["damping = 1.0 has no meaning"]),
        (["--order", "2"], ["order 2 needs a Hessian"]),
        (["--fraction", "1"], ["option --fraction is 1"]),
        (["--fraction", "0.999"], ["no row is left for training"]),
        (["--inputs", "a,c"], ["'c'", "the columns are"]),
        (["--inputs", "a,a", "--outputs", "eta"], ["'a' occurs twice in inputs"]),
        (["--optimizer", "lm"], ["No such option: --optimizer", "--optimiser", "--help"]),
    ],
)
def test_fit_refuses_options(home, tmp_path, options, words):
    refused(run("fit", home / "t.csv", "--out", tmp_path / "m.npz", *options), *words)
    assert os.listdir(tmp_path) == []


HEADER = "a,b,eta,deta/da,deta/db\n"
ROWS = "1,1,1,2,1\n2,1,4,4,4\n1,2,2,4,1\n2,2,8,8,4\n"


@pytest.mark.parametrize(
    "table, words",
    [
        (HEADER + ROWS + "nan,1,1,1,1\n", ["column 'a'", "line 6"]),
        (HEADER + ROWS + "1,inf,1,1,1\n", ["column 'b'", "line 6"]),
        (HEADER + ROWS + "1,1,inf,1,1\n", ["column 'eta'", "line 6"]),
        (HEADER + ROWS + "1,one,1,1,1\n", ["column 'b'", "'one'", "line 6"]),
        (HEADER + ROWS + "1,1+2j,1,1,1\n", ["column 'b'", "1+2j"]),
        (HEADER + ROWS + "1,1,1\n", ["line 6 has 3 cells, the header has 5"]),
        (HEADER, ["no row"]),
        ("", ["the file is empty"]),
        ("\0\0", ["zero bytes"]),
        ("\xff", ["empty"]),
        (HEADER.replace("b,", "a,", 1) + ROWS, ["column 'a' occurs twice"]),
        (HEADER.replace("deta/db", "deta/dc") + ROWS, ["column 'b'"]),
        (HEADER + "1,1,1,2,1\n1,2,2,4,1\n1,3,3,6,1\n", ["input 'a' is constant"]),
        (HEADER + "1,1,1,2,1\n2,2,1,4,1\n3,3,1,6,1\n4,1,1,3,2\n", ["'eta' is constant"]),
    ],
)
def test_fit_refuses_tables(tmp_path, table, words):
    path = tmp_path / "bad.csv"
    path.write_text(table, encoding="latin-1")
    if table == "\xff":
        words = ["UTF-8"]
    out = tmp_path / "m.npz"
    refused(run("fit", path, "--out", out, "--hidden", "2", "--fraction", "0"), *words)
    assert os.listdir(tmp_path) == ["bad.csv"]


@pytest.mark.parametrize(
    "toml, words",
    [
        ("epoch = 5", ["f.toml: unknown key 'epoch', did you mean 'epochs'?"]),
        ("epochs = 0", ["f.toml: 'epochs' is 0"]),
        ("epochs = '5'", ["f.toml: 'epochs' is '5'", "integer"]),
        ("epochs = true", ["f.toml: 'epochs' is True", "integer"]),
        ("hidden = [3, 0]", ["f.toml: 'hidden' (entry 2) is 0"]),
        ("hidden = []", ["f.toml: 'hidden'"]),
        ("optimiser = 'adm'", ["'optimiser' is 'adm', did you mean 'adam'"]),
        ("optimiser = 'lm'\nlearning_rate = 0.1", ["f.toml: learning_rate = 0.1 has no meaning"]),
        ("columns = {eta = 3}", ["f.toml: 'columns' is 3"]),
        ("epochs = x\n", ["f.toml is not a TOML file", "line 1"]),
    ],
)
def test_fit_refuses_settings(home, tmp_path, toml, words):
    (tmp_path / "f.toml").write_text(toml)
    command = "fit", home / "t.csv", "--out", tmp_path / "m.npz", "--config", tmp_path / "f.toml"
    refused(run(*command), *words)


def test_columns_of_derivatives_can_be_named_in_the_settings(home, tmp_path):
    text = (home / "plain.csv").read_text().replace("deta/da", "s_a").replace("deta/db", "s_b")
    (tmp_path / "s.csv").write_text(text)
    (tmp_path / "f.toml").write_text("columns = {eta = {a = 's_a', b = 's_b'}}")
    out = tmp_path / "m.npz"
    command = "fit", tmp_path / "s.csv", "--out", out, *FIT, "--config", tmp_path / "f.toml"
    assert run(*command).exit_code == 0
    again = tmp_path / "n.npz"
    result = run("fit", tmp_path / "s.csv", "--out", again, "--config", tmp_path / "m.fit.toml")
    assert result.exit_code == 0 and again.read_bytes() == out.read_bytes()


# --- paths --------------------------------------------------------------------------------------


def test_paths_that_cannot_be_written_are_refused_before_the_work(home, tmp_path):
    (tmp_path / "file").write_text("")
    (tmp_path / "folder.npz").mkdir()
    for out, word in [
        (tmp_path / "file" / "m.npz", "Not a directory"),
        (tmp_path / "folder.npz", "not a regular file"),
        (tmp_path / "m.txt", "must end in .npz"),
        (tmp_path / ("m" * 300) / "m.npz", "too long"),
    ]:
        # the table does not exist either: so the path was looked at first
        refused(run("fit", tmp_path / "no.csv", "--out", out), word)
    refused(run("fit", home / "t.npz", "--out", home / "t.npz"), "is read by this command")
    assert sorted(os.listdir(tmp_path)) == ["file", "folder.npz"]
    mine = tmp_path / "mine.history.csv"
    refused(run("fit", mine, "--out", tmp_path / "mine.npz"), "is read by this command")


def test_settings_that_the_user_wrote_are_not_overwritten(home, tmp_path):
    (tmp_path / "m.fit.toml").write_text("mine = 1\n")
    command = "fit", home / "t.csv", "--out", tmp_path / "m.npz", *FIT
    refused(run(*command), "m.fit.toml, which `sobolev fit` has not made", "rename it")
    (tmp_path / "m.fit.toml").write_text("[record]\ncommand = 'fit'\n")
    assert run(*command).exit_code == 0


# --- evaluate and predict -----------------------------------------------------------------------


def test_evaluate_prints_a_table_and_json(home):
    table = run("evaluate", home / "m.npz", home / "t.csv", "--rows", "valid")
    assert table.stderr == "" and "deta/da" in table.stdout
    printed = run("evaluate", home / "m.npz", home / "t.npz", "--rows", "valid", "--json")
    content = json.loads(printed.stdout)
    assert [term["name"] for term in content["terms"]] == ["eta", "deta/da", "deta/db"]
    assert {term["rows"] for term in content["terms"]} == {8}
    assert f"{content['relative_h1']:.3%}" in table.stdout
    assert len(content["model"]["sha256"]) == 64 and "jax" in content["versions"]


def test_evaluate_points_out_training_rows(home):
    result = run("evaluate", home / "m.npz", home / "t.csv")
    assert "16 of 24 rows are marked as training rows" in warned(result)
    refused(run("evaluate", home / "m.npz", home / "plain.csv", "--rows", "valid"), "--rows all")


def test_predict_writes_values_derivatives_and_whether_inside(home, tmp_path):
    out = tmp_path / "q.csv"
    result = run("predict", home / "m.npz", home / "p.csv", "--out", out, "--order", "2")
    assert warned(result).startswith("warning: 1 of 3 rows lie outside")
    header, *rows = [line.split(",") for line in out.read_text().splitlines()]
    second = ["d2eta/dada", "d2eta/dadb", "d2eta/dbdb"]
    assert header == ["a [mm]", "b", "eta", "deta/da", "deta/db", *second, "inside"]
    assert [row[-1] for row in rows] == ["yes", "yes", "no"]
    x = np.array([[1.25, 1.5], [1.75, 1.25], [9, 1.5]])
    surrogate = Surrogate.load(home / "m.npz")
    numbers = np.array([row[:-1] for row in rows], float)
    np.testing.assert_array_equal(numbers[:, :2], x)
    np.testing.assert_array_equal(numbers[:, 2], surrogate.value(x)[:, 0])
    np.testing.assert_array_equal(numbers[:, 3:5], surrogate.jacobian(x)[:, 0])
    np.testing.assert_array_equal(numbers[:, 6], surrogate.hessian(x)[:, 0, 0, 1])
    assert read(out, inputs=("a", "b"), outputs=("eta",)).hessian is not None


def test_the_same_seed_gives_the_same_bits_of_predictions(home, tmp_path):
    for name in "ab":
        model, out = tmp_path / f"{name}.npz", tmp_path / f"{name}.csv"
        assert run("fit", home / "plain.csv", "--out", model, *FIT, "--seed", "7").exit_code == 0
        assert run("predict", model, home / "p.csv", "--out", out).exit_code == 0
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()


def test_predict_takes_the_points_of_a_labelled_table_when_extra_columns_are_ignored(
    home, tmp_path
):
    command = "predict", home / "m.npz", home / "t.csv", "--out", tmp_path / "q.csv"
    refused(run(*command), "column 'eta' is not an input of the model (a, b)", "--ignore-extra")
    assert run(*command, "--ignore-extra").exit_code == 0
    command = "predict", home / "m.npz", home / "t.csv", "--out", tmp_path / "r.csv"
    assert run(*command, "--config", tmp_path / "q.predict.toml").exit_code == 0
    assert (tmp_path / "q.csv").read_bytes() == (tmp_path / "r.csv").read_bytes()


@pytest.mark.parametrize(
    "points, words",
    [
        ("a\n1\n", ["no column 'b'", "(a, b)"]),
        ("a,b,b\n1,1,1\n", ["'b' occurs twice"]),
        ("a [cm],b\n1,1\n", ["column 'a' is in [cm]", "[mm]"]),
        ("a,b\n1,x\n", ["column 'b'", "'x'", "line 2"]),
        ("a,b\n1,nan\n", ["column 'b'", "line 2"]),
        ("a,b\n1\n", ["line 2 has 1 cells"]),
        ("a,b\n", ["no row"]),
        ("", ["empty"]),
    ],
)
def test_predict_refuses_points(home, tmp_path, points, words):
    (tmp_path / "bad.csv").write_text(points)
    out = tmp_path / "q.csv"
    refused(run("predict", home / "m.npz", tmp_path / "bad.csv", "--out", out), "bad.csv", *words)
    assert os.listdir(tmp_path) == ["bad.csv"]


@pytest.mark.parametrize("damage", ["half", "flipped", "empty", "other", "missing"])
def test_a_damaged_model_is_refused(home, tmp_path, damage):
    content = (home / "m.npz").read_bytes()
    middle = len(content) // 2
    flipped = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
    other = (home / "t.npz").read_bytes()
    model = tmp_path / "m.npz"
    if damage != "missing":
        choices = {"half": content[:middle], "flipped": flipped, "empty": b"", "other": other}
        model.write_bytes(choices[damage])
    words = {"other": "holds a dataset", "missing": "No such file"}
    word = words.get(damage, "checksum does not match")
    refused(run("evaluate", model, home / "t.csv"), model, word)
    refused(run("predict", model, home / "p.csv", "--out", tmp_path / "q.csv"), model, word)


def test_a_table_with_other_names_is_refused(home, tmp_path):
    (tmp_path / "o.csv").write_text("a,c,eta,deta/da,deta/dc\n1,1,1,2,1\n2,1,4,4,4\n")
    refused(run("evaluate", home / "m.npz", tmp_path / "o.csv"), "'b'")


# --- study and report ---------------------------------------------------------------------------


@pytest.fixture
def asked(monkeypatch):
    """What the verb hands to the study, which itself has tests of its own."""
    calls = {}

    def stand_in(settings, source, folder, *, described, workers, progress):
        progress("trainings", 1, 2)
        folder.mkdir(parents=True, exist_ok=True)
        calls.update(settings=settings, source=source, described=described, workers=workers)
        return folder

    monkeypatch.setattr("sobolev.study.run_study", stand_in)
    return calls


def test_study_hands_on_settings_and_writes_them(asked, tmp_path):
    (tmp_path / "s.toml").write_text("networks = [[3], [4, 2]]\nbudgets = [5]\ninitialisations = 9")
    out = tmp_path / "out"
    command = "study", "talk", "--out", out, "--config", tmp_path / "s.toml"
    result = run(*command, "--initialisations", "2", "--workers", "1")
    assert result.exit_code == 0 and "sobolev report" in result.stdout
    assert asked["source"] == "talk" and asked["workers"] == 1
    assert asked["settings"].networks == ((3,), (4, 2)) and asked["settings"].initialisations == 2
    first = asked["settings"]
    again = run("study", "talk", "--out", out, "--config", out / "study.config.toml")
    assert again.exit_code == 0 and asked["settings"] == first


def test_study_of_the_users_own_table(asked, home, tmp_path):
    run("study", home / "t.csv", "--out", tmp_path / "a")
    assert [len(part) for part in asked["source"]] == [16, 8] and asked["described"] == "t.csv"
    (tmp_path / "s.toml").write_text("[table]\nfraction = 0.5\nseed = 3\n")
    for config in (tmp_path / "s.toml", tmp_path / "b" / "study.config.toml"):
        run("study", home / "plain.csv", "--out", tmp_path / "b", "--config", config)
        assert [len(part) for part in asked["source"]] == [12, 12]


@pytest.mark.parametrize("file", sorted(STUDIES.glob("*.toml")), ids=lambda file: file.stem)
def test_the_studies_of_this_repository_have_sound_settings(asked, tmp_path, file):
    assert run("study", "talk", "--out", tmp_path / "out", "--config", file).exit_code == 0
    assert asked["settings"].initialisations >= 1


@pytest.mark.parametrize(
    "name, toml, words",
    [
        ("talc", "", ["unknown study 'talc', did you mean 'talk'"]),
        ("missing.csv", "", ["cannot read missing.csv"]),
        ("talk", "budget = [3]", ["unknown key 'budget', did you mean 'budgets'"]),
        ("talk", "budgets = [2.5]", ["'budgets' (entry 1) is 2.5"]),
        ("talk", "schemes = ['cd_some']", ["unknown scheme 'cd_some'"]),
        ("talk", "[table]\nfractions = 0.1", ["[table]: unknown key 'fractions'"]),
        ("talk", "[table]\nfraction = 1.0", ["[table]: 'fraction' is 1.0"]),
    ],
)
def test_study_refuses(tmp_path, name, toml, words):
    (tmp_path / "s.toml").write_text(toml)
    command = "study", name, "--out", tmp_path / "out", "--config", tmp_path / "s.toml"
    refused(run(*command), *words)
    assert os.listdir(tmp_path) == ["s.toml"]


def test_an_interrupted_study_says_how_to_continue(monkeypatch, tmp_path):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("sobolev.study.run_study", interrupted)
    result = run("study", "talk", "--out", tmp_path / "out")
    assert result.exit_code == 130 and result.stderr.startswith("interrupted: finished trainings")
    refused(run("study", "talk", "--out", tmp_path, "--workers", "0"), "--workers is 0")


def test_report_says_where_the_page_is(monkeypatch, tmp_path):
    made = lambda folder, output: (output or folder) / "report.html"  # noqa: E731
    monkeypatch.setattr("sobolev.report.write_report", made)
    assert run("report", tmp_path).stdout == f"{tmp_path / 'report.html'}\n"
    other = tmp_path / "b"
    assert run("report", tmp_path, "--out", other).stdout == f"{other / 'report.html'}\n"


def test_report_needs_results(tmp_path):
    refused(run("report", tmp_path), "results.json")
    refused(run("report", tmp_path / "missing"), "results.json")


# --- the command as a whole ---------------------------------------------------------------------


def test_help_version_and_unknown_verbs():
    verbs = ("generate", "check", "fit", "evaluate", "predict", "study", "report")
    for arguments in ([], ["--help"], ["-h"]):
        result = run(*arguments)
        assert result.exit_code == 0 and all(verb in result.stdout for verb in verbs)
    assert run("--version").stdout.startswith("sobolev ")
    refused(run("fti"), "No such command 'fti'", "Did you mean 'fit'")
    refused(run("--frobnicate"), "No such option: --frobnicate")
    refused(run("fit"), "Missing argument", "fit --help")


def test_help_of_each_verb_states_the_defaults_of_its_settings():
    from sobolev.cli.settings import EvaluateSettings, FitSettings, GenerateSettings
    from sobolev.cli.settings import PredictSettings as Predict

    kinds = {"fit": FitSettings, "generate": GenerateSettings, "evaluate": EvaluateSettings}
    unstated = {"params", "ignore_extra"}
    for verb, kind in {**kinds, "predict": Predict}.items():
        stated = " ".join(run(verb, "--help").stdout.split()).replace("- ", "-")
        for name, value in kind().model_dump(exclude_none=True).items():
            if name in unstated or (verb, name) == ("generate", "n"):
                continue
            if name == "optimiser":
                continue  # stated with what chooses another
            shown = ",".join(map(str, value)) if isinstance(value, tuple) else value
            option = stated.split(f" --{name.replace('_', '-')} ")[1].split(" --")[0]
            assert f"[default: {shown}]" in option, (verb, name, option)
