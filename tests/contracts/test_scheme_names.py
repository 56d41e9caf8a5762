"""The schemes by name: one registry for Python, settings files and the command line."""

import inspect
import re
import tomllib
from pathlib import Path

import numpy as np
import pytest
from cli_runs import home as home
from cli_runs import quiet as quiet
from cli_runs import refused, run

from sobolev import weighting as w
from sobolev.cli.settings.fit import FitSettings
from sobolev.errors import ConfigError
from sobolev.weighting.registry import CLASSES, names_by_family

DOCS = Path(__file__).parents[2] / "docs"
NAMES = list(w.SCHEMES)


def test_every_scheme_that_needs_no_settings_has_a_name():
    made = {type(w.by_name(name)) for name in NAMES}
    for kind in CLASSES:
        needed = [p for p in inspect.signature(kind).parameters.values() if p.default is p.empty]
        if not needed:
            assert kind in made, kind
        assert kind.told_about_terms <= bool(needed)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", name) for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_gives_a_scheme_that_works(name):
    scheme = w.by_name(name)
    assert isinstance(scheme, w.Scheme) and set(scheme.needs) <= {
        "gram", "moments", "traces", "sketch",
    }  # fmt: skip
    state = scheme.init(np.ones(2))
    rows = np.array([[1.0, 0.5], [0.2, 1.0]])
    size = np.abs(rows)
    given = {
        "gram": rows @ rows.T,
        "moments": w.Moments(size.max(axis=1), size.mean(axis=1), rows.std(axis=1)),
        "traces": np.ones(2),
        "sketch": np.ones((scheme.vectors, 2)),
    }
    needed = {need: given[need] for need in scheme.needs}
    weights, _ = scheme.update(w.Statistics(np.array([1.0, 2.0]), **needed), state)
    assert weights.shape == (2,) and np.isfinite(weights).all()


def test_settings_by_name():
    found = w.by_name("relobralo", temperature=0.5)
    assert float(found.temperature) == 0.5 and float(found.memory) == 0.999
    assert type(w.by_name("rate_annealing")) is w.RateAnnealing
    assert w.by_name("cosine-max", rate=0.1).reading == "max"
    assert w.by_name("sketched-inverse-norm", vectors=2).vectors == 2


@pytest.mark.parametrize(
    "name, settings, words",
    [
        ("relobalo", {}, "unknown weighting 'relobalo', did you mean 'relobralo'? known are"),
        ("xyz", {}, "unknown weighting 'xyz': known are unweighted, inverse-energy"),
        (None, {}, "unknown weighting None: known are"),
        (w.ConFIG, {}, "known are unweighted"),
        ("relobralo", {"beta": 1}, "relobralo takes memory, temperature, look_back, seed:"),
        ("config", {"rate": 1}, "config takes nothing:"),
        ("relobralo", {"memory": 2}, "the memory must lie in [0, 1]: got 2."),
    ],
)
def test_what_has_no_name_or_setting_is_refused(name, settings, words):
    with pytest.raises(ConfigError) as refusal:
        w.by_name(name, **settings)
    assert words in str(refusal.value) and str(refusal.value).endswith(".")


def test_the_documentation_has_the_table_of_the_registry():
    assert names_by_family() in (DOCS / "method.md").read_text()


COMPOSED = {
    "plain": ({"weighting": "imtl_g"}, "IMTLG"),
    "balanced": ({"weighting": "mgda", "balanced": True}, "Chain(InverseEnergy, MGDA)"),
    "every": ({"weighting": "nash", "update_every": 5}, "Every(NashMTL)"),
    "unit": (
        {"weighting": "unweighted", "unit_length": True, "optimiser": "adam"},
        "Unweighted",
    ),
    "all": (
        {
            "weighting": "cosine-sum", "bound": "log", "balanced": True, "update_every": 3,
            "unit_length": True, "learning_rate": 0.01,
        },
        "Chain(InverseEnergy, Every(CosineDistance))",
    ),
    "famo": (
        {"weighting": "famo", "update_every": 2, "unit_length": True, "optimiser": "soap"},
        "Every(FAMO)",
    ),
}  # fmt: skip


def spelt(scheme):
    inside = scheme.schemes if isinstance(scheme, w.Chain) else ()
    inside = (scheme.inner,) if isinstance(scheme, w.Wrapper) else inside
    parts = ", ".join(map(spelt, inside))
    return f"{type(scheme).__name__}({parts})" if parts else type(scheme).__name__


@pytest.mark.parametrize("case", COMPOSED)
def test_options_compose(case):
    settings, words = COMPOSED[case]
    assert spelt(FitSettings(**settings).scheme()) == words


def test_bound_and_rate_go_where_they_went():
    settings = FitSettings(weighting="loss-max", bound="clip", weight_rate=0.5)
    made = settings.scheme()
    assert isinstance(made.parametrisation, w.Clip) and float(made.rate) == 0.5
    unbounded = FitSettings(weighting="cosine-own").scheme()
    assert isinstance(unbounded.parametrisation, w.Identity)


@pytest.mark.parametrize(
    "options, words",
    [
        (["--weighting", "relobalo"], ["'relobalo'", "did you mean 'relobralo'"]),
        (["--weighting", "config", "--bound", "clip"], ["bound = 'clip' has no meaning", "config"]),
        (["--balanced"], ["balanced = True has no meaning with weighting = 'inverse-energy'"]),
        (["--weighting", "inverse-energy", "--balanced"], ["balanced = True has no meaning"]),
        (["--weighting", "famo", "--balanced", "--optimiser", "adam"], ["balanced", "'famo'"]),
        (["--update-every", "3"], ["update_every = 3 has no meaning", "whose weights stay"]),
        (["--weighting", "nash", "--update-every", "0"], ["option --update-every is 0"]),
        (
            ["--unit-length", "--optimiser", "lm"],
            ["unit_length = true works with first-order optimisers only, and 'lm' is none: give"],
        ),
        (["--unit-length"], ["first-order optimisers only, and no optimiser is named: give"]),
        (["--weighting", "famo"], ["weighting = 'famo'", "no optimiser is named"]),
        (["--weighting", "famo", "--optimiser", "ssbroyden"], ["'ssbroyden' is none"]),
    ],
)
def test_fit_refuses_what_has_no_meaning(home, tmp_path, options, words):
    refused(run("fit", home / "t.csv", "--out", tmp_path / "m.npz", *options), *words)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "toml, words",
    [
        ("weighting = 3", ["f.toml: 'weighting' is 3", "string"]),
        ("weighting = 'relobalo'", ["f.toml: unknown weighting 'relobalo', did you mean"]),
        ("balanced = 1", ["f.toml: 'balanced' is 1", "boolean"]),
        ("unit_length = true\noptimiser = 'lbfgs'", ["f.toml: unit_length = true works with"]),
    ],
)
def test_a_settings_file_is_refused_the_same_way(home, tmp_path, toml, words):
    (tmp_path / "f.toml").write_text(toml)
    command = "fit", home / "t.csv", "--out", tmp_path / "m.npz", "--config", tmp_path / "f.toml"
    refused(run(*command), *words)


def test_a_training_with_all_of_it_can_be_repeated_from_its_record(home, tmp_path):
    out, options = tmp_path / "m.npz", ("--hidden", "2", "--epochs", "4", "--records", "2")
    more = ("--weighting", "relobralo", "--balanced", "--update-every", "2", "--unit-length")
    result = run("fit", home / "t.csv", "--out", out, *options, *more, "--learning-rate", "0.01")
    assert result.exit_code == 0, result.output
    settings = tomllib.loads((tmp_path / "m.fit.toml").read_text())
    assert settings["weighting"] == "relobralo" and settings["balanced"] is True
    assert settings["update_every"] == 2 and settings["unit_length"] is True
    again = tmp_path / "again.npz"
    command = "fit", home / "t.csv", "--out", again, "--config", tmp_path / "m.fit.toml"
    assert run(*command).exit_code == 0 and again.read_bytes() == out.read_bytes()
    assert run(*command, "--not-balanced", "--own-length").exit_code == 0
    assert tomllib.loads((tmp_path / "again.fit.toml").read_text())["unit_length"] is False
    assert again.read_bytes() != out.read_bytes()
