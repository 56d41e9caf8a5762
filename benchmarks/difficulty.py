# 2-core AMD EPYC, Python 3.11, JAX 0.9.2, one thread, 2026-11-26, other work beside it; 10 seeds. The cell "75% of it
# hard" with values only was cut off by the time limit.
#
# 16 x 4 cells: 1.52 ms a row against 43.9: 29
# 16 x 4 cells; values only; 16 hard, or 8 and 231 easy; hard only 0.03424 0.04769
#     offset    0.01188  0.01338   ratio of values  3.06 (2.08 to 3.93), of slopes  3.61 (2.80 to 4.58), better in 10 of 10
#     level     0.04594  0.05176   ratio of values  0.74 (0.32 to 1.43), of slopes  0.92 (0.41 to 1.71), better in 4 of 10
#     easy      0.11033  0.03794   ratio of values  0.31 (0.29 to 0.36), of slopes  1.26 (1.17 to 1.41), better in 0 of 10
# 16 x 4 cells; values only; 8 hard, or 4 and 115 easy; hard only 0.10654 0.11306
#     offset    0.03237  0.02774   ratio of values  4.54 (2.38 to 8.97), of slopes  5.60 (3.33 to 8.50), better in 10 of 10
#     level     0.16713  0.15806   ratio of values  0.67 (0.26 to 1.50), of slopes  0.83 (0.44 to 1.46), better in 3 of 10
#     easy      0.11033  0.03803   ratio of values  0.96 (0.89 to 2.02), of slopes  2.96 (2.70 to 5.29), better in 4 of 10
# 16 x 4 cells; values only; 32 hard, or 18 and 400 easy; hard only 0.00693 0.01218
#     offset    0.00448  0.00674   ratio of values  1.66 (1.05 to 2.51), of slopes  1.95 (1.24 to 2.66), better in 9 of 10
#     level     0.00444  0.00617   ratio of values  1.51 (0.72 to 3.05), of slopes  1.95 (1.17 to 3.79), better in 8 of 10
#     easy      0.11030  0.03791   ratio of values  0.06 (0.06 to 0.09), of slopes  0.32 (0.29 to 0.46), better in 0 of 10
# 8 x 2 cells, linear: 0.56 ms a row against 44.5: 80
# 8 x 2 cells, linear; values only; 16 hard, or 10 and 400 easy; hard only 0.03424 0.04769
#     offset    0.02981  0.03835   ratio of values  1.15 (0.84 to 1.41), of slopes  1.36 (1.04 to 1.46), better in 8 of 10
#     level     0.04019  0.04403   ratio of values  1.02 (0.54 to 1.29), of slopes  1.16 (0.72 to 1.53), better in 5 of 10
#     easy      0.32137  0.09186   ratio of values  0.11 (0.10 to 0.12), of slopes  0.52 (0.48 to 0.58), better in 0 of 10
# 16 x 4 cells, 25% of it hard; values only; 16 hard, or 4 and 357 easy; hard only 0.03424 0.04769
#     offset    0.03236  0.02763   ratio of values  1.10 (0.73 to 2.50), of slopes  1.76 (1.51 to 3.12), better in 6 of 10
#     level     0.23712  0.20924   ratio of values  0.14 (0.09 to 0.25), of slopes  0.24 (0.17 to 0.38), better in 0 of 10
#     easy      0.11031  0.03794   ratio of values  0.31 (0.29 to 0.36), of slopes  1.26 (1.16 to 1.41), better in 0 of 10
# 16 x 4 cells: 1.92 ms a row against 51.7: 27
# 16 x 4 cells; values and slopes; 16 hard, or 8 and 215 easy; hard only 0.00223 0.00433
#     offset    0.00256  0.00385   ratio of values  0.72 (0.54 to 1.61), of slopes  0.98 (0.73 to 1.70), better in 3 of 10
#     level     0.00200  0.00305   ratio of values  0.93 (0.69 to 2.04), of slopes  1.43 (0.94 to 2.54), better in 4 of 10
#     easy      0.11029  0.03784   ratio of values  0.02 (0.01 to 0.03), of slopes  0.11 (0.09 to 0.15), better in 0 of 10
# 16 x 4 cells; values and slopes; 8 hard, or 4 and 107 easy; hard only 0.01332 0.01989
#     offset    0.00671  0.00826   ratio of values  2.03 (1.22 to 2.87), of slopes  2.17 (1.74 to 3.09), better in 10 of 10
#     level     0.01101  0.01330   ratio of values  1.24 (0.58 to 2.46), of slopes  1.36 (0.72 to 3.23), better in 6 of 10
#     easy      0.11031  0.03784   ratio of values  0.12 (0.08 to 0.22), of slopes  0.53 (0.38 to 0.85), better in 0 of 10
# 16 x 4 cells; values and slopes; 32 hard, or 17 and 400 easy; hard only 0.00075 0.00181
#     offset    0.00078  0.00183   ratio of values  1.10 (0.59 to 1.55), of slopes  0.96 (0.83 to 1.48), better in 7 of 10
#     level     0.00103  0.00193   ratio of values  0.75 (0.33 to 1.12), of slopes  0.91 (0.65 to 1.34), better in 2 of 10
#     easy      0.11030  0.03784   ratio of values  0.01 (0.00 to 0.01), of slopes  0.05 (0.03 to 0.06), better in 0 of 10
# 8 x 2 cells, linear: 0.84 ms a row against 58.6: 70
# 8 x 2 cells, linear; values and slopes; 16 hard, or 10 and 400 easy; hard only 0.00223 0.00433
#     offset    0.00684  0.01058   ratio of values  0.29 (0.18 to 0.63), of slopes  0.39 (0.23 to 0.72), better in 0 of 10
#     level     0.00454  0.00791   ratio of values  0.48 (0.31 to 0.68), of slopes  0.53 (0.36 to 0.82), better in 0 of 10
#     easy      0.32136  0.09186   ratio of values  0.01 (0.01 to 0.01), of slopes  0.05 (0.04 to 0.06), better in 0 of 10
# 16 x 4 cells, 25% of it hard; values and slopes; 16 hard, or 4 and 370 easy; hard only 0.00223 0.00433
#     offset    0.00659  0.00831   ratio of values  0.36 (0.11 to 0.51), of slopes  0.51 (0.24 to 0.76), better in 0 of 10
#     level     0.01105  0.01418   ratio of values  0.20 (0.14 to 0.23), of slopes  0.33 (0.21 to 0.58), better in 0 of 10
#     easy      0.11030  0.03784   ratio of values  0.02 (0.01 to 0.03), of slopes  0.11 (0.09 to 0.15), better in 0 of 10
# 16 x 4 cells, 75% of it hard; values and slopes; 16 hard, or 12 and 123 easy; hard only 0.00223 0.00433
#     offset    0.00142  0.00295   ratio of values  1.64 (1.00 to 2.48), of slopes  1.61 (1.30 to 2.34), better in 9 of 10
#     level     0.00128  0.00223   ratio of values  1.60 (1.21 to 2.99), of slopes  1.92 (1.51 to 2.77), better in 9 of 10
#     easy      0.11031  0.03785   ratio of values  0.02 (0.01 to 0.03), of slopes  0.11 (0.09 to 0.15), better in 0 of 10
"""Many easy simulations and few hard ones against hard ones only, at equal cost.

A tapered cantilever, plane stress, finite strain (Saint-Venant-Kirchhoff): deflection of its end and
p-norm of the von Mises stress by load, length and taper. Hard: 128 x 32 cells. Easy: the same on
16 x 4 cells, or linear on 8 x 2. A budget buys so many hard rows, or half of them and easy ones for
the other half (`generation.Mixture`, at most 400). Three ways to learn, all with the same network
(24, 24) and the default training of 400 epochs:

offset  the easy rows, then what hard rows say beyond them (`generation.beyond`, `function.Sum`);
level   one network of all rows with the rung as a further input, as in arXiv 2512.00564;
easy    the easy rows alone.

Errors are root mean squares over 120 hard rows, of values in parts of their spread, of slopes in
those times the spread of the inputs. Ratio: hard only over mixed, seed by seed (designs and
networks are others): above 1 the mixture is better.
"""

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

# ruff: noqa: E402 - the number of threads is read when NumPy and JAX are imported
import argparse
import warnings
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np

import sobolev as sb
from sobolev import Dataset, Surrogate, designs, fem, networks
from sobolev.function import Sum
from sobolev.generation import Mixture, beyond

jax.config.update("jax_enable_x64", True)
warnings.simplefilter("ignore")

BOX = sb.Box(("F", "length", "taper"), (0.5, 3.0, 0.3), (2.0, 6.0, 1.0), ("N", "mm", ""))
SPREAD = np.array([1.5, 3.0, 0.7]) / np.sqrt(12)


def tapered(X, length, taper):
    """The unit square as a beam that is thinner at its end."""
    height = 1 - (1 - taper) * X[:, 0]
    return jnp.stack([length * X[:, 0], (X[:, 1] - 0.5) * height], 1)


def beam(n: int, law=fem.SaintVenantKirchhoff) -> fem.Model:
    return fem.Model(
        fem.grid((4 * n, n)), [fem.Body(fem.PlaneStress(law(1000.0, 0.3)))], [fem.Fixed("left")],
        [fem.TotalForce("right", (0.0, "F"))],
        {"tip": fem.BoundaryMean("right", 1), "stress": fem.PNorm(fem.von_mises, exponent=6.0)},
        BOX, geometry=fem.Shape(tapered, ("length", "taper")), units=("mm", "MPa"),
    )  # fmt: skip


HARD = beam(32)
EASY = {"16 x 4 cells": beam(4), "8 x 2 cells, linear": beam(2, fem.LinearElastic)}


def trained(data: Dataset, seed: int) -> Surrogate:
    start = Surrogate.new(data, networks.MLP((24, 24)), key=seed)
    return sb.fit(start, data, epochs=400, seed=seed, check=False).surrogate


def with_level(data: Dataset, level: float) -> Dataset:
    """The rung as a further input, by which there is no slope."""
    x = np.column_stack([data.x, np.full(len(data), level)])
    jacobian = data.jacobian
    if jacobian is not None:
        jacobian = np.concatenate([jacobian, np.full((*jacobian.shape[:2], 1), np.nan)], -1)
    return Dataset(x, data.y, jacobian, inputs=(*data.inputs, "level"), outputs=data.outputs)


def learnt(easy: Dataset, hard: Dataset, only: Dataset, seed: int) -> dict:
    """Answers at points, by the way of learning."""
    base = trained(easy, seed)
    both = Sum((base, trained(beyond(hard, base), seed)))
    level = trained(sb.data.stack(with_level(easy, 0.0), with_level(hard, 1.0)), seed)

    def at_hardest(x):
        y, dy = level.derivatives(np.column_stack([x, np.ones(len(x))]), 1)
        return y, dy[..., :3]

    return {
        "hard only": lambda x, f=trained(only, seed): f.derivatives(x, 1),
        "offset": lambda x: both.derivatives(x, 1), "level": at_hardest,
        "easy": lambda x: base.derivatives(x, 1),
    }  # fmt: skip


def errors(answer, truth: Dataset) -> np.ndarray:
    y, dy = answer(truth.x)
    size = truth.y.std(0)
    value = (y - truth.y) / size
    slope = (dy - truth.jacobian) / size[:, None] * SPREAD
    return np.sqrt([np.mean(value**2), np.mean(slope**2)])


def compare(name: str, mixture: Mixture, wanted: int, seeds: int, truth: Dataset) -> None:
    budget = wanted * mixture.costs[1]
    counts = mixture.rows(budget)
    found: dict[str, list] = {}
    for seed in range(seeds):
        easy, hard = mixture.generate(budget, seed=10_000 * (seed + 1))
        only = sb.generate(HARD, designs.latin_hypercube(wanted, seed), order=mixture.order)
        for way, answer in learnt(easy, hard, only, seed).items():
            found.setdefault(way, []).append(errors(answer, truth))
    base = np.array(found["hard only"])
    print(
        f"{name}; {'values and slopes' if mixture.order else 'values only'}; {wanted} hard, or "
        f"{counts[1]} and {counts[0]} easy; hard only {np.median(base[:, 0]):.5f} "
        f"{np.median(base[:, 1]):.5f}"
    )
    for way in ("offset", "level", "easy"):
        here = np.array(found[way])
        low, middle, high = np.quantile(base / here, (0.1, 0.5, 0.9), axis=0)
        print(
            f"    {way:8s} {np.median(here[:, 0]):8.5f} {np.median(here[:, 1]):8.5f}   ratio of "
            f"values {middle[0]:5.2f} ({low[0]:.2f} to {high[0]:.2f}), of slopes {middle[1]:5.2f} "
            f"({low[1]:.2f} to {high[1]:.2f}), better in {(base / here > 1)[:, 0].sum()} of {seeds}",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--order", type=int, default=1, choices=(0, 1))
    given = parser.parse_args()
    truth = sb.generate(HARD, designs.latin_hypercube(120, 999), order=1)
    for name, easy in EASY.items():
        mixture = Mixture((easy, HARD), order=given.order).measured(12)
        cheap, dear = mixture.costs
        print(
            f"{name}: {1e3 * cheap:.2f} ms a row against {1e3 * dear:.1f}: {dear / cheap:.0f}",
            flush=True,
        )
        for wanted in (16, 8, 32) if easy is EASY["16 x 4 cells"] else (16,):
            compare(name, mixture, wanted, given.seeds, truth)
    mixture = Mixture((EASY["16 x 4 cells"], HARD), order=given.order).measured(12)
    for share in (0.25, 0.75):
        more = replace(mixture, shares=(1 - share, share))
        compare(f"16 x 4 cells, {share:.0%} of it hard", more, 16, given.seeds, truth)


if __name__ == "__main__":
    main()
