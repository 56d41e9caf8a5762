"""`sobolev fit` from end to end, and each bad input as one sentence."""

import os
import tomllib

import numpy as np
import pytest
from cli_runs import FIT, refused, run, warned
from cli_runs import home as home
from cli_runs import quiet as quiet

from sobolev import Dataset, Surrogate, networks
from sobolev.data import write
from sobolev.networks import ModifiedMLP


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
    cosines = "cosine eta|deta/da,cosine eta|deta/db,cosine deta/da|deta/db,smallest_cosine,"
    assert cosines + "share eta,share deta/da,share deta/db,alignment," in header
    last = dict(zip(header.split(","), map(float, rows[-1].split(",")), strict=True))
    pairs = [number for name, number in last.items() if name.startswith("cosine ")]
    assert last["smallest_cosine"] == pytest.approx(min(pairs), rel=1e-12) and min(pairs) > -1
    shares = [number for name, number in last.items() if name.startswith("share ")]
    norms = [number for name, number in last.items() if name.startswith("gradient_norm ")]
    weights = [number for name, number in last.items() if name.startswith("weight ")]
    pulls = [weight * norm for weight, norm in zip(weights, norms, strict=True)]
    assert len(set(weights)) == 3  # by inverse energy, as nobody named a weighting
    assert shares == pytest.approx([pull / sum(pulls) for pull in pulls])


def test_fit_makes_the_network_that_is_asked(home, tmp_path):
    out = tmp_path / "m.npz"
    more = ("--network", "modified_mlp", "--init", "orthogonal", "--activation", "swish")
    result = run("fit", home / "t.csv", "--out", out, *FIT, *more)
    assert result.exit_code == 0, result.output
    assert Surrogate.load(out).architecture == ModifiedMLP((3,), init=networks.orthogonal)
    settings = tomllib.loads((tmp_path / "m.fit.toml").read_text())
    assert settings["network"] == "modified-mlp" and "frequency" not in settings


@pytest.mark.parametrize(
    "options, words",
    [
        (["--network", "sine", "--activation", "tanh"], ["activation = 'tanh'", "'sine'"]),
        (["--network", "sine", "--init", "glorot"], ["init = 'glorot'", "'sine'"]),
        (["--frequency", "2"], ["frequency = 2.0", "'auto'"]),
        (["--periodic", "0.5", "--init", "glorot"], ["periodic = 0.5", "'mlp'"]),
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
    command += ("--network", "mlp")  # trials would find one that learns
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
        (["--bound", "clip"], ["bound = 'clip' has no meaning with weighting = 'inverse-energy'"]),
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
        ("\x81", ["empty"]),
        (HEADER.replace("b,", "a,", 1) + ROWS, ["column 'a' occurs twice"]),
        (HEADER.replace("deta/db", "deta/dc") + ROWS, ["column 'b'"]),
        (HEADER + "1,1,1,2,1\n1,1,1,2,1\n1,1,1,2,1\n", ["every input is constant"]),
        (HEADER + "1,1,1,2,1\n2,2,1,4,1\n3,3,1,6,1\n4,1,1,3,2\n", ["'eta'", "contradict"]),
    ],
)
def test_fit_refuses_tables(tmp_path, table, words):
    path = tmp_path / "bad.csv"
    path.write_text(table, encoding="latin-1")
    if table == "\x81":  # no letter in UTF-8, nor in the code page of Windows
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


@pytest.mark.parametrize(
    "more, by", [((), "Bayesian"), (("--weighting", "unweighted"), "Levenberg")]
)
def test_noise_is_seen_and_trained_on_by_the_evidence_unless_a_weighting_is_named(home, more, by):
    rng = np.random.default_rng(3)
    x = rng.uniform(1, 2, (30, 2))
    a, b = x.T
    y, dy = a**2 * b, np.stack([2 * a * b, a**2], axis=1)
    y = y + 0.1 * y.std() * rng.standard_normal(30)
    dy = dy + 0.1 * dy.std(0) * rng.standard_normal(dy.shape)
    write(home / "noisy.csv", Dataset(x, y[:, None], dy[:, None], inputs=("a", "b")))
    how = ("--hidden", "3", "--network", "mlp", "--epochs", "6", "--records", "3", *more)
    ended = run("fit", home / "noisy.csv", "--out", home / "n.npz", "--no-page", *how)
    assert ended.exit_code == 0, ended.output
    assert f"trained by {by}" in ended.output
    assert ("noise seen: about" in ended.output) == (by == "Bayesian")


def test_where_nothing_is_named_several_starts_are_tried_and_all_rows_trained_on(home, tmp_path):
    out = tmp_path / "m.npz"
    command = "fit", home / "plain.csv", "--out", out, "--hidden", "3", "--epochs", "6"
    result = run(*command)
    assert result.exit_code == 0, result.output
    assert "rows held out before they were trained on" in result.stdout
    assert "On 24 rows, a part held out at a time in 5 trainings" in result.stdout
    assert "4 starts were tried" in result.stdout and "What would help most" in result.stdout
    settings = tomllib.loads((tmp_path / "m.fit.toml").read_text())
    assert "fraction" not in settings and settings["record"]["rows"] == 24
    page = (tmp_path / "m.html").read_text()
    assert "24 training rows, 24 of them held out at first" in page
    assert "4 starts were tried" in page and "longer training" not in page
    again = tmp_path / "n.npz"
    assert run(*command[:3], again, "--config", tmp_path / "m.fit.toml").exit_code == 0
    assert again.read_bytes() == out.read_bytes()
    assert not list(tmp_path.glob("*.checkpoint*"))


def test_rows_of_a_group_are_never_trained_on(home, tmp_path):
    command = "fit", home / "t.csv", "--out", tmp_path / "m.npz", "--hidden", "3", "--epochs", "6"
    result = run(*command)
    assert "On 8 rows that it was never trained on" in result.stdout, result.output
    assert "the errors are on rows not trained on" in result.stdout
