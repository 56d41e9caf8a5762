# 2-core AMD EPYC, Python 3.11, JAX 0.9.2, pyamg 5.4.1, one thread, 2026-11-26, quiet machine.
# Medians of 3 repetitions.
#
# CPU seconds of this, and of what it is beside                                this   beside   ratio
# J2, linear hardening, at_points, the elastic law                           0.0516   0.0211    2.42    2.26 ..  2.54
# J2, linear hardening, assembled, the elastic law                           0.1863   0.0922    2.00    1.98 ..  2.13
# J2, saturating and kinematic hardening, at_points, the elastic law         0.0518   0.0227    2.28    2.26 ..  2.67
# J2, saturating and kinematic hardening, assembled, the elastic law         0.2495   0.0974    2.48    2.48 ..  2.61
# 2-D LinearElastic, 20200 unknowns, Band: vjp by 10000 moduli, a solve      0.0601   0.0492    1.22    1.16 ..  1.26
# 2-D LinearElastic, 20200 unknowns, Band: gradient by all nodes, a step     0.0147   0.0353    0.43    0.32 ..  0.48
# 2-D LinearElastic, 99904 unknowns, Band: vjp by 49729 moduli, a solve      0.7175   0.6462    1.11    1.11 ..  1.21
# 2-D LinearElastic, 99904 unknowns, Band: gradient by all nodes, a step     0.0911   0.5491    0.17    0.16 ..  0.21
# 3-D LinearElastic, 13872 unknowns, LU: vjp by 4096 moduli, a solve         0.9816   0.9574    1.02    1.02 ..  1.03
# 3-D LinearElastic, 13872 unknowns, LU: gradient by all nodes, a step       0.0463   0.8431    0.05    0.05 ..  0.06
# 3-D LinearElastic, 45000 unknowns, Multigrid: vjp by 13824 moduli, a solve   1.3812   1.0503    1.32    1.31 ..  1.33
# 3-D LinearElastic, 45000 unknowns, Multigrid: gradient by all nodes, a step   0.4079   0.6986    0.58    0.58 ..  0.59
# 3-D NeoHooke, 45000 unknowns, Multigrid: vjp by 13824 moduli, a solve      4.3971   4.0413    1.10    1.05 ..  1.14
# 3-D NeoHooke, 45000 unknowns, Multigrid: gradient by all nodes, a step     0.5406   0.9934    0.54    0.40 ..  0.60
"""What plasticity and gradients of fields cost, each beside what it is measured by, in one run.

Stress and tangent of J2 plasticity at 1e5 points, every one plastic, beside the elastic law: at the
points alone and assembled. The gradient by all moduli (one a cell) of a solve, beside the solve; the
gradient by the positions of all nodes beside one step of Newton's method (assembly, factor, solve).
"""

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")

# ruff: noqa: E402 - the number of threads is read when NumPy and JAX are imported
import argparse
import time

import jax
import jax.numpy as jnp
import numpy as np

import sobolev as sb
from sobolev import fem
from sobolev._base.compiled import STEPS
from sobolev.fem.kernel.assembly import first_states, linearise, no_states
from sobolev.fem.laws.law import Point
from sobolev.fem.statement import describe

jax.config.update("jax_enable_x64", True)

ELASTIC = fem.LinearElastic(210e3, 0.3)
PLASTIC = {
    "J2, linear hardening": fem.J2(210e3, 0.3, 250.0, 1000.0),
    "J2, saturating and kinematic hardening": fem.J2(210e3, 0.3, 250.0, 1e3, 500.0, 400.0, 20.0),
}
STRETCH = np.diag([4e-3, -1.5e-3, -1.5e-3])  # three times the strain of first yield
RNG = np.random.default_rng(0)


def at_points(law, count: int = 100_000):
    """A call for stress, consistent tangent and new state at so many points."""

    def stress(H, state):
        (P, *_), new = law.dual(Point(jnp.zeros(3), H, jnp.zeros(3)), state)
        return P, new

    def both(H, state):
        P, new = stress(H, state)
        return P, jax.jacfwd(lambda H: stress(H, state)[0])(H), new

    start = law.start()
    states = jax.tree.map(lambda s: np.broadcast_to(s, (count, *np.shape(s))).copy(), start)
    H = STRETCH + 1e-3 * np.random.default_rng(0).standard_normal((count, 3, 3))
    run = jax.jit(jax.vmap(both), compiler_options=dict(STEPS))
    return lambda: jax.block_until_ready(run(H, states))


def assembled(law, n: int = 23):
    """A call that assembles the tangent of n³ cells with eight points each."""
    model = fem.Model(
        fem.grid((n, n, n)), [fem.Body(law)], [fem.Fixed("left")],
        [fem.Traction("right", (1.0, 0.0, 0.0))], {"work": fem.Compliance()}, solver=fem.SuperLU(),
    )  # fmt: skip
    parts, space = model.statement.parts, model.data.space
    case = jax.tree.map(np.asarray, describe(model.statement, model.data, np.zeros(0)))
    states, X = first_states(parts, space), model.mesh.points
    u = X @ STRETCH + 1e-4 * np.random.default_rng(0).standard_normal(X.shape)
    zero = np.zeros_like(u)
    return lambda: jax.block_until_ready(linearise(parts, space, case, states, u, zero))


def field(dimension: int, n: int, law=fem.LinearElastic, solver=None):
    cells = n**dimension
    law = law(fem.PerCell("E"), 0.3)
    model = fem.Model(
        fem.grid((n,) * dimension), [fem.Body(fem.PlaneStrain(law) if dimension == 2 else law)],
        [fem.Fixed("left")], [fem.Traction("right", (0.0, -1.0, 0.0)[:dimension])],
        {"stress": fem.PNorm(fem.von_mises, exponent=8.0)},
        sb.Box(tuple(f"E[{k}]" for k in range(cells)), (50.0,) * cells, (150.0,) * cells),
        solver=solver,
    )  # fmt: skip
    return model, RNG.uniform(80, 120, cells)


def newton_step(model, x):
    """A call for one step: assembly, factor (or preconditioner), correction."""
    parts, data = model.statement.parts, model.data
    case = jax.tree.map(np.asarray, describe(model.statement, data, x))
    zero = np.zeros(case.displacement.shape)

    def step():
        system = linearise(parts, data.space, case, no_states(parts), zero, zero)
        factor = model.prepared.factor(np.asarray(system.values), case.X.copy())
        return factor.solve(np.asarray(system.residual))

    return step


def seconds(calls, repetitions: int) -> np.ndarray:
    """CPU seconds `[repetitions, calls]`, one after the other in every repetition."""
    for call in calls:
        call()
    times = []
    for _ in range(repetitions):
        for call in calls:
            start = time.process_time()
            call()
            times.append(time.process_time() - start)
    return np.array(times).reshape(repetitions, -1)


def line(name: str, one: np.ndarray, other: np.ndarray) -> None:
    """Medians of both, and of their ratios with least and most."""
    ratios = one / other
    numbers = f"{np.median(one):8.4f} {np.median(other):8.4f}   {np.median(ratios):5.2f}"
    print(f"{name:72s} {numbers}   {ratios.min():5.2f} .. {ratios.max():5.2f}", flush=True)


def gradients(dimension: int, n: int, law, solver, repetitions: int) -> None:
    model, x = field(dimension, n, law, solver)
    kind = type(model.prepared).__name__.removeprefix("_Prepared")
    name = f"{dimension}-D {law.__name__}, {len(model.data.space.free)} unknowns, {kind}"
    one = np.ones(1)
    calls = [
        lambda: model.vjp(x, one), lambda: fem.mesh_gradient(model, x, one),
        lambda: model.solve(x, 0), newton_step(model, x),
    ]  # fmt: skip
    moduli, nodes, solve, step = seconds(calls, repetitions).T
    line(f"{name}: vjp by {len(x)} moduli, a solve", moduli, solve)
    line(f"{name}: gradient by all nodes, a step", nodes - solve, step)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=7)
    repetitions = parser.parse_args().repetitions
    print(
        f"{'CPU seconds of this, and of what it is beside':72s} {'this':>8s} {'beside':>8s}   ratio"
    )
    for name, law in PLASTIC.items():
        for how in (at_points, assembled):
            one, other = seconds([how(law), how(ELASTIC)], repetitions).T
            line(f"{name}, {how.__name__}, the elastic law", one, other)
    gradients(2, 100, fem.LinearElastic, None, repetitions)
    gradients(2, 223, fem.LinearElastic, None, repetitions)
    gradients(3, 16, fem.LinearElastic, fem.SuperLU(), repetitions)
    gradients(3, 24, fem.LinearElastic, None, repetitions)
    gradients(3, 24, fem.NeoHooke, None, repetitions)


if __name__ == "__main__":
    main()
