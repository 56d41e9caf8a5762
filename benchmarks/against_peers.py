# Not yet run as a whole. One case on a shared machine, 2026-11-21, median of 3 seeds, y / slopes:
# Rosenbrock, n = 50: JENN 0.027 / 0.097 in 2.5 CPU s, ours 2.5e-6 / 2.2e-5 in the same time
# once compiled; compiling took 9.6 CPU s.
"""Values and slopes against JENN 2.1.1 on SMT's test problems, after the same CPU time."""

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")
# One core: CPU time is wall time, which `fit(seconds=...)` looks at.
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

SEEDS, SIZES, TEST = (0, 1, 2), (50, 100, 320), 5000
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
        start = sb.Surrogate.new(data, key=seed, activation=activation)
    left = max(seconds - (time.process_time() - began), 1e-6)
    fitted = sb.fit(start, data, seconds=left, epochs=10**6, records=1, check=False)
    took = time.process_time() - began
    return took, errors(fitted.surrogate.derivatives(test[0]), test), fitted.optimiser


def case(problem, n, activation):
    """For each seed: JENN's seconds and errors, our errors, CPU seconds to compile, errors with it.

    The first call compiles everything and trains one step; its time is what a fresh process pays.
    """
    found, cold = [], None
    for seed in SEEDS:
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
    arguments = parser.parse_args()
    print("| problem | n | JENN y / J | s | ours y / J | ratio | compiling s | ours with it | by |")
    print("|---|---|---|---|---|---|---|---|---|")
    held = cases = 0
    for name in arguments.only:
        for n in arguments.sizes:
            found = case(PROBLEMS[name], n, arguments.activation)
            theirs, ours, late = (
                np.median([np.asarray(row[i]) for row in found], axis=0) for i in (1, 3, 4)
            )
            seconds, cold = np.median([row[0] for row in found]), found[0][2]
            ratio, by = ours / theirs, found[0][5].split(":")[0]
            held, cases = held + bool(np.all(ratio <= 0.2)), cases + 1
            pairs = [f"{a:.2g} / {b:.2g}" for a, b in (theirs, ours, ratio, late)]
            print(
                f"| {name} | {n} | {pairs[0]} | {seconds:.1f} | {pairs[1]} | {pairs[2]} | "
                f"{cold:.1f} | {pairs[3]} | {by} |",
                flush=True,
            )
    print(f"At most 1/5 of JENN's error in value and slopes: {held} of {cases} cases.")


if __name__ == "__main__":
    main()
