# 2026-11-26, shared machine, cases 5000 to 5399, which chose nothing (those below 4000 and 6000 to
# 6199 did). One wrong value: 386 of 400 named, a right row as well in 3; 9 of the 14 missed on the
# piston with 40 to 250 rows. Two to six: all of them in 87 of 100 tables; stand-ins 200 of 200;
# without slopes 78 and 96 of 100. Intervals cover in 93.3 % of 297 columns at nominal 90 % (four
# 84 %, piston 85 %, beam 96 %, the others 100 %). CPU seconds 0.08, most 0.54.
# False alarms (--tables 8): of 320 smooth tables values 2 (one without slopes), slopes none. Of 440
# rough ones values 10 (steep, jump, exponential between too few rows), slopes 28: 14
# staircases (slopes of zero beside values that rise), 4 of one grid that meets every wave of
# Rastrigin's function at the same place, the others at kinks and peaks.
# Before, cases 2000 to 2399 and 4 tables: 379 of 400 named; values 1 of 160 and 10 of 220, slopes
# 1 of 160 and 29 of 220; intervals 93.0 %, the beam 73 %.
"""Wrong values, stand-ins of failed runs and single bad gradients: how many does `check` name?

Tables of eight smooth functions with 1 to 6 inputs (`tests/support/faulty_tables.py`), 40 to 600
rows, five designs, slopes in every row or in seven of ten. One value is off by 1 to 1e10 standard
deviations; or two to six are; or the same number stands in two to six rows. Named: a finding lists
every such row; "others": tables in which a row that is right is blamed as well. Clean: the same and
eleven rough functions (kinks, jumps, peaks, resonances), exact and noisy, also without slopes, and
with few rows. Intervals: the share of columns whose factor ± 1.645 errors covers 1.
"""

import argparse
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "support"))

import numpy as np
from faulty_tables import (
    DESIGNS,
    ROUGH,
    SMOOTH,
    STAND_INS,
    table_of,
    with_bad_gradients,
    with_stand_ins,
    with_wrong_values,
)

import sobolev as sb

ROWS, SIZES = (40, 60, 100, 250, 600), (1.0, 1.5, 3.0, 10.0, 1e3, 1e6, 1e10)
PARTS = ["one", "several", "stand-ins", "without", "gradients", "clean", "intervals"]
OF_VALUES = ("value", "stand-in", "constant")


def drawn(case: int, slopes: float | None = None):
    """A table of a smooth function and what is to be done with it."""
    rng = np.random.default_rng([11, case])
    rows = int(rng.choice(ROWS))
    response = rng.choice([r for r in SMOOTH if r.least <= rows])
    design = DESIGNS[:3][rng.integers(3)] if len(response.box) > 3 else rng.choice(DESIGNS)
    share = rng.choice([1.0, 0.7]) if slopes is None else slopes
    data = table_of(response, rows, case, design, share)
    return response.name, data, rng


def named(wrong, kinds=OF_VALUES) -> tuple[bool, bool, float]:
    """Whether all rows are named, whether others are too, and CPU seconds."""
    begin = time.process_time()
    findings = sb.check(wrong.data).findings
    seconds = time.process_time() - begin
    rows = {row for f in findings if f.kind in kinds for row in f.rows}
    good = set(wrong.rows) <= rows
    if wrong.same:
        good &= any(f.kind == "stand-in" and f.rows == wrong.rows for f in findings)
    return good, any(set(f.rows) - set(wrong.rows) or not f.rows for f in findings), seconds


def counted(title: str, cases: range, make, kinds=OF_VALUES, slopes: float | None = None) -> None:
    """How many of the cases are named."""
    hits, others, seconds, missed = 0, 0, [], Counter()
    for case in cases:
        name, data, rng = drawn(case, slopes)
        good, more, took = named(make(data, rng, case), kinds)
        hits, others = hits + good, others + more
        seconds.append(took)
        if not good:
            missed[f"{name} {len(data)}"] += 1
    told = ", ".join(f"{name}: {count}" for name, count in missed.items())
    print(f"{title}: {hits} of {len(cases)}, others in {others}; ", end="")
    print(f"CPU seconds {np.median(seconds):.2f}, most {max(seconds):.2f}; missed {told or 'none'}")
    sys.stdout.flush()


def one(data, rng, case):
    return with_wrong_values(data, [rng.choice(SIZES)], case)


def several(data, rng, case):
    return with_wrong_values(data, rng.choice(SIZES, int(rng.integers(2, 7))), case)


def stand_in(data, rng, case):
    kind = STAND_INS[rng.integers(len(STAND_INS))]
    return with_stand_ins(data, kind, int(rng.integers(2, 7)), case)


def clean(cases: range) -> None:
    """False alarms, by kind of table."""
    alarms, tables = Counter(), Counter()
    for case in cases:
        for number, response in enumerate(SMOOTH + ROUGH):
            rng = np.random.default_rng([13, case, number])
            rows, design = int(rng.choice((5, 10, 20, *ROWS))), rng.choice(DESIGNS)
            data = table_of(response, rows, case, design)
            kinds = {"exact": data, "without slopes": replace(data, jacobian=None)}
            size = rng.choice([0.002, 0.01, 0.05])
            y = data.y + size * data.y.std() * rng.normal(size=data.y.shape)
            slopes = size * data.jacobian.std(axis=0) * rng.normal(size=data.jacobian.shape)
            kinds["noisy values"] = replace(data, y=y)
            kinds["noisy values and slopes"] = replace(data, y=y, jacobian=data.jacobian + slopes)
            kinds["some slopes"] = table_of(response, rows, case, design, 0.6)
            for kind, each in kinds.items():
                checked = sb.check(each)
                of = f"{kind}, {'smooth' if number < len(SMOOTH) else 'rough'}"
                tables[of] += 1
                for what in {"value" if f.kind in OF_VALUES else "slope" for f in checked.findings}:
                    alarms[of, what] += 1
                    print(
                        f"  {response.name}, {len(data)} rows, {design}, case {case}, {kind}: ",
                        end="",
                    )
                    print(checked.line[:150], flush=True)
    for of, count in tables.items():
        print(f"{of}: values {alarms[of, 'value']}, slopes {alarms[of, 'slope']} of {count}")


def intervals(cases: range) -> None:
    """Coverage of the factor's interval, nominally 90 %, on clean tables."""
    inside, z = Counter(), {}
    for case in cases:
        name, data, _ = drawn(case, 1.0)
        for judged in sb.check(data).judged:
            if judged.verdict == "right":
                z.setdefault(name, []).append((judged.factor - 1) / judged.error)
    every = np.concatenate(list(z.values()))
    for name, each in z.items():
        inside[name] = np.mean(np.abs(each) < 1.645)
        print(f"  {name}: {inside[name]:.0%} of {len(each)}")
    print(f"intervals: {np.mean(np.abs(every) < 1.645):.1%} of {len(every)} at nominal 90 %")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", type=int, default=400)
    parser.add_argument("--first", type=int, default=5000, help="below 4000 thresholds were chosen")
    parser.add_argument("--tables", type=int, default=20, help="clean ones of each function")
    parser.add_argument(
        "--only",
        nargs="*",
        default=["one", "several", "stand-ins", "gradients", "clean", "intervals", "without"],
    )
    chosen = parser.parse_args()
    begin, count = chosen.first, chosen.cases
    if "one" in chosen.only:
        counted("one wrong value", range(begin, begin + count), one)
    if "several" in chosen.only:
        counted("two to six wrong values", range(begin, begin + count // 4), several)
    if "stand-ins" in chosen.only:
        counted("stand-ins", range(begin, begin + count // 2), stand_in)
    if "without" in chosen.only:
        cases = range(begin, begin + count // 4)
        counted("one wrong value, no slopes", cases, one, slopes=0.0)
        counted("stand-ins, no slopes", cases, stand_in, slopes=0.0)
    if "gradients" in chosen.only:
        for bad in (1, 2, 3, 6):
            counted(
                f"bad gradients in {bad} rows",
                range(begin, begin + count // 10),
                lambda data, rng, case, bad=bad: with_bad_gradients(data, bad, case),
                ("row",),
                1.0,
            )  # fmt: skip
    if "clean" in chosen.only:
        clean(range(begin, begin + chosen.tables))
    if "intervals" in chosen.only:
        intervals(range(begin, begin + count // 4))
