"""The report: statistics with planted truths, sentences that follow the numbers, a sound page."""

import json
import math
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from sobolev import DataError, OutputError
from sobolev.report import comparisons, conclusions, statistics, words, write_report
from sobolev.report.results import Cell, read_results

TERMS = ["eta", "d eta/d a", "d eta/d b"]
LABELS = {
    "nn": "NN (response only)",
    "snn": "SNN (unweighted Sobolev)",
    "snn_tuned": "SNN, tuned learning rate",
    "inverse_energy": "Inverse energy (fixed)",
    "lm": "Levenberg–Marquardt",
    "lmax": "L_max",
    "lmax_clip": "L_max, clipped",
    "lmax_erf": "L_max, erf",
    "lmax_log": "L_max, log",
    "cd_own": "CoDi_min (own)",
    "cd_own_clip": "CoDi_min (own), clipped",
    "cd_sum": "CoDi_min (sum)",
    "cd_max": "CoDi_min (max)",
    "inverse_norm": "Inverse norm 1/|g|",
}
# log gain over SNN, and how much of it is step size and balance.
PLANTED = {
    "nn": -0.9,
    "snn": 0.0,
    "snn_tuned": 0.75,
    "inverse_energy": 0.1,
    "lm": 2.0,
    "lmax": 0.3,
    "lmax_clip": 0.2,
    "lmax_erf": 0.0,
    "lmax_log": 0.28,
    "cd_own": 0.8,
    "cd_own_clip": 0.4,
    "cd_sum": -0.2,
    "cd_max": 0.15,
    "inverse_norm": 0.05,
}
BASELINES = ("nn", "snn", "snn_tuned", "inverse_energy", "lm")


def study(
    networks=("5-3-3", "10-5-5-3"),
    budgets=(200, 1000),
    seeds=30,
    schemes=tuple(LABELS),
    planted=PLANTED,
    controls=True,
    size=0.9,
    noise=0.25,
    key=0,
):
    """A results.json of which the truth is known."""
    random = np.random.default_rng(key)
    content = {
        "format": 1,
        "study": "talk",
        "created": "2024-05-01T12:00:00+00:00",
        "versions": {"sobolev": "0.1.0", "jax": "0.9.0", "numpy": "2.3.0"},
        "machine": {"cpu": "a processor", "cores": 2, "python": "3.11"},
        "settings": {"optimiser": {"name": "Adam", "learning_rate": 1e-3}, "batch": 32},
        "data": {
            "source": "PlateWithHole(svk)",
            "inputs": ["a", "b"],
            "outputs": ["eta"],
            "input_units": ["mm", "mm"],
            "output_units": [""],
            "train": 320,
            "valid": 305,
        },
        "terms": TERMS,
        "schemes": _schemes(schemes, controls),
        "records": [],
        "tuning": [
            {
                "network": n,
                "budget": b,
                "learning_rate": rate,
                "median_relative_h1": 0.05 + abs(math.log(rate / 4e-3)) / 30,
                "seeds": 5,
            }
            for n in networks
            for b in budgets
            for rate in (1e-3, 2e-3, 4e-3, 8e-3)
        ],
    }
    for network in networks:
        for budget in budgets:
            start = random.normal(0, 0.3, seeds)
            for scheme in content["schemes"]:
                gain = _gain(scheme, planted, size)
                for seed in range(seeds):
                    error = math.log(0.12) - 0.25 * math.log(budget / 200) + start[seed] - gain
                    error = math.exp(error + random.normal(0, noise))
                    content["records"].append(
                        _record(network, budget, scheme["name"], seed, error, random)
                    )
    return content


def _schemes(names, controls):
    found = []
    for name in names:
        kind = "baseline" if name in BASELINES else "adaptive"
        found.append(
            {
                "name": name,
                "label": LABELS[name],
                "kind": kind,
                "of": None,
                "control": None,
                "description": f"What {LABELS[name]} does, in one sentence.",
            }
        )
        if kind == "adaptive" and controls:
            found += [
                {
                    "name": f"{name}__{control}",
                    "label": f"{LABELS[name]}, {control}",
                    "kind": "control",
                    "of": name,
                    "control": control,
                    "description": "A control.",
                }
                for control in ("normalised", "replay")
            ]
    return found


def _gain(scheme, planted, size):
    if scheme["kind"] != "control":
        return planted[scheme["name"]]
    share = size if scheme["control"] == "replay" else 1 - size
    return share * planted[scheme["of"]]


def _record(network, budget, scheme, seed, error, random):
    return {
        "network": network,
        "budget": budget,
        "scheme": scheme,
        "seed": seed,
        "rmse": {term: error * (0.4 + 0.3 * k) for k, term in enumerate(TERMS)},
        "relative_h1": error,
        "wall_s": budget / 50 * random.uniform(0.95, 1.05),
        "cpu_s": budget / 40 * (1 + 0.1 * (len(scheme) % 5)) * random.uniform(0.95, 1.05),
        "steps": 10 * budget,
        "learning_rate": 1e-3,
        "weights": [1.0, 2.0, 3.0],
        "result": "finished",
    }


def histories(content, length=200):
    """Loss, weight, step, gradient norm and validation curves of a study."""
    random, arrays = np.random.default_rng(1), {}
    seeds = 1 + max(r["seed"] for r in content["records"])
    count = len(content["terms"])
    for network in dict.fromkeys(r["network"] for r in content["records"]):
        for scheme in content["schemes"]:
            if scheme["kind"] == "control":
                continue
            name, prefix = scheme["name"], f"{network}/{scheme['name']}/"
            steps = 60 if name == "lm" else length
            t = np.arange(1, steps + 1)
            rate = 4 * (1 + PLANTED.get(name, 0) / 3)
            level = random.normal(0, 0.4, (seeds, 1, count))
            wave = 0.1 * random.normal(size=(seeds, steps, count))
            arrays[prefix + "loss"] = np.exp(
                -rate * (t / steps)[None, :, None] ** 0.5 + level + wave
            )
            arrays[prefix + "valid_h1"] = np.sqrt(arrays[prefix + "loss"].sum(axis=2))
            if name == "lm":
                continue
            arrays[prefix + "epoch"] = t
            arrays[prefix + "grad_norm"] = arrays[prefix + "loss"] * np.arange(1, count + 1)
            grow = 0.01 * t[None, :, None] * np.arange(1, count + 1) * np.exp(level / 3)
            weight = 1 + (grow if scheme["kind"] == "adaptive" else 0 * grow)
            weight = np.minimum(weight, 2) if name.endswith("clip") else weight + 0.05 * wave
            arrays[prefix + "weight"] = weight
            arrays[prefix + "step"] = np.diff(weight, axis=1, prepend=1)
    return arrays


def surfaces(names=("snn", "cd_own", "lm"), m=21):
    x = np.linspace(1, 5, m)
    a, b = np.meshgrid(x, x, indexing="ij")
    arrays = {"x1": x, "x2": x, "label": np.array("5-3-3, initialisation 0")}
    model = [np.sin(a) * b, np.cos(a) * b, np.sin(a)]
    for term, values in zip(TERMS, model, strict=True):
        arrays[f"model/{term}"] = values
        for k, name in enumerate(names):
            arrays[f"surrogate/{name}/{term}"] = values + 0.1 * np.cos(3 * a + k) / (k + 1)
    arrays["model/eta"] = arrays["model/eta"].copy()
    arrays["model/eta"][0, 0] = math.nan
    return arrays


def save(folder, content, curves=None, fields=None):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "results.json").write_text(json.dumps(content), encoding="utf-8")
    if curves is not None:
        np.savez(folder / "histories.npz", **curves)
    if fields is not None:
        np.savez(folder / "surfaces.npz", **fields)
    return folder


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


class Page(HTMLParser):
    """Collects tags, ids, addresses and text, and checks that tags close in order."""

    VOID = frozenset({"meta", "img", "br", "path", "use", "rect", "image"})

    def __init__(self, page):
        super().__init__()
        self.open, self.ids, self.addresses, self.text = [], [], [], []
        self.tags = set()
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        values = dict(attrs)
        self.ids += [values["id"]] if "id" in values else []
        self.addresses += [v for k, v in attrs if k in ("href", "src", "xlink:href", "action")]
        assert not any(name.startswith("on") for name, _ in attrs)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


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


# --- statistics ---------------------------------------------------------------------------------


def test_planted_step_size_share_is_found():
    random = np.random.default_rng(3)
    snn = np.exp(random.normal(0, 0.4, 40))
    noise = [np.exp(random.normal(0, 0.05, 40)) for _ in range(3)]
    scheme = snn * math.exp(-0.8) * noise[0]
    replay = snn * math.exp(-0.72) * noise[1]
    normalised = snn * math.exp(-0.08) * noise[2]
    split = statistics.decompose(snn, scheme, replay, normalised)
    assert split.gain.sign == 1 and split.gain.middle == pytest.approx(0.8, abs=0.03)
    assert split.size_share.middle == pytest.approx(0.9, abs=0.04)
    assert split.size_share.low < 0.9 < split.size_share.high
    assert split.balance_share.middle == pytest.approx(0.1, abs=0.04)
    assert split.remainder.sign == 0 and abs(split.remainder.middle) < 0.05
    alone = statistics.decompose(snn, scheme, None, normalised)
    assert alone.size is alone.size_share is alone.remainder is None and alone.balance is not None


def test_no_share_without_a_clear_gain():
    random = np.random.default_rng(4)
    snn, scheme, replay = np.exp(random.normal(0, 0.4, (3, 30)))
    split = statistics.decompose(snn, scheme, replay, replay)
    assert split.gain.sign == 0 and split.size_share is None and split.balance_share is None
    assert statistics.decompose(snn, snn * 2, snn * 2, snn).size_share is None


@pytest.mark.parametrize("n", [6, 13, 30])
def test_no_effect_is_no_clear_difference(n):
    random = np.random.default_rng(5)
    verdicts = []
    for _ in range(400):
        start = random.normal(0, 0.5, n)
        a, b = np.exp(start + random.standard_t(2, (2, n)))
        verdicts.append(statistics.compare(a, b).verdict)
    assert verdicts.count("unclear") >= 0.93 * len(verdicts)


def test_best_of_many_equal_schemes_is_no_clear_difference():
    random = np.random.default_rng(6)
    level, clear = statistics.shared_level(12), 0
    for _ in range(200):
        snn, *others = np.exp(random.normal(0, 0.4, (13, 30)))
        best = min(others, key=np.median)
        clear += statistics.compare(best, snn, level).verdict == "smaller"
    assert clear <= 0.05 * 200


def test_planted_effect_is_found_and_has_a_direction():
    random = np.random.default_rng(7)
    base = np.exp(random.normal(0, 0.5, 30))
    half = base / 2 * np.exp(random.normal(0, 0.2, 30))
    found = statistics.compare(half, base)
    assert found.verdict == "smaller" and found.wins == 30
    assert math.exp(found.log_ratio.middle) == pytest.approx(0.5, rel=0.1)
    assert statistics.compare(base, half).verdict == "larger"


def test_median_interval_is_the_sign_test_interval():
    # Textbook: n = 10 gives x(2) and x(9) at 97.9 %; n = 30 gives x(10) and x(21) at 95.7 %.
    for n, low in ((6, 1), (10, 2), (30, 10)):
        interval = statistics.median_interval(np.arange(1.0, n + 1))
        assert (interval.low, interval.high) == (low, n + 1 - low)
    assert not statistics.median_interval(np.arange(5.0)).known
    assert statistics.fewest(0.95) == 6 and statistics.fewest(0.99) == 8


def test_failed_runs_count_as_worst():
    good, bad = np.full(10, 0.1), np.full(10, 0.2)
    good[:3] = math.inf
    found = statistics.compare(good, bad)
    assert found.wins == 7 and found.verdict == "unclear"
    bad[:3] = math.inf
    assert statistics.compare(good, bad).ties == 3
    summary = statistics.summarise(np.array([0.1, 0.2, math.inf, math.inf, math.inf, math.nan]))
    assert (summary.median, summary.failed, summary.runs) == (math.inf, 3, 5)
    bad[0] = math.nan  # not run: no pair
    assert statistics.compare(good, bad).n == 9


def test_quantiles_agree_with_numpy_and_bear_infinities():
    x = np.random.default_rng(8).normal(size=23)
    for q in (0.0, 0.25, 0.4, 0.5, 1.0):
        assert statistics.quantile(x, q) == pytest.approx(np.quantile(x, q))
    assert statistics.quantile(np.array([1.0, math.inf]), 0.5) == math.inf
    assert math.isnan(statistics.quantile(np.array([]), 0.5))


def test_planted_spread_is_found():
    random = np.random.default_rng(9)
    wide, narrow = 1 + random.normal(0, 0.1, 80), 1 + random.normal(0, 0.03, 80)
    interval = statistics.spread_ratio(narrow, wide)
    assert interval.sign == -1 and math.exp(interval.middle) == pytest.approx(0.3, rel=0.35)
    # Half the error with half the spread is not more robust relative to the error.
    assert statistics.spread_ratio(wide / 2, wide).middle == pytest.approx(math.log(0.5))
    assert statistics.spread_ratio(wide / 2, wide, relative=True).middle == pytest.approx(0)


# --- conclusions --------------------------------------------------------------------------------


def claims(folder, content):
    results = read_results(save(folder, content))
    return {claim.key: claim for claim in conclusions.conclusions(results)}


NAMES = ("nn", "snn", "snn_tuned", "lm", "lmax", "cd_own")
ONE = {"networks": ("5-3-3",), "budgets": (200,), "schemes": NAMES}


def test_conclusions_say_what_was_planted(tmp_path):
    said = claims(tmp_path, study(**ONE, noise=0.1))
    assert said["derivatives"].verdict == "smaller"
    assert said["snn"].verdict == "smaller" and "clearly beats" in said["snn"].lead
    assert "CoDi_min (own)" in said["snn"].details[0][1]
    assert said["lm"].verdict == "larger"
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
    assert said["derivatives"].verdict == "unclear"
    assert "No adaptive scheme clearly beats “SNN (unweighted Sobolev)”" in said["snn"].lead
    assert "nothing to explain" in said["origin"].lead
    worse = {**flat, "nn": 1.0, "lmax": -1.0, "cd_own": -1.0, "lm": -2.0}
    said = claims(tmp_path / "worse", study(**ONE, planted=worse))
    assert said["derivatives"].verdict == "larger" and said["snn"].verdict == "larger"
    assert said["lm"].verdict == "smaller"
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
    assert said["equally_tuned"].verdict == "smaller" and "×0.500" in said["equally_tuned"].lead
    assert said["snn_tuned"].verdict != "smaller"
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
    verdicts = [comparisons.contest(results, cell, "snn").verdict for cell in results.cells]
    assert verdicts == ["larger", "smaller"]
    said = {claim.key: claim for claim in conclusions.conclusions(results)}
    assert said["snn"].verdict == "mixed" and "1 of 2 settings" in said["snn"].lead


# --- reduced and hostile studies ----------------------------------------------------------------


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


# --- bad input ----------------------------------------------------------------------------------


def _drop(key):
    return lambda content: content.pop(key)


def _set(**values):
    return lambda content: content.update(values)


def _record_set(**values):
    return lambda content: content["records"][0].update(values)


@pytest.mark.parametrize(
    ("change", "words_"),
    [
        (_set(format=2), "format 2"),
        (_drop("format"), "format None"),
        (_set(records=[]), "no runs"),
        (_set(records={}), "records"),
        (_drop("terms"), "terms"),
        (_set(terms=[]), "terms"),
        (_record_set(scheme="magic"), "not listed"),
        (_record_set(relative_h1=math.nan), "is nan"),
        (_record_set(relative_h1=-1.0), "is -1.0"),
        (_record_set(relative_h1=None), "is None"),
        (_record_set(rmse={"eta": math.inf}), "'eta' is inf"),
        (_record_set(seed="first"), "records.0.seed"),
        (_record_set(seed=1), "twice"),
        (lambda c: c["schemes"].append(c["schemes"][0]), "defined twice"),
        (lambda c: c["schemes"][0].update(kind="other"), "schemes.0.kind"),
    ],
)
def test_bad_results_are_one_sentence(tmp_path, change, words_):
    content = study(("5-3-3",), (10,), 2, ("nn", "snn"))
    change(content)
    with pytest.raises(DataError, match=re.escape(words_)) as caught:
        write_report(save(tmp_path, content))
    assert "\n" not in str(caught.value) and not (tmp_path / "report.html").exists()


def test_missing_and_half_written_files(tmp_path):
    with pytest.raises(DataError, match="cannot read"):
        write_report(tmp_path / "nowhere")
    save(tmp_path, study(("5-3-3",), (10,), 2, ("nn", "snn")))
    path = tmp_path / "results.json"
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(DataError, match="cut off or is not JSON"):
        write_report(tmp_path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match="not a text file"):
        write_report(tmp_path)
    path.write_text("[1, 2]")
    with pytest.raises(DataError, match="format None"):
        write_report(tmp_path)


@pytest.mark.parametrize("name", ["histories.npz", "surfaces.npz"])
@pytest.mark.parametrize("damage", ["cut", "text", "flipped"])
def test_damaged_archives(tmp_path, name, damage):
    content = study(("5-3-3",), (10,), 2, ("nn", "snn"))
    save(tmp_path, content, histories(content, 10), surfaces(("snn",), 5))
    path = tmp_path / name
    data = bytearray(path.read_bytes())
    data[300] ^= 255
    half = bytes(data[: len(data) // 2])
    path.write_bytes({"cut": half, "text": b"not an archive", "flipped": bytes(data)}[damage])
    with pytest.raises(DataError, match=re.escape(name)):
        write_report(tmp_path)


def test_arrays_of_the_wrong_shape(tmp_path):
    content = study(("5-3-3",), (10,), 2, ("nn", "snn"))
    curves = histories(content, 10)
    curves["5-3-3/snn/loss"] = np.ones((2, 10, 2))
    with pytest.raises(DataError, match="has the shape"):
        write_report(save(tmp_path / "a", content, curves))
    fields = surfaces(("snn",), 5)
    fields["model/eta"] = np.ones((5, 4))
    with pytest.raises(DataError, match="the grid is"):
        write_report(save(tmp_path / "b", content, None, fields))


def test_an_output_folder_that_cannot_be_written(tmp_path):
    folder = save(tmp_path / "study", study(("5-3-3",), (10,), 2, ("nn", "snn")))
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(OutputError, match="cannot make the folder"):
        write_report(folder, blocked)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0471, "0.0471"), (12.34, "12.3"), (1234.5, "1234"), (1e-7, "1.00e-7"), (0.0, "0.00")],
)
def test_numbers_have_three_digits(value, text):
    assert words.number(value) == text


@pytest.mark.parametrize(
    ("name", "shown", "unit"),
    [
        ("eta", "eta", "MPa"),
        ("deta/da", "∂eta/∂a", "MPa/mm"),
        ("d eta/d b", "∂eta/∂b", "MPa"),
        ("d2eta/dada", "∂²eta/∂a²", "MPa/mm/mm"),
        ("d2eta/dadb", "∂²eta/∂a∂b", "MPa/mm"),
        ("residual", "residual", ""),
    ],
)
def test_terms_are_written_with_their_unit(tmp_path, name, shown, unit):
    content = study(("5-3-3",), (10,), 1, ("snn",))
    content["data"].update(input_units=["mm", ""], output_units=["MPa"])
    results = read_results(save(tmp_path, content))
    assert (results.term(name), results.unit(name)) == (shown, unit)


def test_the_command_is_taken_from_the_settings_beside_the_results(tmp_path):
    folder = save(tmp_path, study(("5-3-3",), (10,), 1, ("snn",)))
    assert read_results(folder).content.command == ""
    path = folder / "study.config.toml"
    path.write_text('[record]\nsource = "talk"\n', encoding="utf-8")
    assert read_results(folder).content.command.startswith("sobolev study talk --config")
    path.write_text("[record", encoding="utf-8")
    assert read_results(folder).content.command == ""


def test_cells_are_ordered_and_named(tmp_path):
    content = study(("b", "a"), (1000, 200), 1, ("snn",))
    cells = read_results(save(tmp_path, content)).cells
    assert cells == [Cell("b", 200), Cell("b", 1000), Cell("a", 200), Cell("a", 1000)]
    assert str(cells[0]) == "b, 200 epochs"
