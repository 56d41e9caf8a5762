"""The default without a setting, `best_fit`: the cells of `noisy_labels.py`, many rows, unlucky draws."""

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")

# ruff: noqa: E402 - the number of threads is read when NumPy and JAX are imported
import argparse
import time

import jax
import numpy as np
from noisy_labels import PROBLEMS, drawn, errors

import sobolev as sb

jax.config.update("jax_enable_x64", True)


def wing(x):
    Sw, Wfw, A, sweep, q, taper, tc, Nz, Wdg, Wp = x.T
    cos = np.cos(np.radians(sweep))
    rest = Sw**0.758 * Wfw**0.0035 * (A / cos**2) ** 0.6 * q**0.006 * taper**0.04
    return 0.036 * rest * (100 * tc / cos) ** -0.3 * (Nz * Wdg) ** 0.49 + Sw * Wp


PROBLEMS["wing"] = (
    wing,
    [150, 220, 6, -10, 16, 0.5, 0.08, 2.5, 1700, 0.025],
    [200, 300, 10, 10, 45, 1, 0.18, 6, 2500, 0.08],
)

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--problems", nargs="+", default=[p for p in PROBLEMS if p != "wing"])
    parser.add_argument("--rows", nargs="+", type=int, default=[20, 50, 100, 200])
    parser.add_argument("--noise", nargs="+", type=float, default=[0.0, 0.02, 0.1])
    parser.add_argument("--seeds", type=int, default=8)
    asked = parser.parse_args()
    for name in asked.problems:
        for noise in asked.noise:
            for n in asked.rows:
                found, ways = [], []
                for seed in range(asked.seeds):
                    data, test, half = drawn(name, n, noise, seed)
                    begin = time.process_time()
                    best = sb.best_fit(data, key=seed, records=4, check=False)
                    seconds = time.process_time() - begin
                    value, slope = errors(best.surrogate, test, half)
                    said = float("nan")
                    if best.worth is not None and best.worth.slopes is not None:
                        said = best.worth.slopes.relative / slope
                    found.append((value, slope, said, seconds))
                    ways.append(best.optimiser[0])
                v, s, told, t = np.array(found).T
                print(
                    f"{name:9s} {noise:4.0%} {n:4d} {np.median(v):9.2g} [{max(v):.2g}]"
                    f" | {np.median(s):9.2g} [{max(s):.2g}] x{max(s) / np.median(s):.1f}"
                    f" | {np.median(told):.1f} | {''.join(sorted(ways))} | {np.median(t):.1f}",
                    flush=True,
                )
