"""Sentences that follow the numbers."""

import re

from report_studies import PLANTED, save, study

from sobolev.reports.claims.study import conclusions
from sobolev.reports.claims.study.contests import contest
from sobolev.reports.read.study import read_results


def claims(folder, content):
    results = read_results(save(folder, content))
    return {claim.key: claim for claim in conclusions.conclusions(results)}


NAMES = ("nn", "snn", "snn_tuned", "lm", "lmax", "cd_own")
ONE = {"networks": ("5-3-3",), "budgets": (200,), "schemes": NAMES}


def test_conclusions_say_what_was_planted(tmp_path):
    said = claims(tmp_path, study(**ONE, noise=0.1))
    assert said["derivatives"].verdict == "better"
    assert said["snn"].verdict == "better" and "clearly beats" in said["snn"].lead
    assert "CoDi_min (own)" in said["snn"].details[0][1]
    assert said["lm"].verdict == "worse"
    assert "Wall time of LM: ×" in said["lm"].details[0][1]
    assert said["origin"].lead.startswith("Mostly step size")
    share = re.search(r"recovers (\d+) %", said["origin"].lead)
    assert share and 75 <= int(share[1]) <= 105
    assert "Levenberg–Marquardt in the one setting" in said["best"].lead
    assert said["inverse_energy"].verdict == "missing"
    assert "not run" in said["inverse_energy"].lead


def test_conclusions_change_with_the_numbers(tmp_path):
    flat = {name: 0.0 for name in PLANTED}
    said = claims(tmp_path / "flat", study(**ONE, planted=flat))
    assert said["derivatives"].verdict == "not told apart"
    assert "No adaptive scheme clearly beats “SNN (unweighted Sobolev)”" in said["snn"].lead
    assert "nothing to explain" in said["origin"].lead
    worse = {**flat, "nn": 1.0, "lmax": -1.0, "cd_own": -1.0, "lm": -2.0}
    said = claims(tmp_path / "worse", study(**ONE, planted=worse))
    assert said["derivatives"].verdict == "worse" and said["snn"].verdict == "worse"
    assert said["lm"].verdict == "better"
    balance = study(**ONE, size=0.1, noise=0.1)
    assert claims(tmp_path / "b", balance)["origin"].lead.startswith("Mostly balance")


def test_unequal_wall_time_is_said(tmp_path):
    content = study(**ONE)
    for record in content["records"]:
        record["wall_s"] *= 2 if record["scheme"] == "lm" else 1
    assert "not one at equal cost" in claims(tmp_path, content)["lm"].lead


def test_the_same_tuned_rate_is_a_comparison_of_its_own(tmp_path):
    content = study(**ONE, noise=0.1)
    tuned = {"label": "CD own: tuned", "kind": "control", "of": "cd_own", "control": "tuned"}
    content["schemes"].append({"name": "cd_own__tuned", **tuned})
    base = [r for r in content["records"] if r["scheme"] == "snn_tuned"]
    content["records"] += [
        {**r, "scheme": "cd_own__tuned", "relative_h1": 0.5 * r["relative_h1"]} for r in base
    ]
    said = claims(tmp_path, content)
    assert said["equally_tuned"].verdict == "better" and "×0.500" in said["equally_tuned"].lead
    assert said["snn_tuned"].verdict != "better"
    assert claims(tmp_path / "b", study(**ONE))["equally_tuned"].verdict == "missing"


def test_too_few_initialisations_give_no_verdict(tmp_path):
    said = claims(tmp_path, study(**ONE, seeds=3))
    assert said["derivatives"].verdict == said["snn"].verdict == "too few"
    assert "Too few initialisations" in said["snn"].lead


def test_controls_that_are_missing_are_said_to_be(tmp_path):
    said = claims(tmp_path, study(**ONE, controls=False))
    assert said["origin"].verdict == "missing" and "controls" in said["origin"].lead


def test_the_best_scheme_may_differ_from_cell_to_cell(tmp_path):
    content = study(schemes=("snn", "lmax"), budgets=(200,), controls=False)
    for record in content["records"]:
        if record["network"] == "5-3-3" and record["scheme"] == "lmax":
            record["relative_h1"] *= 20
    results = read_results(save(tmp_path, content))
    verdicts = [contest(results, cell, "snn").says for cell in results.cells]
    assert verdicts == ["worse", "better"]
    said = {claim.key: claim for claim in conclusions.conclusions(results)}
    assert said["snn"].verdict == "mixed" and "1 of 2 settings" in said["snn"].lead
