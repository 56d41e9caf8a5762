"""How many steps does descent take in function space, and how many among numbers?

Answer: as many on every mesh where the inner product is that of the space, on uneven meshes 3 to 12 times as many
and more on finer ones where numbers count alike. Nothing here is random; one core of two, 2026-11-26, CPU s of a row.

A bar under its own weight, n linear elements, steepest descent in H1 with the step 4/(3E) to 1e-8 of the first
gradient; closed form u(1) = 1.049642, Π = -0.494681. L2: condition of the second derivative and the steps that the
best fixed step needs by it; then the steps of Armijo (20000 at most), CG and L-BFGS in L2; in H1 they need 10, 11, 10:

    32   13 steps, rate 0.2632, u(1) 1.049591 (-5.1e-05, by fem 1.049591), Π -0.494540 (+1.4e-04); L2 7.6e+03, 7e+04, > 20000, 809, 364
    64   13 steps, rate 0.2633, u(1) 1.049630 (-1.3e-05, by fem 1.049630), Π -0.494646 (+3.5e-05); L2 3.1e+04, 2.9e+05, > 20000, 2138, 921
    128  13 steps, rate 0.2633, u(1) 1.049639 (-3.2e-06, by fem 1.049639), Π -0.494672 (+8.8e-06); L2 1.3e+05, 1.2e+06, > 20000, 5511, 2225
    256  13 steps, rate 0.2633, u(1) 1.049641 (-8.0e-07, by fem 1.049641), Π -0.494679 (+2.2e-06); L2 5.3e+05, 4.8e+06
    512  13 steps, rate 0.2633, u(1) 1.049642 (-2.0e-07, by fem 1.049642), Π -0.494680 (+5.5e-07); L2 2.1e+06, 2e+07

Optimal control of Poisson's equation, α = 1e-6, f constant in triangles, from f = x + y until the gradient is 1e-9 in
L2 (euclidean: as small a share of its first); steps (evaluations) of CG searched to c₂ = 1e-3 and 0.1, of L-BFGS with
10 and 40 pairs, error of f:

    points x^1
    1/16  L2             30 (65)       30 (65)      88 (100)       40 (45)   error 3.30e-02   0.1 CPU s
    1/16  euclidean      29 (69)       29 (69)       81 (93)       40 (45)   error 3.30e-02   0.1 CPU s
    1/32  L2             30 (69)     236 (473)       84 (95)       38 (40)   error 1.64e-02   0.4 CPU s
    1/32  euclidean     57 (134)     132 (261)      91 (107)       37 (42)   error 1.64e-02   0.3 CPU s
    1/64  L2             32 (75)     133 (277)       87 (94)       37 (41)   error 8.19e-03   0.5 CPU s
    1/64  euclidean      32 (77)      80 (176)     100 (113)       49 (52)   error 8.19e-03   0.4 CPU s
    1/128 L2             32 (78)     102 (212)      95 (105)       40 (42)   error 4.10e-03   1.2 CPU s
    1/128 euclidean      32 (74)      83 (171)      96 (111)       37 (42)   error 4.11e-03   1.1 CPU s

    points x^2
    1/16  L2             25 (57)      71 (147)       77 (90)       38 (41)   error 4.78e-02   0.2 CPU s
    1/16  euclidean    113 (264)     388 (791)     351 (386)     117 (131)   error 4.79e-02   0.9 CPU s
    1/32  L2             32 (72)      86 (183)      97 (113)       40 (44)   error 2.35e-02   0.3 CPU s
    1/32  euclidean    106 (259)     402 (832)     434 (480)     149 (166)   error 2.35e-02   1.1 CPU s
    1/64  L2             33 (74)      62 (133)      94 (105)       40 (45)   error 1.17e-02   0.4 CPU s
    1/64  euclidean    147 (335)    685 (1394)     518 (570)     303 (326)   error 1.17e-02   3.0 CPU s
    1/128 L2             34 (81)     111 (233)      90 (101)       39 (42)   error 5.83e-03   1.8 CPU s
    1/128 euclidean    188 (433)    722 (1485)     578 (640)     299 (330)   error 6.06e-03  12.6 CPU s

    points x^3
    1/16  L2             23 (55)       42 (92)       70 (80)       31 (35)   error 7.03e-02   0.2 CPU s
    1/16  euclidean    183 (416)   1089 (2225)     839 (937)     315 (343)   error 7.03e-02   2.2 CPU s
    1/32  L2             30 (71)      74 (154)     102 (112)       41 (44)   error 3.37e-02   0.3 CPU s
    1/32  euclidean    326 (737)    754 (1525)    897 (1007)     372 (406)   error 3.39e-02   2.4 CPU s
    1/64  L2             33 (74)     130 (267)      91 (105)       37 (42)   error 1.67e-02   0.5 CPU s
    1/64  euclidean    254 (570)   1075 (2184)   1008 (1136)     438 (478)   error 1.70e-02   4.8 CPU s
    1/128 L2             33 (74)     136 (281)      93 (108)       37 (41)   error 8.32e-03   1.7 CPU s
    1/128 euclidean    236 (525)    980 (1961)    967 (1071)     447 (484)   error 9.00e-03  15.0 CPU s

Best hole of a plate pulled 2:1 (ex32), steps (evaluations) to 1e-4 of the first gradient, steepest descent, then L-BFGS:

    48 around,    816 nodes, H½   8 (9)   7 (8)    L2  17 (21)  12 (13)   axes 1.990   compliance 576.0775
    96 around,   3168 nodes, H½   7 (8)   7 (8)    L2  45 (70)  12 (13)   axes 1.972   compliance 576.1686
    192 around, 12480 nodes, H½   7 (8)   7 (8)    L2  39 (53)  13 (14)   axes 1.968   compliance 576.1916

Height of a bracket, compliance + 9 · volume, to 1e-3; by beam theory it is 2, 1.732, 1.414 at x = 0, 0.5, 1. "Stuck": the
mesh is about to turn inside out, so that no step leads on. 128 x 64 in H½ only (26 CPU s), L-BFGS stuck at 1.16e-3:

    16 x 8 cells   H½  10 (13)  10 (11)   L2  7 (8)           9 (10)          numbers  14 (18)         10 (12)   2.127, 1.753, 1.451
    32 x 16        H½  10 (13)   9 (10)   L2  12 (15)         10 (13)         numbers  16 (21)         17 (19)   2.160, 1.754, 1.456
    64 x 32        H½   9 (12)   9 (10)   L2  stuck (16)      stuck (9)       numbers  stuck (18)      22 (26)   2.175, 1.755, 1.456
    128 x 64       H½   9 (13)  stuck (12)                                                                       2.156, 1.755, 1.456
"""

import argparse
import sys
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import scipy.linalg
import scipy.sparse as sp

jax.config.update("jax_enable_x64", True)

sys.path.insert(0, str(Path(__file__).parent.parent / "examples"))

from ex32_shape_of_a_hole import best_hole, norms, outline, plate  # noqa: E402

from sobolev import Box, fem  # noqa: E402
from sobolev.descent import (  # noqa: E402
    LBFGS,
    Armijo,
    ConjugateGradients,
    FixedStep,
    SteepestDescent,
    Wolfe,
    minimise,
)
from sobolev.errors import Diverged  # noqa: E402
from sobolev.inner_products import Dense, Sparse  # noqa: E402

α, E, FORCE = 1e-6, 1.0, 1.5
METHODS = {
    "CG": ConjugateGradients(search=Wolfe(1e-3)),
    "CG, c₂ = 0.1": ConjugateGradients(),
    "L-BFGS 10": LBFGS(10),
    "L-BFGS 40": LBFGS(40),
}


def mother(n, power):
    """The Poisson mother problem with f constant in cells, on the points x^power of a grid."""
    mesh = fem.grid((n, n), "triangle")
    mesh = mesh.moved(mesh.points**power)
    laplace = fem.inner_product(mesh, 0.0, 1.0, fixed=("boundary",))
    mass, cells = fem.inner_product(mesh), mesh.cells["triangle"]
    corners = mesh.points[cells]
    areas = np.linalg.det(corners[:, 1:] - corners[:, :1]) / 2
    where = cells.ravel(), np.repeat(np.arange(len(cells)), 3)
    loads = sp.csr_array((np.repeat(areas / 3, 3), where), (len(mesh.points), len(cells)))
    d = np.prod(np.sin(np.pi * mesh.points), axis=1) / (2 * np.pi**2)

    def function(f):
        off = laplace.riesz(loads @ f) - d
        more = mass.gram(off)
        value = off @ more / 2 + α / 2 * f @ (areas * f)
        return value, loads.T @ laplace.riesz(more) + α * areas * f

    def error(f):
        """In L², by the middles of the sides of each cell."""
        middles = (corners + np.roll(corners, 1, axis=1)) / 2
        known = np.prod(np.sin(np.pi * middles), axis=2) / (1 + 4 * α * np.pi**4)
        return float(np.sqrt((areas / 3 * ((f[:, None] - known) ** 2).sum(1)).sum()))

    return function, corners.mean(1).sum(1), areas, error


def control(sizes):
    """Steps until the gradient is 1e-9 in L²; the euclidean ones until as small a share is left."""
    for power in (1, 2, 3):
        print(f"\noptimal control, points x^{power}: steps (evaluations)")
        for n in sizes:
            function, start, areas, error = mother(n, power)
            for name, weights in (("L2", areas), ("euclidean", np.ones_like(areas))):
                space = Sparse(sp.diags_array(weights))
                l2 = Sparse(sp.diags_array(areas))
                share = 1e-9 / l2.dual_norm(function(start)[1])
                told, began, off = [], time.process_time(), np.nan
                for method in METHODS.values():
                    found = minimise(function, start, space, method, share, steps=3000)
                    count = f"{found.steps} ({found.evaluations[-1]})"
                    off = error(found.v)
                    told.append(count if found.converged else f"> {count}")
                seconds = time.process_time() - began
                row = "  ".join(f"{each:>12s}" for each in told)
                print(
                    f"    1/{n:<4d}{name:10s}{row}   error {off:.2e} {seconds:5.1f} CPU s",
                    flush=True,
                )


def bar(n):
    """The bar's energy and derivative by nodes 1 … n; its H1 and L2 norms; its last stretch."""

    def stretches(u):
        return 1 + np.diff(u, prepend=0.0) * n

    def energy(u):
        stretch = stretches(u)
        if stretch.min() <= 0:
            raise Diverged(f"the bar is inside out: a stretch is {stretch.min():.3g}.")
        P = E / 2 * (stretch - 1 / stretch)
        load = np.append(np.full(n - 1, FORCE / n), FORCE / n / 2)
        stored = E / 2 * ((stretch**2 - 1) / 2 - np.log(stretch)).sum() / n
        return stored - load @ u, P - np.append(P[1:], 0.0) - load

    def tridiagonal(middle, beside):
        middles = np.append(np.full(n - 1, middle), middle / 2)
        sides = np.diag(np.full(n - 1, beside), 1)
        return Sparse(sp.csc_array(np.diag(middles) + sides + sides.T))

    return energy, tridiagonal(2.0 * n, -1.0 * n), tridiagonal(4 / (6 * n), 1 / (6 * n)), stretches


def modes(u, n, inner, stretches):
    """Least and largest eigenvalue of the second derivative at u in an inner product."""
    bend = E / 2 * (1 + stretches(u) ** -2) * n
    K = np.diag(bend + np.append(bend[1:], 0)) - np.diag(bend[1:], 1) - np.diag(bend[1:], -1)
    found = scipy.linalg.eigvalsh(K, inner.gram(np.eye(n)))
    return found[0], found[-1]


def stress(u, slope, x):
    """P of the bar along x, and its force; across it nothing happens."""
    stretch = 1 + slope[0, 0]
    P = slope.at[0, 0].set(E / 2 * (stretch - 1 / stretch))
    return P, -FORCE + 0 * u


def by_fem(n):
    """u(1) of the same elements by `fem`."""
    mesh = fem.grid((n, 1))
    mesh = mesh.moved(mesh.points * np.array([1.0, 1 / n]))
    model = fem.Model(
        mesh,
        [fem.Body(fem.Form(stress, 1, symmetric=True))],
        supports=[fem.Fixed("left")],
        responses={"end": fem.BoundaryMean("right", 0)},
    )
    return float(fem.solution(model, np.zeros(0)).u[mesh.nodes("right")].mean())


def elastic_bar(sizes):
    """Steps to 1e-8 of the first gradient, with the step 4/(3E) in H1, and what L2 needs."""
    print("\nhyperelastic bar: H1 step 4/(3E); condition in L2 and the steps that it asks for")
    for n in sizes:
        energy, h1, l2, stretches = bar(n)
        found = minimise(energy, np.zeros(n), h1, SteepestDescent(FixedStep(4 / (3 * E))), 1e-8)
        rate = (found.sizes[-1] / found.sizes[3]) ** (1 / (found.steps - 3))
        low, high = modes(found.v, n, l2, stretches)
        asked = np.log(1e8) / -np.log((high - low) / (high + low))
        others = []
        for inner in (h1, l2):
            for method in (SteepestDescent(), ConjugateGradients(), LBFGS()):
                if inner is l2 and n > 128:
                    continue
                other = minimise(energy, np.zeros(n), inner, method, 1e-8, steps=20000)
                others.append(f"{other.steps}" if other.converged else f"> {other.steps}")
        print(
            f"    n = {n:<4d} {found.steps} steps, rate {rate:.4f}, u(1) {found.v[-1]:.6f} "
            f"({found.v[-1] - 1.049642224628:+.1e}, by fem {by_fem(n):.6f}), Π {found.value:.6f} "
            f"({found.value + 0.4946809319138875:+.1e}); L2: condition {high / low:.2g}, "
            f"{asked:.2g} steps; Armijo, CG, L-BFGS in H1, L2: {', '.join(others)}",
            flush=True,
        )


def searches(first):
    """Steepest descent and L-BFGS that begin with a step α = first, short for shapes."""
    return SteepestDescent(Armijo(first=first)), LBFGS(search=Wolfe(first=first))


def hole(sizes):
    """ex32 on finer meshes: steps to 1e-4 of the first gradient."""
    print("\nhole in a plate: steps (evaluations) of steepest descent and L-BFGS")
    for m in sizes:
        model = plate(m)
        for name, space in norms(model, m).items():
            began = time.process_time()
            found = [best_hole(model, space, method) for method in searches(0.02)]
            x, y = np.abs(outline(model, found[0].v)).max(0)
            print(
                f"    {m:4d} around, {len(model.mesh.points):6d} nodes, {name}  {counts(found)}   "
                f"axes {x / y:.3f}, compliance {found[0].value:.4f}   "
                f"{time.process_time() - began:5.1f} CPU s",
                flush=True,
            )


def counts(found):
    """Steps and evaluations; of what did not converge, that."""
    return "  ".join(
        f"{'' if each.converged else 'stuck after '}{each.steps} ({each.evaluations[-1]})"
        for each in found
    )


END, PRICE = 1.5, 9.0


def bowed(X, q, at):
    """Upper and lower edge moved apart by q at the places `at`, by nothing behind them."""
    up = jnp.interp(X[:, 0], at, jnp.append(q, jnp.zeros(len(at) - len(q))))
    return X.at[:, 1].add(jnp.where(X[:, 1] > 0.5, 1.0, -1.0) * up)


def bracket(n):
    """2 x 1, held on the left as by its mirror image, a force on the right; the model, the norms.

    The edges move until x = 1.5. By beam theory ∫ M²/EI + price ∫ h is least at
    h = (36 M²/price)^¼: 2, 1.732, 1.414 at x = 0, 0.5, 1.
    """
    mesh = fem.grid((2 * n, n))
    mesh = mesh.moved(mesh.points * np.array([2.0, 1.0]))
    mesh = mesh.where("still", lambda x: (x[:, 1] == 1) & (x[:, 0] > END - 1e-9))
    at = np.linspace(0, 2, 2 * n + 1)
    k = int((at < END - 1e-9).sum())
    root = int(np.linalg.norm(mesh.points - [0.0, 0.5], axis=1).argmin())
    mesh = fem.Mesh(mesh.points, mesh.cells, {}, mesh.boundaries, {"root": np.array([root])})
    stays = fem.Fixed("left", 0), fem.Fixed("right")
    model = fem.Model(
        mesh,
        [fem.Body(fem.PlaneStress(fem.LinearElastic(1.0, 0.3)))],
        supports=[fem.Fixed("left", 0), fem.Fixed("root", 1)],
        loads=[fem.TotalForce("right", (0.0, -1.0)), fem.TotalForce("left", (0.0, 1.0))],
        responses={"compliance": fem.Compliance(), "volume": fem.Volume()},
        parameters=Box(tuple(f"q[{i}]" for i in range(k)), (-0.4,) * k, (2.0,) * k),
        geometry=fem.mesh_motion(mesh, bowed, ("q", at), ("top", "bottom"), stays),
    )
    # The least H1 norm of a field with these values on the edge: the inverse of what the inverse
    # of the mesh does there, an H½ norm of the edge.
    edge = mesh.nodes("top")
    edge = edge[np.argsort(mesh.points[edge, 0])][:k]
    unit = np.zeros((len(mesh.points), k))
    unit[edge, np.arange(k)] = 1
    within = fem.inner_product(mesh, 1.0, 1.0, fixed=("still",)).riesz(unit)[edge]
    beside = np.diag(np.full(k - 1, 1 / 6), 1)
    mass = (np.diag(np.append(1 / 3, np.full(k - 1, 2 / 3))) + beside + beside.T) / n
    spaces = {
        "H½": Dense(np.linalg.inv((within + within.T) / 2)),
        "L²": Dense(mass),
        "numbers": Dense(np.eye(k)),
    }
    return model, spaces, at[:k]


def brackets(sizes):
    """Steps to 1e-3 of the first gradient, and the heights."""
    print("\nbracket: steps (evaluations) of steepest descent and L-BFGS")
    weights = np.array([1.0, PRICE])
    for n in sizes:
        model, spaces, at = bracket(n)

        def function(q, model=model):
            y, slope = model.vjp(q, weights)
            return y @ weights, slope

        for name, space in spaces.items():
            began, start = time.process_time(), np.zeros(space.size)
            found = [
                minimise(function, start, space, method, 1e-3, steps=300)
                for method in searches(0.002)
            ]
            heights = 1 + 2 * np.interp([0.0, 0.5, 1.0], at, found[0].v)
            told = ", ".join(f"{each:.3f}" for each in heights)
            print(
                f"    {2 * n} x {n} cells, {name:8s} {counts(found)}   heights {told}, "
                f"{found[0].value:.4f}   {time.process_time() - began:5.1f} CPU s",
                flush=True,
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", type=int, nargs="*", default=[16, 32, 64, 128])
    given = parser.parse_args()
    elastic_bar([32, 64, 128, 256, 512])
    control(given.sizes)
    hole([48, 96, 192])
    brackets([8, 16, 32])
