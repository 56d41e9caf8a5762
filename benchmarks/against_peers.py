# Intel Xeon, 2 cores, one process of one thread on each (n = 320 beside the others), otherwise
# quiet, Python 3.11, JAX 0.9.2, 2026-11-21, median of 3 seeds. At most 1/5 of JENN's error in value
# and slopes in 14 of 18 cases, never worse; the other four are RobotArm (three) and the slopes of
# WaterFlow with 100 rows. All that once the code is compiled: compiling took 6 to 9 CPU s for new
# shapes (0.4 to 1.0 where they were known), more than the 1.3 to 6.2 s that JENN needs for all of
# its 3000 steps, so with compilation JENN is done first (inf) in all cases but Rosenbrock, where the
# shapes were known from Rastrigin.
#
# problem              n   JENN y / J       s   ours y / J         ratio              compiling  ours with it
# Rastrigin, 2 inputs  50  0.22 / 0.37     1.4  0.0015 / 0.0024    0.0066 / 0.0064      8.0   inf / inf
# Rastrigin, 2 inputs 100  0.031 / 0.069   1.7  1.5e-05 / 3.4e-05  0.0005 / 0.00049     6.9   inf / inf
# Rastrigin, 2 inputs 320  0.051 / 0.025   2.6  1.2e-05 / 3.8e-05  0.00024 / 0.0015     8.1   inf / inf
# Rosenbrock, 2        50  0.027 / 0.097   1.3  2.2e-06 / 1.5e-05  8.1e-05 / 0.00016    0.4   3.6e-06 / 2.7e-05
# Rosenbrock, 2       100  0.021 / 0.036   1.5  3.5e-07 / 2.1e-06  1.7e-05 / 5.8e-05    0.4   7.3e-07 / 4.7e-06
# Rosenbrock, 2       320  0.019 / 0.018   2.7  1.9e-07 / 1.7e-06  1e-05 / 9.9e-05      1.0   1.3e-06 / 8.8e-06
# RobotArm, 4          50  0.11 / 0.28     1.4  0.084 / 0.27       0.77 / 0.96          6.9   inf / inf
# RobotArm, 4         100  0.036 / 0.13    1.7  0.015 / 0.083      0.41 / 0.63          6.2   inf / inf
# RobotArm, 4         320  0.043 / 0.083   3.4  0.005 / 0.047      0.12 / 0.57          6.4   inf / inf
# CantileverBeam, 3    50  0.13 / 0.38     1.4  0.002 / 0.011      0.015 / 0.028        6.9   inf / inf
# CantileverBeam, 3   100  0.083 / 0.28    1.7  0.00025 / 0.0016   0.0031 / 0.0056      6.2   inf / inf
# CantileverBeam, 3   320  0.017 / 0.06    2.9  4.7e-05 / 0.00045  0.0027 / 0.0074      6.2   inf / inf
# WaterFlow, 8         50  0.027 / 0.055   1.8  0.00058 / 0.0068   0.021 / 0.12         9.2   inf / inf
# WaterFlow, 8        100  0.014 / 0.028   2.4  0.00052 / 0.0065   0.038 / 0.23         7.7   inf / inf
# WaterFlow, 8        320  0.012 / 0.017   5.5  3.5e-05 / 0.0024   0.0029 / 0.14        7.6   inf / inf
# WingWeight, 10       50  0.038 / 0.085   1.8  0.0012 / 0.0026    0.03 / 0.031         8.7   inf / inf
# WingWeight, 10      100  0.02 / 0.027    2.6  6.6e-05 / 0.00019  0.0033 / 0.0071      7.5   inf / inf
# WingWeight, 10      320  0.014 / 0.017   6.2  1.3e-05 / 4.1e-05  0.00091 / 0.0024     7.9   inf / inf
#
# With what compiles faster now (one seed, 2026-11-26, JENN takes 0.9 to 2.1 s there), 12 of the 18
# cases were run: compiling, with the choice of the network, took 2.1 to 4.1 CPU s for new shapes and
# 0.5 to 1.0 where they were known (8.1 where the exact labels of RobotArm looked noisy), so that JENN
# is still done first except on Rosenbrock, where 1/5 of its error is reached in 3 of 3 cases. The aim
# of 9 of 18 is not met. Without compilation 1/5 is reached in 9 of these 12; RobotArm is not ahead in
# this seed (×2.4 / ×1.3 of JENN's errors with 50 rows, ×0.76 / ×0.94 with 100, ×1.0 / ×1.4 with 320).
"""Values and slopes against JENN 2.1.1 on SMT's test problems, after the same CPU time."""

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")
# One core: CPU time is wall time, which `Stop(seconds=...)` looks at.
os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})

# ruff: noqa: E402 - the number of threads is read when NumPy and JAX are imported
import argparse
import time

import jax
import jenn
import numpy as np
import smt.problems
from scipy.stats import qmc

import sobolev as sb

jax.config.update("jax_enable_x64", True)

SIZES, TEST = (50, 100, 320), 5000
HIDDEN, STEPS, RATE = (24, 24), 3000, 0.01  # of JENN, as its users run it


class Rastrigin:
    """20 + Σ x² − 10 cos 2πx on [−1, 1.5]², as in JENN's own examples."""

    xlimits = np.array([[-1.0, 1.5]] * 2)

    def __call__(self, x, kx=None):
        """Values, or the derivative by input kx, as SMT's problems give them."""
        if kx is None:
            return 20 + np.sum(x**2 - 10 * np.cos(2 * np.pi * x), axis=1, keepdims=True)
        return (2 * x + 20 * np.pi * np.sin(2 * np.pi * x))[:, [kx]]


PROBLEMS = {
    "Rastrigin, 2 inputs": Rastrigin(),
    "Rosenbrock, 2": smt.problems.Rosenbrock(ndim=2),
    "RobotArm, 4": smt.problems.RobotArm(ndim=4),
    "CantileverBeam, 3": smt.problems.CantileverBeam(ndim=3),
    "WaterFlow, 8": smt.problems.WaterFlow(ndim=8),
    "WingWeight, 10": smt.problems.WingWeight(ndim=10),
}


def sample(problem, n, seed):
    low, high = problem.xlimits.T
    x = qmc.scale(qmc.LatinHypercube(len(low), rng=seed).random(n), low, high)
    slopes = np.stack([problem(x, kx=j) for j in range(len(low))], axis=-1)
    return x, problem(x), slopes


def errors(computed, test):
    """Root mean square errors over the standard deviation of y and the rms of ∂y/∂x · s_x."""
    x, y, slopes = test
    s = x.std(axis=0)
    of_y = np.sqrt(np.mean((computed[0] - y) ** 2)) / y.std()
    of_slopes = np.sqrt(np.mean(((computed[1] - slopes) * s) ** 2))
    return np.array([of_y, of_slopes / np.sqrt(np.mean((slopes * s) ** 2))])


def jenn_fit(train, test, seed):
    x, y, slopes = train
    model = jenn.NeuralNet([x.shape[1], *HIDDEN, 1])
    began = time.process_time()
    model.fit(
        x.T, y.T, slopes.transpose(1, 2, 0), is_normalize=True, alpha=RATE, lambd=0.0,
        max_iter=STEPS, random_state=seed, epsilon_absolute=0, epsilon_relative=0,
    )  # fmt: skip
    took = time.process_time() - began
    value, slope = model(test[0].T)
    return took, errors((value.T, slope.transpose(2, 0, 1)), test)


def our_fit(train, test, seed, seconds, activation):
    """CPU seconds of the whole call, the errors, and what trained it.

    The choice of the network is part of the time.
    """
    data = sb.Dataset(*train)
    began = time.process_time()
    if activation == "auto":
        start, _ = sb.choose_network(data, key=seed)
    else:
        network = sb.networks.MLP(activation=sb.networks.ACTIVATIONS[activation])
        start = sb.Surrogate.new(data, network, key=seed)
    left = max(seconds - (time.process_time() - began), 1e-6)
    fitted = sb.fit(start, data, stop=sb.Stop(seconds=left), epochs=10**6, records=1, check=False)
    took = time.process_time() - began
    return took, errors(fitted.surrogate.derivatives(test[0]), test), fitted.optimiser


def case(problem, n, activation, seeds):
    """For each seed: JENN's seconds and errors, our errors, CPU seconds to compile, errors with it.

    The first call compiles everything and trains one step; its time is what a fresh process pays.
    """
    found, cold = [], None
    for seed in range(seeds):
        train, test = sample(problem, n, seed), sample(problem, TEST, 1000 + seed)
        seconds, theirs = jenn_fit(train, test, seed)
        if cold is None:
            cold, _, _ = our_fit(train, test, seed, 1e-6, activation)
        _, ours, by = our_fit(train, test, seed, seconds, activation)
        left, late = seconds - cold, np.full(2, np.inf)  # inf: JENN is done before we are compiled
        if left > 0:
            _, late, _ = our_fit(train, test, seed, left, activation)
        found.append((seconds, theirs, cold, ours, late, by))
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES)
    parser.add_argument("--only", nargs="*", default=PROBLEMS)
    parser.add_argument("--activation", default="auto", help="auto: by choose_network")
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    print("| problem | n | JENN y / J | s | ours y / J | ratio | compiling s | ours with it | by |")
    print("|---|---|---|---|---|---|---|---|---|")
    held = first = cases = 0
    for name in arguments.only:
        for n in arguments.sizes:
            found = case(PROBLEMS[name], n, arguments.activation, arguments.seeds)
            theirs, ours, late = (
                np.median([np.asarray(row[i]) for row in found], axis=0) for i in (1, 3, 4)
            )
            seconds, cold = np.median([row[0] for row in found]), found[0][2]
            ratio, by = ours / theirs, found[0][5].split(":")[0]
            held, cases = held + bool(np.all(ratio <= 0.2)), cases + 1
            first += bool(np.all(late / theirs <= 0.2))
            pairs = [f"{a:.2g} / {b:.2g}" for a, b in (theirs, ours, ratio, late)]
            print(
                f"| {name} | {n} | {pairs[0]} | {seconds:.1f} | {pairs[1]} | {pairs[2]} | "
                f"{cold:.1f} | {pairs[3]} | {by} |",
                flush=True,
            )
    print(f"At most 1/5 of JENN's error in value and slopes: {held} of {cases} cases.")
    print(f"The same with compilation counted: {first} of {cases} cases.")


if __name__ == "__main__":
    main()
