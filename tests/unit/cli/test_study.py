"""`sobolev study` and `report`: what they hand on, and each bad input as one sentence."""

import os
from pathlib import Path

import pytest
from cli_runs import home as home
from cli_runs import quiet as quiet
from cli_runs import refused, run

from sobolev.work.progress import Progress

STUDIES = Path(__file__).parents[3] / "studies"


@pytest.fixture
def asked(monkeypatch):
    """What the verb hands to the study, which itself has tests of its own."""
    calls = {}

    def stand_in(settings, source, folder, *, described, workers, progress):
        progress(Progress("trainings", 1, 2))
        folder.mkdir(parents=True, exist_ok=True)
        calls.update(settings=settings, source=source, described=described, workers=workers)
        return folder

    monkeypatch.setattr("sobolev.studies.run_study", stand_in)
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

    monkeypatch.setattr("sobolev.studies.run_study", interrupted)
    result = run("study", "talk", "--out", tmp_path / "out")
    assert result.exit_code == 130 and result.stderr.startswith("interrupted: finished trainings")
    refused(run("study", "talk", "--out", tmp_path, "--workers", "0"), "--workers is 0")


def test_report_says_where_the_page_is(monkeypatch, tmp_path):
    made = lambda folder, output: (output or folder) / "report.html"  # noqa: E731
    monkeypatch.setattr("sobolev.reports.write_report", made)
    assert run("report", tmp_path).stdout == f"{tmp_path / 'report.html'}\n"
    other = tmp_path / "b"
    assert run("report", tmp_path, "--out", other).stdout == f"{other / 'report.html'}\n"


def test_report_needs_results(tmp_path):
    refused(run("report", tmp_path), "results.json")
    refused(run("report", tmp_path / "missing"), "results.json")
