"""What do Jacobian labels, and what does known structure bring to a source term inside of a stiff integrator?

Answer: once rates of reactions are learnt as logarithms, with stoichiometry, thermodynamics and orders known, Newton's
method does not notice the surrogate, whichever way it was trained: with its own Jacobian steps are those of the exact model within
2 % and not one failure is added, and with its Jacobian beside the exact source the same from slopes, from values at most 9 %
and 18 failures; ends agree to 1e-7. What slopes buy is accuracy from few states where it is sensitive: from 80 states the worst
delay over 1000 to 1500 K and three mixtures is off by 0.20 % with slopes and by 1.8 % from values (worst seeds 3.2 and 16 %), at 900 K,
where 0.4 % in one rate are 3 % in the delay, by at most 6 % and by more than 50 %. From 666 states values alone are as good in
the median, and their worst seed is 11 % off. With nothing known (`plain`, 3 seeds) steps are 1.02 to 1.13 times
those of the exact model, with 13 to 59 failures of Radau more; radicals of the fresh gas grow by factors of 1e-3 to 2e6 off.

Hydrogen and air, 1 atm; trained at φ 0.45, 0.7, 1.2, 2.2, asked at 0.5, 1, 2, by 24 units; medians [smallest to largest]
of 8 seeds (`plain`, 666 states: 3), 2026-11-27. 80 states, `plain`: CPU s of one of 2 shared cores; 666: of one of 16, and
before rates went on straight below zero, which made 1.009 of 80 states too. Failures of
Newton's method beyond those of the exact run; contraction: its 95 % quantile at 1200 K:

    states  from     CPU s  steps, own J            steps, exact source     failures  contraction
        80  slopes     7.4  1.000 [0.995 to 1.005]  1.000 [0.996 to 1.008]  0         0.0027 [0.0006 to 0.010]
        80  values     6.3  1.000 [0.985 to 1.000]  1.004 [0.995 to 1.091]  0 to 18   0.013 [0.0038 to 0.079]
       666  slopes    51    1.009 [1.008 to 1.010]  1.002 [0.995 to 1.008]  0 to 3    0.0051 [0.0021 to 0.0095]
       666  values    18.7  1.009 [1.008 to 1.010]  1.000 [0.996 to 1.008]  0 to 3    0.0010 [0.0005 to 0.0021]
     plain  slopes    21    1.042 [1.023 to 1.081]  1.037 [1.023 to 1.096]  13 to 35  0.034 [0.033 to 0.040]
     plain  values     6.6  1.042 [1.027 to 1.091]  1.046 [1.023 to 1.127]  15 to 59  0.014 [0.013 to 0.023]

    states  from    growth 1000 K          worst delay, 1000 to 1500 K  delay 950 K            delay 900 K
        80  slopes  1.001 [0.994 to 1.006]  0.20 % [0.08 to 3.2]         1.000 [0.990 to 1.005]  1.000 [0.938 to 1.016]
        80  values  0.997 [0.993 to 1.062]  1.8 % [0.79 to 16]           1.006 [0.807 to 1.021]  1.14 [0.970 to > 1.5]
     plain  slopes  6.3 [0.84 to 204]      3.3 % [2.1 to 3.5]           0.962 [0.806 to 1.075]  0.954 [0.929 to 1.022]
     plain  values  2368 [2.3 to 3201]     0.65 % [0.43 to 1.1]         1.007 [0.996 to 1.014]  1.008 [1.001 to 1.014]
       666  slopes  0.999 [0.994 to 1.003]  0.53 % [0.18 to 1.1]        1.005 [0.976 to 1.013]  0.999 [0.981 to 1.004]
       666  values  1.000 [0.995 to 1.010]  0.72 % [0.09 to 11]         1.000 [0.965 to 1.021]  1.002 [0.967 to 1.011]

Elements: lost at most 5e-17 kmol/kg in any run. Entries of the Jacobian, rms along the run over the row's largest: median
2e-4 and largest 0.008 (80 states, slopes), 2e-3 and 0.3 (values). Robertson until 40 and 1e5 (6 seeds from slopes,
5 from values; the other runs were cut off): 1.00 [1.00 to 1.07] and 1.00 [1.00 to 1.09] times the steps, 0 to 13 failures
of Newton's method, ends to 3e-7, A + B + C to 2e-15. RK45: 33 times the steps of Radau over 0.1 ms (5912), 1371 times over 1 ms (296 158).
A rate with its Jacobian, CPU µs a row: Cantera from Python 121, the surrogate one by one 557, 64 rows 29, 4096 rows 18. `learnt` was not run.

gri30 (methane, 53 species, 325 reactions), seed 0 alone, 80 states, 0.5 GB, training 79 CPU s from slopes and 4.1 from values by
LBFGS on one of 2 shared cores, φ = 1 from 1400 K, 0.1 s. From slopes [from values]:

    exact source, learnt J  Radau 1.000 [0.997] times the steps, 0 [0] failures more; BDF 1.002 [1.011], 0 [1]; ends to 2e-9 [3e-9]
    learnt source, own J    Radau 1.000 [1.003] times the steps, 0 [0] failures more; BDF 0.987 [1.011], 0 [1]; ends to 3e-10 [3e-9]
    contraction (95 %)      0.012 [0.053]; growth of radicals 0.9991 [1.0057]; delay 0.995 [0.999]

While rates of a negative mass fraction stayed positive there and flat, Radau was not done after 40 000 evaluations (exact: 3075) and BDF took
3.4 [3.7] times the steps: CH, C, CN and HCNN, which react away in 1e-8 s, were at -1e-12, the tolerance, where the slope of CN was
-1.3e2 1/s in place of -1.0e7. With a tolerance of 1e-16, below the floor, Radau took 737 steps, the exact model 686.

    python benchmarks/stiff_kinetics.py --seed 0 --case known     # one JSON line for each training
    python benchmarks/stiff_kinetics.py --table out/*.txt         # medians [smallest to largest]; figure: stiff_kinetics_drawn.py
    python benchmarks/stiff_kinetics.py --case few --mechanism gri30.yaml    # 53 species
"""

import argparse
import json
import sys
import time
from collections import defaultdict
from functools import cache
from pathlib import Path

import jax
import numpy as np

jax.config.update("jax_enable_x64", True)

import sobolev as sb  # noqa: E402
from sobolev.dynamics import Reactions, SourceTerm, integrate  # noqa: E402
from sobolev.errors import Diverged  # noqa: E402
from sobolev.function import of_jax  # noqa: E402
from sobolev.losses import Labelled, SobolevLoss  # noqa: E402
from sobolev.networks import MLP, PowerLaw  # noqa: E402
from sobolev.optimisers import LBFGS, LevenbergMarquardt, SSBroyden  # noqa: E402
from sobolev.sources import Kinetics, Progress, scattered  # noqa: E402
from sobolev.weighting import Fixed, Unweighted  # noqa: E402

ATMOSPHERE, RISE, GAMMA = 101325.0, 400.0, 1 / 3.63783  # Radau's real stage
UNITS, MOST = MLP((24,)), 60_000
VALUES = 10.0  # weight of values beside slopes
TRAININGS = {"slopes": (1, 1), "values": (0, 2)}  # order, and epochs: for the same CPU seconds
# of the fuel for one of O2 in moles, at φ = 1; temperatures and the times that are enough
FUELS = {
    "h2o2.yaml": ("H2", 2.0, (950, 1040, 1140, 1250, 1350, 1450, 1550), 16, 3000),
    "gri30.yaml": ("CH4", 0.5, (1350, 1500), 12, 600),
}
LEARNT_AT = 0.45, 0.7, 1.2, 2.2  # φ; others are asked
ASKED_AT, ASKED_T = (0.5, 1.0, 2.0), (1000, 1100, 1200, 1300, 1400, 1500)
RUNS = {1000: 1e-2, 1200: 1e-3, 1500: 1e-3}


@cache
def gas(mechanism: str) -> Kinetics:
    return Kinetics(mechanism, pressure=ATMOSPHERE)


def fresh(of: Kinetics, φ: float, T0: float) -> np.ndarray:
    fuel, per_oxygen, *_ = FUELS[str(of.mechanism)]
    return of.state({fuel: φ * per_oxygen, "O2": 1.0, "N2": 3.76}, T0)


def tolerances(of: Kinetics) -> dict:
    return {"rtol": 1e-6, "atol": np.append(np.full(len(of.inputs) - 1, 1e-12), 1e-6)}


def horizon(T0: float) -> float:
    return 1.0 if T0 < 940 else 3e-2 if T0 < 1000 else 2e-3


def states(of: Kinetics, seed: int, few: bool) -> np.ndarray:
    """Along ignitions evenly in logarithms, and a copy beside each."""
    _, _, temperatures, each, _ = FUELS[str(of.mechanism)]
    end = {} if of.mechanism == "h2o2.yaml" else {"end": 0.05}
    along = Progress(of).logarithms
    paths = [
        integrate(of, fresh(of, φ, T0), end.get("end", horizon(T0)), **tolerances(of))
        for φ in LEARNT_AT
        for T0 in temperatures
    ]
    on = np.maximum(np.concatenate([path.evenly(each, along) for path in paths]), 0)
    found = np.concatenate([on, scattered(of, on, seed=seed)])
    return np.random.default_rng(seed).permutation(found)[: 80 if few else None]


def networks(progress: Progress) -> dict:
    """What is known: nothing but logarithms; that there are powers; which ones."""
    known = PowerLaw(UNITS, powers=progress.orders)
    return {"plain": UNITS, "learnt": PowerLaw(UNITS), "known": known, "few": known}


def trained(case: str, seed: int, of: Kinetics) -> tuple[dict, np.ndarray]:
    """A source term for each training, on the same states, with its CPU seconds."""
    progress = Progress(of)
    x = progress.logarithms(states(of, seed, case == "few"))
    y, slopes = progress.derivatives(x)
    data = sb.Dataset(x, y, slopes, inputs=progress.inputs, outputs=progress.outputs)
    epochs = FUELS[str(of.mechanism)][-1]
    found = {}
    for training, (order, times) in TRAININGS.items():
        # One term an order: of 325 outputs by 54 inputs a history of each would need 430 GB.
        loss = SobolevLoss.of(data, order=order, group="by_order")
        weights = np.array([VALUES, 1.0][: order + 1])
        began = time.process_time()
        start = sb.Surrogate.new(data, networks(progress)[case], key=seed)
        made = sb.fit(
            start, Labelled.of(data, start.scaling, loss), records=2,
            weighting=Fixed(lambda energies, w=weights: jax.numpy.asarray(w)),
            optimiser=SSBroyden() if of.mechanism == "h2o2.yaml" else LBFGS(), epochs=times * epochs, check=False,
        ).surrogate  # fmt: skip
        seconds = time.process_time() - began
        found[training] = SourceTerm(made, of.numbers, pressure=ATMOSPHERE), seconds
    return found, x


def delay(source, run, T0: float) -> float:
    """When T goes through T0 + 400 K, by the cubic of states and rates at both ends of a step."""
    T = run.states[:, -1]
    after = int(np.argmax(T > T0 + RISE))
    if not after:
        return np.nan
    h = run.times[after] - run.times[after - 1]
    ends = run.states[after - 1 : after + 1]
    (a, b), (da, db) = T[after - 1 : after + 1], h * source.value(ends)[:, -1]
    low, high = 0.0, 1.0
    for _ in range(50):
        s = (low + high) / 2
        at = a + s * da + s**2 * (3 * (b - a) - 2 * da - db) + s**3 * (da + db - 2 * (b - a))
        low, high = (s, high) if at < T0 + RISE else (low, s)
    return run.times[after - 1] + low * h


@cache
def exact(mechanism: str, φ: float, T0: float, end: float, method: str = "Radau"):
    of = gas(mechanism)
    return integrate(of, fresh(of, φ, T0), end, method, **tolerances(of))


def ran(of: Kinetics, source, jacobian, T0: float, end: float, method: str) -> dict:
    """Steps by those of the exact model, what failed, and how far off the end is."""
    right = exact(str(of.mechanism), 1.0, T0, end, method)
    try:
        run = integrate(
            source, fresh(of, 1.0, T0), end, method, jacobian, most=MOST, **tolerances(of)
        )
    except Diverged:
        return {"steps": float("inf")}
    off = np.abs(run.states[-1] - right.states[-1])
    off[-1] /= right.states[-1, -1]
    held = np.abs((run.states - run.states[0]) @ of.elements().T).max()
    return {
        "steps": run.steps / right.steps, "failures": run.failures - right.failures,
        "rejected": run.rejected - right.rejected, "end": off.max(), "elements": held,
        "decompositions": run.decompositions / right.decompositions,
    }  # fmt: skip


def growth(source, y: np.ndarray) -> float:
    return float(np.linalg.eigvals(source.jacobian(y)).real.max())


def by_jacobians(of: Kinetics, source, T0: float, end: float) -> tuple[list, np.ndarray]:
    """Contraction of Newton's method along the exact run, median and 95 %; errors by entry."""
    run = exact(str(of.mechanism), 1.0, T0, end)
    h, y = np.diff(run.times), run.states[:-1]
    J, K = source.jacobian(y), of.jacobian(y)
    eye = np.eye(len(of.inputs))
    radii = [
        np.abs(np.linalg.eigvals(np.linalg.solve(eye - GAMMA * s * a, GAMMA * s * (b - a)))).max()
        for s, a, b in zip(h, J, K, strict=True)
    ]
    size = np.maximum(np.abs(run.states).max(axis=0), 1e-12)
    size[-1] = 1000.0
    scaled = size[None, :] / size[:, None]
    off = np.sqrt(np.mean(((J - K) * scaled) ** 2, axis=0))
    rows = np.sqrt(np.mean((K * scaled) ** 2, axis=0)).max(axis=1, keepdims=True)
    return [np.median(radii), np.quantile(radii, 0.95)], off / np.maximum(rows, 1e-300)


def measured(of: Kinetics, source) -> dict:
    """Everything but the delays."""
    found: dict = {"J": {}, "own": {}}
    runs = RUNS if of.mechanism == "h2o2.yaml" else {1400: 0.1}
    for T0, end in runs.items():
        for method in ("Radau", "BDF") if T0 in (1200, 1400) else ("Radau",):
            found["J"][f"{method} {T0}"] = ran(of, of, source, T0, end, method)
            found["own"][f"{method} {T0}"] = ran(of, source, None, T0, end, method)
    T0 = 1200 if 1200 in runs else 1400
    found["contraction"], off = by_jacobians(of, source, T0, runs[T0])
    found["entries"] = [[float(f"{e:.2g}") for e in row] for row in off]
    fresh_at = (950, *ASKED_T) if of.mechanism == "h2o2.yaml" else (1400,)
    found["growth"] = {
        T0: growth(source, fresh(of, 1.0, T0)) / growth(of, fresh(of, 1.0, T0)) for T0 in fresh_at
    }
    return found


def delays(of: Kinetics, source) -> dict:
    """Of the surrogate over the exact one; trajectories that nothing was learnt from."""
    cases = [(φ, T0) for φ in ASKED_AT for T0 in ASKED_T] + [(1.0, 950), (1.0, 900)]
    if of.mechanism != "h2o2.yaml":
        cases = [(1.0, 1400)]
    found = {}
    for φ, T0 in cases:
        end = horizon(T0) if of.mechanism == "h2o2.yaml" else 0.1
        known = delay(of, exact(str(of.mechanism), φ, T0, end), T0)
        try:
            run = integrate(source, fresh(of, φ, T0), 1.5 * known, most=MOST, **tolerances(of))
            found[f"{φ:g} {T0}"] = delay(source, run, T0) / known
        except Diverged:
            found[f"{φ:g} {T0}"] = float("nan")
    return found


def cell(case: str, seed: int, mechanism: str) -> None:
    """A line for each training."""
    of = gas(mechanism)
    sources, x = trained(case, seed, of)
    for training, (source, seconds) in sources.items():
        line = {"case": case, "training": training, "seed": seed, "states": len(x)}
        line |= {"mechanism": mechanism, "CPU": seconds}
        print(json.dumps(line | measured(of, source) | {"delay": delays(of, source)}), flush=True)


def robertson(seed: int) -> None:
    """Three rates of reactions; A + B + C stays by construction."""
    ln_k, N = np.log([0.04, 3e7, 1e4]), np.array([[-1, 0, 1], [1, -1, -1], [0, 1, 0]])
    names, E = ("A", "B", "C"), np.array([[1, 0, 0], [0, 2, 0], [0, 1, 1]])
    logs = tuple(f"ln {name}" for name in names)
    law = of_jax(lambda x: jax.numpy.asarray(ln_k) + E @ x, logs, ("ln q1", "ln q2", "ln q3"))
    floor, tight = 1e-18, {"rtol": 1e-6, "atol": (1e-10, 1e-14, 1e-10)}
    right = Reactions(law, N, names, floor)
    path = integrate(right, [1, 0, 0], 1e5, **tight)
    rng = np.random.default_rng(seed)
    on = np.log(np.maximum(path.states, 0)[1:] + floor)
    x = np.concatenate([on, on + rng.normal(size=on.shape)])
    data = sb.Dataset(x, *law.derivatives(x), inputs=logs, outputs=law.outputs)
    for training, (order, _) in TRAININGS.items():
        began = time.process_time()
        made = sb.fit(
            sb.Surrogate.new(data, PowerLaw(MLP((4,))), key=seed), data, epochs=60, records=2,
            loss=SobolevLoss.of(data, order=order), weighting=Unweighted(), check=False,
            optimiser=LevenbergMarquardt(),
        ).surrogate  # fmt: skip
        line = {"case": "robertson", "training": training, "seed": seed, "states": len(x)}
        line["CPU"] = time.process_time() - began
        source = Reactions(made, N, names, floor)
        for end in (40.0, 1e5):
            exact_run = integrate(right, [1, 0, 0], end, **tight)
            for what, rate, jacobian in (("J", right, source), ("own", source, None)):
                run = integrate(rate, [1, 0, 0], end, jacobian=jacobian, **tight)
                line[f"{what} {end:g}"] = {
                    "steps": run.steps / exact_run.steps, "failures": run.failures,
                    "end": np.abs(run.states[-1] - exact_run.states[-1]).max(),
                    "sum": np.abs(run.states.sum(axis=1) - 1).max(),
                }  # fmt: skip
        print(json.dumps(line), flush=True)


def explicit() -> None:
    """How many times the steps of Radau RK45 takes on the exact model, by the span."""
    of = gas("h2o2.yaml")
    start = fresh(of, 1.0, 1200.0)
    for end in (1e-4, 1e-3):
        few = exact("h2o2.yaml", 1.0, 1200.0, end)
        many = integrate(of, start, end, "RK45", most=10_000_000, **tolerances(of))
        factor = many.steps / few.steps
        print(json.dumps({"case": "explicit", "span": end, "steps": many.steps, "factor": factor}))


def speed() -> None:
    """Wall and CPU microseconds for a rate and Jacobian: many rows together beside Cantera's."""
    of = gas("h2o2.yaml")
    progress = Progress(of)
    y = states(of, 0, False)
    x = progress.logarithms(y)
    data = sb.Dataset(x, *progress.derivatives(x), inputs=progress.inputs, outputs=progress.outputs)
    made = sb.Surrogate.new(data, networks(progress)["known"])
    source = SourceTerm(made, of.numbers, pressure=ATMOSPHERE)
    rows = np.tile(y, (8, 1))[:4096]
    for name, ask, batch in (
        ("Cantera from Python", of.derivatives, rows[:512]),
        (
            "surrogate, one by one",
            lambda rows: [source.derivatives(row) for row in rows],
            rows[:64],
        ),
        ("surrogate, 64 rows", source.derivatives, rows[:64]),
        ("surrogate, 4096 rows", source.derivatives, rows),
    ):
        ask(batch)
        walls, cpus = [], []
        for _ in range(9):
            wall, cpu = time.perf_counter(), time.process_time()
            ask(batch)
            walls.append((time.perf_counter() - wall) / len(batch) * 1e6)
            cpus.append((time.process_time() - cpu) / len(batch) * 1e6)
        print(json.dumps({"case": "speed", "of": name, "wall us": np.median(walls),
                          "from": min(walls), "to": max(walls), "CPU us": np.median(cpus)}))  # fmt: skip


def spread(numbers) -> str:
    numbers = np.array(numbers, float)
    return f"{np.median(numbers):.3g} [{numbers.min():.3g} to {numbers.max():.3g}]"


def table(paths: list[str]) -> None:
    """Medians over seeds with the smallest and the largest, a block for each case and training."""
    lines = [line for path in paths for line in Path(path).read_text().splitlines()]
    cells = defaultdict(list)
    for line in lines:
        if line.startswith("{"):
            found = json.loads(line)
            if "training" not in found:
                print(line)
                continue
            cells[found.get("mechanism", ""), found["case"], found["training"]].append(found)
    for (mechanism, case, training), found in cells.items():
        print(f"{case}, {training} {mechanism}: {len(found)} seeds, {found[0]['states']} states, "
              f"CPU s {spread([f['CPU'] for f in found])}")  # fmt: skip
        for block in ("J", "own"):
            for run in found[0].get(block, ()):
                each = [f[block][run] for f in found]
                ended = [e for e in each if "end" in e]
                said = [f"{k} {spread([e[k] for e in ended])}" for k in ended[0]] if ended else []
                print(f"    {block:3} {run}: {len(ended)} ended, ", "; ".join(said))
        for key in [k for k in found[0] if k[:2] in ("J ", "ow")]:
            if key != "own":
                print("   ", key, {k: spread([f[key][k] for f in found]) for k in found[0][key]})
        if "growth" in found[0]:
            for quantile, which in enumerate(("median", "95 %")):
                print("    contraction", which, spread([f["contraction"][quantile] for f in found]))
            for name in ("growth", "delay"):
                for at in found[0][name]:
                    print(f"    {name} {at}: {spread([f[name][at] for f in found])}")
            print("    entries, median over seeds of rms over row's largest, rows first:")
            for row in np.median([f["entries"] for f in found], axis=0):
                print("       ", *(f"{e:8.1e}" for e in row))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    cases = ("plain", "learnt", "known", "few", "robertson", "explicit", "speed")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--case", choices=cases, default="known")
    parser.add_argument("--mechanism", choices=list(FUELS), default="h2o2.yaml")
    parser.add_argument("--table", nargs="+")
    asked = parser.parse_args()
    if asked.table:
        table(asked.table)
    elif asked.case in ("explicit", "speed"):
        {"explicit": explicit, "speed": speed}[asked.case]()
    elif asked.case == "robertson":
        robertson(asked.seed)
    else:
        cell(asked.case, asked.seed, asked.mechanism)
    sys.stdout.flush()


if __name__ == "__main__":
    main()
