# Answer: of noisy values and slopes the default learns what kriging learns, and no more noise. Over 48 noisy
# cells (6 problems x 20 to 200 rows x 2 % and 10 %) its error is x0.30 (values) and x0.26 (slopes) of what the
# default of 0.1 had, x0.95 and x0.92 of kriging's, by the medians of 8 seeds. With 2 inputs and 20 rows (n1) it
# is better with slopes than without in 16 of 16 draws. What is not good: with 200 rows of borehole and 2 % it is
# x1.14 of 0.1; with robot and ishigami and 20 rows up to x1.6 of kriging; ishigami with 2 % has one draw of 8 that
# learns nothing (worst over median 4 to 32); of exact labels the robot and few rows of the beam look noisy, and
# then it is up to x2 worse than 0.1; and with 200 rows x 8 inputs it takes 35 CPU s where 0.1 took 1.
#
# 16 cores, x86-64, one thread for each process, Python 3.12, JAX 0.11 on the CPU, 2026-11-26; seeds 0 to 7 draw
# rows (Latin hypercube), noise and network. Error of values over their spread, of slopes over their size, on 2000
# points without noise; median [worst of 8]. Noise relative to the deviation of each column. "0.1": eb28a9c.
# Kriging (squared-exponential, as in 0.2) where there are at most 1000 labels. CPU s with loading from the cache.
#
# problem    noise    n   default now         default of 0.1      kriging           |  slopes: now          0.1                kriging             CPU s now, 0.1
# beam         0%    20      0.016 [0.079]     0.0076 [0.062]         0.1 [0.14] |       0.074 [0.24]        0.049 [0.2]        0.23 [0.33]   0.8, 0.4
# beam         0%    50    0.0029 [0.0091]    0.0028 [0.0091]      0.013 [0.033] |      0.019 [0.048]      0.019 [0.048]       0.048 [0.11]   1.2, 0.5
# beam         0%   100   0.00061 [0.0055]   0.00061 [0.0055]    0.0033 [0.0074] |     0.0044 [0.031]     0.0044 [0.031]      0.018 [0.033]   1.1, 0.5
# beam         0%   200   0.00014 [0.0009]   0.00014 [0.0009]    0.0005 [0.0009] |   0.00084 [0.0061]   0.00084 [0.0061]    0.0037 [0.0054]   1.4, 0.6
# beam         2%    20       0.067 [0.13]         0.25 [1.2]        0.11 [0.15] |         0.2 [0.32]         0.58 [1.5]        0.26 [0.35]   0.2, 0.4
# beam         2%    50      0.031 [0.081]         0.2 [0.43]      0.035 [0.085] |        0.11 [0.23]         0.44 [1.3]        0.12 [0.22]   0.4, 0.5
# beam         2%   100      0.012 [0.031]       0.064 [0.29]      0.014 [0.035] |       0.062 [0.12]        0.25 [0.77]       0.056 [0.13]   1.1, 0.5
# beam         2%   200     0.0064 [0.014]      0.011 [0.035]     0.0079 [0.014] |      0.032 [0.067]        0.06 [0.26]      0.036 [0.061]   4.3, 0.7
# beam        10%    20        0.13 [0.16]         0.65 [1.2]        0.15 [0.22] |         0.3 [0.37]          1.1 [1.8]        0.34 [0.44]   0.1, 0.3
# beam        10%    50      0.059 [0.095]          0.58 [11]       0.072 [0.13] |        0.16 [0.24]           1.3 [18]         0.19 [0.3]   0.4, 0.5
# beam        10%   100      0.032 [0.056]         0.27 [1.3]      0.039 [0.074] |       0.088 [0.18]         0.89 [3.2]        0.099 [0.2]   0.8, 0.5
# beam        10%   200       0.02 [0.027]        0.09 [0.16]      0.027 [0.036] |        0.053 [0.1]           0.32 [1]       0.079 [0.12]   3.1, 0.6
# borehole     0%    20    0.0052 [0.0071]    0.0052 [0.0071]    0.0055 [0.0072] |      0.016 [0.018]      0.016 [0.018]      0.016 [0.018]   1.1, 0.6
# borehole     0%    50    0.0013 [0.0029]    0.0015 [0.0029]    0.0016 [0.0036] |      0.012 [0.014]      0.012 [0.014]      0.012 [0.013]   1.3, 0.8
# borehole     0%   100    0.0011 [0.0026]    0.0011 [0.0026]    0.0011 [0.0026] |     0.0097 [0.017]     0.0097 [0.017]      0.011 [0.017]   1.4, 0.7
# borehole     0%   200   0.00083 [0.0013]   0.00083 [0.0013]                  - |     0.0095 [0.012]     0.0095 [0.012]                  -   1.5, 0.9
# borehole     2%    20     0.0086 [0.011]      0.017 [0.024]       0.01 [0.012] |      0.018 [0.021]      0.033 [0.045]      0.023 [0.027]   1.4, 0.6
# borehole     2%    50    0.0044 [0.0061]     0.0059 [0.022]     0.0046 [0.011] |      0.014 [0.015]      0.017 [0.063]      0.015 [0.037]   3.7, 0.6
# borehole     2%   100    0.0031 [0.0062]     0.0031 [0.006]     0.0038 [0.006] |      0.012 [0.013]      0.012 [0.016]      0.013 [0.015]   17.4, 0.8
# borehole     2%   200    0.0025 [0.0033]    0.0022 [0.0029]                  - |      0.012 [0.012]     0.0097 [0.012]                  -   39.9, 0.8
# borehole    10%    20      0.025 [0.047]       0.098 [0.13]      0.026 [0.045] |      0.033 [0.042]        0.18 [0.22]      0.042 [0.059]   1.3, 0.8
# borehole    10%    50      0.011 [0.032]      0.038 [0.053]      0.014 [0.033] |      0.022 [0.024]        0.076 [0.1]      0.027 [0.031]   3.5, 0.7
# borehole    10%   100      0.013 [0.022]       0.02 [0.025]      0.013 [0.023] |      0.019 [0.022]       0.034 [0.06]      0.021 [0.029]   17.6, 1.0
# borehole    10%   200      0.007 [0.009]      0.0084 [0.01]                  - |      0.016 [0.017]      0.021 [0.026]                  -   34.3, 0.8
# branin       0%    20     0.0058 [0.015]     0.0058 [0.015]   0.00058 [0.0011] |      0.018 [0.042]      0.018 [0.042]     0.002 [0.0034]   1.0, 0.5
# branin       0%    50  0.00013 [0.00029]  0.00013 [0.00029]  1.9e-05 [0.00013] |   0.00062 [0.0011]   0.00062 [0.0011]  9.2e-05 [0.00057]   0.9, 0.5
# branin       0%   100  2.5e-05 [9.6e-05]  2.5e-05 [9.6e-05]  3.3e-06 [2.2e-05] |  0.00018 [0.00044]  0.00018 [0.00044]  2.4e-05 [0.00011]   1.1, 0.5
# branin       0%   200    1e-05 [1.4e-05]    1e-05 [1.4e-05]    1.2e-06 [3e-05] |  6.4e-05 [0.00014]  6.4e-05 [0.00014]  9.7e-06 [0.00019]   1.2, 0.6
# branin       2%    20      0.025 [0.056]         0.51 [1.1]      0.019 [0.035] |         0.06 [0.1]         0.82 [1.2]       0.04 [0.075]   0.1, 0.1
# branin       2%    50     0.0095 [0.012]       0.062 [0.55]     0.0093 [0.013] |       0.02 [0.031]         0.19 [1.5]      0.019 [0.035]   0.5, 0.5
# branin       2%   100    0.0057 [0.0099]      0.021 [0.058]     0.0056 [0.013] |      0.015 [0.022]       0.067 [0.25]      0.014 [0.027]   0.8, 0.5
# branin       2%   200    0.0039 [0.0048]    0.0059 [0.0063]     0.004 [0.0047] |    0.0077 [0.0088]      0.023 [0.037]      0.0073 [0.01]   2.3, 0.6
# branin      10%    20         0.1 [0.16]           0.75 [2]         0.1 [0.11] |        0.13 [0.25]          1.3 [3.3]        0.14 [0.21]   0.4, 0.1
# branin      10%    50      0.045 [0.077]         0.33 [1.4]      0.045 [0.062] |       0.064 [0.12]         0.97 [4.8]       0.066 [0.11]   0.3, 0.5
# branin      10%   100      0.026 [0.037]        0.15 [0.38]      0.024 [0.034] |      0.039 [0.055]          0.7 [1.3]      0.046 [0.073]   1.1, 0.5
# branin      10%   200      0.021 [0.023]      0.045 [0.064]       0.02 [0.023] |       0.03 [0.037]         0.2 [0.35]      0.031 [0.035]   1.8, 0.6
# ishigami     0%    20         0.85 [1.3]         0.96 [1.3]        0.56 [0.68] |         0.97 [1.2]          1.1 [1.2]        0.58 [0.64]   0.7, 0.2
# ishigami     0%    50        0.23 [0.63]        0.23 [0.63]        0.13 [0.19] |           0.31 [1]           0.31 [1]         0.2 [0.24]   1.1, 0.5
# ishigami     0%   100        0.026 [0.1]        0.026 [0.1]      0.015 [0.038] |       0.055 [0.15]       0.055 [0.15]      0.027 [0.051]   1.2, 0.5
# ishigami     0%   200     0.0048 [0.018]     0.0048 [0.018]    0.0014 [0.0035] |       0.01 [0.037]       0.01 [0.037]    0.0034 [0.0067]   1.2, 0.6
# ishigami     2%    20        0.69 [0.86]         0.88 [1.7]        0.51 [0.58] |        0.71 [0.85]         0.99 [1.3]        0.59 [0.61]   0.2, 0.2
# ishigami     2%    50        0.15 [0.65]        0.37 [0.71]         0.2 [0.27] |        0.21 [0.73]        0.44 [0.76]        0.26 [0.35]   0.9, 0.5
# ishigami     2%   100       0.048 [0.64]        0.15 [0.41]      0.061 [0.091] |       0.082 [0.71]        0.24 [0.42]        0.11 [0.13]   2.1, 0.5
# ishigami     2%   200        0.02 [0.64]         0.05 [0.1]      0.026 [0.048] |       0.039 [0.71]         0.1 [0.22]      0.049 [0.075]   8.5, 0.6
# ishigami    10%    20        0.75 [0.85]         0.83 [1.2]        0.59 [0.83] |         0.74 [0.9]         0.88 [1.1]        0.63 [0.73]   0.4, 0.2
# ishigami    10%    50        0.24 [0.72]         0.75 [1.8]        0.27 [0.33] |        0.31 [0.79]         0.99 [2.5]        0.36 [0.39]   0.9, 0.5
# ishigami    10%   100        0.11 [0.16]         0.53 [1.4]        0.13 [0.17] |         0.16 [0.2]         0.94 [1.8]        0.21 [0.23]   1.8, 0.5
# ishigami    10%   200      0.053 [0.082]        0.18 [0.61]      0.063 [0.089] |       0.078 [0.11]        0.38 [0.98]         0.1 [0.14]   6.1, 0.7
# n1           0%    20   0.00044 [0.0017]   0.00044 [0.0017]   0.00015 [0.0009] |    0.0025 [0.0072]    0.0025 [0.0072]   0.00064 [0.0025]   0.8, 0.6
# n1           0%    50  1.1e-05 [2.5e-05]  1.1e-05 [2.5e-05]  5.6e-06 [1.9e-05] |  0.00011 [0.00023]  0.00011 [0.00023]  3.7e-05 [0.00011]   0.9, 0.5
# n1           0%   100  3.8e-06 [1.2e-05]  3.8e-06 [1.2e-05]  9.5e-07 [2.3e-06] |  3.2e-05 [6.7e-05]  3.2e-05 [6.7e-05]      7e-06 [2e-05]   1.2, 0.5
# n1           0%   200  6.1e-07 [2.6e-06]  6.1e-07 [2.6e-06]  1.4e-07 [6.3e-07] |  5.5e-06 [2.2e-05]  5.5e-06 [2.2e-05]  1.8e-06 [6.3e-06]   1.1, 0.7
# n1           2%    20      0.012 [0.025]         0.35 [1.7]       0.01 [0.019] |      0.024 [0.051]            1 [3.1]      0.025 [0.041]   0.3, 0.1
# n1           2%    50     0.005 [0.0059]       0.023 [0.11]    0.0045 [0.0057] |      0.011 [0.017]        0.14 [0.59]      0.011 [0.014]   0.3, 0.4
# n1           2%   100    0.0039 [0.0052]    0.0064 [0.0086]    0.0036 [0.0051] |     0.0071 [0.009]      0.043 [0.056]    0.0069 [0.0077]   0.7, 0.5
# n1           2%   200    0.0026 [0.0033]    0.0032 [0.0047]    0.0026 [0.0032] |     0.005 [0.0056]      0.019 [0.028]    0.0048 [0.0057]   1.8, 0.6
# n1          10%    20      0.045 [0.062]        0.66 [0.98]      0.042 [0.053] |       0.072 [0.12]          2.3 [3.3]      0.064 [0.078]   0.3, 0.1
# n1          10%    50      0.024 [0.033]         0.25 [0.6]      0.024 [0.033] |      0.043 [0.052]          1.4 [2.8]      0.045 [0.052]   0.7, 0.6
# n1          10%   100      0.015 [0.026]        0.05 [0.11]      0.014 [0.025] |      0.027 [0.036]        0.32 [0.84]      0.025 [0.037]   0.7, 0.5
# n1          10%   200      0.011 [0.017]      0.019 [0.023]       0.01 [0.015] |       0.02 [0.024]        0.12 [0.24]      0.019 [0.023]   2.1, 0.6
# robot        0%    20         0.16 [0.3]        0.15 [0.23]         0.15 [0.2] |        0.31 [0.43]        0.31 [0.37]         0.3 [0.34]   0.2, 0.3
# robot        0%    50      0.057 [0.074]      0.037 [0.087]       0.078 [0.21] |        0.17 [0.21]        0.13 [0.19]        0.21 [0.42]   1.1, 0.5
# robot        0%   100      0.019 [0.034]      0.015 [0.027]       0.043 [0.05] |       0.086 [0.13]       0.073 [0.11]        0.15 [0.18]   3.0, 0.6
# robot        0%   200      0.007 [0.017]     0.0076 [0.014]      0.028 [0.037] |      0.057 [0.094]      0.057 [0.076]        0.13 [0.14]   37.3, 0.7
# robot        2%    20        0.19 [0.39]        0.22 [0.46]        0.14 [0.27] |        0.34 [0.69]         0.4 [0.65]         0.3 [0.44]   0.7, 0.4
# robot        2%    50      0.057 [0.081]        0.12 [0.22]       0.067 [0.12] |         0.17 [0.2]        0.25 [0.38]         0.2 [0.26]   1.3, 0.5
# robot        2%   100      0.019 [0.043]        0.05 [0.13]      0.041 [0.053] |       0.093 [0.14]        0.17 [0.27]        0.15 [0.18]   2.3, 0.6
# robot        2%   200       0.011 [0.03]      0.016 [0.034]      0.026 [0.036] |       0.064 [0.12]       0.084 [0.18]        0.13 [0.15]   10.1, 0.8
# robot       10%    20        0.23 [0.31]         0.3 [0.54]        0.14 [0.26] |         0.4 [0.45]        0.54 [0.72]          0.3 [0.4]   0.7, 0.3
# robot       10%    50       0.069 [0.11]        0.46 [0.73]      0.075 [0.094] |        0.18 [0.24]         0.89 [1.5]        0.21 [0.23]   0.6, 0.8
# robot       10%   100      0.049 [0.059]        0.22 [0.34]      0.052 [0.055] |        0.14 [0.16]         0.6 [0.85]        0.18 [0.19]   1.9, 0.6
# robot       10%   200      0.022 [0.026]       0.096 [0.12]      0.036 [0.042] |        0.091 [0.1]        0.29 [0.41]        0.15 [0.15]   13.3, 0.6
"""Values and slopes with noise: the default, the default of 0.1, and kriging."""

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")

# ruff: noqa: E402 - the number of threads is read when NumPy and JAX are imported
import argparse
import time
from collections.abc import Callable

import jax
import numpy as np
from scipy.stats import qmc

import sobolev as sb
from sobolev.weighting import InverseEnergy

jax.config.update("jax_enable_x64", True)

TEST, MOST_LABELS = 2000, 1000


def n1(x):
    a, b = x.T
    return np.sin(2 * a + b) * np.exp(0.4 * b) + 0.3 * a**2


def branin(x):
    a, b = x.T
    bend = b - 5.1 / (4 * np.pi**2) * a**2 + 5 / np.pi * a - 6
    return bend**2 + 10 * (1 - 1 / (8 * np.pi)) * np.cos(a) + 10


def beam(x):
    b, h, length = x.T
    return 5e4 * length**3 / (3 * 2e11 * b * h**3 / 12)


def ishigami(x):
    a, b, c = x.T
    return np.sin(a) + 7 * np.sin(b) ** 2 + 0.1 * c**4 * np.sin(a)


def robot(x):
    lengths, angles = x[:, 0::2], np.cumsum(x[:, 1::2], axis=1)
    u, v = (lengths * np.cos(angles)).sum(1), (lengths * np.sin(angles)).sum(1)
    return np.sqrt(u**2 + v**2)


def borehole(x):
    rw, r, Tu, Hu, Tl, Hl, L, Kw = x.T
    log = np.log(r / rw)
    return 2 * np.pi * Tu * (Hu - Hl) / (log * (1 + 2 * L * Tu / (log * rw**2 * Kw) + Tu / Tl))


PROBLEMS: dict[str, tuple[Callable, list, list]] = {
    "n1": (n1, [-1] * 2, [1] * 2),
    "branin": (branin, [-5, 0], [10, 15]),
    "beam": (beam, [0.01, 0.3, 0.5], [0.05, 0.65, 1.0]),
    "ishigami": (ishigami, [-np.pi] * 3, [np.pi] * 3),
    "robot": (robot, [0.1, 0] * 2, [1, 2 * np.pi] * 2),
    "borehole": (
        borehole,
        [0.05, 100, 63070, 990, 63.1, 700, 1120, 9855],
        [0.15, 50000, 115600, 1110, 116, 820, 1680, 12045],
    ),
}


def known(f: Callable, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Values, and slopes by complex steps."""
    steps = 1e-30j * np.eye(x.shape[1])
    return f(x), np.stack([np.imag(f(x + step)) / 1e-30 for step in steps], axis=1)


def drawn(name: str, n: int, noise: float, seed: int) -> tuple[sb.Dataset, sb.Dataset, np.ndarray]:
    """Noisy rows, exact test rows, and half the width of each input."""
    f, low, high = PROBLEMS[name]
    lower, upper = np.array(low, float), np.array(high, float)
    rng = np.random.default_rng([seed, n, int(noise * 1000)])
    x = lower + qmc.LatinHypercube(len(lower), seed=rng).random(n) * (upper - lower)
    at = lower + np.random.default_rng(7).random((TEST, len(lower))) * (upper - lower)
    (y, dy), (ty, tdy) = known(f, x), known(f, at)
    y = y + noise * ty.std() * rng.standard_normal(n)
    dy = dy + noise * tdy.std(0) * rng.standard_normal(dy.shape)
    made = [sb.Dataset(a, v[:, None], s[:, None]) for a, v, s in ((x, y, dy), (at, ty, tdy))]
    return made[0], made[1], (upper - lower) / 2


def errors(model, test: sb.Dataset, half: np.ndarray) -> tuple[float, float]:
    value = np.std(model.value(test.x) - test.y) / test.y.std()
    off, size = (model.jacobian(test.x) - test.jacobian) * half, test.jacobian * half
    return float(value), float(np.sqrt(np.mean(off**2) / np.mean(size**2)))


def fitted(data: sb.Dataset, seed: int, **how):
    return sb.fit(sb.Surrogate.new(data, key=seed), data, records=4, check=False, **how).surrogate


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--problems", nargs="+", default=list(PROBLEMS))
    parser.add_argument("--rows", nargs="+", type=int, default=[20, 50, 100, 200])
    parser.add_argument("--noise", nargs="+", type=float, default=[0.0, 0.02, 0.1])
    parser.add_argument("--seeds", type=int, default=8)
    asked = parser.parse_args()
    for name in asked.problems:
        for noise in asked.noise:
            for n in asked.rows:
                found: dict[str, list] = {"now": [], "0.1": [], "kriging": []}
                for seed in range(asked.seeds):
                    data, test, half = drawn(name, n, noise, seed)
                    ways = {
                        "now": lambda d=data, s=seed: fitted(d, s),
                        # Whoever names the weighting gets the optimiser of 0.1 with it.
                        "0.1": lambda d=data, s=seed: fitted(d, s, weighting=InverseEnergy()),
                    }
                    if n * (1 + data.x.shape[1]) <= MOST_LABELS:
                        ways["kriging"] = lambda d=data: sb.GEK.of(d)
                    for way, make in ways.items():
                        begin = time.process_time()
                        model = make()
                        seconds = time.process_time() - begin
                        found[way].append((*errors(model, test, half), seconds))
                said = [
                    f"{way} {np.median(v):.2g} [{max(v):.2g}] / {np.median(s):.2g} [{max(s):.2g}]"
                    f" {np.median(t):.1f} s"
                    for way, rows in found.items()
                    if rows
                    for v, s, t in [tuple(zip(*rows, strict=True))]
                ]
                print(f"{name:9s} {noise:4.0%} {n:4d}  " + "   ".join(said), flush=True)
