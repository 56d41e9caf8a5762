"""`sobolev recommend`: three candidates on rows that none has seen."""

import json

from cli_runs import home as home
from cli_runs import quiet as quiet
from cli_runs import refused, run

from sobolev import GEK, load


def test_it_names_the_best_of_three(home):
    result = run("recommend", home / "t.csv", "--epochs", "3")
    assert result.exit_code == 0, result.output
    first, second, third, said = result.stdout.strip().splitlines()
    assert first.startswith("network with derivatives") and second.startswith("network with values")
    assert third.startswith("gradient-enhanced kriging")
    errors = [float(line.split()[-4]) for line in (first, second, third)]
    assert errors[2] == min(errors)  # kriging has a smooth function of 16 rows, the others 3 steps
    assert said.startswith("Use the gradient-enhanced kriging (relative H1 error ")


def test_what_it_recommends_is_kept_evaluated_and_asked(home):
    result = run("recommend", home / "t.csv", "--epochs", "3", "--out", home / "best.npz")
    assert result.exit_code == 0, result.output
    _, said = result.stdout.strip().splitlines()[-2:]
    assert said == f"{home / 'best.npz'}: the gradient-enhanced kriging"
    assert "seed = 0" in (home / "best.recommend.toml").read_text()
    assert isinstance(load(home / "best.npz"), GEK)
    found = run("evaluate", home / "best.npz", home / "t.csv", "--json")
    assert found.exit_code == 0, found.output
    assert json.loads(found.stdout)["relative_h1"] < 0.1
    told = run("predict", home / "best.npz", home / "t.csv", "--ignore-extra", "--order", "2",
               "--out", home / "p.csv")  # fmt: skip
    assert told.exit_code == 0, told.output
    assert "d2" in (home / "p.csv").read_text().splitlines()[0]


def test_where_it_cannot_be_kept_is_told_first(home):
    refused(run("recommend", home / "t.csv", "--out", home / "best.csv"), "must end in .npz")


def test_rows_that_decide_are_needed(home):
    refused(run("recommend", home / "plain.csv", "--fraction", "0"), "fraction = 0", "0.2")
