"""The comparison of weightings: what is said follows from the numbers, and from nothing else."""

import json

import numpy as np
import pytest
from cli_runs import quiet as quiet
from cli_runs import refused, run
from scipy.stats import wilcoxon

from sobolev import ConfigError
from sobolev._paired import holm
from sobolev.study.comparison import ComparisonSettings, verdicts
from sobolev.study.comparison.catalogue import BASELINE, NAMES, compared, optimiser_of, weighting_of
from sobolev.study.comparison.cell import best_rate
from sobolev.study.comparison.problems import noisy, spread


def records(scheme, errors, rate=0.01):
    return [
        {
            "problem": "p", "scheme": scheme, "variant": "plain", "rate": rate, "seed": seed,
            "error": error, "tuning": False,
        }
        for seed, error in enumerate(errors)
    ]  # fmt: skip


BASE = [1.0, 1.1, 0.9, 1.2, 1.05, 0.95, 1.15, 0.85]


def test_what_is_always_smaller_is_better_and_noise_is_not_told_apart():
    half = [e / 2 for e in BASE]
    mixed = [e * f for e, f in zip(BASE, [1.1, 0.9, 1.2, 0.8, 1.05, 0.97, 1.02, 0.9], strict=True)]
    twice = [e * 2 for e in BASE]
    data = [
        *records(BASELINE, BASE), *records("a", half), *records("b", mixed), *records("c", twice),
    ]  # fmt: skip
    found = {v.scheme: v for v in verdicts(data)}
    assert next(v.scheme for v in verdicts(data)) == "a"
    assert {n: v.says for n, v in found.items()} == {
        "a": "better", "b": "not told apart", "c": "worse", BASELINE: "not told apart",
    }  # fmt: skip
    assert found["a"].ratio == 0.5 and found["c"].ratio == 2.0
    single = wilcoxon(np.log(half) - np.log(BASE)).pvalue
    np.testing.assert_allclose(found["a"].p, 3 * single)  # Holm over three schemes


def test_a_scheme_that_fails_is_worse_and_its_failures_are_counted():
    data = [*records(BASELINE, BASE), *records("a", [np.inf] * 8)]
    (verdict,) = [v for v in verdicts(data) if v.scheme == "a"]
    assert verdict.says == "worse" and verdict.failed == 8


def test_holm_corrects_in_order():
    assert holm({"a": 0.01, "b": 0.04, "c": 0.03}) == {"a": 0.03, "c": 0.06, "b": 0.06}


def test_the_rate_is_chosen_by_the_median_of_the_tuning_runs():
    data = [
        {"rate": rate, "error": error}
        for rate, errors in {0.1: (1, 1, 9), 0.2: (2, 2, 0.1), 0.3: (np.inf,) * 3}.items()
        for error in errors
    ]
    assert best_rate(data) == 0.1


def test_tuning_never_sees_an_initialisation_that_is_compared():
    settings = ComparisonSettings()
    assert not set(settings.seeds) & set(settings.tuning_seeds)
    assert settings.names[0] == BASELINE
    assert BASELINE in ComparisonSettings(schemes=("log_sum",)).names


def test_the_energies_of_the_spread_problem_are_four_decades_apart():
    train, valid = spread(None)
    y, slopes = train.y - train.y.mean(), train.jacobian[:, 0]
    energies = np.array([np.mean(y**2), *np.mean(slopes**2, axis=0)])
    assert 3e3 < energies.max() / energies.min() < 3e4
    assert not {tuple(x) for x in train.x} & {tuple(x) for x in valid.x}


def test_noise_is_on_the_slopes_that_are_trained_on_only():
    train, valid = noisy(None)
    exact = 3 * np.cos(3 * valid.x[:, 0]) * np.exp(valid.x[:, 1] / 2)
    np.testing.assert_allclose(valid.jacobian[:, 0, 0], exact)
    exact = 3 * np.cos(3 * train.x[:, 0]) * np.exp(train.x[:, 1] / 2)
    off = train.jacobian[:, 0, 0] - exact
    assert 0.15 < np.std(off) / np.sqrt(np.mean(exact**2)) < 0.25


@pytest.mark.parametrize("name", NAMES)
def test_every_scheme_of_the_catalogue_can_be_made(name):
    assert hasattr(weighting_of(name, "plain", 3), "needs")
    assert hasattr(optimiser_of(name, "plain", lambda step: 0.01), "epoch")
    assert compared(name, "plain") and compared(name, "β₂ = 0.99")


def test_steps_made_of_rows_have_no_combined_gradient_to_divide_by():
    without = {name for name in NAMES if not compared(name, "unit length")}
    assert without == {"multi_adam", "momentum_config"}


def test_the_command_trains_compares_and_goes_on_where_it_was(tmp_path):
    (tmp_path / "c.toml").write_text(
        'problems = ["noisy"]\nschemes = ["unweighted"]\nvariants = ["plain", "unit length"]\n'
        "rates = [0.01]\nsteps = 5\nhidden = [3]\ninitialisations = 2\ntuning_initialisations = 1\n"
    )
    command = "study", "weighting", "--out", tmp_path / "w", "--config", tmp_path / "c.toml"
    first = run(*command, "--workers", 1)
    assert first.exit_code == 0, first.output
    assert "noisy, plain" in first.stdout and "unweighted" in first.stdout
    content = json.loads((tmp_path / "w" / "comparison.json").read_text())
    assert len(content["records"]) == 2 * 2 * (1 + 2) and len(content["verdicts"]) == 4
    parts = sorted((tmp_path / "w" / "parts").iterdir())
    before = [p.stat().st_mtime_ns for p in parts]
    assert run(*command, "--workers", 1).stdout == first.stdout
    assert [p.stat().st_mtime_ns for p in parts] == before


def test_what_is_not_known_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="unknown scheme 'best': choose among unweighted"):
        ComparisonSettings(schemes=("best",))
    (tmp_path / "c.toml").write_text("rates = [-1.0]\n")
    command = "study", "weighting", "--out", tmp_path / "w", "--config", tmp_path / "c.toml"
    refused(run(*command), "rates are one or more numbers > 0")
