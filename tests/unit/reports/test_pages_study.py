"""The page: sound, whole, the same for the same results, also of reduced and hostile studies."""

import json
import math
import re

import numpy as np
import pytest
from html_page import Page
from report_studies import histories, save, study, surfaces

from sobolev.errors import OutputError
from sobolev.reports import write_report
from sobolev.reports.claims.study import conclusions
from sobolev.reports.read.study import read_results


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    """A study with two budgets, failed runs, and everything recorded: folder, page."""
    names = ("nn", "snn", "lm", "lmax", "cd_own", "cd_own_clip", "cd_sum")
    content = study(("5-3-3",), (50, 200), 20, names)
    for record in content["records"]:
        if record["scheme"] == "lmax" and record["seed"] < 3:
            record.update(result="the loss became non-finite", relative_h1=None, rmse=None)
    folder = tmp_path_factory.mktemp("full")
    save(folder, content, histories(content, 50), surfaces())
    return folder, write_report(folder).read_text(encoding="utf-8")


SECTIONS = [
    "conclusions",
    "errors",
    "gain",
    "loss",
    "weights",
    "robustness",
    "cost",
    "surfaces",
    "lm",
    "gradients",
    "run",
]


def test_the_page_is_whole_and_needs_nothing_else(full):
    page = Page(full[1])
    assert not page.open
    assert [i for i in page.ids if i in SECTIONS] == SECTIONS
    assert len(set(page.ids)) == len(page.ids)
    assert all(address.startswith(("#", "data:")) for address in page.addresses)
    assert "script" not in page.tags and "link" not in page.tags
    assert "http" not in full[1] and "@import" not in full[1]
    targets = {address[1:] for address in page.addresses if address.startswith("#")}
    assert targets <= set(page.ids)
    assert set(re.findall(r"url\(#([^)]+)\)", full[1])) <= set(page.ids)
    assert len(full[1]) < 2_500_000


def test_figures_are_files_too_and_have_descriptions(full):
    folder, page = full
    names = {path.name for path in (folder / "figures").iterdir()}
    for stem in ("gain-2", "loss-1", "weights-1-cd_own", "spread-2", "cost-1", "surfaces"):
        assert {f"{stem}.png", f"{stem}.svg"} <= names
    assert page.count("<figure>") == page.count("<figcaption>") == len(names) / 2
    assert page.count("aria-label=") + page.count("alt=") > len(names) / 2
    svg = (folder / "figures" / "spread-1.svg").read_text()
    assert "relative H1 error" in svg and "0.05" in svg  # labels are text, and not rounded


def test_failed_runs_stay_visible(full):
    assert "3 of 20 failed" in full[1]
    assert "6 of " in full[1] and "the loss became non-finite" in full[1]


def test_the_markdown_says_the_same(full):
    text = (full[0] / "report.md").read_text()
    for claim in conclusions.conclusions(read_results(full[0])):
        assert f"**{claim.question}** {claim.lead}" in text
    assert "3 failed" in text
    tables = [line for line in text.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in tables} == {tables[0].count("|")}
    errors = [
        float(r["relative_h1"])
        for r in json.loads((full[0] / "results.json").read_text())["records"]
        if (r["scheme"], r["network"], r["budget"]) == ("snn", "5-3-3", 200)
    ]
    (row,) = (line for line in tables if line.startswith("| SNN (unweighted"))
    assert f"{np.median(errors):.3g}"[:5] in row


def test_the_same_results_give_the_same_page(tmp_path):
    content = study(("5-3-3",), (10,), 6, ("snn", "lmax"))
    folder = save(tmp_path, content, histories(content, 10), surfaces(("snn",), 5))
    pages = [write_report(folder, tmp_path / name).read_bytes() for name in ("one", "two")]
    assert pages[0] == pages[1]


def test_a_reduced_study_gives_a_shorter_page(tmp_path):
    content = study(("5-3-3",), (10,), 3, ("snn", "lmax"), controls=False)
    content["schemes"].append({"name": "lm", "label": "Levenberg–Marquardt", "kind": "baseline"})
    content["tuning"] = []
    page = write_report(save(tmp_path, content)).read_text(encoding="utf-8")
    assert "Not run in this study: Levenberg–Marquardt." in page
    assert "Levenberg–Marquardt was not run." in page
    assert page.count("Not recorded") == 3 and "No weight histories" in page
    assert not Page(page).open


@pytest.mark.parametrize("scheme", ["snn", "lmax", "nn"])
def test_a_study_of_one_scheme(tmp_path, scheme):
    content = study(("5-3-3",), (10,), 1, (scheme,), controls=False)
    assert not Page(write_report(save(tmp_path, content)).read_text(encoding="utf-8")).open


def test_a_study_in_which_nothing_finished(tmp_path):
    content = study(("5-3-3",), (10,), 7, ("nn", "snn", "lmax"))
    for record in content["records"]:
        record.update(result="diverged", relative_h1=None, rmse=None, wall_s=None, cpu_s=None)
    page = write_report(save(tmp_path, content)).read_text(encoding="utf-8")
    assert "7 of 7 failed" in page and "No scheme finished" in page


def test_histories_may_hold_nan_and_lack_schemes(tmp_path):
    content = study(("5-3-3",), (20,), 4, ("nn", "snn", "lmax", "lm"), controls=False)
    curves = histories(content, 20)
    curves["5-3-3/snn/loss"][:, 10:] = math.nan
    curves["5-3-3/nn/loss"][:] = math.nan
    del curves["5-3-3/lmax/step"], curves["5-3-3/lmax/valid_h1"], curves["5-3-3/lm/loss"]
    page = write_report(save(tmp_path, content, curves)).read_text(encoding="utf-8")
    assert 'aria-label="Loss curves' in page and 'aria-label="Weights' in page


def test_names_from_the_data_are_escaped(tmp_path):
    evil = "<script>alert('$x^2$')</script>\"&\\frac{"
    content = study((evil,), (10,), 6, ("nn", "snn", "lmax"))
    content["study"] = content["created"] = content["data"]["source"] = evil
    content["terms"] = [evil, "d eta/d a", "d eta/d b"]
    content["settings"] = {evil: {evil: evil}}
    content["versions"] = content["machine"] = {evil: evil}
    for scheme in content["schemes"]:
        scheme["label"] = scheme["description"] = evil + scheme["name"]
        scheme["name"] += evil
        scheme["of"] = scheme["of"] and scheme["of"] + evil
    for record in content["records"]:
        record["scheme"] += evil
        record["rmse"] = {evil: 1.0}
    content["records"][0].update(result=evil)
    curves = histories(content, 10)
    page = write_report(save(tmp_path, content, curves)).read_text(encoding="utf-8")
    assert 'aria-label="Loss curves' in page and 'aria-label="Weights' in page
    assert "<script" not in page and "script" not in Page(page).tags
    assert not Page(page).open


def test_an_output_folder_that_cannot_be_written(tmp_path):
    folder = save(tmp_path / "study", study(("5-3-3",), (10,), 2, ("nn", "snn")))
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(OutputError, match="cannot make the folder"):
        write_report(folder, blocked)
