# 2-core AMD EPYC, Python 3.11, NumPy 2.4.6, SMT 2.15.0, one thread, 2026-11-21, busy machine.
# With slopes the error of the value is 1.1 (RobotArm, 50) to 39 times (WingWeight) smaller than
# without; a fit takes 0.1 to 2.2 CPU seconds.
#
# problem          n   values only: y / dy   CPU s   with slopes: y / dy   CPU s
# Rastrigin        20        0.87 /    0.84     0.1        0.22 /    0.22     0.1
# Rastrigin        50        0.24 /    0.26     0.1      0.0069 /   0.013     0.3
# Rastrigin       100       0.026 /    0.04     0.4     0.00094 /  0.0017     1.3
# Rosenbrock       50     0.00022 / 0.00087     0.1     6.9e-06 / 3.5e-05     0.3
# Rosenbrock      100     0.00023 / 0.00067     0.4     1.1e-05 / 3.5e-05     0.7
# RobotArm         50        0.16 /    0.39     0.1        0.14 /    0.39     0.5
# RobotArm        100        0.12 /     0.3     0.2       0.061 /    0.21     2.2
# CantileverBeam   50        0.12 /    0.32     0.1        0.01 /   0.032     0.4
# CantileverBeam  100       0.042 /    0.14     0.2      0.0029 /   0.015     1.4
# WaterFlow        50       0.026 /   0.056     0.2      0.0015 /  0.0099     1.2
# WingWeight       50       0.051 /   0.095     0.3      0.0013 /  0.0035     1.8
"""Exact gradient-enhanced kriging on the test problems of SMT: errors and CPU seconds.

Latin hypercube designs of n points, 3 seeds, median; 2,000 other points decide. Errors: root mean
square of the value's error over the value's standard deviation / that of the slopes, each times the
ratio of the standard deviations of input and value, over their own root mean square. "values" is
the same process without slopes.
"""

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

# ruff: noqa: E402 - the number of threads is read when NumPy is imported
import argparse
import time

import numpy as np
from scipy.stats import qmc
from smt.problems import CantileverBeam, RobotArm, Rosenbrock, WaterFlow, WingWeight

import sobolev as sb


class Rastrigin:
    xlimits = np.array([[-1.0, 1.5], [-1.0, 1.5]])

    def __call__(self, x: np.ndarray, kx: int | None = None) -> np.ndarray:
        if kx is None:
            return 20 + np.sum(x**2 - 10 * np.cos(2 * np.pi * x), axis=1)[:, None]
        return (2 * x + 20 * np.pi * np.sin(2 * np.pi * x))[:, kx : kx + 1]


PROBLEMS = {
    "Rastrigin": (Rastrigin, (20, 50, 100)),
    "Rosenbrock": (lambda: Rosenbrock(ndim=2), (50, 100)),
    "RobotArm": (lambda: RobotArm(ndim=4), (50, 100)),
    "CantileverBeam": (lambda: CantileverBeam(ndim=3), (50, 100)),
    "WaterFlow": (lambda: WaterFlow(ndim=8), (50,)),
    "WingWeight": (lambda: WingWeight(ndim=10), (50,)),
}


def sample(problem, n: int, seed: int) -> sb.Dataset:
    low, high = problem.xlimits.T
    x = low + (high - low) * qmc.LatinHypercube(len(low), seed=seed).random(n)
    slopes = np.stack([problem(x, kx)[:, 0] for kx in range(len(low))], axis=1)
    return sb.Dataset(x, problem(x), slopes[:, None, :])


def errors(model: sb.GEK, test: sb.Dataset) -> tuple[float, float]:
    y, slopes = model.derivatives(test.x)
    known = test.jacobian * test.x.std(axis=0) / test.y.std()
    wrong = (slopes - test.jacobian) * test.x.std(axis=0) / test.y.std()
    value = np.sqrt(np.mean((y - test.y) ** 2)) / test.y.std()
    return value, np.sqrt(np.mean(wrong**2) / np.mean(known**2))


def one(name: str, n: int, seed: int, slopes: bool, kernel: str) -> tuple[float, float, float]:
    """Errors of values and of slopes, and CPU seconds of the fit."""
    problem = PROBLEMS[name][0]()
    train, test = sample(problem, n, seed), sample(problem, 2000, 1000 + seed)
    if not slopes:
        train = sb.Dataset(train.x, train.y)
    begin = time.process_time()
    model = sb.GEK.of(train, kernel=kernel)
    seconds = time.process_time() - begin
    return *errors(model, test), seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kernel", default="squared-exponential")
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    print("problem          n   values only: y / dy   CPU s   with slopes: y / dy   CPU s")
    for name, (_, sizes) in PROBLEMS.items():
        for n in sizes:
            cells = []
            for slopes in (False, True):
                runs = [one(name, n, s, slopes, arguments.kernel) for s in range(arguments.seeds)]
                y, dy, seconds = np.median(runs, axis=0)
                cells.append(f"{y:9.2g} / {dy:7.2g}   {seconds:5.1f}")
            print(f"{name:14s} {n:4d}   {'   '.join(cells)}", flush=True)


if __name__ == "__main__":
    main()
