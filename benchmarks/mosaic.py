# 2-core AMD EPYC, Python 3.11, JAX 0.9.2, pyamg 5.4.1; torch-fem 0.14.0 with torch 2.13.0+cpu and pyamg 5.4.1; one
# thread each, quiet machine, 2026-11-26, two runs. Medians of 3 after the first calls.
#
# structural, nx = 4 to 16             5 values, farthest 5.9e-09
# structural, rho = 0.2 to 0.9         5 values, farthest 2.0e-08
# structural, corner, random           1 values, farthest 9.4e-09
# heat, nx = 2 to 24, random           5 values, farthest 2.4e-08
# heat as a sheet of quadrilaterals    5 values, farthest 2.4e-08
# heat, uniform, closed form           3 values, farthest 1.1e-16
# structural, corner, 6 directions, eps 1e-01: 1 - cosine 3.6e-07, largest relative error 3.3e-03
# structural, corner, 6 directions, eps 1e-02: 1 - cosine 3.6e-11, largest relative error 3.3e-05
# structural, corner, 6 directions, eps 1e-03: 1 - cosine 3.6e-15, largest relative error 3.3e-07
# structural, corner, 6 directions, eps 1e-04: 1 - cosine 3.6e-19, largest relative error 3.4e-09
# structural, corner, by every cell, Richardson: 1 - cosine 1.7e-17, largest error 6.0e-09 of the largest
# structural, corner, Taylor: slopes 1.997 with jvp and 3.003 with hvp; jvp - vjp 8.9e-16, hvp's own gradient 0.0e+00
# heat, nx = 16, 6 directions, eps 1e-01: 1 - cosine 6.1e-08, largest relative error 1.2e-03
# heat, nx = 16, 6 directions, eps 1e-02: 1 - cosine 6.1e-12, largest relative error 1.2e-05
# heat, nx = 16, 6 directions, eps 1e-03: 1 - cosine 6.1e-16, largest relative error 1.2e-07
# heat, nx = 16, 6 directions, eps 1e-04: 1 - cosine 6.7e-20, largest relative error 1.4e-09
# heat, nx = 16, by every cell, Richardson: 1 - cosine 3.3e-17, largest error 1.6e-08 of the largest
# heat, nx = 16, Taylor: slopes 1.998 with jvp and 3.009 with hvp; jvp - vjp 2.2e-15, hvp's own gradient 0.0e+00
# CPU seconds: set-up; value; value and gradient; with a Hessian product; first from nothing
# structural 16x2x8, Band               0.029    0.006    0.006    0.008     1.76
#   torch-fem                           0.002    0.021    0.036     none     2.00
#     5.97 x ours with its set-up, values 5e-14 apart, 1 - cosine of gradients 9e-28
# structural 64x2x32, Band              0.150    0.220    0.227    0.249     2.39
#   torch-fem                           0.024    0.731    1.136     none     3.75
#     5.11 x ours with its set-up, values 7e-13 apart, 1 - cosine of gradients 3e-24
# structural 128x2x64, Band             0.543    1.490    1.546    1.645     5.61
#   torch-fem                           0.097    4.222    7.471     none    13.83
#     4.90 x ours with its set-up, values 4e-14 apart, 1 - cosine of gradients 2e-24
# structural 32x16x16, Multigrid        0.234    0.707    0.714    0.961     3.56
#   torch-fem                           0.047    0.721    0.898     none     3.71
#     1.32 x ours with its set-up, values 1e-14 apart, 1 - cosine of gradients 2e-24
# heat 16x8x1, Band                     0.023    0.001    0.001    0.001     1.46
#   torch-fem                           0.001    0.008    0.013     none     1.84
#     14.65 x ours with its set-up, values 1e-14 apart, 1 - cosine of gradients 2e-28
# heat 16x8, Band                       0.022    0.001    0.001    0.001     1.38
# heat 128x64x1, Band                   0.103    0.032    0.037    0.052     1.82
#   torch-fem                           0.034    0.128    0.170     none     2.19
#     5.59 x ours with its set-up, values 8e-14 apart, 1 - cosine of gradients 2e-24
# heat 128x64, Band                     0.066    0.006    0.007    0.009     1.68
# heat 256x128x1, Band                  0.363    0.224    0.248    0.320     2.61
#   torch-fem                           0.154    0.420    0.565     none     3.23
#     2.91 x ours with its set-up, values 3e-13 apart, 1 - cosine of gradients 2e-24
# heat 256x128, Band                    0.200    0.043    0.047    0.060     1.98
# heat 512x256x1, Multigrid             1.457    1.441    1.488    2.179     6.52
#   torch-fem                           0.629    1.878    2.786     none     8.75
#     2.30 x ours with its set-up, values 9e-13 apart, 1 - cosine of gradients 1e-23
# heat 512x256, Band                    0.753    0.352    0.376    0.440     3.44
# heat 1024x512x1, Multigrid            6.799    6.107    6.355    9.135    22.53
#   torch-fem                           3.302    9.304   13.927     none    33.27
#     2.71 x ours with its set-up, values 2e-12 apart, 1 - cosine of gradients 2e-24
# heat 1024x512, Multigrid              3.047    2.027    2.065    2.908    10.21
"""Mosaic's structural and heat problem: values, gradients, Hessian products, and time.

Mosaic (github.com/pasteurlabs/mosaic, Apache-2, commit a535cb30; arXiv 2606.27895) compares
differentiable solvers on common problems. Two of them are posed here with public names: the
compliance of a cantilever of hexahedra with E(ρ) = 70 + 69930 ρ³, and of a conducting layer with
k(ρ) = 0.001 + 0.999 ρ³, both by the density ρ of every cell.

Its metric of gradients is kept: of L = C², along 6 random directions of unit length, central
differences with steps ε rms(ρ), the cosine of the two vectors of 6 numbers; beside it the cosine of
the whole gradient of C with Richardson's differences by every cell.

Times are CPU seconds of one thread, each problem in a new process that compiles everything: the
first answer from nothing, then medians. With `--torch-fem`, the Python of an environment with
torch-fem, `mosaic_torch_fem.py` does the same with that, size by size in the same run.
"""

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")

# ruff: noqa: E402 - the number of threads is read when NumPy and JAX are imported
import time

START = time.process_time()

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import jax
import numpy as np

import sobolev as sb
from sobolev import fem

jax.config.update("jax_enable_x64", True)

# What Mosaic's reference files hold.
LENGTHS = {4: 3.6651825e-3, 6: 3.8867775e-3, 8: 3.9753250e-3, 12: 4.0440133e-3, 16: 4.0695818e-3}
DENSITIES = {0.2: 5.5648803e-2, 0.4: 7.7059572e-3, 0.5: 3.9753250e-3, 0.7: 1.4560857e-3,
             0.9: 6.8615650e-4}  # fmt: skip
CORNER = 4.9841020e-3
LAYERS = {2: 16.552182, 4: 23.414675, 8: 99.867746, 16: 122.75733, 24: 329.55249}
TIMED = {
    "structural": [(16, 2, 8), (64, 2, 32), (128, 2, 64), (32, 16, 16)],
    "heat": [(16, 8, 1), (128, 64, 1), (256, 128, 1), (512, 256, 1), (1024, 512, 1)],
}


def stiffness(p):
    """SIMP."""
    return 70.0 + (70e3 - 70.0) * p["rho"] ** 3


def conductivity(p):
    """SIMP of heat."""
    return 1e-3 + (1 - 1e-3) * p["rho"] ** 3


def densities(count: int) -> sb.Box:
    return sb.Box(tuple(f"rho[{k}]" for k in range(count)), (0.0,) * count, (1.0,) * count)


def block(counts, size) -> fem.Mesh:
    mesh = fem.grid(counts)
    return mesh.moved(mesh.points * np.array(size)[None])


def structural(counts, corner: bool = False) -> fem.Model:
    """The cantilever [0, 2] × [0, 1]²; pulled down at its end, or up at one cell of a corner."""
    _, ny, nz = counts
    mesh = block(counts, (2.0, 1.0, 1.0)).where(
        "corner", lambda x: (x > [1.999, -1, -1]).all(1) & (x[:, 1:] < [1.01 / ny, 1.01 / nz]).all(1)
    )  # fmt: skip
    load = ("corner", (0.0, 0.0, ny * nz)) if corner else ("right", (0.0, 0.0, -1.0))
    law = fem.LinearElastic(fem.PerCell(stiffness), 0.3)
    return fem.Model(
        mesh, [fem.Body(law)], [fem.Fixed("left")], [fem.Traction(*load)],
        {"compliance": fem.Compliance()}, densities(int(np.prod(counts))),
    )  # fmt: skip


def heat(counts) -> fem.Model:
    """The layer [0, 2] × [0, 1] × [0, 2 / nx]; without a third count a sheet of that thickness."""
    thick = 2 / counts[0]
    sheet = len(counts) == 2
    law = fem.HeatConduction(fem.PerCell(conductivity), thickness=thick if sheet else 1.0)
    return fem.Model(
        block(counts, (2.0, 1.0, thick)[: len(counts)]), [fem.Body(law)], [fem.Fixed("left")],
        [fem.Flux("right", 1 / thick)], {"compliance": fem.Compliance()},
        densities(int(np.prod(counts))),
    )  # fmt: skip


def ours(rho, counts) -> np.ndarray:
    """Mosaic numbers cells x fastest, a grid here z fastest."""
    return np.asarray(rho, float).reshape(counts[::-1]).T.ravel()


def noise(counts) -> np.ndarray:
    """Mosaic's random density."""
    drawn = np.random.default_rng(0).standard_normal(int(np.prod(counts))).astype(np.float32)
    return ours(np.clip(0.5 + 0.3 * drawn, 0.05, 0.95).astype(np.float32), counts)


def compliance(model: fem.Model, rho) -> float:
    return float(model.solve(rho, 0).value[0])


def slope(model: fem.Model, rho) -> np.ndarray:
    return model.vjp(rho, np.ones(1))[1]


def values() -> None:
    even = {nx: compliance(structural((nx, 2, 4)), np.full(8 * nx, 0.5)) for nx in LENGTHS}
    model = structural((8, 2, 4))
    grey = {rho: compliance(model, np.full(64, rho)) for rho in DENSITIES}
    corner = {0: compliance(structural((8, 2, 4), True), noise((8, 2, 4)))}
    layers = {nx: compliance(heat((nx, nx // 2, 1)), noise((nx, nx // 2, 1))) for nx in LAYERS}
    flat = {nx: compliance(heat((nx, nx // 2)), noise((nx, nx // 2))) for nx in LAYERS}
    uniform = {rho: compliance(heat((16, 8, 1)), np.full(128, rho)) for rho in (0.05, 0.5, 0.95)}
    exact = {rho: 16 / conductivity({"rho": rho}) for rho in uniform}
    rows = (
        ("structural, nx = 4 to 16", even, LENGTHS), ("structural, rho = 0.2 to 0.9", grey, DENSITIES),
        ("structural, corner, random", corner, {0: CORNER}), ("heat, nx = 2 to 24, random", layers, LAYERS),
        ("heat as a sheet of quadrilaterals", flat, LAYERS), ("heat, uniform, closed form", uniform, exact),
    )  # fmt: skip
    for name, here, there in rows:
        far = max(abs(here[k] / there[k] - 1) for k in there)
        print(f"{name:36s} {len(there)} values, farthest {far:.1e}", flush=True)


def gradients(name: str, model: fem.Model, rho) -> None:
    C, g = compliance(model, rho), slope(model, rho)
    keys = jax.random.split(jax.random.PRNGKey(0), 6)
    drawn = [np.asarray(jax.random.normal(key, rho.shape, dtype=np.float32)) for key in keys]
    ways = np.array([v / np.linalg.norm(v) for v in drawn], float)
    exact, rms = 2 * C * ways @ g, np.sqrt(np.mean(rho**2))

    def central(v, h):
        return (compliance(model, rho + h * v) ** 2 - compliance(model, rho - h * v) ** 2) / (2 * h)

    for eps in (1e-1, 1e-2, 1e-3, 1e-4):
        found = np.array([central(v, eps * rms) for v in ways])
        print(f"{name}, 6 directions, eps {eps:.0e}: 1 - cosine {unlike(found, exact):.1e}, "
              f"largest relative error {np.abs(found / exact - 1).max():.1e}")  # fmt: skip
    h = 2e-3

    def by_cell(e):
        near, far = (
            (compliance(model, rho + k * h * e) - compliance(model, rho - k * h * e)) / (2 * k * h)
            for k in (1, 2)
        )
        return (4 * near - far) / 3

    whole = np.array([by_cell(e) for e in np.eye(len(rho))])
    print(f"{name}, by every cell, Richardson: 1 - cosine {unlike(whole, g):.1e}, "
          f"largest error {np.abs(whole - g).max() / np.abs(g).max():.1e} of the largest")  # fmt: skip
    v = ways[0] * rms
    along, (first, second) = model.jvp(rho, v)[1][0], model.hvp(rho, v)
    steps = np.array([0.02, 0.01, 0.005])
    at = np.array([compliance(model, rho + h * v) for h in steps])
    bend = second[0] @ v / 2
    left = [np.abs(at - C - along * steps), np.abs(at - C - along * steps - bend * steps**2)]
    slopes = [np.log2(each[1:-1] / each[2:])[0] for each in left]
    print(f"{name}, Taylor: slopes {slopes[0]:.3f} with jvp and {slopes[1]:.3f} with hvp; jvp - vjp "
          f"{abs(along / (g @ v) - 1):.1e}, hvp's own gradient {unlike(first[0], g):.1e}", flush=True)  # fmt: skip


def unlike(one, other) -> float:
    """1 - cosine, without cancellation."""
    one, other = one / np.linalg.norm(one), other / np.linalg.norm(other)
    return float(np.sum((one - other) ** 2) / 2)


def measure(kind: str, counts, repetitions: int, file: str | None) -> None:
    """One problem from nothing, as one line of JSON; run in a process of its own."""
    imported = time.process_time() - START
    marks = [time.process_time()]

    def lap():
        marks.append(time.process_time())
        return marks[-1] - marks[-2]

    model = {"structural": structural, "heat": heat}[kind](counts)
    model.prepared  # noqa: B018 - what it is made of is made now
    rho, found = noise(counts), {"import": imported, "set-up": lap()}
    found["value"] = compliance(model, rho)
    found["first value"] = lap()
    g = slope(model, rho)
    found["first gradient"] = lap()
    v = np.ones(len(rho))
    model.hvp(rho, v)
    found["first product"] = lap()
    again = []
    for _ in range(repetitions):
        compliance(model, rho)
        forward = lap()
        slope(model, rho)
        gradient = lap()
        model.hvp(rho, v)
        again.append((forward, gradient, lap()))
    found |= dict(zip(("forward", "gradient", "product"), np.median(again, 0), strict=True))
    found["solver"] = type(model.prepared).__name__.removeprefix("_Prepared")
    if file:
        np.save(file, g)
    json.dump(found, sys.stdout)


def timed(command) -> dict:
    free = {k: v for k, v in os.environ.items() if k != "JAX_COMPILATION_CACHE_DIR"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=free)
    return json.loads(done.stdout.splitlines()[-1])


def times(rival: str | None, kinds, smallest: int, largest: int) -> None:
    print(
        "CPU seconds: set-up; value; value and gradient; with a Hessian product; first from nothing"
    )
    here = Path(__file__)
    for kind in kinds:
        for counts in TIMED[kind]:
            if not smallest <= counts[0] <= largest:
                continue
            sizes = list(map(str, counts))
            for sheet in (False, True) if kind == "heat" else (False,):
                with tempfile.TemporaryDirectory() as folder:
                    mine, other = Path(folder, "mine.npy"), Path(folder, "other.npy")
                    t = timed([sys.executable, here, "--measure", kind, *sizes[: 3 - sheet],
                               "--slope", mine])  # fmt: skip
                    first = sum(t[k] for k in ("import", "set-up", "first value", "first gradient"))
                    name = f"{kind} {'x'.join(sizes[: 3 - sheet])}, {t['solver']}"
                    print(f"{name:34s} {t['set-up']:8.3f} {t['forward']:8.3f} {t['gradient']:8.3f} "
                          f"{t['product']:8.3f} {first:8.2f}", flush=True)  # fmt: skip
                    if rival is None or sheet:
                        continue
                    r = timed([rival, here.with_name("mosaic_torch_fem.py"), kind, *sizes,
                               "--slope", other])  # fmt: skip
                    parts = ("import", "first set-up", "first value", "first gradient")
                    whole = r["set-up"] + r["gradient"]
                    theirs = ours(np.load(other), counts)
                    print(f"{'  torch-fem':34s} {r['set-up']:8.3f} {r['forward']:8.3f} "
                          f"{r['gradient']:8.3f} {'none':>8s} {sum(r[k] for k in parts):8.2f}; "
                          f"{whole / t['gradient']:.2f} x ours with its set-up, "
                          f"values {abs(t['value'] / r['value'] - 1):.0e} apart, 1 - cosine of "
                          f"gradients {unlike(np.load(mine), theirs):.0e}", flush=True)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--torch-fem", help="the Python of an environment that has it")
    parser.add_argument("--only", choices=("checks", "structural", "heat"))
    parser.add_argument("--smallest", type=int, default=0)
    parser.add_argument("--largest", type=int, default=256)
    parser.add_argument("--measure", nargs="+", help=argparse.SUPPRESS)
    parser.add_argument("--slope", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        kind, *counts = given.measure
        measure(kind, tuple(map(int, counts)), 3, given.slope)
        return
    if given.only in (None, "checks"):
        values()
        gradients("structural, corner", structural((8, 2, 4), True), noise((8, 2, 4)))
        gradients("heat, nx = 16", heat((16, 8, 1)), noise((16, 8, 1)))
    times(
        given.torch_fem,
        [k for k in TIMED if given.only in (None, k)],
        given.smallest,
        given.largest,
    )


if __name__ == "__main__":
    main()
