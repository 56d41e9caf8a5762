"""Potentials of clusters from 50 configurations: what do forces, Hessians and products of them bring?

Answer: forces make errors of forces 0.003 (LJ7) and 0.016 (Cu7, EMT) of those of energies alone, medians of 8 seeds, worst 0.106 and 0.07; frequencies are right
to 2e-4 in the worst seed without any label of curvature. Whole Hessians, and four probes a configuration, bring little more;
probes are within 0.98 and 1.09 of whole ones (Cu7, four seeds). Total energies of
molecular dynamics drift as those of the exact cluster (3.0e-6 of the kinetic energy in 10 000 steps). Adam is 14 (Cu7) and 96 (LJ7) times less precise
than SSBroyden in equal CPU time. Tables in docs/potentials.md. 27 November 2026: eight seeds of LJ7, Cu7 (16 cores, each process one thread), LJ13 and Cu13 (2 shared cores) with energies and forces, and of
whole Hessians of LJ7 and Cu7 after forces (four of Cu7 older); three or four of probes, one of Hessians of LJ13 and Cu13. LJ13: forces make
errors of forces 5e-5 (worst 2e-4) of those of energies alone, Cu13 1e-3 (0.016). Some rows of LJ were trained on curvatures from the start
(1000 steps, LJ13 500), now they follow forces. The rest has not been run.

python benchmarks/potentials.py --seed 0 --case LJ7 --labels values forces
python benchmarks/potentials.py --table /tmp/lines*
"""

import argparse
import json
import os
import time

os.environ.setdefault(
    "XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
)

import jax
import numpy as np

jax.config.update("jax_enable_x64", True)

from sobolev import Dataset, Stop, Surrogate, fit  # noqa: E402
from sobolev.dynamics import normal_modes, relaxed  # noqa: E402
from sobolev.errors import DataError, Diverged  # noqa: E402
from sobolev.losses import Block, Directional, Labelled, RandomDirections, SobolevLoss  # noqa: E402
from sobolev.networks import MLP, AtomicEnergies, Surroundings, tanh  # noqa: E402
from sobolev.optimisers import Adam, LevenbergMarquardt, SSBroyden  # noqa: E402
from sobolev.problems import LennardJones  # noqa: E402
from sobolev.sources import Calculated  # noqa: E402

ROWS, TESTS, PROBES = 50, 500, 4
EPOCHS = {"values": 3000, "forces": 3000}  # and 1000 of curvatures, unless one says more or less
WAYS = "values", "forces", "whole", "probes", "redrawn"
# Clusters, and what their atoms see: the longest distance of the cluster and more.
AROUND = {"LJ": Surroundings(4.0, 0.8, 12, ()), "Cu": Surroundings(7.0, 2.0, 12, ())}
INNER = MLP((8, 8), activation=tanh)


def cluster(case):
    """The exact function, its minimum, and what is told of distances: rattles are ± of its box."""
    if case.startswith("LJ"):
        exact = LennardJones(int(case[2:]), 0.05)
        return exact, exact.minimum
    from ase import Atoms
    from ase.calculators.emt import EMT
    from ase.optimize import BFGS

    places = 2.5 * LennardJones(int(case[2:])).minimum.reshape(-1, 3) / 2 ** (1 / 6)
    atoms = Atoms("Cu" * len(places), places, calculator=EMT())
    BFGS(atoms, logfile=None).run(fmax=1e-7, steps=1000)
    exact = Calculated(atoms, 0.15)
    return exact, exact.atoms.positions.ravel()


def rattled(exact, count, rng):
    low, high = np.array(exact.box.lower), np.array(exact.box.upper)
    return low + (high - low) * rng.uniform(size=(count, len(low)))


def block(way, data, v, scaling):
    """Labels of one kind as blocks of three terms: energies, forces, curvatures."""
    names = {"inputs": data.inputs, "outputs": data.outputs}
    first = Dataset(data.x, data.y, None if way == "values" else data.jacobian, **names)
    if way == "whole":
        first = Dataset(data.x, data.y, data.jacobian, data.hessian, **names)
    if way == "probes":
        along = np.einsum("nqij,nkj->nqki", data.hessian, v)
        first = Dataset(data.x, data.y, data.jacobian, hvp=along, directions=v, **names)
    parts: list[Block] = [Labelled.of(first, scaling, SobolevLoss.of(first, group="by_order"))]
    if way == "redrawn":
        second = Dataset(data.x, hessian=data.hessian, **names)
        drawn = RandomDirections(PROBES)
        parts.append(Directional.of(second, scaling, drawn, group="by_order", every=50))
    return parts


def judged(function, exact, minimum, tests, known):
    y, dy = function.derivatives(tests)
    right = normal_modes(exact, relaxed(exact, minimum)).frequencies
    own, found = minimum, np.full_like(right, np.inf)
    try:
        own = relaxed(function, minimum)
        found = normal_modes(function, own).frequencies
    except (Diverged, DataError) as error:  # what has no minimum there has no vibrations
        print(error, flush=True)
    return {
        "energy": float(np.sqrt(np.mean((y - known[0]) ** 2))),
        "force": float(np.sqrt(np.mean((dy - known[1]) ** 2))),
        "energy spread": float(known[0].std()),
        "force spread": float(np.sqrt(np.mean(known[1] ** 2))),
        "frequencies": float(np.max(np.abs(found / right - 1))),
        "moved": float(np.abs(own - minimum).max()),
    }


def drift(function, minimum, seed, start=0.1, dt=0.002, steps=10_000, before=500):
    """Slope of E_tot times the run's time over <K>, by ASE's velocity Verlet with masses of 1."""
    from ase import Atoms
    from ase.md.velocitydistribution import Stationary, thermalize_momenta
    from ase.md.verlet import VelocityVerlet
    from ase.units import kB

    from sobolev.bridges import SobolevCalculator

    atoms = Atoms("X" * (len(minimum) // 3), minimum.reshape(-1, 3))
    atoms.set_masses(np.ones(len(atoms)))  # type: ignore[arg-type]
    atoms.calc = SobolevCalculator(function)
    rng = np.random.default_rng(seed)
    thermalize_momenta(atoms, temperature_K=start / kB, rng=rng)
    Stationary(atoms)
    run = VelocityVerlet(atoms, dt)
    run.run(before)
    total, kinetic = [], []

    def seen():
        total.append(atoms.get_total_energy())
        kinetic.append(atoms.get_kinetic_energy())

    run.attach(seen)
    run.run(steps)
    t = np.arange(len(total)) * dt
    return float(np.polyfit(t, total, 1)[0] * t[-1] / np.mean(kinetic))


def study(case, seed, ways, epochs, peers, nve):
    exact, minimum = cluster(case)
    rng = np.random.default_rng(1000 + seed)
    x, tests = rattled(exact, ROWS, rng), rattled(exact, TESTS, rng)
    known = exact.derivatives(tests, 1)
    began = time.process_time()
    needs = 2 if set(ways) & {"whole", "probes", "redrawn"} else 1
    labels = exact.derivatives(x, needs)
    labelled = time.process_time() - began
    data = Dataset(x, *labels, inputs=exact.inputs, outputs=exact.outputs)
    v = rng.choice([-1.0, 1.0], size=(ROWS, PROBES, x.shape[1]))
    v /= np.linalg.norm(v, axis=2, keepdims=True)
    first = Dataset(x, labels[0], inputs=exact.inputs, outputs=exact.outputs)
    start = Surrogate.new(
        first, AtomicEnergies(INNER, AROUND[case[:2]]), key=seed, box=exact.box
    )  # fmt: skip
    if nve:
        line = {"case": case, "seed": seed, "way": "exact", "by": "-", "labels": labelled}
        print(json.dumps(line | {"drift": drift(exact, minimum, seed)}), flush=True)
    slopes = start
    if set(ways) & {"whole", "probes", "redrawn"}:  # curvatures come after forces
        forces = block("forces", data, v, start.scaling)
        slopes = fit(
            start, forces, optimiser=SSBroyden(), epochs=EPOCHS["forces"], records=2, check=False
        ).surrogate
    for way in ways:
        spent, begin = None, start if way in EPOCHS else slopes
        for by in ("SSBroyden", *(peers if way == "forces" else ())):
            optimiser = {
                "SSBroyden": SSBroyden(), "LM": LevenbergMarquardt(), "Adam": Adam(3e-3, None)
            }[by]  # fmt: skip
            many = {"SSBroyden": EPOCHS.get(way, epochs), "LM": 300, "Adam": 200_000}[by]
            stop = Stop(cpu_seconds=spent) if by == "Adam" else None
            began = time.process_time()
            fitted = fit(
                begin, block(way, data, v, start.scaling), optimiser=optimiser, epochs=many,
                records=100 if by == "Adam" else 3, check=False, stop=stop, seed=seed,
            )  # fmt: skip
            cpu = time.process_time() - began
            spent = max(cpu, spent or 0.0)
            line = {"case": case, "seed": seed, "way": way, "by": by, "cpu": cpu}
            line |= judged(fitted.surrogate, exact, minimum, tests, known)
            line |= {"outcome": str(fitted.outcome), "labels": labelled}
            if nve and way == "forces" and by == "SSBroyden":
                line["drift"] = drift(fitted.surrogate, minimum, seed)
            print(json.dumps(line), flush=True)


def table(files):
    """Median, worst and every seed of each cell."""
    lines = [json.loads(row) for file in files for row in open(file) if row.startswith("{")]
    cells = dict.fromkeys((line["case"], line["way"], line["by"]) for line in lines)
    for cell in cells:
        own = sorted(
            (line for line in lines if (line["case"], line["way"], line["by"]) == cell),
            key=lambda line: line["seed"],
        )
        for what in ("energy", "force", "frequencies", "drift", "cpu"):
            found = [abs(line[what]) for line in own if what in line]
            if what in ("energy", "force"):
                found = [line[what] / line[f"{what} spread"] for line in own if what in line]
            if found:
                each = " ".join(f"{value:.1e}" for value in found)
                print(
                    f"{' '.join(cell):24s} {what:11s} median {np.median(found):.1e} worst "
                    f"{max(found):.1e}  {each}"
                )


if __name__ == "__main__":
    given = argparse.ArgumentParser()
    given.add_argument("--case", default="LJ7")
    given.add_argument("--seed", type=int, default=0)
    given.add_argument("--labels", nargs="+", default=list(WAYS))
    given.add_argument("--epochs", type=int, default=1000)
    given.add_argument("--peers", nargs="*", default=[])
    given.add_argument("--nve", action="store_true")
    given.add_argument("--table", nargs="+")
    given = given.parse_args()
    if given.table:
        table(given.table)
    else:
        study(given.case, given.seed, given.labels, given.epochs, given.peers, given.nve)
