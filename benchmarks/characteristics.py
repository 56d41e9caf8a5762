"""Transport: do networks on characteristics x(X, t), u(X, t) solve what a plain network u(x, t) does not?

Answer: yes, in the same 10 CPU s of training. AMD EPYC, one busy core of two, 2026-11-26, JAX 0.9.2, seeds 0 to 7, none
left out; compiling takes 2 to 5 s more. Errors of u(x, t) in the metric of the catalogue, relative to what moves;
medians, every L2, and the least J of all seeds (of Burgers C it is 0.0545).

    convection, plain: 345 steps  L2 9.3e-01  H1 9.3e-01  9.6e-01 9.3e-01 1.0e+00 8.6e-01 8.6e-01 1.4e+00 9.2e-01 9.3e-01
    convection, followed: 182 steps  L2 1.6e-05  H1 7.9e-05  2.3e-05 2.0e-05 1.6e-05 1.5e-05 1.0e-05 2.5e-05 9.5e-06 1.3e-05  least J 1.000
    convection-diffusion, plain: 345 steps  L2 9.2e-01  H1 9.2e-01  1.6e+00 9.2e-01 9.8e-01 8.7e-01 8.9e-01 8.9e-01 9.4e-01 9.1e-01
    convection-diffusion, followed: 169 steps  L2 2.2e-05  H1 1.0e-04  3.2e-05 2.9e-05 1.5e-05 1.2e-05 9.8e-06 3.5e-05 1.4e-05 3.9e-05  least J 1.000
    burgers-c, plain: 1750 steps  L2 8.5e-01  H1 9.1e-01  8.5e-01 8.7e-01 8.7e-01 8.5e-01 8.1e-01 8.4e-01 8.3e-01 8.6e-01
    burgers-c, followed: 1579 steps  L2 6.6e-04  H1 2.2e-02  5.8e-04 4.7e-04 1.0e-03 8.0e-04 3.2e-04 7.4e-04 3.5e-04 1.1e-03  least J 0.048

Convection by Levenberg–Marquardt, Burgers C by SSBroyden (by Levenberg–Marquardt, seed 100: 9.2e-1 and 6.6e-3). All of
u₀ = sin x, for Burgers C 50 + sin x; speed 50, ν = 0.01, periodic, t up to 1; starts and periods are hard conditions.
Source of the idea: Mojgani, Balajewicz & Hassanzadeh, arXiv 2205.02902; here the displacement is learnt, which is
periodic where x is not, and the diffusion has its J.

    python benchmarks/characteristics.py --problems convection convection-diffusion --seeds 0 1 2 3 4 5 6 7 --file rows.jsonl
    python benchmarks/characteristics.py --problems burgers-c --optimiser SSBroyden --seeds 0 1 2 3 4 5 6 7 --file rows.jsonl
"""

import argparse
import functools
import json
import os
import time
from pathlib import Path

import jax
import numpy as np

jax.config.update("jax_enable_x64", True)

from sobolev import Stop, Surrogate, equations, fit  # noqa: E402
from sobolev.equations import Eulerian  # noqa: E402
from sobolev.errors import Diverged  # noqa: E402
from sobolev.losses import Adaptive, Equation, Uniform, by_names  # noqa: E402
from sobolev.networks import MLP, Face, Formula, HardBoundary, Periodic, tanh  # noqa: E402
from sobolev.optimisers import LevenbergMarquardt, SSBroyden  # noqa: E402

SPEED, TURN = 50.0, 2 * np.pi
PROBLEMS = "convection", "convection-diffusion", "burgers-c"
WAYS = "plain", "followed"
INNER = MLP((20, 20, 20), activation=tanh)
SECONDS = 10.0
LM, SS = "LevenbergMarquardt", "SSBroyden"
OPTIMISERS = {LM: LevenbergMarquardt(), SS: SSBroyden(hold=100)}
# At which the fresh residual is measured, outside of the time.
RECORDS = {LM: range(10, 10_001, 10), SS: range(50, 200_001, 50)}


def points(box, optimiser):
    """Which and how many go with an optimiser."""
    if optimiser == LM:
        return Uniform(box, 1024, every=5)
    return Adaptive(box, 2048, every=100, candidates=8192)


def plain(problem, inside, seed):
    """u(x, t), the catalogue's network and equation."""
    return problem.surrogate(INNER, key=seed), problem.blocks(inside)


@functools.cache
def along(problem):
    """x' = c or u and u' = ν u_xx along a characteristic; made once, since it is compiled."""
    viscosity, of_itself = problem.viscosity, problem.level != 0

    @by_names(problem.box, ("d", "u"))
    def equation(d, u):
        J = 1 + d.x
        # u_t = ν/J (u_X/J)_X, multiplied by J³, since J is small where waves steepen.
        state = J**3 * u.t - viscosity * (J * u.xx - d.xx * u.x) if viscosity else u.t
        return d.t - (u if of_itself else SPEED), state

    return equation


def followed(problem, inside, seed):
    """x = X + d(X, t) and u(X, t), J = 1 + d_X: both start as they are known to."""
    start = Formula(("0", f"{problem.level} + sin(x)"))
    network = HardBoundary(Periodic(INNER, {"x": TURN}), (Face("t", 0.0),), start)
    surrogate = Surrogate.on(
        problem.box, ("d", "u"), network, key=seed, output_scale=(SPEED, 1.0),
        output_shift=(0.0, problem.level),
    )  # fmt: skip
    names = "characteristic", "state"
    return surrogate, [Equation(names, along(problem), inside)]


def solved(name: str, way: str, seed: int, seconds: float, optimiser: str) -> dict:
    """One training, after one of two steps that compiles all of it; errors as in the catalogue."""
    problem = equations.by_name(name)
    inside = points(problem.box, optimiser)
    start, blocks = {"plain": plain, "followed": followed}[way](problem, inside, seed)
    step, records = OPTIMISERS[optimiser], RECORDS[optimiser]
    begin = time.process_time()
    fit(start, blocks, optimiser=step, epochs=2, records=1, seed=seed)
    compiling = time.process_time() - begin
    fitted = fit(
        start, blocks, optimiser=step, epochs=records[-1], records=records, seed=seed,
        stop=Stop(cpu_seconds=seconds),
    )  # fmt: skip
    found, least = fitted.surrogate, 1.0
    if way == "followed":
        try:
            found = Eulerian(fitted.surrogate, "d", "x", period=TURN)
            least = found.least_stretch
        except Diverged as refused:
            print(f"{name}, seed {seed}: {refused}", flush=True)
            found, least = None, np.nan
    errors = (np.nan,) * 3 if found is None else problem.error(found)
    return {
        "problem": name, "way": way, "seed": seed, "budget": seconds, "optimiser": optimiser, "l2": errors[0],
        "h1": errors[1], "least J": least, "steps": int(fitted.history.step[-1]),
        "cpu": float(fitted.history.cpu_seconds[-1]), "compiling": compiling,
        "fresh": fitted.fresh_residual,
    }  # fmt: skip


def table(rows: list[dict]) -> str:
    """Medians and every seed; a refusal has no number."""
    groups: dict[tuple, list[dict]] = {}
    for row in rows:
        group = row["problem"], row["optimiser"], row["budget"], row["way"]
        groups.setdefault(group, []).append(row)
    lines = []
    for (name, optimiser, _, way), found in sorted(groups.items()):
        found.sort(key=lambda row: row["seed"])
        middle = {key: float(np.median([row[key] for row in found])) for key in NUMBERS}
        every = " ".join(f"{row['l2']:.1e}" for row in found)
        least = "" if way == "plain" else f"  least J {min(row['least J'] for row in found):.3f}"
        lines.append(
            f"{name}, {way}, {optimiser}: {middle['cpu']:.0f} CPU s, {middle['steps']:.0f} steps  "
            f"L2 {middle['l2']:.1e}  H1 {middle['h1']:.1e}  {every}{least}"
        )
    return "\n".join(lines)


NUMBERS = "cpu", "steps", "l2", "h1"
ASKED = "problem", "way", "seed", "budget", "optimiser"


def main():
    """Whatever is not in the file yet, one training after another."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--problems", nargs="+", choices=PROBLEMS, default=PROBLEMS)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--seconds", type=float, default=SECONDS, help="CPU s of each training")
    parser.add_argument("--optimiser", choices=list(OPTIMISERS), default=LM)
    parser.add_argument("--file", type=Path, help="JSON lines: what is there is not run again")
    asked = parser.parse_args()
    rows = []
    if asked.file and asked.file.exists():
        rows = [json.loads(line) for line in asked.file.read_text().splitlines()]
    known = {tuple(row[key] for key in ASKED) for row in rows}
    for seed in asked.seeds:
        for name in asked.problems:
            for way in WAYS:
                if (name, way, seed, asked.seconds, asked.optimiser) in known:
                    continue
                row = solved(name, way, seed, asked.seconds, asked.optimiser)
                rows.append(row)
                print(row, flush=True)
                if asked.file:
                    with asked.file.open("a") as file:
                        file.write(json.dumps(row) + "\n")
                        file.flush()
                        os.fsync(file.fileno())
    print(table(rows))


if __name__ == "__main__":
    main()
