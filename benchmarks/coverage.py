"""Coverage of 90 % intervals: ensemble, Laplace and conformal, on problems with noise.

Repeated experiments: fresh training rows with fresh noise (5 % of the standard deviation of each
value and each derivative), five networks, fresh calibration rows, and noisy labels at new points.
Per interval: the share of labels inside, all terms of a kind together (mean over the repetitions,
smallest and largest), and its median half width over the standard deviation of the noise. Ensemble:
mean ± 1.645 spread of five members. Laplace of the first member, noise and prior by the evidence.
Conformal on 60 rows that nobody trained on.
"""

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")

# ruff: noqa: E402 - the number of threads is read when NumPy and JAX are imported
import argparse
import time

import jax
import numpy as np
from scipy.stats import binom

import sobolev as sb
from sobolev.problems import BeamDeflection, Ishigami
from sobolev.uncertainty.interval import Interval

jax.config.update("jax_enable_x64", True)

LEVEL, NOISE, CALIBRATION, FRESH = 0.9, 0.05, 60, 200


class Waves:
    """Two inputs, one response: sin(1.3 a) + a b²."""

    name = "waves"
    box = sb.Box(("a", "b"), (-2.0, -1.0), (2.0, 1.0))
    outputs = ("u",)

    def solve(self, x, order=1):
        a, b = x
        return _Solution([np.sin(1.3 * a) + a * b**2], [[1.3 * np.cos(1.3 * a) + b**2, 2 * a * b]])


class _Solution:
    def __init__(self, value, jacobian):
        self.value, self.jacobian = np.array(value), np.array(jacobian)


# Problem, training rows, and hidden layers.
CASES = (
    (Waves(), 40, (8, 8)),
    (BeamDeflection(), 40, (8, 8)),
    (Ishigami(), 150, (16, 16)),
)


def sampled(problem, n: int, rng, σ=None) -> tuple[sb.Dataset, tuple]:
    """Random rows with noise, and its standard deviations (of these rows)."""
    low, high = np.array(problem.box.lower), np.array(problem.box.upper)
    x = rng.uniform(low, high, (n, len(low)))
    told = [problem.solve(row, 1) for row in x]
    y, J = np.stack([t.value for t in told]), np.stack([t.jacobian for t in told])
    if σ is None:
        σ = NOISE * y.std(axis=0), NOISE * J.std(axis=0)
    y, J = y + rng.normal(size=y.shape) * σ[0], J + rng.normal(size=J.shape) * σ[1]
    return sb.Dataset(x, y, J, inputs=problem.box.names, outputs=problem.outputs), σ


def experiment(problem, n: int, hidden, seed: int, σ) -> dict[str, tuple[Interval, ...]]:
    rng = np.random.default_rng(seed)
    train, _ = sampled(problem, n, rng, σ)
    calibration, _ = sampled(problem, CALIBRATION, rng, σ)
    fresh, _ = sampled(problem, FRESH, rng, σ)
    start = sb.Surrogate.mlp(train, hidden)
    how = {"optimiser": sb.Adam(1e-2, batch_size=None), "epochs": 2000, "records": 1}
    ensemble = sb.fit_ensemble(start, train, members=5, first_seed=5 * seed, **how)
    posterior = sb.laplace(ensemble.members[0], train)
    spread = zip(ensemble.derivatives(fresh.x), ensemble.spread(fresh.x, 1), strict=True)
    return fresh, {
        "ensemble, spread alone": tuple(Interval.about(m, 1.645 * s) for m, s in spread),
        "Laplace": posterior.interval(fresh.x, LEVEL, 1),
        "conformal": sb.conformal(ensemble, calibration, LEVEL).interval(fresh.x, 1),
        "conformal by ensemble": sb.conformal(ensemble, calibration, LEVEL, "spread").interval(
            fresh.x, 1
        ),
        "conformal by Laplace": sb.conformal(posterior, calibration, LEVEL, "spread").interval(
            fresh.x, 1
        ),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--repetitions", type=int, default=20)
    repetitions = parser.parse_args().repetitions
    begin = time.process_time()
    print(f"{'problem':16} {'interval':24} {'values':>24} {'derivatives':>24}   half width / noise")
    for problem, n, hidden in CASES:
        σ = sampled(problem, 2000, np.random.default_rng(99))[1]
        found: dict[str, list] = {}
        for seed in range(repetitions):
            fresh, intervals = experiment(problem, n, hidden, seed, σ)
            for name, (value, jacobian) in intervals.items():
                inside = value.holds(fresh.y).mean(), jacobian.holds(fresh.jacobian).mean()
                wide = [
                    np.median((i.upper - i.lower) / 2 / s)
                    for i, s in zip((value, jacobian), σ, strict=True)
                ]
                found.setdefault(name, []).append((*inside, *wide))
        for name, rows in found.items():
            v, j, wv, wj = np.array(rows).T
            share = [f"{a.mean():7.1%} {a.min():6.1%}..{a.max():6.1%}" for a in (v, j)]
            print(
                f"{problem.name:16} {name:24} {share[0]:>24} {share[1]:>24}   "
                f"{np.median(wv):5.2f} {np.median(wj):5.2f}",
                flush=True,
            )
    low, high = binom.interval(0.99, repetitions * FRESH, LEVEL)
    band = f"{low / repetitions / FRESH:.1%} .. {high / repetitions / FRESH:.1%}"
    print(f"nominal {LEVEL:.0%}; 99 % band of {repetitions * FRESH} independent labels: {band}")
    print(f"{time.process_time() - begin:.0f} CPU seconds")


if __name__ == "__main__":
    main()
