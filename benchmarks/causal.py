"""Do causal weights help where points are drawn anew? The first problem of Allen and Cahn, 3×24 tanh.

Answer: by Adam eightfold, 0.53 to 0.062 in the median of three seeds, if ε is 1e3 from the beginning (the residual is over
its scale 5); the default ε, or one that grows to 1e4, brings nothing. AMD EPYC, one core of two, the other at work, 2026-11-26,
JAX 0.9.2; CPU seconds without compilation.

    optimiser, weights, s, steps, fresh residual, L2, H1, every L2

    Adam              none                 31   4302  1.7e-02  5.3e-01  7.8e-01  5.3e-01 5.3e-01 4.9e-01
    Adam              16 chunks, default   31   3600  1.7e-02  5.4e-01  7.9e-01  5.4e-01 (seed 0 alone)
    Adam              32 chunks, ε to 1e4  32   3502  1.7e-02  5.4e-01  7.9e-01  5.4e-01 (seed 0 alone)
    Adam              32 chunks, ε = 1e3   31   3432  7.3e-03  6.2e-02  3.3e-01  6.3e-02 6.2e-02 4.8e-02
    LM                none                 27    214  2.0e-04  3.5e-03  2.1e-02  3.5e-03 (seed 0 alone, as all below)
    LM                32 chunks, ε = 1e3   25    213  8.3e-05  1.3e-03  1.1e-02  1.3e-03
    SSBroyden         none                 29   3659  3.3e-05  2.0e-04  1.7e-03  2.0e-04
    SSBroyden         32 chunks, ε = 1e3   29   3260  3.9e-05  1.6e-04  1.3e-03  1.6e-04

    python benchmarks/causal.py --seeds 0 1 2 --weights 0 3 --seconds 30
"""

import argparse
import time

import jax
import numpy as np

jax.config.update("jax_enable_x64", True)

from sobolev import Stop, equations, fit  # noqa: E402
from sobolev.losses import Adaptive, Uniform  # noqa: E402
from sobolev.networks import MLP, tanh  # noqa: E402
from sobolev.optimisers import Adam, LevenbergMarquardt, SSBroyden  # noqa: E402
from sobolev.weighting import CausalInTime  # noqa: E402

PROBLEM = equations.by_name("allen-cahn-1")
METHODS = {
    "Adam 2e-3, 2048 uniform points anew in each step": (
        lambda: Adam(2e-3, batch_size=None), lambda: Uniform(PROBLEM.box, 2048),
    ),
    "Levenberg–Marquardt, 2048 of 8192 by residual, anew every 5 steps": (
        LevenbergMarquardt, lambda: Adaptive(PROBLEM.box, 2048, every=5, candidates=8192),
    ),
    "SSBroyden(hold=100), 2048 of 8192 by residual, anew every 100 steps": (
        lambda: SSBroyden(hold=100),
        lambda: Adaptive(PROBLEM.box, 2048, every=100, candidates=8192),
    ),
}  # fmt: skip
WEIGHTS = {
    "none": lambda: None,
    "16 chunks": lambda: CausalInTime("t"),
    "32 chunks, ε to 1e4": lambda: CausalInTime("t", 32, strengths=(1.0, 1e1, 1e2, 1e3, 1e4)),
    "32 chunks, ε = 1e3": lambda: CausalInTime("t", 32, strengths=(1e3,)),
}


def one(method: str, weights: str, seed: int, seconds: float) -> tuple[float, ...]:
    """CPU seconds, steps, rms of the residual elsewhere, errors."""
    optimiser, points = METHODS[method]
    start = PROBLEM.surrogate(MLP((24, 24, 24), activation=tanh), key=seed)
    how = {"optimiser": optimiser(), "point_weights": WEIGHTS[weights](), "seed": seed}
    blocks = PROBLEM.blocks(points())
    fit(start, blocks, epochs=2, records=1, **how)  # compiles
    begin = time.process_time()
    records = range(0, 200_001, 200 if "Adam" in method else 20)
    fitted = fit(
        start, blocks, epochs=200_000, records=records, stop=Stop(cpu_seconds=seconds), **how
    )
    errors = PROBLEM.error(fitted.surrogate)
    spent = time.process_time() - begin
    return (
        spent,
        float(fitted.history.step[-1]),
        fitted.fresh_residual**0.5,
        *errors[:2],
    )


def main():
    """Every cell, every seed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--methods", type=int, nargs="+", default=[0])
    parser.add_argument("--weights", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--seconds", type=float, default=40.0)
    asked = parser.parse_args()
    for m in asked.methods:
        for w in asked.weights:
            method, weights = list(METHODS)[m], list(WEIGHTS)[w]
            found = np.array([one(method, weights, s, asked.seconds) for s in asked.seeds])
            middle = np.median(found, axis=0)
            print(f"{method} | {weights} | {middle[0]:.0f} s | {middle[1]:.0f} steps | "
                  f"fresh {middle[2]:.1e} | L2 {middle[3]:.1e} | H1 {middle[4]:.1e} | "
                  + " ".join(f"{e:.1e}" for e in found[:, 3]), flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
