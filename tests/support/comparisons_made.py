"""Comparisons of weightings of which the truth is known, for the tests of the report."""

import json

import numpy as np

from sobolev.records.comparison import Run, verdicts

VARIANTS = ("plain", "unit length", "β₂ = 0.99")
BASELINE = "inverse_energy"
# Error over that of the baseline in each variant; a scheme is what its name says.
PLANTED = {
    BASELINE: (1.0, 1.0, 1.0),
    "balance": (0.5, 0.5, 0.5),
    "length": (0.5, 1.0, 1.0),
    "turning": (0.3, 2.0, 3.0),
    "one_control": (0.5, 0.5, 1.0),
    "hidden": (1.0, 0.6, 0.6),
    "partly": (1.0, 1.0, 0.7),
    "worse": (2.0, 2.0, 2.0),
    "same": (1.0, 1.0, 1.0),
}
# What the variant does to all schemes.
COMMON = (1.0, 0.5, 0.25)
RATES = (0.001, 0.01, 0.1)


def comparison(
    problems=("spread",), planted=PLANTED, variants=VARIANTS, seeds=12, noise=0.05, rate=0.01, key=0
):
    """The content of a comparison.json, its verdicts from the study's own function.

    Beside its planted ratio a scheme is alternately better and worse than the baseline, by sizes
    that balance: what is planted as equal cannot be told apart by luck.
    """
    random = np.random.default_rng(key)
    sides = np.where(np.arange(seeds) % 2, -1, 1) * np.arange(1, seeds + 1) / seeds
    records = []
    for problem in problems:
        # The luck of a start is common to all schemes.
        start = np.exp(random.normal(0, 0.3, seeds))
        for scheme, ratios in planted.items():
            for k, (variant, ratio, common) in enumerate(
                zip(VARIANTS, ratios, COMMON, strict=True)
            ):
                if ratio is None or variant not in variants:
                    continue
                place = {"problem": problem, "scheme": scheme, "variant": variant}
                level = 0.1 * ratio * common
                records += [
                    place | record(r, 1_000_000 + i, level * (1 if r == rate else 3), True)
                    for r in RATES
                    for i in range(3)
                ]
                luck = 0.02 * k * sides**2 + (0 if scheme == BASELINE else noise * sides)
                errors = level * start * np.exp(luck)
                records += [place | record(rate, i, e, False) for i, e in enumerate(errors)]
    return content(records)


def two_baselines(problems=("spread",), planted=PLANTED, **options):
    """Those problems, and `burgers` in the plain variant alone against the unweighted loss."""
    first = comparison(problems, planted, **options)
    second = comparison(("burgers",), planted, ("plain",), **options)
    second = json.loads(json.dumps(second).replace(BASELINE, "unweighted"))
    for v in second["verdicts"]:
        v["baseline"] = "unweighted"
    both = {name: first[name] + second[name] for name in ("records", "verdicts")}
    return first | both | {"budgets": {"burgers": {"steps": 800}}}


def record(rate, seed, error, tuning, result="finished"):
    return {
        "rate": rate, "seed": seed, "error": float(error), "tuning": tuning, "result": result,
    }  # fmt: skip


def content(records):
    """With the verdicts that the study gives on these records."""
    with np.errstate(all="ignore"):
        found = [vars(v) | {} for v in verdicts(Run(**r) for r in records)]
    settings = {"variants": list(VARIANTS), "rates": list(RATES), "steps": 2000, "hidden": [16, 16]}
    return plain({"settings": settings, "version": "0.1.0", "records": records, "verdicts": found})


def plain(value):
    """Infinite as null, as the study writes it."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value


def save(folder, found):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "comparison.json").write_text(json.dumps(found, allow_nan=False), encoding="utf-8")
    return folder
