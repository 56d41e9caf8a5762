"""The command line as a whole: help, and paths that cannot be written."""

import os

from cli_runs import FIT, refused, run
from cli_runs import home as home
from cli_runs import quiet as quiet


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


def test_help_version_and_unknown_verbs():
    verbs = (
        "generate",
        "check",
        "recommend",
        "fit",
        "evaluate",
        "predict",
        "study",
        "report",
        "verify",
    )
    for arguments in ([], ["--help"], ["-h"]):
        result = run(*arguments)
        assert result.exit_code == 0 and all(verb in result.stdout for verb in verbs)
    assert run("--version").stdout.startswith("sobolev ")
    refused(run("fti"), "No such command 'fti'", "Did you mean 'fit'")
    refused(run("--frobnicate"), "No such option: --frobnicate")
    refused(run("fit"), "Missing argument", "fit --help")


def test_help_of_each_verb_states_the_defaults_of_its_settings():
    from sobolev.cli.settings.evaluate import EvaluateSettings
    from sobolev.cli.settings.fit import FitSettings
    from sobolev.cli.settings.generate import GenerateSettings
    from sobolev.cli.settings.predict import PredictSettings as Predict

    kinds = {"fit": FitSettings, "generate": GenerateSettings, "evaluate": EvaluateSettings}
    unstated = {"params", "ignore_extra"}
    for verb, kind in {**kinds, "predict": Predict}.items():
        stated = " ".join(run(verb, "--help").stdout.split()).replace("- ", "-")
        for name, value in kind().model_dump(exclude_none=True).items():
            if name in unstated or (verb, name) == ("generate", "n"):
                continue
            if name in ("network", "optimiser"):
                continue  # stated with what chooses another
            if value is False:
                continue  # off unless the option is there, and its name says so
            shown = ",".join(map(str, value)) if isinstance(value, tuple) else value
            option = stated.split(f" --{name.replace('_', '-')} ")[1].split(" --")[0]
            assert f"[default: {shown}]" in option, (verb, name, option)
