# 2-core AMD EPYC, Python 3.11, JAX 0.9.2, pyamg 5.4.1, one thread, 2026-11-26, quiet machine.
# Medians of 5 pairs. Of four runs the ratios of the tangents were 0.31 to 0.48 and 0.34 to 0.50: they differ
# more between runs than within one. The compliance of NGSolve is the one that is 6e-11 off: multigrid, band
# and SuperLU agree to 2e-16 here on 223 x 223 cells.
#
# 499000 unknowns; NGSolve 6.2.2608; here Multigrid
# CPU seconds                                    here  NGSolve   ratio   least .. most
# tangent, linear                               0.186    0.390    0.48    0.46 ..  0.49
# tangent, neo-Hooke                            0.458    1.000    0.46    0.33 ..  0.51
# solve                                         3.631    4.445    0.82    0.80 ..  0.83
# solve and gradient here, solve there          3.601    4.411    0.82    0.80 ..  0.84
# compliance 6.61008793825e-06 here, 6.61008793782e-06 there: 6.4e-11 apart
"""Against NGSolve on the same mesh in one run: tangent, solve, gradient; 5e5 unknowns.

A square of 499 x 499 bilinear cells, held at the left and pulled down by a traction at the right;
plane strain, linear and neo-Hooke. Tangents at a deformed state; the linear problem is solved, by
NGSolve with its own sparse Cholesky, here with the default. The response is the compliance. The
gradient is that by E and ν. CPU seconds of one thread each, pairs in alternation.
"""

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")

# ruff: noqa: E402 - the number of threads is read when NumPy and JAX are imported
import argparse
import time

import jax
import ngsolve as ng
import numpy as np
from ngsolve.meshes import MakeStructured2DMesh

import sobolev as sb
from sobolev import fem
from sobolev.fem.kernel.assembly import linearise, no_states
from sobolev.fem.statement import describe

jax.config.update("jax_enable_x64", True)
ng.SetNumThreads(1)

E, NU, LOAD = 100.0, 0.3, 0.01
AT = np.array([E, NU])


def ours(law, n: int) -> fem.Model:
    return fem.Model(
        fem.grid((n, n)), [fem.Body(fem.PlaneStrain(law("E", "nu")))], [fem.Fixed("left")],
        [fem.Traction("right", (0.0, -LOAD))], {"work": fem.Compliance()},
        sb.Box(("E", "nu"), (50.0, 0.1), (150.0, 0.4)),
    )  # fmt: skip


def ours_tangent(model: fem.Model):
    """A call that assembles the tangent at a deformed state, with all that was made before."""
    parts, data = model.statement.parts, model.data
    case = jax.tree.map(np.asarray, describe(model.statement, data, AT))
    X = model.mesh.points
    u = 0.01 * np.stack([np.sin(X[:, 0] + X[:, 1]) * X[:, 0], X[:, 0] * X[:, 1]], -1)
    zero = np.zeros_like(u)
    return lambda: jax.block_until_ready(
        linearise(parts, data.space, case, no_states(parts), u, zero)
    )


class Theirs:
    """The same square in NGSolve."""

    def __init__(self, n: int):
        self.space = ng.VectorH1(MakeStructured2DMesh(quads=True, nx=n, ny=n), order=1,
                                 dirichlet="left")  # fmt: skip
        u, v = self.space.TnT()
        self.mu, self.lam = E / 2 / (1 + NU), E * NU / (1 + NU) / (1 - 2 * NU)
        strain, one = ng.Sym(ng.Grad(u)), ng.Id(2)
        stress = 2 * self.mu * strain + self.lam * ng.Trace(strain) * one
        self.linear = ng.BilinearForm(self.space, symmetric=True)
        self.linear += ng.InnerProduct(stress, ng.Sym(ng.Grad(v))) * ng.dx
        F = one + ng.Grad(u)
        J = ng.Det(F)
        energy = self.mu / 2 * (ng.InnerProduct(F, F) - 2 - 2 * ng.log(J))
        energy += self.lam / 2 * ng.log(J) ** 2
        self.hyperelastic = ng.BilinearForm(self.space, symmetric=True)
        self.hyperelastic += ng.Variation(energy * ng.dx)
        self.load = ng.LinearForm(self.space)
        self.load += -LOAD * v[1] * ng.ds("right")
        self.load.Assemble()
        self.state = ng.GridFunction(self.space)
        x, y = ng.x, ng.y
        self.state.Set(ng.CF((0.01 * ng.sin(x + y) * x, 0.01 * x * y)))

    def tangent(self):
        self.linear.Assemble()

    def hyperelastic_tangent(self):
        self.hyperelastic.AssembleLinearization(self.state.vec)

    def solve(self) -> float:
        self.linear.Assemble()
        inverse = self.linear.mat.Inverse(self.space.FreeDofs(), inverse="sparsecholesky")
        found = self.load.vec.CreateVector()
        found.data = inverse * self.load.vec
        return ng.InnerProduct(found, self.load.vec)


def pairs(name: str, mine, other, repetitions: int) -> None:
    mine(), other()
    times = []
    for _ in range(repetitions):
        for call in (mine, other):
            start = time.process_time()
            call()
            times.append(time.process_time() - start)
    here, there = np.array(times).reshape(-1, 2).T
    ratios = here / there
    print(
        f"{name:42s} {np.median(here):8.3f} {np.median(there):8.3f}   "
        f"{np.median(ratios):5.2f}   {ratios.min():5.2f} .. {ratios.max():5.2f}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=499)
    parser.add_argument("--repetitions", type=int, default=5)
    given = parser.parse_args()
    theirs, linear = Theirs(given.cells), ours(fem.LinearElastic, given.cells)
    count = len(linear.data.space.free)
    print(
        f"{count} unknowns; NGSolve {ng.__version__}; here {type(linear.prepared).__name__.removeprefix('_Prepared')}"
    )
    print(f"{'CPU seconds':42s} {'here':>8s} {'NGSolve':>8s}   ratio   least .. most")
    mine, other = linear.solve(AT, 0).value[0], theirs.solve()
    pairs("tangent, linear", ours_tangent(linear), theirs.tangent, given.repetitions)
    hyperelastic = ours_tangent(ours(fem.NeoHooke, given.cells))
    pairs("tangent, neo-Hooke", hyperelastic, theirs.hyperelastic_tangent, given.repetitions)
    pairs("solve", lambda: linear.solve(AT, 0), theirs.solve, given.repetitions)
    pairs("solve and gradient here, solve there", lambda: linear.solve(AT, 1), theirs.solve,
          given.repetitions)  # fmt: skip
    print(f"compliance {mine:.12g} here, {other:.12g} there: {abs(mine / other - 1):.1e} apart")


if __name__ == "__main__":
    main()
