# 2-core AMD EPYC, Python 3.11, JAX 0.9.2, one thread, 2026-11-26, quiet machine.
# PlateWithHole("svk"), 512 elements, 1 122 unknowns less the supports; 21 points of the 25 x 25
# grid, 5 repetitions. Beside the version of 21 November on the same machine, in one run, twice: solve
# with gradient x0.80, with Hessian x0.76, first solve x0.62 (3.35 and 2.09 s), with the first Hessian
# as well x0.59 (7.72 and 4.57 s). A Hessian takes 1.4 to 1.5 times the time of a gradient.
#
# 625 solves with gradients: 2.9 s of CPU time, 5.2 s with start-up and compilation
# CPU milliseconds                              median   10 % .. 90 %
# first call, order 1 (compiles)               1868.51    1868.51 ..  1868.51   n = 1
# BandedCholesky, order 0                         4.12       3.81 ..     4.52   n = 105
# BandedCholesky, order 1                         4.40       4.19 ..     4.93   n = 105
# SuperLU, order 0                               12.53      12.44 ..    14.88   n = 105
# SuperLU, order 1                               12.99      12.89 ..    15.35   n = 105
# first call, order 2 (compiles)               2477.14    2477.14 ..  2477.14   n = 1
# BandedCholesky, order 2                         6.09       5.82 ..     6.54   n = 105
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
