# 2-core AMD EPYC, Python 3.11, JAX 0.9.2, one thread, 2026-11-26, quiet machine. Not measured on a GPU.
# Fresh process without cached programs. With compilation 625 plates take 4.5 s side by side against
# 4.7 one by one with gradients, 7.4 against 6.4 with Hessians: there it pays from 1 400 rows on.
#
# device cpu, CPU time, 5 repetitions: median (least .. most)
# 625 plates, order 1          first row, compiles      625 rows in s
#   one by one                    1.81        2.910 (2.905 .. 2.974)
#   side by side                  2.26        2.273 (2.272 .. 2.274)   ratio    0.781 (0.764 .. 0.782)
#   programs for 1, 7, 100 and 625 rows: 1; worst difference 4e-14
# 625 plates, order 2          first row, compiles      625 rows in s
#   one by one                    2.45        3.947 (3.933 .. 3.959)
#   side by side                  4.29        3.096 (3.084 .. 3.097)   ratio    0.784 (0.782 .. 0.787)
#   programs for 1, 7, 100 and 625 rows: 1; worst difference 4e-14
# factor and solve of a plate's tangent, ms a plate
#   blocks on three diagonals    1 at once     0.375 (0.365 .. 0.459)
#   blocks on three diagonals   16 at once     0.456 (0.442 .. 0.736)
#   dense                        1 at once     9.380 (9.365 .. 9.653)
#   dense                       16 at once    13.737 (13.718 .. 13.938)
#   LAPACK's band, one by one on the host     0.254 (0.252 .. 0.352)
# ms a row, gradients         unknowns  one by one                     side by side                    10 000 rows in s  lanes  first call s
#   material point, 1 cell          12     0.939 (0.936 .. 0.970)     0.133 (0.132 .. 0.133)        1.33      16        1.77
#   heat, 32 cells in a row         64     1.405 (1.383 .. 1.435)     0.125 (0.125 .. 0.126)        1.25      16        2.06
#   sheet, 1 x 1 cells               4     0.892 (0.888 .. 0.913)     0.009 (0.009 .. 0.027)        0.09      16        2.09
#   sheet, 4 x 2 cells              24     0.989 (0.983 .. 1.024)     0.040 (0.040 .. 0.041)        0.40      16        2.31
#   sheet, 8 x 4 cells              80     1.165 (1.161 .. 1.189)     0.178 (0.177 .. 0.178)        1.78      16        2.85
#   sheet, 8 x 8 cells             144     1.426 (1.409 .. 1.442)     0.361 (0.358 .. 0.364)        3.61      16        2.88
#   sheet, 16 x 8 cells            288     1.839 (1.833 .. 1.867)     0.717 (0.717 .. 0.717)        7.17      16        2.79
#   sheet, 32 x 16 cells          1088     4.773 (4.748 .. 4.787)     3.694 (3.684 .. 3.710)       36.94       1        2.62
"""Equal problems in one compiled call: CPU seconds against one by one, and what agrees.

625 plates with gradients and Hessians, compilation counted; candidates for the factorisation of a
plate's tangent; small problems, where calling takes longer than work. On a graphics card the same
script times the wall clock, and names the device. `--sweep`: laws and elements instead.
"""

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

# ruff: noqa: E402 - the number of threads is read when NumPy and JAX are imported
import argparse
import time

import jax
import jax.numpy as jnp
import numpy as np

import sobolev as sb
from sobolev import fem
from sobolev.fem.elements.reference import FACETS
from sobolev.fem.kernel.assembly import linearise, no_states
from sobolev.fem.laws.registry import LAWS
from sobolev.fem.side_by_side import blocks
from sobolev.fem.side_by_side.rows import solve_rows
from sobolev.fem.statement import case_at
from sobolev.problems import PlateWithHole

jax.config.update("jax_enable_x64", True)
GPU = jax.default_backend() != "cpu"
clock = time.perf_counter if GPU else time.process_time


def seconds(call) -> float:
    start = clock()
    call()
    return clock() - start


def spread(samples, unit=1.0) -> str:
    low, middle, high = np.percentile(np.multiply(samples, unit), [0, 50, 100])
    return f"{middle:8.3f} ({low:.3f} .. {high:.3f})"


def worst(found, wanted) -> float:
    return max(float(np.abs(a - b).max() / np.abs(b).max())
               for a, b in zip(found, wanted, strict=True))  # fmt: skip


def plates(repetitions: int) -> None:
    model = PlateWithHole("svk").model
    points, _ = sb.designs.grid(25)(model.box)
    beside = fem.SideBySide(model)
    for order in (1, 2):
        before = solve_rows.programs()
        first = [seconds(lambda f=f, order=order: f.derivatives(points[:1], order))
                 for f in (model, beside)]  # fmt: skip
        times = [[seconds(lambda f=f, order=order: f.derivatives(points, order))
                  for f in (model, beside)] for _ in range(repetitions)]  # fmt: skip
        alone, together = np.array(times).T
        beside.derivatives(points[:100], order), beside.derivatives(points[:7], order)
        print(f"625 plates, order {order}          first row, compiles      625 rows in s")
        print(f"  one by one              {first[0]:10.2f}     {spread(alone)}")
        print(f"  side by side            {first[1]:10.2f}     {spread(together)}"
              f"   ratio {spread(together / alone)}")  # fmt: skip
        print(f"  programs for 1, 7, 100 and 625 rows: {solve_rows.programs() - before}; "
              f"worst difference {worst(beside.derivatives(points[::25], order), model.derivatives(points[::25], order)):.0e}")  # fmt: skip


def candidates(repetitions: int) -> None:
    """Factor and one right-hand side of a plate's tangent, ms a plate."""
    model = PlateWithHole("svk").model
    statement, data = model.statement, model.data
    case = case_at(statement, data, np.array([2.5, 2.5]))
    none = jnp.zeros(case.displacement.shape)
    system = linearise(statement.parts, data.space, case, no_states(statement.parts), none, none)
    values, b = np.asarray(system.values), np.asarray(system.residual) + 1.0
    pattern = data.space.pattern
    layout = blocks.lay_out_blocks(pattern, True)
    flat = np.zeros(int(np.prod(layout.shape)) + 1)
    flat[layout.slots[:-1]] = values
    dense = np.zeros((pattern.size, pattern.size))
    dense[pattern.rows, pattern.indices] = values
    made = {"blocks on three diagonals": flat[:-1].reshape(layout.shape), "dense": dense}

    def by_blocks(K):
        return blocks.solve(blocks.factor(K, pattern.size), layout.order, b[:, None])

    def by_dense(K):
        L = jax.lax.linalg.cholesky(K, symmetrize_input=False)
        return jax.scipy.linalg.cho_solve((L, True), b)

    how = {"blocks on three diagonals": by_blocks, "dense": by_dense}
    for name, K in made.items():
        for many in (1, 16):
            call = jax.jit(jax.vmap(how[name]) if many > 1 else how[name])
            K_many = jnp.asarray(np.repeat(K[None], many, 0) if many > 1 else K)
            jax.block_until_ready(call(K_many))
            times = [seconds(lambda: jax.block_until_ready(call(K_many)))  # noqa: B023
                     for _ in range(repetitions)]  # fmt: skip
            print(f"  {name:26s} {many:3d} at once  {spread(times, 1e3 / many)}")
    host = [
        seconds(lambda: model.prepared.factor(values).solve(b)) for _ in range(10 * repetitions)
    ]
    print(f"  LAPACK's band, one by one on the host  {spread(host, 1e3)}")


def sheet(n: int, m: int) -> fem.Model:
    return fem.Model(
        fem.grid((n, m)), [fem.Body(fem.PlaneStress(fem.SaintVenantKirchhoff("E", "nu")))],
        [fem.Fixed("left")], [fem.Traction("right", (0.0, -1.0))],
        responses={"tip": fem.BoundaryMean("right", 1), "stress": fem.PNorm(fem.von_mises)},
        parameters=sb.Box(("E", "nu"), (100.0, 0.2), (200.0, 0.4)),
    )  # fmt: skip


def point() -> fem.Model:
    """One cell of rubber under a stress: a material point."""
    return fem.Model(
        fem.grid((1, 1, 1)), [fem.Body(fem.NeoHooke("E", "nu"))],
        [fem.Fixed("left", 0), fem.Fixed("bottom", 1), fem.Fixed("back", 2)],
        [fem.Traction("right", (1.0, 0.0, 0.0))],
        responses={"stretch": fem.BoundaryMean("right", 0)},
        parameters=sb.Box(("E", "nu"), (5.0, 0.2), (20.0, 0.4)),
    )  # fmt: skip


def slab() -> fem.Model:
    """A column of 32 cells whose conductivity grows with temperature."""
    return fem.Model(
        fem.grid((32, 1)), [fem.Body(fem.HeatConduction("k", 1e-3))],
        [fem.Prescribed("left", 0, 0.0)], [fem.Flux("right", "q")],
        responses={"T": fem.BoundaryMean("right", 0)},
        parameters=sb.Box(("k", "q"), (1.0, 10.0), (2.0, 100.0)),
    )  # fmt: skip


def small(repetitions: int) -> None:
    models = {
        "material point, 1 cell": point(), "heat, 32 cells in a row": slab(),
        **{f"sheet, {n} x {m} cells": sheet(n, m)
           for n, m in ((1, 1), (4, 2), (8, 4), (8, 8), (16, 8), (32, 16))},
    }  # fmt: skip
    print("ms a row, gradients         unknowns  one by one                     side by side"
          "                    10 000 rows in s  lanes  first call s")  # fmt: skip
    for name, model in models.items():
        unknowns = model.data.space.pattern.size
        rows = 10_000 if unknowns < 100 else 512
        x = model.box.from_unit(np.random.default_rng(0).random((rows, 2)))
        beside = fem.SideBySide(model)
        model.derivatives(x[:1], 1)
        first = seconds(lambda: beside.derivatives(x[:1], 1))  # noqa: B023
        alone = [seconds(lambda: model.derivatives(x[:64], 1)) / 64 for _ in range(repetitions)]  # noqa: B023
        times = [seconds(lambda: beside.derivatives(x, 1)) / rows for _ in range(repetitions)]  # noqa: B023
        print(f"  {name:25s} {unknowns:8d}  {spread(alone, 1e3)}  {spread(times, 1e3)}  "
              f"{1e4 * np.median(times):10.2f}  {beside._lanes:6d}  {first:10.2f}", flush=True)  # fmt: skip


def stretched(X, p):
    return X * jnp.concatenate([p["L"][None], jnp.ones(X.shape[1] - 1)])[None]


def pulled(law, element: str, load: float) -> fem.Model:
    d = 2 if element.startswith(("tri", "quad")) else 3
    return fem.Model(
        fem.grid((2,) + (1,) * (d - 1), element), [fem.Body(law)], [fem.Fixed("left")],
        [fem.Traction("right", ("f",) + (0.0,) * (d - 1))],
        responses={"u": fem.BoundaryMean("right", 0), "stress": fem.PNorm(fem.von_mises)},
        parameters=sb.Box(("f", "L"), (load / 2, 1.0), (load, 2.0)), geometry=stretched,
    )  # fmt: skip


STIFF = {"linear elastic": 2e3, "St. Venant-Kirchhoff": 2e3, "warmed": 2e3, "orthotropic": 1e3,
         "plane stress, closed": 2e3, "Ogden": 0.01, "Mooney-Rivlin": 0.01, "Holzapfel": 0.01}  # fmt: skip


def sweep() -> None:
    """Worst relative difference to one by one of value, gradient and Hessian, two rows each."""
    cases = {
        name: pulled(law, "quad" if law.traits().dimension == 2 else "hexahedron",
                     STIFF.get(name, 0.1))
        for name, law in LAWS.items()
        if not (law.traits().history or name.startswith("heat") or name == "ring")
    }  # fmt: skip
    elastic = fem.SaintVenantKirchhoff(10.0, 0.3)
    for element in FACETS:
        plane = element.startswith(("tri", "quad"))
        cases[element] = pulled(fem.PlaneStress(elastic) if plane else elastic, element, 0.1)
    cases["heat, growing"] = slab()
    for name, model in cases.items():
        x = model.box.from_unit(np.random.default_rng(0).random((2, 2)))
        found, wanted = fem.SideBySide(model).derivatives(x, 2), model.derivatives(x, 2)
        parts = [worst([a], [b]) for a, b in zip(found, wanted, strict=True)]
        print(f"  {name:26s}" + "".join(f"{each:10.0e}" for each in parts), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--sweep", action="store_true")
    options = parser.parse_args()
    print(f"device {jax.devices()[0].device_kind}, {'wall clock' if GPU else 'CPU time'}, "
          f"{options.repetitions} repetitions: median (least .. most)")  # fmt: skip
    if options.sweep:
        sweep()
        return
    plates(options.repetitions)
    print("factor and solve of a plate's tangent, ms a plate")
    candidates(options.repetitions)
    small(options.repetitions)


if __name__ == "__main__":
    main()
