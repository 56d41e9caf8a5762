# 2026-11-26, shared machine. Planted, seeds 100 to 109: named 719 of 720 = 99.9 %, in no table
# another place blamed. 0.25 CPU seconds a table (most 0.59). Not named: one bad row of a robot arm.
# (2026-11-21, when these seeds had chosen no threshold: 718, another place in 1.)
# What follows of clean tables is of 2026-11-21; of products the figures came out the same again.
# Clean, five kinds of 100 tables each, seeds 200 to 299: Ishigami, beam, Rastrigin, robot arm and
# wing 0 of 500 each; borehole 1 of 500 (with Hessian), which led to the second measure of evenness,
# with which seeds 300 to 399 have 0 of 500. Robot arm and borehole, the only ones with inputs over
# a decade, were planted and run clean with it; the others stand as they were run just before.
# Products and gradients without values, of 12 tables each (seeds 100, 101): J·v 12 of every kind,
# but moved with their vectors 10; Jᵀw with a constant weight 12 of every kind; with a weight that
# varies 12, but / 2 7 and moved with their vectors 10; gradients in rows without values: sign 12,
# × 2 10, / 2 5, × 1000 12, rows shifted 7, offset 12. No false alarm in 48 clean ones.
"""Planted derivative errors: how many `check` names, and how often it cries wolf.

Twelve kinds of errors x six problems x ten seeds (`tests/support/planted.py`). An error is named when the
findings say the output and exactly the inputs concerned (or every bad row); "by name" counts those
called by the right kind, "elsewhere" the tables with a finding at a place where nothing was
planted. A column is gross when its part in the output, rms(dy/dx) std(x) / std(y), is at least
5 %; a bad row has the wrong sign (and no gradient in the lowest quarter) or random numbers at least
100 % off, and one row in a hundred is bad. Clean tables: as they are, with 1 % noise on the slopes,
with 1 % noise on the values; and with few rows.
"""

import argparse
import sys
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "support"))


import jax
import numpy as np
from planted import (
    FORMS,
    KINDS,
    PROBLEMS,
    PRODUCT_KINDS,
    extra,
    in_form,
    named,
    plant,
    plant_product,
    rightly_called,
)

import sobolev as sb

jax.config.update("jax_enable_x64", True)


def planted(seeds: range) -> None:
    counts = np.zeros((len(KINDS), len(PROBLEMS)), int)
    called = elsewhere = 0
    seconds = []
    for p, problem in enumerate(PROBLEMS):
        for seed in seeds:
            table = problem.table(seed, 2)
            for kind in range(1, len(KINDS) + 1):
                data = table if kind == 10 else replace(table, hessian=None)
                wrong = plant(kind, data, seed)
                begin = time.process_time()
                checked = sb.check(wrong.data)
                seconds.append(time.process_time() - begin)
                counts[kind - 1, p] += named(wrong, checked)
                called += rightly_called(wrong, checked)
                elsewhere += extra(wrong, checked) > 0
    print(f"{'named of ' + str(len(seeds)):30s}" + "".join(f"{p.name:>11s}" for p in PROBLEMS))
    for kind, row in zip(KINDS, counts, strict=True):
        print(f"{kind:30s}" + "".join(f"{c:11d}" for c in row))
    every = counts.size * len(seeds)
    print(
        f"named {counts.sum()} of {every} = {counts.sum() / every:.1%}; by name {called}; ", end=""
    )
    print(f"elsewhere {elsewhere}; CPU seconds {np.median(seconds):.2f}, most {max(seconds):.2f}")


def clean(seeds: range, problems) -> None:
    alarms: dict[str, dict[str, int]] = {}
    for problem in problems:
        for seed in seeds:
            rng = np.random.default_rng(seed)
            data = problem.table(seed, 1)
            slopes = (
                0.01 * np.sqrt((data.jacobian**2).mean(0)) * rng.normal(size=data.jacobian.shape)
            )
            values = 0.01 * data.y.std(0) * rng.normal(size=data.y.shape)
            kinds = {
                "clean": data,
                "noisy slopes": replace(data, jacobian=data.jacobian + slopes),
                "noisy values": replace(data, y=data.y + values),
                "few rows": problem.table(1000 + seed, 1, rows=3 + seed % 20),
                "with Hessian": problem.table(2000 + seed, 2),
            }
            for kind, each in kinds.items():
                checked = sb.check(each)
                counts = alarms.setdefault(kind, dict.fromkeys([p.name for p in problems], 0))
                counts[problem.name] += not checked.good
                if not checked.good:
                    print(f"  {problem.name}, seed {seed}, {kind}: {checked.line}", flush=True)
        print(f"  ({problem.name} done)", flush=True)
    head = f"false alarms in {len(seeds)}"
    print(f"{head:30s}" + "".join(f"{p.name:>11s}" for p in problems))
    for kind, counts in alarms.items():
        print(f"{kind:30s}" + "".join(f"{count:11d}" for count in counts.values()))


def products(seeds: range) -> None:
    """Of the products and the gradients without values: named, and false alarms on clean ones."""
    for form in FORMS:
        hits = dict.fromkeys(PRODUCT_KINDS, 0)
        alarms, tables, seconds = 0, 0, []
        for problem in PROBLEMS:
            for seed in seeds:
                data = in_form(form, problem.table(seed), seed)
                begin = time.process_time()
                checked = sb.check(data)
                seconds.append(time.process_time() - begin)
                alarms, tables = alarms + (not checked.good), tables + 1
                for kind in PRODUCT_KINDS:
                    if kind != "with vectors" or form in (FORMS[0], FORMS[2]):
                        wrong = plant_product(kind, form, data, seed)
                        hits[kind] += named(wrong, sb.check(wrong.data))
        counts = ", ".join(f"{kind} {count}" for kind, count in hits.items())
        print(f"{form}, of {tables}: {counts}; false alarms {alarms}; ", end="")
        print(f"CPU seconds {np.median(seconds):.2f}, most {max(seconds):.2f}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first", type=int, default=100, help="0 to 9 chose the thresholds")
    parser.add_argument("--tables", type=int, default=100, help="clean ones, from seed 200 on")
    parser.add_argument("--problems", nargs="*", default=[p.name for p in PROBLEMS], help="clean")
    parser.add_argument("--products", type=int, default=2, help="seeds of products")
    chosen = parser.parse_args()
    if chosen.seeds:
        planted(range(chosen.first, chosen.first + chosen.seeds))
    if chosen.products:
        products(range(chosen.first, chosen.first + chosen.products))
    clean(range(200, 200 + chosen.tables), [p for p in PROBLEMS if p.name in chosen.problems])
