"""Which optimiser for equations when a network is too wide for a matrix of all its parameters?

Answer, of ONE seed so far, one core of a busy machine, 2026-11-26: L-BFGS and, where the training is long enough, HessianFree. Poisson,
3 × 100 (20 601 parameters), after 12 CPU s (14 to 16 with compilation): L-BFGS 1.1e-3, SOAP 7.6e-3, Hessian-free 4.2e-2 with its first damping
at 1 (the loss halves in the first steps and falls by a half in each of the last), Adam 4.7e-2, Gauss-Newton in a sketch 5.3e-2. After 25 s
L-BFGS 4.9e-4, Hessian-free 5.1e-4 with the damping of today, 1e-2 (7.2e-4 with 1 and with 1e-4; 2.0e-3 with 20 iterations).

    python benchmarks/wide_networks.py --seeds 0 1 2 --seconds 60

"poisson": Δu = f on the unit square, u = sin πx sin πy, walls as a term (soft), 1024 points inside and 256 on the walls, drawn
anew every 100 steps; "burgers-b" of `sobolev.equations`, start and ends hard, 1024 points where the residual is large.
Relative error in L². Networks of three tanh layers as wide as `--width` says.
"""

import argparse
import time

import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_enable_x64", True)

from sobolev import Box, Stop, Surrogate, equations, fit  # noqa: E402
from sobolev.losses import Adaptive, Equation, Uniform, derivatives_along  # noqa: E402
from sobolev.networks import MLP, tanh  # noqa: E402
from sobolev.optimisers import (  # noqa: E402
    LBFGS,
    SOAP,
    Adam,
    HessianFree,
    RatioGaussNewton,
    Sketch,
)
from sobolev.weighting import Unweighted  # noqa: E402

SQUARE = Box(("x", "y"), (0.0, 0.0), (1.0, 1.0))
OPTIMISERS = {
    "L-BFGS": lambda: LBFGS(30),
    "Hessian-free": HessianFree,
    "Gauss-Newton, sketch": lambda: RatioGaussNewton(sketch=Sketch(300)),
    "Adam": lambda: Adam(lambda step: 1e-3 * 0.9 ** (step / 1000), batch_size=None),
    "SOAP": lambda: SOAP(3e-3),
}  # fmt: skip


def exact(x, y):
    """Of Poisson's problem."""
    return jnp.sin(jnp.pi * x) * jnp.sin(jnp.pi * y)


def poisson(hidden, seed):
    """Start, blocks, and the error of a solution."""

    def equation(u, p):
        along = [derivatives_along(u, p, v, 2)[2, 0] for v in jnp.eye(2)]
        return along[0] + along[1] + 2 * jnp.pi**2 * exact(*p)

    def walls(u, p):
        # x says which of the four and where along it.
        side, along = jnp.floor(4 * p[0]), (4 * p[0]) % 1.0
        end = side % 2
        at = jnp.where(side < 2, jnp.stack([along, end]), jnp.stack([end, along]))
        return 10 * u(at)[0]

    blocks = [
        Equation("poisson", equation, Uniform(SQUARE, 1024, every=100), order=2),
        Equation("walls", walls, Uniform(SQUARE, 256, every=100), order=0),
    ]
    start = Surrogate.on(SQUARE, ("u",), MLP(hidden, activation=tanh), key=seed)
    grid = np.stack(np.meshgrid(*[np.linspace(0, 1, 41)] * 2), -1).reshape(-1, 2)
    known = np.asarray(exact(*grid.T))

    def error(found):
        off = found.value(grid)[:, 0] - known
        return np.linalg.norm(off) / np.linalg.norm(known)

    return start, blocks, error


def burgers(hidden, seed):
    """Burgers B of the catalogue."""
    problem = equations.by_name("burgers-b")
    points = Adaptive(problem.box, 1024, every=100, candidates=4096)
    start = problem.surrogate(MLP(hidden, activation=tanh), key=seed)
    return start, problem.blocks(points), lambda found: problem.error(found).l2


PROBLEMS = {"poisson": poisson, "burgers-b": burgers}


def main():
    """Each problem with each optimiser and each seed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--problems", nargs="+", choices=PROBLEMS, default=list(PROBLEMS))
    parser.add_argument("--optimisers", nargs="+", choices=OPTIMISERS, default=list(OPTIMISERS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--width", type=int, default=100)
    asked = parser.parse_args()
    for problem in asked.problems:
        for name in asked.optimisers:
            errors, steps, spent = [], [], []
            for seed in asked.seeds:
                start, blocks, error = PROBLEMS[problem]((asked.width,) * 3, seed)
                begin = time.process_time()
                fitted = fit(
                    start, blocks, weighting=Unweighted(), optimiser=OPTIMISERS[name](), epochs=10**6,
                    records=range(20, 10**6, 20), seed=seed, check=False,
                    stop=Stop(cpu_seconds=asked.seconds),
                )  # fmt: skip
                spent.append(time.process_time() - begin)
                errors.append(error(fitted.surrogate))
                steps.append(int(fitted.history.step[-1]))
            every = " ".join(f"{e:.1e}" for e in errors)
            print(
                f"    {problem:<10} {name:<21} median {np.median(errors):.1e}  {np.median(steps):6.0f} steps  "
                f"{np.median(spent):4.0f} CPU s  {every}",
                flush=True,
            )


if __name__ == "__main__":
    main()
