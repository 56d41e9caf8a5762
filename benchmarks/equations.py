"""How exactly are equations solved on one core in a minute, with nothing but the equation?

Answer: (to be measured)
"""

import argparse
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import jax
import numpy as np

jax.config.update("jax_enable_x64", True)

from sobolev import Stop, equations, fit  # noqa: E402
from sobolev.losses import Points, Uniform  # noqa: E402
from sobolev.networks import MLP, tanh  # noqa: E402
from sobolev.optimisers import LevenbergMarquardt, Optimiser  # noqa: E402

RECORDS = range(50, 200_001, 50)  # at which the fresh residual is measured, outside of the time


@dataclass(frozen=True)
class Preset:
    """Network, points of the equation and of each condition, optimiser, seconds."""

    hidden: tuple[int, ...]
    inside: int
    seconds: float
    bar: float
    sides: int = 100
    every: int = 5
    optimiser: Callable[[], Optimiser] = LevenbergMarquardt

    def points(self, box, count: int) -> Points:
        return Uniform(box, count, every=self.every)


PRESETS = {
    "burgers-b": Preset((20, 20, 20), 2048, 60, 1e-5),
    "burgers-a": Preset((20, 20, 20), 2048, 60, 3e-4),
    "klein-gordon-w": Preset((20, 20, 20), 1000, 60, 3e-4),
    "helmholtz-w": Preset((40, 40), 2048, 60, 1e-4),
    "poisson-2d": Preset((24, 24), 1024, 20, 1e-8),
    "allen-cahn-1": Preset((24, 24, 24), 2048, 120, 3e-4),
    "heat": Preset((20, 20), 1024, 20, 1e-6),
    "wave": Preset((30, 30), 2048, 60, 1e-4),
}


def solved(name: str, preset: Preset, seed: int, seconds: float) -> dict:
    """One training, after one of two steps that compiles all of it."""
    problem = equations.by_name(name)
    blocks = problem.blocks(
        preset.points(problem.box, preset.inside), preset.points(problem.box, preset.sides)
    )
    start = problem.surrogate(MLP(preset.hidden, activation=tanh), key=seed)
    optimiser = preset.optimiser()
    begin = time.process_time()
    fit(start, blocks, optimiser=optimiser, epochs=2, records=1, seed=seed)
    compiling = time.process_time() - begin
    fitted = fit(
        start, blocks, optimiser=optimiser, epochs=RECORDS[-1], records=RECORDS, seed=seed,
        stop=Stop(cpu_seconds=seconds),
    )  # fmt: skip
    history = fitted.history
    at = int(np.flatnonzero(history.epoch == fitted.best_epoch)[0])
    errors = problem.error(fitted.surrogate)
    return {
        "problem": name, "seed": seed, "budget": seconds, "setting": repr(preset)[:400],
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
            if (name, seed, seconds, repr(preset)[:400]) in known:
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
