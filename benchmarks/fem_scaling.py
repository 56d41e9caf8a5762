# 2-core AMD EPYC, Python 3.11, JAX 0.9.2, pyamg 5.4.1, one thread, 2026-11-26, quiet machine.
# Seconds of CPU time, median of 3 but for the first solve. Gradients are what they add to a solve.
# First solves compile.
#
# CPU seconds                 unknowns  mesh and pattern       first solve          assembly            factor    one right side             solve  gradient, moduli   gradient, nodes           peak GB
# 2-D Band               9940             0.087            0.9712          0.005781          0.008529         0.0004088           0.02202          0.005154          0.003529            0.3716
# 2-D Band           9.99e+04            0.6697             1.879           0.02211            0.5117           0.02726            0.6589           0.07759           0.09667             1.311
# 2-D Multigrid          4.99e+05             3.278             4.862            0.1843             1.073              1.48             3.677             1.465             1.634             1.637
# 2-D exponents                   1.00              0.92              0.40              0.86              1.27              2.07              1.32              1.42              1.56              0.39
# 3-D Band               9450            0.1481             1.121           0.04683            0.1033          0.003385            0.2125           0.01122           0.02997            0.5361
# 3-D Multigrid         9.523e+04             1.402             3.482             0.394             0.558            0.6846             2.396            0.7376             0.791             1.121
# 3-D Multigrid         2.857e+05             4.769             8.418             1.055             1.752             2.375             7.404             2.428             2.853             2.462
# 3-D exponents                   1.00              1.01              0.58              0.92              0.81              1.98              1.04              1.61              1.35              0.43
"""CPU time and memory of large problems: assembly, factor or multigrid, solve, gradients.

A square or cube of E(cell), held at one side and pulled sideways at the other; the response is the
p-norm of the von Mises stress, its gradient one by all moduli (a field, one a cell) and one by the
positions of all nodes. Every size has a process of its own, for its peak memory.
"""

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")

# ruff: noqa: E402 - the number of threads is read when NumPy and JAX are imported
import argparse
import json
import resource
import subprocess
import sys
import time

import jax
import numpy as np

import sobolev as sb
from sobolev import fem
from sobolev.fem.kernel.assembly import linearise, no_states
from sobolev.fem.statement import describe

jax.config.update("jax_enable_x64", True)

SIZES = {
    2: (70, 223, 499),
    3: (14, 31, 45),
}  # cells each way: 1e4, 1e5, 5e5; 1e4, 1e5, 3e5 unknowns
COLUMNS = (
    "unknowns", "mesh and pattern", "first solve", "assembly", "factor", "one right side", "solve",
    "gradient, moduli", "gradient, nodes", "peak GB",
)  # fmt: skip


def problem(dimension: int, n: int, solver) -> tuple[fem.Model, np.ndarray]:
    mesh = fem.grid((n,) * dimension)
    law = fem.LinearElastic(fem.PerCell("E"), 0.3)
    cells = n**dimension
    box = sb.Box(tuple(f"E[{k}]" for k in range(cells)), (50.0,) * cells, (150.0,) * cells)
    model = fem.Model(
        mesh, [fem.Body(fem.PlaneStress(law) if dimension == 2 else law)], [fem.Fixed("left")],
        [fem.Traction("right", (0.0, -1.0, 0.0)[:dimension])],
        {"stress": fem.PNorm(fem.von_mises, exponent=8.0)}, box, solver=solver,
    )  # fmt: skip
    return model, np.random.default_rng(0).uniform(80, 120, cells)


def seconds(call, repetitions: int = 1) -> tuple[float, object]:
    """Median CPU seconds, and what the call returned last."""
    times, answer = [], None
    for _ in range(repetitions):
        start = time.process_time()
        answer = jax.block_until_ready(call())
        times.append(time.process_time() - start)
    return float(np.median(times)), answer


def measure(dimension: int, n: int, solver, repetitions: int) -> dict[str, float]:
    start = time.process_time()
    model, x = problem(dimension, n, solver)
    parts, data, prepared = model.statement.parts, model.data, model.prepared
    row = {"unknowns": len(data.space.free), "mesh and pattern": time.process_time() - start}
    row["first solve"], _ = seconds(lambda: model.solve(x, 0))
    case = jax.tree.map(np.asarray, describe(model.statement, data, x))
    zero = np.zeros(case.displacement.shape)

    def assembled():
        return linearise(parts, data.space, case, no_states(parts), zero, zero)

    assembled()
    row["assembly"], system = seconds(assembled, repetitions)
    values, right = np.asarray(system.values), np.asarray(system.residual)
    # a new place of the nodes: multigrid would keep what it has
    row["factor"], factor = seconds(lambda: prepared.factor(values, case.X.copy()), repetitions)
    factor.solve(right)
    row["one right side"], _ = seconds(lambda: factor.solve(right), repetitions)
    row["solve"], _ = seconds(lambda: model.solve(x, 0), repetitions)
    one = np.ones(1)
    model.vjp(x, one), fem.mesh_gradient(model, x, one)  # compiled
    moduli, _ = seconds(lambda: model.vjp(x, one), repetitions)
    nodes, _ = seconds(lambda: fem.mesh_gradient(model, x, one), repetitions)
    row["gradient, moduli"], row["gradient, nodes"] = moduli - row["solve"], nodes - row["solve"]
    row["peak GB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return row | {"solver": type(model.solver or prepared).__name__.removeprefix("_Prepared")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--one", nargs=2, type=int, help="dimension and cells each way")
    parser.add_argument("--solver", default="", help="a name of fem; by default the model's choice")
    parser.add_argument("--dimensions", nargs="*", type=int, default=(2, 3))
    parser.add_argument("--repetitions", type=int, default=3)
    given = parser.parse_args()
    solver = getattr(fem, given.solver)() if given.solver else None
    if given.one:
        print(json.dumps(measure(*given.one, solver, given.repetitions)))
        return
    print("CPU seconds".ljust(18), *(name.rjust(17) for name in COLUMNS))
    for dimension in given.dimensions:
        rows = []
        for n in SIZES[dimension]:
            call = [sys.executable, __file__, "--one", str(dimension), str(n)]
            call += ["--solver", given.solver, "--repetitions", str(given.repetitions)]
            done = subprocess.run(call, capture_output=True, text=True, check=True)
            rows.append(json.loads(done.stdout.splitlines()[-1]))
            numbers = [f"{rows[-1][name]:17.4g}" for name in COLUMNS]
            print(f"{dimension}-D {rows[-1]['solver']:14s}", *numbers, flush=True)
        logs = np.log([[row[name] for name in COLUMNS] for row in rows])
        slopes = np.polyfit(logs[:, 0], logs, 1)[0]
        print(f"{dimension}-D exponents".ljust(18), *(f"{slope:17.2f}" for slope in slopes))


if __name__ == "__main__":
    main()
