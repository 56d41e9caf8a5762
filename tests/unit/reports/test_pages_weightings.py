"""The page of a comparison says what the numbers say, and nothing when they allow nothing."""

import copy
import io
import re

import numpy as np
import pytest
from cli_runs import quiet as quiet
from cli_runs import refused, run
from comparisons_made import BASELINE, PLANTED, RATES, comparison, content, save, two_baselines
from html_page import Page
from matplotlib.figure import Figure
from matplotlib.image import imread
from scipy.stats import wilcoxon

from sobolev.errors import DataError
from sobolev.records.paired import holm, signed_rank, smallest
from sobolev.reports import draw_comparison, write_report
from sobolev.reports.claims.weightings.matches import (
    at_their_best,
    baseline_alone,
    edges,
    origins,
    power,
)
from sobolev.reports.claims.weightings.standing import claims
from sobolev.reports.figures.canvas import Picture, dots, saved, style
from sobolev.reports.read.weightings import read_weightings


def read(folder, found):
    return read_weightings(save(folder, found))


def claim(found, key):
    return next(c for c in claims(found) if c.key == key)


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    return read(tmp_path_factory.mktemp("planted"), comparison(("spread", "plate")))


def records_of(found):
    """Records as the study has them, a failed error infinite."""
    return [r | {"error": np.inf if r["error"] is None else r["error"]} for r in found["records"]]


def changed(found, change):
    """The same trainings after `change(record)`, with the verdicts that follow."""
    records = records_of(copy.deepcopy(found))
    for record in records:
        change(record)
    return content(records)


def test_where_a_gain_comes_from_is_found(planted):
    for problem in planted.problems:
        kinds = {o.scheme: o.kind for o in origins(planted, problem)}
        assert kinds == {
            "balance": "balance", "length": "length", "turning": "length", "one_control": "mixed",
            "hidden": "hidden", "partly": "partly",
        }  # fmt: skip
        assert {o.scheme for o in origins(planted, problem) if o.turns} == {"turning"}
    said = claim(planted, "step_length")
    assert said.lead.startswith("8 clear gains")
    assert "(balance between the terms) 2, " in said.lead and "(step length) 4, 2 of" in said.lead
    assert "Clear only once the step is controlled: under every control 2, under one" in said.lead
    assert ("plate: balance", "balance ×0.50.") in [
        (place, re.sub(r"×[\d.]+(?=\.$)", "×0.50", text)) for place, text in said.details
    ]


def test_what_the_controls_give_the_baseline_is_a_paired_test(planted):
    matches = {(m.problem, m.variant): m for m in baseline_alone(planted)}
    raw = {}
    for place in matches:
        plain = planted.errors(place[0], "plain", BASELINE)
        other = planted.errors(*place, BASELINE)
        logs = [np.log(other[k] / plain[k]) for k in sorted(plain)]
        assert matches[place].ratio == pytest.approx(float(np.exp(np.median(logs))), rel=0.02)
        raw[place] = wilcoxon(logs).pvalue
    assert len(raw) == 4
    assert {place: m.p for place, m in matches.items()} == pytest.approx(holm(raw))
    assert 0.2 < matches["spread", "β₂ = 0.99"].ratio < 0.3
    assert "clearly better on all 2 problems" in claim(planted, "alone").lead


def test_each_at_its_best_is_chosen_on_the_tuning_runs(planted):
    found = {m.scheme: m for m in at_their_best(planted, "spread")}
    assert {m.variant for m in found.values()} == {"β₂ = 0.99", "plain", "unit length"} - (
        {"plain"} if found["turning"].variant != "plain" else set()
    )
    assert found[BASELINE].variant == "β₂ = 0.99" and found[BASELINE].ratio == 1
    assert found["balance"].says == "better" and found["worse"].says == "worse"
    assert found["turning"].variant == "plain" and found["turning"].says == "worse"
    raw = {
        m.scheme: signed_rank(
            np.array(list(planted.errors("spread", m.variant, m.scheme).values())),
            np.array(list(planted.errors("spread", "β₂ = 0.99", BASELINE).values())),
        )
        for m in found.values()
        if m.scheme != BASELINE
    }
    assert {name: found[name].p for name in raw} == pytest.approx(holm(raw))


def test_the_choice_of_the_variant_does_not_see_the_compared_runs(tmp_path):
    def flattered(r):
        if (r["scheme"], r["variant"]) == ("balance", "plain") and not r["tuning"]:
            r["error"] *= 1e-3

    found = read(tmp_path, changed(comparison(), flattered))
    (match,) = (m for m in at_their_best(found, "spread") if m.scheme == "balance")
    assert match.variant == "β₂ = 0.99"


def test_the_recommendation_follows_the_numbers(tmp_path, planted):
    said = claim(planted, "recommendation")
    assert said.lead.startswith(
        "balance is clearly better than inverse_energy at its best on all 2 problems"
    )
    without = {k: v for k, v in PLANTED.items() if k in (BASELINE, "length", "worse", "same")}
    nothing = read(tmp_path / "nothing", comparison(("spread", "plate"), without))
    said = claim(nothing, "recommendation")
    assert said.lead.startswith("Keep inverse_energy with β₂ = 0.99: none of 3 schemes")
    assert claim(nothing, "at_best").verdict == "not told apart"
    standing = claim(nothing, "standing")
    assert re.search(r"Nowhere better than the baseline: .*\bworse\b", standing.lead)
    assert "length" not in standing.lead.split("Nowhere")[1]


def test_a_scheme_that_loses_elsewhere_is_not_recommended(tmp_path):
    def swapped(r):
        if r["scheme"] == "balance" and r["problem"] == "plate":
            r["error"] *= 6

    pair = {BASELINE: PLANTED[BASELINE], "balance": PLANTED["balance"]}
    found = read(tmp_path, changed(comparison(("spread", "plate"), pair), swapped))
    assert claim(found, "recommendation").lead.startswith("It depends on the problem")
    details = dict(claim(found, "recommendation").details)
    assert details["spread (energies of the terms spread over 10⁴)"].startswith("Use balance with")
    assert details["plate (plate with a hole)"].startswith("Keep inverse_energy with")


def test_too_few_initialisations_are_called_that(tmp_path):
    many = PLANTED | {f"scheme_{k}": (0.1, 0.1, 0.1) for k in range(32)}
    found = read(tmp_path, comparison(planted=many, seeds=8))
    (group, *_) = power(found)
    assert (group.schemes, group.enough) == (40, False)
    assert group.corrected == pytest.approx(40 * 2 / 2**8)
    assert 40 * smallest(group.needed) < 0.05 <= 40 * smallest(group.needed - 1)
    assert {v.says for v in found.content.verdicts} == {"not told apart"}
    assert claim(found, "certainty").verdict == "too few"
    assert (
        "would need at least 11 initialisations"
        in dict(claim(found, "certainty").details)["significance"]
    )
    assert claim(found, "recommendation").lead.startswith("No recommendation")


def test_rates_at_an_end_of_the_sweep_are_named(tmp_path, planted):
    assert edges(planted) == [] and "none is at an end" in _detail(planted, "learning rates")
    found = read(tmp_path, comparison(rate=RATES[-1]))
    assert {e.end for e in edges(found)} == {"highest"} and len(edges(found)) == 27
    text = _detail(found, "learning rates")
    assert "27 are the highest of the sweep (spread, Adam as it is: 9;" in text
    assert "The baseline is among them in spread, Adam as it is; spread, unit length" in text
    assert "In 3 of 3 (problem, variant) the baseline" in claim(found, "certainty").lead
    advice = dict(claim(found, "recommendation").details)
    assert any("But the baseline’s rate is the highest" in text for text in advice.values())
    assert not any("But the" in text for _, text in claim(planted, "recommendation").details)


def _detail(found, name):
    return dict(claim(found, "certainty").details)[name]


def test_failures_are_counted_and_shown(tmp_path):
    def failing(r):
        if r["scheme"] == "same" and r["seed"] % 2 == 0 and not r["tuning"]:
            r.update(error=np.inf, result="the loss became non-finite")
        if r["scheme"] == "worse" and not r["tuning"]:
            r.update(error=np.inf, result="diverged")

    found = changed(comparison(seeds=8), failing)
    page = write_report(save(tmp_path, found)).read_text(encoding="utf-8")
    assert not Page(page).open
    text = _detail(read_weightings(tmp_path), "failures")
    assert text.startswith("36 of 216 compared trainings failed: worse 24 and same 12")
    assert "diverged (24)" in text
    assert page.count("4 failed") == 3 and page.count("8 failed") == 3


def test_another_baseline_on_another_problem(tmp_path):
    found = read(tmp_path, two_baselines())
    assert found.baselines == [BASELINE, "unweighted"]
    assert found.baseline("burgers") == "unweighted" and found.against(BASELINE) == ["spread"]
    assert {m.problem for m in baseline_alone(found)} == {"spread"}
    (_, text) = claim(found, "at_best").details[1]
    assert text.startswith("unweighted with Adam as it is: median 0.1")
    lead = claim(found, "recommendation").lead
    assert "Against inverse_energy (spread): balance is clearly better" in lead
    assert "Against unweighted (burgers): turning is clearly better" in lead
    advice = claim(found, "recommendation").details[1][1]
    assert advice.startswith("Use turning") and "no control of the step’s length was run" in advice
    assert "4 more gains on burgers cannot be judged" in claim(found, "step_length").lead
    page = write_report(tmp_path).read_text(encoding="utf-8")
    names = {path.stem for path in (tmp_path / "figures").glob("*.png")}
    assert {"comparison_summary", "comparison_summary_unweighted"} <= names
    assert "burgers.steps" in page and not Page(page).open
    assert (tmp_path / "report.md").read_text().count("## Error over that of") == 2


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    save(folder, comparison(("spread", "of my own & new")))
    return folder, write_report(folder).read_text(encoding="utf-8")


def test_the_page_is_whole_and_needs_nothing_else(page):
    folder, html = page
    parsed = Page(html)
    wanted = ["conclusions", "summary", "problems", "length", "numbers", "rates", "run"]
    assert not parsed.open and [i for i in parsed.ids if i in wanted] == wanted
    assert len(set(parsed.ids)) == len(parsed.ids) and "script" not in parsed.tags
    assert all(address.startswith(("#", "data:")) for address in parsed.addresses)
    assert "http" not in html and len(html) < 1_000_000
    names = {path.name for path in (folder / "figures").iterdir()}
    stems = ("summary", "spread", "of_my_own___new")
    assert names == {f"comparison_{stem}.{kind}" for stem in stems for kind in ("png", "svg")}
    assert html.count("<figure>") == html.count('aria-label="Errors') + html.count(
        'aria-label="Ratio'
    )


def test_every_number_of_every_scheme_is_in_the_tables(page):
    folder, html = page
    found = read_weightings(folder)
    text = " ".join(Page(html).text)
    for v in found.content.verdicts:
        assert v.scheme in text and f"{v.median:.3g}"[:5] in text
    assert "not told apart" in text and "&amp; new" in html


def test_the_markdown_says_the_same(page):
    folder, _ = page
    text = (folder / "report.md").read_text(encoding="utf-8")
    for said in claims(read_weightings(folder)):
        assert f"**{said.question}** {said.lead}" in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) == 2 + len(PLANTED) and len({row.count("|") for row in rows}) == 1
    (row,) = (row for row in rows if row.startswith("| balance"))
    assert row.count("**×") == 6


def test_the_same_comparison_gives_the_same_page(page, tmp_path):
    assert write_report(page[0], tmp_path).read_text(encoding="utf-8") == page[1]


def test_figures_alone_for_the_documents(page, tmp_path):
    paths = draw_comparison(page[0], tmp_path / "figures")
    assert sorted(path.name for path in paths) == [
        "comparison_of_my_own___new.png", "comparison_spread.png", "comparison_summary.png",
    ]  # fmt: skip
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in paths)
    assert {path.name for path in (tmp_path / "figures").iterdir()} == {p.name for p in paths}


def test_every_point_is_drawn_in_the_png():
    with style():
        figure = Figure(figsize=(4, 3))
        axes = figure.subplots()
        axes.axis("off")
        axes.set_xlim(1e-3, 1)
        axes.set_ylim(-1, 30)
        axes.set_xscale("log")
        x, y = np.geomspace(2e-3, 0.5, 30), np.arange(30.0)
        dots(axes, x, y, "#000000", 2.8, 1.0)
        (content,) = saved(Picture("dots", figure, "", ""), kinds=("png",)).values()
    dark = imread(io.BytesIO(content))[..., 0] < 0.5
    rows = np.diff(np.flatnonzero(np.diff(np.r_[0, dark.any(axis=1), 0])))[::2]
    assert len(rows) == 30 and rows.min() >= 3


@pytest.mark.parametrize(
    "planted_, variants",
    [
        ({BASELINE: (1.0, 1.0, 1.0)}, ("plain",)),
        ({BASELINE: (1.0, 1.0, 1.0), "a": (0.5, 0.5, 0.5)}, ("plain",)),
        ({BASELINE: (1.0, 1.0, 1.0), "a": (0.5, 0.5, 0.5)}, ("unit length",)),
        ({BASELINE: (1.0, 1.0, 1.0), "a": (0.5, None, 0.5)}, ("plain", "unit length", "β₂ = 0.99")),
    ],
)
@pytest.mark.parametrize("seeds", [1, 8])
def test_reduced_comparisons(tmp_path, planted_, variants, seeds):
    found = comparison(planted=planted_, variants=variants, seeds=seeds)
    page = write_report(save(tmp_path, found)).read_text(encoding="utf-8")
    assert not Page(page).open and "nan" not in Page(page).text


def test_without_tuning_runs_nothing_is_recommended(tmp_path):
    found = comparison()
    found["records"] = [r for r in found["records"] if not r["tuning"]]
    page = write_report(save(tmp_path, found)).read_text(encoding="utf-8")
    assert "without tuning runs no variant can be chosen" in page
    assert "the file holds no tuning runs" in page


def test_names_from_the_file_are_escaped(tmp_path):
    evil = "<script>alert('$x^2$')</script>\"&"
    found = comparison((evil,), {BASELINE: (1.0,) * 3, evil: (0.5,) * 3})
    found["settings"] = {evil: {evil: evil}}
    found["version"] = evil
    page = write_report(save(tmp_path, found)).read_text(encoding="utf-8")
    assert "<script" not in page and not Page(page).open


def _first(key, **values):
    return lambda c: c[key][0].update(values)


@pytest.mark.parametrize(
    "change, words",
    [
        (lambda c: c.pop("verdicts"), "'verdicts'"),
        (lambda c: c.update(verdicts=[]), "'verdicts'"),
        (lambda c: c.update(records={}), "'records'"),
        (lambda c: c.update(format=7), "format 7"),
        (_first("verdicts", says="great"), "verdicts.0.says"),
        (_first("verdicts", p=2.0), "verdicts.0.p"),
        (_first("verdicts", baseline="gone"), "against gone, which has none"),
        (_first("verdicts", scheme="gone"), "gone"),
        (_first("records", error=-1.0), "records.0.error"),
        (_first("records", seed="one"), "records.0.seed"),
        (lambda c: c["verdicts"].append(c["verdicts"][0]), "is there twice"),
        (lambda c: c["records"].append(c["records"][0]), "is there twice"),
        (lambda c: c["records"].pop(), "does not rest on trainings from the same seeds"),
    ],
)
def test_a_damaged_file_is_one_sentence(tmp_path, change, words):
    found = comparison()
    change(found)
    with pytest.raises(DataError, match=re.escape(words)) as caught:
        write_report(save(tmp_path, found))
    assert "\n" not in str(caught.value) and not (tmp_path / "report.html").exists()


def test_the_command_refuses_what_is_not_ours(tmp_path):
    path = save(tmp_path, comparison()) / "comparison.json"
    whole = path.read_bytes()
    for damaged in (whole[:-30], b"\xff\xfe\x00", b"[1, 2]", b"", b"null", b'{"records": 3}'):
        path.write_bytes(damaged)
        refused(run("report", tmp_path), "comparison.json")
    path.write_bytes(whole)
    (tmp_path / "results.json").write_text("{}")
    refused(run("report", tmp_path), "two folders")
