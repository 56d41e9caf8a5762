"""Draws docs/figures/stiff_kinetics.png: what `stiff_kinetics.py` has printed, one mark a seed.

    python benchmarks/stiff_kinetics_drawn.py out/*.txt

Drawn of 8 seeds of `few` and 3 of `plain`. Steps and failures of Newton's method are those of the run from 1200 K, of Radau and of BDF, beside the exact
model's; the contraction is the spectral radius of (I − hγJ̃)⁻¹ hγ(J − J̃) over the steps of its run.
"""

import json
import sys
from pathlib import Path

from matplotlib.figure import Figure

FIGURE = Path(__file__).parent.parent / "docs" / "figures" / "stiff_kinetics.png"
METHODS = {"Radau": "o", "BDF": "s"}
NETWORKS = {
    ("few", 80): "powers known,\n80 states",
    ("known", 666): "powers known,\n666 states",
    ("plain", 666): "nothing known,\n666 states",
}
# What it was trained on, and which run: the exact source with its Jacobian, or all of it its own.
CASES = {
    ("slopes", "J"): ("slopes: its Jacobian beside the exact source", "C0", None),
    ("slopes", "own"): ("slopes: its own source and Jacobian", "C1", None),
    ("values", "J"): ("values only: its Jacobian beside the exact source", "C3", None),
    ("values", "own"): ("values only: its own source and Jacobian", "C3", "none"),
}
FAILED = 300  # where a run that gave up is marked, of failures


def read(paths: list[str]) -> list[dict]:
    """The lines of trainings on hydrogen."""
    lines = [
        json.loads(row) for p in paths for row in Path(p).read_text().splitlines() if row[:1] == "{"
    ]
    return [line for line in lines if line.get("mechanism") == "h2o2.yaml"]


def drawn(lines: list[dict]) -> Figure:
    """Steps, failures and contraction, by network and case."""
    made = Figure(figsize=(11.5, 4.6), layout="constrained")
    steps, failures, contraction = made.subplots(1, 3)
    found = {(line["case"], line["states"]) for line in lines}
    there = [key for key in NETWORKS if key in found]
    for line in lines:
        group = there.index((line["case"], line["states"]))
        for case, (training, block) in enumerate(CASES):
            if line["training"] != training:
                continue
            _, colour, fill = CASES[training, block]
            place = group + 0.21 * (case - 1.5) + 0.012 * (line["seed"] - 3.5)
            for number, (method, mark) in enumerate(METHODS.items()):
                run, at = line[block][f"{method} 1200"], place + 0.02 * number
                how = dict(color=colour, mfc=fill or colour, ms=4, alpha=0.75, clip_on=False)
                if "end" not in run:
                    failures.plot(at, FAILED, "x", **how)
                    continue
                steps.plot(at, run["steps"], mark, **how)
                failures.plot(at, run["failures"], mark, **how)
            if block == "J":  # of the Jacobian alone
                how = dict(color=colour, ms=4, alpha=0.75)
                median, most = line["contraction"]
                contraction.semilogy([place + 0.1] * 2, [median, most], "-", lw=0.8, **how)
                contraction.semilogy(place + 0.1, most, "o", **how)
    for axes in (steps, failures, contraction):
        axes.set_xticks(range(len(there)), [NETWORKS[key] for key in there], fontsize="small")
        axes.set_xlim(-0.5, len(there) - 0.5)
        axes.grid(axis="y", alpha=0.3)
    for name, colour, fill in CASES.values():
        steps.plot([], [], "o", color=colour, mfc=fill or colour, label=name)
    for method, mark in METHODS.items():
        steps.plot([], [], mark, color="0.3", label=method)
    made.legend(loc="outside lower center", ncols=3, fontsize="small")
    steps.set_title("steps, times those of the exact model", fontsize="medium")
    failures.set_yscale("symlog", linthresh=1)
    failures.set_ylim(-1.5, 2 * FAILED)
    failures.set_title("failures of Newton's method, more than exact", fontsize="medium")
    contraction.axhline(0.3, color="0.6", ls=":", lw=1)
    contraction.set_title("contraction, median to 95 % of steps", fontsize="medium")
    return made


if __name__ == "__main__":
    drawn(read(sys.argv[1:])).savefig(FIGURE, dpi=80)
