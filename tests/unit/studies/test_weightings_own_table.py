"""Weightings compared on the user's own rows."""

import json
from dataclasses import replace

import numpy as np
import pytest
from cli_runs import quiet as quiet
from cli_runs import refused, run
from helpers import net, table

from sobolev.data import write_csv
from sobolev.errors import ConfigError
from sobolev.studies import OWN, ComparisonSettings, compare
from sobolev.studies.engine import FILE
from sobolev.studies.problems.own_table import keep_own, own
from sobolev.work.serial import Serial

SHORT = {
    "problems": (OWN,), "schemes": ("unweighted",), "variants": ("plain",), "rates": (0.01,),
    "steps": 5, "hidden": (3,), "initialisations": 2, "tuning_initialisations": 1,
}  # fmt: skip
TRAIN, VALID = table(20).split(0.4)


def medians(verdicts):
    return {v.scheme: v.median for v in verdicts}


def test_other_rows_are_other_trainings_and_the_same_rows_are_not_trained_again(tmp_path):
    settings = ComparisonSettings(**SHORT)
    first = compare(settings, tmp_path, data=(TRAIN, VALID), workers=Serial())
    kept = (tmp_path / FILE).read_bytes()
    assert {v.problem for v in first} == {OWN} and kept.count(b"\n") == 1 + 2 * 3
    other = compare(settings, tmp_path, data=(VALID, TRAIN), workers=Serial())
    both = (tmp_path / FILE).read_bytes()
    assert both.startswith(kept) and both.count(b"\n") == 1 + 4 * 3
    assert medians(other) != medians(first)
    again = compare(settings, tmp_path, data=(TRAIN, VALID), workers=Serial())
    assert medians(again) == medians(first)
    assert (tmp_path / FILE).read_bytes() == both
    assert medians(compare(settings, tmp_path, workers=Serial())) == medians(first)  # rows are kept


def test_a_term_without_labels_above_zero_does_not_count(tmp_path):
    flat = VALID.jacobian.copy()
    flat[..., 1] = 0
    keep_own(tmp_path, (TRAIN, VALID))
    every = own(tmp_path).errors(net(TRAIN, (3,)))
    keep_own(tmp_path, (TRAIN, replace(VALID, jacobian=flat)))
    some = own(tmp_path).errors(net(TRAIN, (3,)))
    assert len(every) == 3 and list(some) == list(every)[:2]
    assert (
        all(some[name] == every[name] for name in some) and np.isfinite(list(some.values())).all()
    )


def test_rows_and_problems_belong_together(tmp_path):
    with pytest.raises(ConfigError, match="'table' is your own table: give it as compare"):
        compare(ComparisonSettings(**SHORT), tmp_path)
    with pytest.raises(ConfigError, match="'table' is not among the problems: noisy"):
        compare(ComparisonSettings(problems=("noisy",)), tmp_path / "n", data=(TRAIN, VALID))
    assert not (tmp_path / "n").exists()
    assert OWN not in ComparisonSettings().problems


def test_the_command_takes_a_table_and_its_settings_are_those_of_the_next_call(tmp_path):
    write_csv(tmp_path / "t.csv", table(20))
    (tmp_path / "c.toml").write_text(
        'schemes = ["unweighted"]\nvariants = ["plain"]\nrates = [0.01]\nsteps = 5\nhidden = [3]\n'
        "initialisations = 2\ntuning_initialisations = 1\n[table]\nfraction = 0.25\nseed = 4\n"
    )
    command = "study", "weighting", "--table", tmp_path / "t.csv", "--workers", 1
    first = run(*command, "--out", tmp_path / "a", "--config", tmp_path / "c.toml")
    assert first.exit_code == 0, first.output
    content = json.loads((tmp_path / "a" / "comparison.json").read_text())
    assert content["settings"]["problems"] == [OWN] and content["budgets"][OWN]["rows"]
    assert len(own(tmp_path / "a").train) == 15
    again = run(*command, "--out", tmp_path / "b", "--config", tmp_path / "a" / "study.config.toml")
    assert again.exit_code == 0, again.output
    assert json.loads((tmp_path / "b" / "comparison.json").read_text()) == content
    report = run("report", tmp_path / "b")
    assert report.exit_code == 0, report.output
    assert "table (the table that was given)" in (tmp_path / "b" / "report.md").read_text()


@pytest.mark.parametrize(
    "name, toml, words",
    [
        ("talk", "", "--table belongs to `sobolev study weighting`"),
        ("weighting", "[table]\nfraction = 0.0", "needs validation rows"),
        ("weighting", 'problems = ["noisy"]', "'table' is not among the problems"),
    ],
)
def test_the_command_refuses(tmp_path, name, toml, words):
    write_csv(tmp_path / "t.csv", table(20))
    (tmp_path / "c.toml").write_text(toml)
    command = "study", name, "--table", tmp_path / "t.csv", "--out", tmp_path / "out"
    refused(run(*command, "--config", tmp_path / "c.toml"), words)
    assert not (tmp_path / "out").exists()
