"""Do weights help an equation that is solved by second order, on fresh points, with conditions as terms?

Answer: with Levenberg–Marquardt annealing as published does, ×0.082 the error of no weights (27 pairs of three problems and nine
initialisations, Wilcoxon's test with Holm's correction p = 4e-6): ×0.54 on Burgers' equation, ×0.032 on Helmholtz', ×0.076 on
Klein–Gordon's. With SSBroyden, which takes 1000 steps in the time, nothing is told apart (×0.77; ×0.80, ×0.38, ×2.1). A constant, 100 for the
equation, has ×0.03 to ×0.5 on the last two, and ×70 to ×140 on Burgers'. 100 for the conditions is ×12 to ×16 worse (two to five
initialisations). Hard conditions are better than any weights on Helmholtz' equation, about as good on the others. One core of an AMD EPYC
under load, 2026-11-26, 8 CPU s each without compiling; every training is in docs/how-to-choose.md.

    python benchmarks/weighting_equations.py --seeds 0 1 2 3 4 5 6 7 8 --file rows.jsonl     # continues where it was
    python benchmarks/weighting_equations.py --file rows.jsonl --seeds                       # the tables of what is there
"""

import argparse
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

jax.config.update("jax_enable_x64", True)

from sobolev import Box, Stop, Surrogate, equations, fit  # noqa: E402
from sobolev import weighting as w  # noqa: E402
from sobolev.equations import BoundaryValueProblem  # noqa: E402
from sobolev.losses import Adaptive, Equation, Points, Uniform  # noqa: E402
from sobolev.networks import MLP, tanh  # noqa: E402
from sobolev.optimisers import Adam, LevenbergMarquardt, Optimiser, SSBroyden  # noqa: E402
from sobolev.records.paired import Paired, Says, judged  # noqa: E402

NETWORK = MLP((20, 20, 20), activation=tanh)
PROBLEMS = "burgers-a", "helmholtz-w", "klein-gordon-w"
SIDES = 128  # points of each condition
RATE, END = 5e-3, 0.01  # of Adam: at the beginning, and what is left of it at the end


class Falling(eqx.Module):
    """RATE · END^(step/steps); another number of steps compiles nothing."""

    steps: Array

    def __call__(self, step: Array) -> Array:
        """The learning rate at a step."""
        return RATE * END ** (step / self.steps)


@dataclass(frozen=True)
class Way:
    """How it is trained: the points of the equation, and what makes the steps.

    `every`: for how many steps points stay; `record`, after how many steps the clock is looked at.
    """

    says: str
    points: Callable[[Box], Points]
    every: int
    optimiser: Callable[[float], Optimiser]
    record: int

    def seldom(self, scheme: w.Scheme, steps: int) -> w.Scheme:
        """Asked in every so many steps; SSBroyden holds weights by itself, and longer."""
        return scheme if self.every >= steps else w.Every(scheme, steps)


WAYS = {
    "ssbroyden": Way(
        "SSBroyden, 2048 of 8192 points by residual, anew every 100 steps, weights too",
        lambda box: Adaptive(box, 2048, every=100, candidates=8192),
        100, lambda steps: SSBroyden(hold=100), 50,
    ),
    "lm": Way(
        "Levenberg–Marquardt, 1024 of 4096 points by residual, anew every 5 steps",
        lambda box: Adaptive(box, 1024, every=5, candidates=4096),
        5, lambda steps: LevenbergMarquardt(), 5,
    ),
    "adam": Way(
        "Adam, β₂ = 0.999, 128 fresh points in every step, rate from 5e-3 to 5e-5",
        lambda box: Uniform(box, 128),
        1, lambda steps: Adam(Falling(jnp.asarray(steps, float)), batch_size=None, b2=0.999), 100,
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Arm:
    """What is compared: weights, on terms divided by their scale or as they are written.

    `again`: whether there is the same once more where the scale is 1.
    """

    weighting: Callable[[Way], w.Scheme]
    scaled: bool = True
    hard: bool = False
    again: bool = False


@dataclass(frozen=True)
class Weights:
    """A rule of `Fixed`: one for the equation, one for each condition."""

    equation: float
    condition: float

    def __call__(self, energies: Array) -> Array:
        """The weights of the terms, the equation first."""
        return jnp.full(energies.shape, self.condition).at[0].set(self.equation)


def annealing(way: Way) -> w.Scheme:
    """As published: every tenth step, a tenth of the new value."""
    return way.seldom(w.RateAnnealing("equation"), 10)


NONE, HARD = "no weights", "hard conditions"
ARMS = {
    NONE: Arm(lambda _: w.Unweighted()),
    "no weights, no scale": Arm(lambda _: w.Unweighted(), scaled=False, again=True),
    "conditions × 100": Arm(lambda _: w.Fixed(Weights(1.0, 100.0))),
    "equation × 100": Arm(lambda _: w.Fixed(Weights(100.0, 1.0))),
    "annealing as published, no scale": Arm(annealing, scaled=False),
    "annealing": Arm(annealing, again=True),
    "inverse dirichlet": Arm(lambda way: way.seldom(w.InverseDirichlet(), 10)),
    "L_max": Arm(lambda _: w.LossMax(0.1, w.Exponential())),
    "CD_min": Arm(lambda _: w.CosineDistance("sum", 0.1, w.Exponential())),
    "relobralo": Arm(lambda _: w.ReLoBRaLo()),
    "config": Arm(lambda _: w.ConFIG()),
    "inverse norm": Arm(lambda way: way.seldom(w.InverseNorm(), 100)),
    "tangent kernel": Arm(lambda way: way.seldom(w.TangentKernel(), 1000)),
    "log sum": Arm(lambda _: w.LogSum()),
    HARD: Arm(lambda _: w.Unweighted(), hard=True),
}
TESTED = tuple(ARMS)[2:9]
# Costly: with nine seeds seven are the most that can be told apart from no weights, corrected (Holm).
COMPARED = {
    "ssbroyden": (*list(ARMS)[:9], HARD),
    "lm": (*list(ARMS)[:2], *list(ARMS)[3:5], "inverse dirichlet", HARD),
    "adam": (NONE, "annealing as published, no scale", HARD),
}


def posed(problem: BoundaryValueProblem, way: Way, arm: Arm) -> tuple[Equation, ...]:
    """The equation, and each condition as a term of its own."""
    inside, sides = way.points(problem.box), Uniform(problem.box, SIDES, every=way.every)
    names = None if arm.hard else [condition.name for condition in problem.conditions]
    own, *conditions = problem.blocks(inside, sides, names)
    if not arm.scaled:
        own = Equation("equation", problem.residual, inside, order=problem.order)
    return own, *conditions


def solved(name: str, by: str, what: str, seed: int, seconds: float) -> dict:
    """One training, after short ones that compile it and say how many steps there will be."""
    problem, way, arm = equations.by_name(name), WAYS[by], ARMS[what]
    blocks = posed(problem, way, arm)
    start = problem.surrogate(NETWORK, key=seed)
    if not arm.hard:
        start = Surrogate.on(problem.box, problem.outputs, NETWORK, key=seed)
    weighting = arm.weighting(way)

    def trained(epochs: int, records: Sequence[int] | int, steps: float, stop: Stop):
        return fit(
            start, blocks, weighting=weighting, optimiser=way.optimiser(steps), epochs=epochs,
            records=records, seed=seed, stop=stop,
        )  # fmt: skip

    last = Stop(keep_best=False)
    trained(2, 1, 1.0, last)
    few = 4 * way.record
    pace = trained(few, 1, float(few), last).history.cpu_seconds[-1] / few if by == "adam" else 1.0
    records = range(way.record, 400_001, way.record)
    stop = Stop(keep_best=False, cpu_seconds=seconds)
    fitted = trained(records[-1], records, seconds / pace, stop)
    history = fitted.history
    errors = problem.error(fitted.surrogate)
    return {
        "problem": name, "optimiser": by, "arm": what, "seed": seed, "budget": seconds,
        "cpu": float(history.cpu_seconds[-1]), "steps": int(history.step[-1]), "l2": errors.l2, "h1": errors.h1,
        "weights": [float(one) for one in history.weight[-1]], "ended": fitted.result,
        "losses": [float(one) for one in history.loss[-1]],
    }  # fmt: skip


def cells(problems: Sequence[str], ways: Sequence[str], arms: Sequence[str] | None):
    """What is trained: `arms`, or those that are compared."""
    for problem in problems:
        for by in ways:
            for arm in arms or COMPARED[by]:
                if not (ARMS[arm].again and equations.by_name(problem).scale == 1):
                    yield problem, by, arm


Errors = dict[str, dict[tuple, float]]  # of an arm, of a problem and seed


def errors_of(rows: list[dict], by: str, problems: Sequence[str]) -> Errors:
    """L2 by arm, then by problem and seed."""
    here = [row for row in rows if row["optimiser"] == by and row["problem"] in problems]
    return {
        arm: {(row["problem"], row["seed"]): row["l2"] for row in here if row["arm"] == arm}
        for arm in ARMS
    }


def against_none(errors: Errors) -> dict[str, Paired]:
    """Each weighting against none, by pairs of one problem and initialisation, judged together."""
    base = errors[NONE]
    pairs = {
        arm: tuple(np.array([one.get(run, np.nan) for run in base]) for one in (errors[arm], base))
        for arm in TESTED
        if errors[arm]
    }
    return judged(pairs) if base else {}


def marked(one: Paired) -> str:
    """The median ratio, bold where clearly better, italic where clearly worse."""
    mark = {Says.BETTER: "**", Says.WORSE: "*"}.get(one.says, "")
    return f"{mark}×{one.ratio:.2g}{mark}"


def table(rows: list[dict], problem: str) -> str:
    """Median, median ratio to no weights of the same initialisation, and every seed."""
    errors = {by: errors_of(rows, by, [problem]) for by in WAYS}
    ratios = {by: against_none(found) for by, found in errors.items()}
    lines = [f"| {problem} | {' | '.join(WAYS)} |", "|---" * (1 + len(WAYS)) + "|"]
    for arm in ARMS:
        cells = []
        for by in WAYS:
            found = errors[by][arm]
            ratio = f" {marked(ratios[by][arm])}" if arm in ratios[by] else ""
            every = " ".join(f"{found[run]:.1e}" for run in sorted(found))
            cells.append(f"{np.median(list(found.values())):.1e}{ratio} ({every})" if found else "")
        if any(cells):
            lines.append(f"| {arm} | {' | '.join(cells)} |")
    return "\n".join(lines)


def together(rows: list[dict], problems: Sequence[str], ways: Sequence[str]) -> str:
    """One verdict over all problems: few initialisations of each say nothing alone."""
    lines = ["| all problems | optimiser | pairs | to no weights | p (Holm) | |", "|" + "---|" * 6]
    for by in ways:
        for arm, one in against_none(errors_of(rows, by, problems)).items():
            lines.append(f"| {arm} | {by} | {one.n} | {marked(one)} | {one.p:.2g} | {one.says} |")
    return "\n".join(lines)


def main():
    """Seed by seed, whatever is not in the file yet."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--problems", nargs="+", choices=PROBLEMS, default=PROBLEMS)
    parser.add_argument("--optimisers", nargs="+", choices=list(WAYS), default=list(WAYS))
    parser.add_argument("--arms", nargs="+", choices=list(ARMS))
    parser.add_argument("--seeds", type=int, nargs="*", default=[0])
    parser.add_argument("--seconds", type=float, default=8.0, help="of CPU for each training")
    parser.add_argument("--file", type=Path, help="JSON lines: what is there is not run again")
    asked = parser.parse_args()
    rows = []
    if asked.file and asked.file.exists():
        rows = [json.loads(line) for line in asked.file.read_text().splitlines()]
    place = "problem", "optimiser", "arm", "seed", "budget"
    known = {tuple(row[key] for key in place) for row in rows}
    for seed in asked.seeds:
        for cell in cells(asked.problems, asked.optimisers, asked.arms):
            if (*cell, seed, asked.seconds) in known:
                continue
            row = solved(*cell, seed, asked.seconds)
            rows.append(row)
            print(*cell, seed, f"{row['l2']:.2e} {row['steps']} {row['weights']}", flush=True)
            if asked.file:
                with asked.file.open("a") as file:
                    file.write(json.dumps(row) + "\n")
                    file.flush()
                    os.fsync(file.fileno())
    for problem in asked.problems:
        print(table(rows, problem) + "\n")
    print(together(rows, asked.problems, asked.optimisers))


if __name__ == "__main__":
    main()
