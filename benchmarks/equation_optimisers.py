"""Optimisers of least squares on differential equations: equal CPU seconds, equal points.

Answer: with points chosen by the residual (`Adaptive`, 2048 of 8192) all three solve all three problems; SSBroyden, which
keeps its points for 50 steps, is ahead of Levenberg–Marquardt, which has new ones every five, on both Burgers problems
(one seed). The ratio rule needs half of the steps of Levenberg–Marquardt and twice the time for each: worse on both
Burgers problems, better on Poisson's, so it is no better on two of three. One core of an AMD EPYC under load, CPU
seconds without compilation (1.5 to 9 s), 26 November 2026; relative L2 error after 25 s, median of seeds 0, 1, 2 (each),
in runs of alternating order:

                 ssbroyden   lm                                  ratio
    burgers-a    8.4e-5      1.1e-4 (1.4e-4, 9.4e-5, 1.1e-4)     1.7e-4 (1.7e-4, 8.5e-4, 5.8e-5)
    burgers-b    5.5e-6      9.9e-6 (1.4e-5, 9.9e-6, 8.7e-6)     1.6e-5 (1.6e-5, 1.6e-5, 1.6e-5)
    poisson                  1.6e-7 (1.2e-7, 1.6e-7, 1.8e-7)     4.6e-8 (4.6e-8, 1.1e-7, 9.3e-10)

burgers-b after 60 s, lm: 3.9e-6 (3.8e-6, 3.9e-6, 5.2e-6), mean squares of residuals at fresh points 3e-9 to 4e-9.
Mean squares of residuals at fresh points then, of the lm runs: 4e-6 to 8e-6, 1e-8 to 2e-8, 1e-12 to 5e-12. With the
points drawn evenly (seed 0, an older and slower step) burgers-a had 1.3e-3 to 9e-3 from 18 to 45 s and burgers-b
1.0e-5 to 6.8e-5. More points cost more at first and gain later: burgers-a, 4096 anew after ten steps, 4.8e-5 after 40 s
where 2048 had 7.8e-5. Seed 0 alone, lm, 60 s: klein-gordon 2.3e-4, helmholtz 5.5e-5.

What did not pay: `lm-then-cut` on Poisson's (3e-6 after 20 s, from 60 steps on, where lm alone has 2e-7): the cut-off is for
problems that are nearly linear by then. Kaczmarz steps with momentum on 256 fresh points (SPRING, with damping and length
chosen on other points): 5.3e-3 on burgers-a and 4.7e-4 on burgers-b after 25 s, at 3100 steps; not kept.

    python benchmarks/equation_optimisers.py --problems burgers-a burgers-b poisson --seconds 30
"""

import argparse
import os
import time
from collections.abc import Callable
from typing import NamedTuple

os.environ.setdefault(
    "XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
)

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from sobolev import Box
from sobolev.losses import Adaptive, Equation, Loss, derivatives_along
from sobolev.networks import MLP, tanh
from sobolev.networks.parameters import unflatten
from sobolev.optimisers import (
    CutOffGaussNewton,
    LevenbergMarquardt,
    RatioGaussNewton,
    Sketch,
    SSBroyden,
    Task,
    Then,
)
from sobolev.optimisers.first_state import start
from sobolev.weighting import Unweighted

jax.config.update("jax_enable_x64", True)
X, T = jnp.array([1.0, 0.0]), jnp.array([0.0, 1.0])
Function = Callable[[jax.Array], jax.Array]

OPTIMISERS = {
    "lm": LevenbergMarquardt(),
    "ratio": RatioGaussNewton(),
    "ratio-low": RatioGaussNewton(targets=(0.1, 0.5)),
    "sketch": RatioGaussNewton(sketch=Sketch(400)),
    "lm-then-cut": Then(LevenbergMarquardt(), 150, CutOffGaussNewton()),
    "ssbroyden": SSBroyden(),
}


class Ansatz(eqx.Module):
    """What holds whatever the network is, around it."""

    inner: Callable
    form: Callable = eqx.field(static=True)

    def __call__(self, x: jax.Array) -> jax.Array:
        """u(x)."""
        return self.form(x, self.inner)


class Problem(NamedTuple):
    """Equations by name, where, what is hard, the widths, inputs of the network, a reference."""

    equations: dict[str, Callable]
    box: Box
    form: Callable
    hidden: tuple[int, ...]
    inputs: int
    reference: Callable[[], tuple[np.ndarray, np.ndarray]]


def waves(x: jax.Array) -> jax.Array:
    """Periodic in x."""
    return jnp.array([jnp.cos(jnp.pi * x[0]), jnp.sin(jnp.pi * x[0]), x[1]])


def burgers(ν: float) -> Problem:
    """u_t + u u_x = ν u_xx on (−1, 1) × (0, 1), u(x, 0) = −sin πx, u(±1, t) = 0; relative L2."""

    def equation(u: Function, x: jax.Array) -> jax.Array:
        value, u_x, u_xx = derivatives_along(u, x, X, 2)
        return derivatives_along(u, x, T, 1)[1] + value * u_x - ν * u_xx

    def form(x: jax.Array, inner: Function) -> jax.Array:
        return -jnp.sin(jnp.pi * x[:1]) + x[1] * inner(waves(x))

    box = Box(("x", "t"), (-1.0, 0.0), (1.0, 1.0))
    return Problem({"burgers": equation}, box, form, (20, 20, 20), 3, lambda: cole_hopf(ν))


def cole_hopf(ν: float) -> tuple[np.ndarray, np.ndarray]:
    """The solution at 256 × 101 points by 100 nodes of Gauss–Hermite: to 1e-13."""
    z, w = np.polynomial.hermite.hermgauss(100)
    at = np.stack(np.meshgrid(np.linspace(-1, 1, 256), np.linspace(0, 1, 101)), -1).reshape(-1, 2)
    y = np.pi * (at[:, :1] - np.sqrt(4 * ν * at[:, 1:]) * z)
    exponent = -np.cos(y) / (2 * np.pi * ν)  # up to 50: the largest is taken off before exp
    F = np.exp(exponent - exponent.max(axis=1, keepdims=True)) * w
    return at, -(np.sin(y) * F).sum(axis=1) / F.sum(axis=1)


def poisson() -> Problem:
    """−Δu = 2π² sin πx sin πy on the unit square, u = 0 on its sides; relative L2."""

    def equation(u: Function, x: jax.Array) -> jax.Array:
        laplace = derivatives_along(u, x, X, 2)[2] + derivatives_along(u, x, T, 2)[2]
        return laplace / (2 * jnp.pi**2) + jnp.prod(jnp.sin(jnp.pi * x))

    def form(x: jax.Array, inner: Function) -> jax.Array:
        return 16 * jnp.prod(x * (1 - x)) * inner(x)

    box = Box(("x", "y"), (0.0, 0.0), (1.0, 1.0))
    return Problem({"poisson": equation}, box, form, (24, 24), 2, lambda: on_grid(
        0.0, lambda x, y: np.sin(np.pi * x) * np.sin(np.pi * y)))  # fmt: skip


def helmholtz() -> Problem:
    """Δu + u = f on (−1, 1)², u = sin πx sin 4πy, hard on the sides; relative L2."""
    size = 17 * jnp.pi**2 - 1

    def equation(u: Function, x: jax.Array) -> jax.Array:
        laplace = derivatives_along(u, x, X, 2)[2] + derivatives_along(u, x, T, 2)[2]
        return (laplace + u(x)) / size + jnp.sin(jnp.pi * x[0]) * jnp.sin(4 * jnp.pi * x[1])

    def form(x: jax.Array, inner: Function) -> jax.Array:
        return jnp.prod(1 - x**2) * inner(x)

    box = Box(("x", "y"), (-1.0, -1.0), (1.0, 1.0))
    return Problem({"helmholtz": equation}, box, form, (40, 40), 2, lambda: on_grid(
        -1.0, lambda x, y: np.sin(np.pi * x) * np.sin(4 * np.pi * y)))  # fmt: skip


def klein_gordon() -> Problem:
    """u_tt − u_xx + u³ = f on (0, 1)², u = x cos 5πt + (xt)³, start hard, walls soft; relative L2.

    By the size of its largest term, 25π².
    """

    def solution(x, t):
        return x * jnp.cos(5 * jnp.pi * t) + (x * t) ** 3

    def equation(u: Function, p: jax.Array) -> jax.Array:
        (x, t), (value, _, u_tt) = p, derivatives_along(u, p, T, 2)
        f = x * (6 * x**2 * t - 6 * t**3 - 25 * jnp.pi**2 * jnp.cos(5 * jnp.pi * t))
        f = f + solution(x, t) ** 3
        return (u_tt - derivatives_along(u, p, X, 2)[2] + value**3 - f) / (25 * jnp.pi**2)

    def wall(at: float) -> Callable:
        return lambda u, p: u(jnp.stack([at + 0 * p[1], p[1]])) - solution(at, p[1])

    def form(x: jax.Array, inner: Function) -> jax.Array:
        return x[:1] + x[1] ** 2 * inner(x)

    box = Box(("x", "t"), (0.0, 0.0), (1.0, 1.0))
    equations = {"klein-gordon": equation, "left": wall(0.0), "right": wall(1.0)}
    return Problem(equations, box, form, (20, 20, 20), 2, lambda: on_grid(0.0, solution))


def on_grid(lower: float, u: Callable) -> tuple[np.ndarray, np.ndarray]:
    """101 × 101 points of a square up to 1."""
    side = np.linspace(lower, 1.0, 101)
    at = np.stack(np.meshgrid(side, side), -1).reshape(-1, 2)
    return at, np.asarray(u(at[:, 0], at[:, 1]))


PROBLEMS: dict[str, Callable[[], Problem]] = {
    "burgers-a": lambda: burgers(0.01 / np.pi),
    "burgers-b": lambda: burgers(0.01),
    "poisson": poisson,
    "helmholtz": helmholtz,
    "klein-gordon": klein_gordon,
}


@eqx.filter_jit
def advance(optimiser, task, state, epochs):
    return jax.lax.fori_loop(0, epochs, lambda _, s: optimiser.epoch(task, s), state)


@eqx.filter_jit
def measured(task, θ, at):
    """u at the reference's points, and the mean square of the residual at fresh ones."""
    key, view = jax.random.key(99), task.view(θ)
    fresh = tuple(block.draw(jax.random.fold_in(key, i), view)
                  for i, block in enumerate(task.loss.blocks))  # fmt: skip
    return jax.vmap(unflatten(task.network, θ))(at)[:, 0], 2 * task.losses(θ, fresh).sum()


begin = eqx.filter_jit(start)


def run(name: str, how: str, seed: int, points: int, every: int, marks: list[float]) -> None:
    """One training; a line with the errors after so many CPU seconds, without compilation."""
    problem = PROBLEMS[name]()
    at, known = map(jnp.asarray, problem.reference())
    blocks = tuple(
        Equation(n, f, Adaptive(problem.box, points if i == 0 else points // 8, every,
                                candidates=4 * points))
        for i, (n, f) in enumerate(problem.equations.items())
    )  # fmt: skip
    inner = MLP(problem.hidden, activation=tanh).build(problem.inputs, 1, jax.random.key(seed))
    network = Ansatz(inner, problem.form)
    task = Task(network, Loss(blocks), Unweighted(), jax.random.key(100 + seed))
    optimiser = OPTIMISERS[how]
    clock = time.process_time()
    state = begin(task, optimiser)
    jax.block_until_ready(advance(optimiser, task, state, jnp.asarray(1)))
    measured(task, state.θ, at)
    compiled, spent, told = time.process_time() - clock, 0.0, []
    marks, many = sorted(marks), jnp.asarray(5)
    while marks:
        clock = time.process_time()
        state = jax.block_until_ready(advance(optimiser, task, state, many))
        spent += time.process_time() - clock
        if spent >= marks[0] or bool(state.converged):
            found, residual = measured(task, state.θ, at)
            error = float(jnp.linalg.norm(found - known) / jnp.linalg.norm(known))
            told.append(f"{marks.pop(0):g} s: {error:.1e} ({float(residual):.0e})")
        if bool(state.converged):
            break
    words = f"{int(state.step)} steps, compiled in {compiled:.1f} s"
    print(f"{name:13}{how:12} seed {seed}  {', '.join(told)}; {words}", flush=True)


def main() -> None:
    """Every optimiser on every problem from every seed, forth and back."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problems", nargs="+", default=["burgers-a", "burgers-b", "poisson"])
    parser.add_argument("--optimisers", nargs="+", default=["lm", "ratio"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--seconds", nargs="+", type=float, default=[15.0, 30.0])
    parser.add_argument("--points", type=int, default=2048)
    parser.add_argument("--every", type=int, default=5)
    told = parser.parse_args()
    print("relative error (mean square of the residual at fresh points)")
    for name in told.problems:
        for i, seed in enumerate(told.seeds):
            for how in told.optimisers if i % 2 == 0 else reversed(told.optimisers):
                run(name, how, seed, told.points, told.every, told.seconds)


if __name__ == "__main__":
    main()
