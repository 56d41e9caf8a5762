"""A command line without a process, and the files that its tests share."""

import numpy as np
import pytest
from typer.testing import CliRunner

from sobolev import Dataset
from sobolev.cli import app
from sobolev.cli.display import Display
from sobolev.data import write

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
