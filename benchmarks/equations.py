"""How exactly are equations solved on one core in a minute, with nothing but the equation?

Answer so far: Poisson's equation to 1.4e-10 and the heat equation to 3.7e-8 (medians of seeds 0 to 7) in 0.4 CPU s, Burgers
B to 1.1e-5 in 60 (seed 0 alone; the bar is 1e-5). The others are not run for their full time yet. One core of two, loaded,
2026-11-26; the table is in docs/equations.md.

    python benchmarks/equations.py --seeds 0 1 2 3 4 5 6 7 --file rows.jsonl     # continues where it was
"""

import argparse
import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import jax
import numpy as np
from scipy.stats import qmc

jax.config.update("jax_enable_x64", True)

from sobolev import Box, Stop, equations, fit  # noqa: E402
from sobolev.losses import Adaptive, Fixed, Points, Uniform  # noqa: E402
from sobolev.networks import MLP, Architecture, SineNetwork, tanh  # noqa: E402
from sobolev.optimisers import (  # noqa: E402
    LastLayer,
    LevenbergMarquardt,
    Optimiser,
    VariableProjection,
)

RECORDS = range(50, 200_001, 50)  # at which the fresh residual is measured, outside of the time


@dataclass(frozen=True)
class Preset:
    """What solves a problem: `says` names it in the file and in the table."""

    says: str
    network: Architecture
    points: Callable[[Box], Points]
    optimiser: Callable[[], Optimiser]
    seconds: float
    bar: float
    records: Sequence[int] = RECORDS


def drawn(box: Box, count: int = 2048, every: int = 5) -> Points:
    """Where the residual is large, among four times as many."""
    return Adaptive(box, count, every=every, candidates=4 * count)


def stay(box: Box, count: int = 2000) -> Points:
    """The same points in all steps: enough where the solution is smooth."""
    return Fixed(box.from_unit(qmc.Sobol(box.dimension, seed=0).random(count)))


def narrow(*hidden: int) -> Architecture:
    """A tanh network."""
    return MLP(hidden, activation=tanh)


ONCE = (1, 2)  # the second sees that nothing is left
LM = "Levenberg–Marquardt, 2048 of 8192 points by residual, anew every 5 steps"
PROJECTED = "last layer projected out of Levenberg–Marquardt's steps, 2000 points"
SOLVED = "sine units as drawn, last layer by least squares, 2000 points"
PRESETS = {
    "burgers-b": Preset(f"3×20; {LM}", narrow(20, 20, 20), drawn, LevenbergMarquardt, 60, 1e-5),
    "burgers-a": Preset(f"3×20; {LM}", narrow(20, 20, 20), drawn, LevenbergMarquardt, 60, 3e-4),
    "klein-gordon-w": Preset(
        f"3×20; {LM}", narrow(20, 20, 20), drawn, LevenbergMarquardt, 60, 3e-4
    ),
    "helmholtz-w": Preset(f"3×20; {LM}", narrow(20, 20, 20), drawn, LevenbergMarquardt, 60, 1e-4),
    "poisson-2d": Preset(
        f"200 {SOLVED}", SineNetwork((200,), 3.0), stay, LastLayer, 20, 1e-8, ONCE
    ),
    "allen-cahn-1": Preset(f"3×24; {LM}", narrow(24, 24, 24), drawn, LevenbergMarquardt, 120, 3e-4),
    "heat": Preset(f"300 {SOLVED}", SineNetwork((300,), 3.0), stay, LastLayer, 20, 1e-6, ONCE),
    "wave": Preset(f"2×30; {PROJECTED}", narrow(30, 30), stay, VariableProjection, 60, 1e-4),
}
SIDES = 128  # points of each condition that is a term


def solved(name: str, preset: Preset, seed: int, seconds: float) -> dict:
    """One training, after one of two steps that compiles all of it."""
    problem = equations.by_name(name)
    sides = Uniform(problem.box, SIDES, every=5)
    blocks = problem.blocks(preset.points(problem.box), sides)
    start = problem.surrogate(preset.network, key=seed)
    optimiser = preset.optimiser()
    begin = time.process_time()
    fit(start, blocks, optimiser=optimiser, epochs=2, records=1, seed=seed)
    compiling = time.process_time() - begin
    fitted = fit(
        start, blocks, optimiser=optimiser, epochs=preset.records[-1], records=preset.records, seed=seed,
        stop=Stop(cpu_seconds=seconds),
    )  # fmt: skip
    history = fitted.history
    at = int(np.flatnonzero(history.epoch == fitted.best_epoch)[0])
    errors = problem.error(fitted.surrogate)
    return {
        "problem": name, "seed": seed, "budget": seconds, "setting": preset.says,
        "cpu": float(history.cpu_seconds[-1]), "compiling": compiling,
        "steps": int(history.step[-1]), "training": 2 * float(history.loss[at, 0]), "fresh": 2 * float(history.fresh_loss[at, 0]),
        "l2": errors.l2, "h1": errors.h1, "ended": fitted.result,
    }  # fmt: skip


def table(rows: list[dict]) -> str:
    """Medians and every seed."""
    lines = [
        "| problem | CPU s (compiling) | steps | training, fresh residual | L2 | H1 | every L2 | bar |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    groups: dict[tuple, list[dict]] = {}
    for row in rows:
        groups.setdefault((row["problem"], row["budget"], row["setting"]), []).append(row)
    for (name, _, _), found in groups.items():
        found.sort(key=lambda row: row["seed"])
        middle = {key: float(np.median([row[key] for row in found])) for key in NUMBERS}
        every = " ".join(f"{row['l2']:.1e}" for row in found)
        lines.append(
            f"| {name} | {middle['cpu']:.0f} ({middle['compiling']:.0f}) | {middle['steps']:.0f} | "
            f"{middle['training'] ** 0.5:.1e}, {middle['fresh'] ** 0.5:.1e} | "
            f"**{middle['l2']:.1e}** | {middle['h1']:.1e} | {every} | {PRESETS[name].bar:.0e} |"
        )
    return "\n".join(lines)


NUMBERS = "cpu", "compiling", "steps", "training", "fresh", "l2", "h1"


def main():
    """Whatever is not in the file yet, one training after another."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--problems", nargs="+", choices=list(PRESETS), default=list(PRESETS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--seconds", type=float, help="in place of those of the preset")
    parser.add_argument("--file", type=Path, help="JSON lines: what is there is not run again")
    parser.add_argument("--limit", type=float, default=np.inf, help="start none after so many s")
    asked = parser.parse_args()
    begin = time.perf_counter()
    rows = []
    if asked.file and asked.file.exists():
        rows = [json.loads(line) for line in asked.file.read_text().splitlines()]
    known = {(row["problem"], row["seed"], row["budget"], row["setting"]) for row in rows}
    for seed in asked.seeds:
        for name in asked.problems:
            preset = PRESETS[name]
            seconds = preset.seconds if asked.seconds is None else asked.seconds
            if (name, seed, seconds, preset.says) in known:
                continue
            if time.perf_counter() - begin + 1.2 * seconds > asked.limit:
                continue
            row = solved(name, preset, seed, seconds)
            rows.append(row)
            print({key: row[key] for key in ("problem", "seed", *NUMBERS)}, flush=True)
            if asked.file:
                with asked.file.open("a") as file:
                    file.write(json.dumps(row) + "\n")
                    file.flush()
                    os.fsync(file.fileno())
    print(table(rows))


if __name__ == "__main__":
    main()
