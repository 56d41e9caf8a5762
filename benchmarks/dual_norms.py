"""What does it bring to measure the residual of an equation in a negative norm?

Answer: with Adam everything where fast waves are as large as slow ones. −u″ = f with u = sin πx + sin 10πx, 1-32-32-1 tanh,
hard conditions, 127 points, 10 000 steps: the mean square has an error above 1, H⁻¹ (`Sines(box, 127).dual`) 8e-4, two
thousand times less; ten waves of one size 7e-4 against 5. Where the fast waves are small or near the slow ones it costs
accuracy: sin πx + sin 4πx 2e-3 against 1.5e-4, ten waves of sizes 1/k 5.5e-4 against 2.1e-4. Levenberg and Marquardt's steps
(200) undo the condition number by themselves: with them the mean square is best in all rows. H⁻² leaves half of the seeds
in a local minimum. −εu″ + u′ = 1 against polynomials in the dual norm (`WeakForm`) is solved to 6e-8 at ε = 1e-2 with 80 tests and
to 1e-7 at 1e-3 with 240; with 160 tests the loss is as small, and the error 1e-5, which the fresh residual tells.

Relative errors of u in L² (of u′ in H1), one core of two, the other one busy, 8 seeds, all of them, 2026-11-26:

    1 and 10  Adam      L2   median 1.6e+00 (H1 7.7e-01)  2.6 CPU s  1.1e+00 1.1e+00 1.6e+00 3.1e+00 2.6e+00 1.6e+00 3.1e+00 1.1e+00
    1 and 10  Adam      H-1  median 7.9e-04 (H1 2.4e-03)  2.8 CPU s  1.6e-03 9.8e-04 5.2e-04 8.0e-04 3.7e-04 6.0e-04 7.9e-04 2.1e-03
    1 and 10  Adam      H-2  median 3.5e-01 (H1 5.0e-01)  2.6 CPU s  2.5e-03 7.1e-01 1.9e-03 7.1e-01 7.1e-01 3.4e-03 7.1e-01 1.6e-03
    1 and 10  LM        L2   median 4.5e-05 (H1 5.0e-05)  1.4 CPU s  4.3e-05 4.1e-05 3.5e-03 6.6e-06 1.6e-04 3.5e-05 1.6e-04 4.8e-05
    1 and 10  LM        H-1  median 4.0e-04 (H1 1.0e-03)  1.4 CPU s  3.9e-04 1.4e-03 4.7e-04 4.2e-04 1.8e-04 1.1e-04 4.1e-04 1.9e-04
    1 and 10  LM        H-2  median 9.6e-04 (H1 5.4e-03)  1.4 CPU s  1.1e-03 9.6e-04 8.6e-04 9.6e-04 9.1e-04 1.0e-03 9.3e-04 1.0e-03
    1 and 4   Adam      L2   median 1.5e-04 (H1 1.8e-04)  2.8 CPU s  2.2e-04 1.7e-04 2.0e-04 5.2e-05 1.4e-04 2.7e-04 8.3e-05 9.1e-05
    1 and 4   Adam      H-1  median 2.0e-03 (H1 3.7e-03)  2.7 CPU s  1.8e-03 8.2e-04 4.4e-03 2.6e-03 2.3e-03 6.0e-04 2.2e-03 1.5e-03
    1 and 4   Adam      H-2  median 8.9e-03 (H1 3.8e-02)  2.8 CPU s  8.1e-03 9.3e-03 7.1e-03 9.8e-03 1.2e-02 8.5e-03 1.1e-02 7.8e-03
    1 and 4   LM        L2   median 5.2e-07 (H1 6.3e-07)  1.7 CPU s  5.1e-07 2.1e-07 3.8e-07 1.5e-06 5.2e-07 8.7e-07 7.1e-07 5.0e-07
    1 and 4   LM        H-1  median 1.0e-06 (H1 6.8e-06)  1.5 CPU s  2.2e-06 4.7e-07 1.0e-06 9.6e-07 8.4e-07 3.9e-06 2.7e-06 8.4e-07
    1 and 4   LM        H-2  median 2.0e-05 (H1 2.1e-04)  1.5 CPU s  1.5e-05 1.2e-05 1.1e-05 5.6e-05 2.7e-05 1.8e-06 2.5e-05 2.5e-05
    1/k to 10 Adam      L2   median 2.1e-04 (H1 4.4e-04)  3.1 CPU s  1.3e-04 5.5e-05 2.1e-04 2.1e-04 1.8e-04 5.0e-04 2.5e-04 2.2e-04
    1/k to 10 Adam      H-1  median 5.5e-04 (H1 2.3e-03)  3.1 CPU s  7.4e-04 7.6e-04 3.0e-04 5.5e-04 1.3e-03 5.5e-04 3.6e-04 3.1e-04
    ε = 1e-2  SSBroyden weak median 5.9e-08 (H1 5.3e-06)  2.1 CPU s  1.1e-08 1.4e-08 9.8e-08 3.3e-08 1.3e-07 7.2e-07 3.8e-08 8.1e-08
    ε = 1e-3  SSBroyden weak median 1.3e-07 (H1 1.1e-05)  3.5 CPU s  1.2e-07 1.3e-06 9.1e-08 2.0e-07 1.5e-07 6.4e-08 1.2e-07 2.4e-07
    few tests SSBroyden weak median 1.2e-05 (H1 3.0e-03)  2.5 CPU s  1.1e-04 1.5e-05 3.1e-04 3.1e-06 2.2e-07 8.2e-06 2.0e-04 2.0e-06
    1 to 10   Adam      L2   median 4.9e+00 (H1 8.7e-01)  2.6 CPU s  5.7e+00 5.7e+00 4.7e+00 4.7e+00 5.0e+00 5.3e+00 4.7e+00 4.7e+00
    1 to 10   Adam      H-1  median 7.0e-04 (H1 2.4e-03)  2.7 CPU s  1.3e-03 7.3e-04 6.7e-04 6.6e-04 1.1e-03 1.4e-03 5.0e-04 4.8e-04
"""

import argparse
import json
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_enable_x64", True)

from sobolev import Box, Surrogate, fit  # noqa: E402
from sobolev.inner_products import Sines  # noqa: E402
from sobolev.losses import Equation, Mapped, WeakForm, by_names  # noqa: E402
from sobolev.networks import MLP, Between, HardBoundary, tanh  # noqa: E402
from sobolev.optimisers import Adam, LevenbergMarquardt, SSBroyden  # noqa: E402
from sobolev.weighting import Unweighted  # noqa: E402

LINE = Box(("x",), (0.0,), (1.0,))
LONG = Box(("x",), (-1.0,), (1.0,))
LAYERS = {"ε = 1e-2": (1e-2, 80, 25), "ε = 1e-3": (1e-3, 240, 20), "few tests": (1e-3, 160, 20)}
NORMS = {"L2": 0.0, "H-1": 1.0, "H-2": 2.0}
SUMS = {"1 and 10": {1: 1.0, 10: 1.0}, "1 and 4": {1: 1.0, 4: 1.0}}
SUMS["1/k to 10"] = {k: 1.0 / k for k in range(1, 11)}
SUMS["1 to 10"] = {k: 1.0 for k in range(1, 11)}
WAYS = {"Adam": (Adam(1e-3, None), 10_000), "LM": (LevenbergMarquardt(), 200)}


def waves(modes, x, order=0):
    """Σ_k a_k sin kπx, or its first or (negative) second derivative."""
    size = {0: 1.0, 1: jnp.pi, 2: jnp.pi**2}[order]
    of = jnp.cos if order == 1 else jnp.sin
    return sum(a * size * k**order * of(k * jnp.pi * x) for k, a in modes.items())


def solved(modes, order, way, seed):
    """Relative errors in L2 and in the slope of −u″ = f with sums of sines, 127 points."""

    @by_names(LINE, "u")
    def bent(u, x):
        return -u.xx - waves(modes, x, 2)

    norm = Sines(LINE, 127, order=order).dual
    # Dividing by the norm of f makes the loss of u = 0 one half in every norm.
    f = np.asarray(waves(modes, norm.points[:, 0], 2))
    block = Mapped(
        Equation("−u″ = f", bent, norm.points, scale=float(norm.norm(norm.seen(f)))), norm
    )
    optimiser, epochs = WAYS[way]
    network = HardBoundary(MLP((32, 32), activation=tanh), (Between("x", 0.0, 1.0),))
    made = Surrogate.on(LINE, "u", network, key=seed)
    begin = time.process_time()
    found = fit(
        made, block, optimiser=optimiser, epochs=epochs, seed=seed, records=10,
        weighting=Unweighted(), check=False,
    )  # fmt: skip
    x = np.linspace(0, 1, 1001)[:, None]
    off = found.surrogate.value(x)[:, 0] - waves(modes, x[:, 0])
    slope = found.surrogate.jacobian(x)[:, 0, 0] - waves(modes, x[:, 0], 1)
    return {
        "L2": float(np.linalg.norm(off) / np.linalg.norm(waves(modes, x[:, 0]))),
        "H1": float(np.linalg.norm(slope) / np.linalg.norm(waves(modes, x[:, 0], 1))),
        "seconds": time.process_time() - begin,
        "fresh over train": float(found.history.fresh_loss[-1, 0] / found.history.loss[-1, 0]),
    }


def layer(ε, tests, hidden, seed):
    """−εu″ + u′ = 1 on (−1, 1), u(±1) = 0, against polynomials in the dual norm of ∫ u′v′."""

    @by_names(LONG, ("u", "v"))
    def carried(u, v):
        return ε * u.x * v.x + u.x * v - v

    network = HardBoundary(MLP((hidden, hidden), activation=tanh), (Between("x", -1.0, 1.0),))
    begin = time.process_time()
    found = fit(
        Surrogate.on(LONG, "u", network, key=seed),
        WeakForm("layer", carried, LONG, tests=tests, every=100),
        optimiser=SSBroyden(hold=100), epochs=3000, seed=seed, records=10,
        weighting=Unweighted(), check=False,
    )  # fmt: skip
    # Half of the points in the layer, each with the length that it stands for.
    x = np.concatenate([np.linspace(-1, 1 - 20 * ε, 2000), np.linspace(1 - 20 * ε, 1, 2001)[1:]])
    ω = np.gradient(x)
    u = 2 * np.expm1((x - 1) / ε) / np.expm1(-2 / ε) + x - 1
    slope = 2 / ε * np.exp((x - 1) / ε) / np.expm1(-2 / ε) + 1
    off = found.surrogate.value(x[:, None])[:, 0] - u
    skew = found.surrogate.jacobian(x[:, None])[:, 0, 0] - slope
    return {
        "L2": float(np.sqrt(np.sum(ω * off**2) / np.sum(ω * u**2))),
        "H1": float(np.sqrt(np.sum(ω * skew**2) / np.sum(ω * slope**2))),
        "seconds": time.process_time() - begin,
        "fresh over train": float(found.history.fresh_loss[-1, 0] / found.history.loss[-1, 0]),
    }


def main():
    """Each norm and optimiser on each sum of waves, seed by seed; goes on where the file ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sums", nargs="*", choices=SUMS, default=list(SUMS))
    parser.add_argument("--norms", nargs="+", choices=NORMS, default=list(NORMS))
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    parser.add_argument("--seeds", type=int, default=8)
    parser.add_argument("--file", type=Path, help="rows as they are made; what is there is kept")
    parser.add_argument("--layers", nargs="*", choices=LAYERS, default=list(LAYERS))
    asked = parser.parse_args()
    known = {}
    if asked.file and asked.file.exists():
        known = {tuple(row["case"]): row for row in map(json.loads, asked.file.open())}
    cases = [(s, w, n) for s in asked.sums for w in asked.ways for n in asked.norms]
    cases += [(name, "SSBroyden", "weak") for name in asked.layers]
    for case in [(*case, seed) for seed in range(asked.seeds) for case in cases]:
        if case in known:
            continue
        name, way, norm, seed = case
        layered = name in LAYERS
        row = layer(*LAYERS[name], seed) if layered else solved(SUMS[name], NORMS[norm], way, seed)
        known[case] = row | {"case": case}
        if asked.file:
            with asked.file.open("a") as rows:
                rows.write(json.dumps(known[case]) + "\n")
    for case in dict.fromkeys(key[:3] for key in known):
        rows = [row for key, row in known.items() if key[:3] == case]
        each = " ".join(f"{row['L2']:.1e}" for row in rows)
        middle = {
            name: np.median([row[name] for row in rows]) for name in rows[0] if name != "case"
        }
        print(
            f"    {case[0]:9s} {case[1]:9s} {case[2]:4s} median {middle['L2']:.1e} "
            f"(H1 {middle['H1']:.1e}) {middle['seconds']:4.1f} CPU s  {each}",
            flush=True,
        )


if __name__ == "__main__":
    main()
