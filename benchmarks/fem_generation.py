# 2-core AMD EPYC, Python 3.11, JAX 0.9.2, one thread, 2026-11-26, quiet machine.
# PlateWithHole("svk"), 512 elements, 1 122 unknowns less the supports; 21 points of the 25 x 25
# grid, 5 repetitions. Beside the version of 21 November on the same machine, in one run: solve with
# gradient x0.77, with Hessian x0.74, first solve x0.92, first of second order x0.77.
#
# 625 solves with gradients: 2.8 s of CPU time, 6.2 s with start-up and compilation
# CPU milliseconds                              median   10 % .. 90 %
# first call, order 1 (compiles)               2885.62    2885.62 ..  2885.62   n = 1
# BandedCholesky, order 0                         4.08       3.76 ..     4.48   n = 105
# BandedCholesky, order 1                         4.33       4.18 ..     4.90   n = 105
# SuperLU, order 0                               12.33      12.24 ..    14.77   n = 105
# SuperLU, order 1                               12.86      12.73 ..    15.25   n = 105
# first call, order 2 (compiles)               3358.18    3358.18 ..  3358.18   n = 1
# BandedCholesky, order 2                         6.42       5.93 ..     6.67   n = 105
"""CPU time of finite-element samples: a solve with its gradient, and a campaign of 625."""

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")

# ruff: noqa: E402 - the number of threads is read when NumPy and JAX are imported
import argparse
import dataclasses
import time

import jax
import numpy as np

from sobolev.designs import grid
from sobolev.fem import BandedCholesky, SuperLU, solve
from sobolev.problems import PlateWithHole

jax.config.update("jax_enable_x64", True)

MILLI = 1e3


def seconds(call, *arguments) -> float:
    start = time.process_time()
    call(*arguments)
    return time.process_time() - start


def line(what: str, samples: list[float]) -> None:
    low, middle, high = np.percentile(samples, [10, 50, 90]) * MILLI
    print(f"{what:42s} {middle:9.2f}   {low:8.2f} .. {high:8.2f}   n = {len(samples)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=5)
    repetitions = parser.parse_args().repetitions
    problem = PlateWithHole("svk")
    points, _ = grid(25)(problem.box)
    some = points[:: len(points) // 20]

    first = seconds(problem.solve, points[0], 1)
    campaign = seconds(lambda: [problem.solve(x, 1) for x in points])
    print(
        f"625 solves with gradients: {campaign:.1f} s of CPU time, {time.process_time():.1f} s with"
    )
    print("start-up and compilation")
    print(f"{'CPU milliseconds':42s} {'median':>9s}   10 % .. 90 %")
    line("first call, order 1 (compiles)", [first])
    for solver in (BandedCholesky(), SuperLU()):
        model = dataclasses.replace(problem.model, solver=solver)
        name = type(solver).__name__
        solve(model, points[0], 1)
        for order in (0, 1):
            times = [seconds(solve, model, x, order) for _ in range(repetitions) for x in some]
            line(f"{name}, order {order}", times)
    line("first call, order 2 (compiles)", [seconds(problem.solve, points[0], 2)])
    line(
        "BandedCholesky, order 2",
        [seconds(problem.solve, x, 2) for _ in range(repetitions) for x in some],
    )


if __name__ == "__main__":
    main()
