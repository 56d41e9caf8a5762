"""A penalty on u'' with its weight by generalised cross-validation: splines, networks, and a trap.

Answer: splines are SciPy's, with its own weight to 1e-6 in the median (8e-6 in the worst of 8); a 32-32 network follows them to 1e-3;
of the slope's error without a penalty a fortieth is left. With 12 points nothing is gained, and `fit` warns. AMD EPYC, one core of
two, others at work, 2026-11-26, JAX 0.9.2; seeds 0 to 7, of noise and network; 8 CPU s a seed.

    off SciPy's spline: splines, network with w of splines, network; w over that of splines;
    rms error of the slope: w = 0, 12 points, network, splines

    0  8.38e-08  5.17e-04  1.65e-03  1.04e+00  7.20e-01  5.47e-01  1.56e-02  1.58e-02
    1  3.44e-07  6.30e-04  6.18e-04  1.00e+00  1.68e+00  1.07e+00  1.21e-02  1.21e-02
    2  2.02e-06  3.20e-04  9.97e-04  1.00e+00  9.11e-01  2.54e+00  1.68e-02  1.68e-02
    3  9.06e-07  4.21e-03  6.44e-03  9.89e-01  5.61e-01  1.10e+00  6.99e-02  6.93e-02
    4  1.18e-06  7.00e-04  1.59e-03  1.05e+00  6.58e-01  9.17e-01  1.84e-02  1.87e-02
    5  1.71e-07  6.90e-04  9.42e-04  1.03e+00  1.02e+00  4.05e-01  1.11e-02  1.11e-02
    6  2.52e-06  6.39e-04  1.08e-03  1.03e+00  3.91e-01  1.45e+00  1.85e-02  1.87e-02
    7  8.19e-06  1.07e-03  3.86e-03  9.24e-01  5.22e-01  9.46e-01  1.80e-02  1.73e-02

    python benchmarks/derivative_penalty.py --seeds 0 1 2 3 4 5 6 7
"""

import argparse
import importlib.util
import time
from pathlib import Path

import jax

jax.config.update("jax_enable_x64", True)

import numpy as np  # noqa: E402
from scipy.interpolate import make_smoothing_spline  # noqa: E402

import sobolev as sb  # noqa: E402
from sobolev.losses import Penalty  # noqa: E402
from sobolev.networks import MLP, tanh  # noqa: E402
from sobolev.optimisers import LevenbergMarquardt  # noqa: E402
from sobolev.weighting import Unweighted  # noqa: E402

NETWORK = MLP((32, 32), activation=tanh)
LADDER = (1e-4, 1e-5, 1e-6, 1e-7, 1e-8)
EPOCHS = 100


def example():
    """The one with the curve, its noise and its splines."""
    place = Path(__file__).parents[1] / "examples" / "ex35_smoothing.py"
    spec = importlib.util.spec_from_file_location("ex35", place)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def fitted(known, data: sb.Dataset, seed: int, weight: float, points: int) -> sb.Surrogate:
    """A network with the penalty of this weight at so many points."""
    x = np.linspace(0, known.LENGTH, points)[:, None]
    penalty = Penalty("bent", known.bent, x, weight, scale=known.SCALE)
    return sb.fit(
        sb.Surrogate.new(data, NETWORK, key=seed), [data, penalty], weighting=Unweighted(),
        optimiser=LevenbergMarquardt(), epochs=5 * EPOCHS, records=1, check=False,
        stop=sb.Stop(keep_best=False),
    ).surrogate  # fmt: skip


def one(known, seed: int) -> tuple[float, ...]:
    """Distances from SciPy's spline, and errors of slopes."""
    data, x = known.measured(seed), known.X
    splines = known.spline(data)
    scipy = make_smoothing_spline(data.x[:, 0], data.y[:, 0])(x)
    penalty = known.bending(1.0)
    start = sb.Surrogate.new(data, NETWORK, key=seed)
    best = sb.cross_validated(start, data, penalty, LADDER, epochs=EPOCHS, refine=4)
    alike = fitted(known, data, seed, splines.weight, 150)
    off = [
        np.abs(each.value(x[:, None])[:, 0] - scipy).max()
        for each in (splines.surrogate, alike, best.surrogate)
    ]
    free = fitted(known, data, seed, 0.0, 150)
    few = fitted(known, data, seed, best.weight, 12)
    errors = [known.slope_error(u) for u in (free, few, best.surrogate, splines.surrogate)]
    return (*off, best.weight / splines.weight, *errors)


NAMES = (
    "splines", "network, w of splines", "network", "w/w of splines", "w = 0", "12 points",
    "network", "splines",
)  # fmt: skip


def main() -> None:
    """A line for each seed, then the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(8)))
    known, rows = example(), []
    print("off SciPy's spline: " + ", ".join(NAMES[:3]), NAMES[3], sep="; ", end="; ")
    print("rms error of the slope: " + ", ".join(NAMES[4:]) + "; CPU s")
    for seed in parser.parse_args().seeds:
        start = time.process_time()
        rows.append(one(known, seed))
        took = time.process_time() - start
        print(seed, *(f"{a:9.2e}" for a in rows[-1]), f"{took:5.1f}", flush=True)
    print("median", *(f"{a:9.2e}" for a in np.median(rows, axis=0)))


if __name__ == "__main__":
    main()
