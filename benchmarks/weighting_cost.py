# Intel Xeon, one core of a quiet machine, Python 3.11, JAX 0.9.2, one thread, 2026-11-21, median of 7.
# With 3 terms schemes that look at losses cost 1.0, those that need the Gram matrix 2.4 times the
# FLOPs of the plain gradient (aims 1.6 and 2.5); one sketched direction 2.1, for 3, 7 and 16 terms.
# "Every 10" is the costly one of its ten steps.
#
# K terms  scheme                 FLOPs / plain   CPU s / plain (smallest, largest)
#       3  Unweighted                      1.00            1.22 (0.99, 1.37)
#       3  LossMax                         1.00            1.14 (1.05, 1.59)
#       3  InverseNorm                     2.37            2.40 (2.05, 2.49)
#       3  CosineDistance sum              2.37            2.39 (2.16, 2.77)
#       3  Every 10 InverseNorm            3.00            3.07 (2.17, 3.65)
#       3  sketch                          2.08            2.44 (1.83, 3.01)
#       7  Unweighted                      1.00            1.05 (0.87, 1.26)
#       7  LossMax                         1.01            1.15 (1.06, 1.49)
#       7  InverseNorm                     5.08            4.99 (4.05, 7.48)
#       7  CosineDistance sum              5.08            6.10 (5.18, 7.96)
#       7  Every 10 InverseNorm            5.66            6.00 (4.65, 7.79)
#       7  sketch                          2.07            2.50 (2.40, 3.50)
#      16  Unweighted                      1.01            1.07 (0.81, 1.12)
#      16  LossMax                         1.01            1.08 (0.94, 1.29)
#      16  InverseNorm                    11.26            9.09 (8.05, 11.85)
#      16  CosineDistance sum             11.27            8.30 (7.70, 12.68)
#      16  Every 10 InverseNorm           11.76           12.36 (9.88, 13.16)
#      16  sketch                          2.08            2.22 (1.58, 3.27)
"""What a weighting costs: a step of the engine against the gradient of the unweighted loss.

FLOPs as XLA counts them in the compiled program, and CPU seconds measured side by side, for K terms
(values and first derivatives) of a tanh network d-24-24-1 on 200 rows, float64, one core. Sketch:
one random direction, to show that its cost does not grow with K.
"""

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
os.environ.setdefault(
    "XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
)

# ruff: noqa: E402 - the number of threads is read when NumPy and JAX are imported
import time

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

import sobolev as sb
from sobolev.losses import Labelled, Loss
from sobolev.optimisers import Task
from sobolev.optimisers.linearisation import traces
from sobolev.weighting import weighted_gradient

jax.config.update("jax_enable_x64", True)

ROWS, REPEATS, ROUNDS = 200, 200, 7


class Sketching(sb.weighting.Scheme):
    """Weights from the norms that one random direction suggests."""

    needs = frozenset({"sketch"})

    def init(self, energies):
        return jnp.zeros_like(energies)

    def update(self, statistics, state):
        state = 0.9 * state + statistics.sketch[0] ** 2
        return 1 / jnp.sqrt(state + 1e-30), state


SCHEMES = {
    "Unweighted": sb.weighting.Unweighted(),
    "LossMax": sb.weighting.LossMax(0.01, sb.weighting.Clip()),
    "InverseNorm": sb.weighting.InverseNorm(),
    "CosineDistance sum": sb.weighting.CosineDistance("sum", 0.1, sb.weighting.Exponential()),
    "Every 10 InverseNorm": sb.weighting.Every(sb.weighting.InverseNorm(), 10),
    "sketch": Sketching(),
}


def task_of(inputs):
    rng = np.random.default_rng(0)
    x, a = rng.uniform(-1, 1, (ROWS, inputs)), rng.normal(size=inputs)
    y, slopes = np.sin(x @ a)[:, None], (np.cos(x @ a)[:, None] * a)[:, None]
    data = sb.Dataset(x, y, slopes)
    surrogate = sb.Surrogate.new(data, sb.networks.MLP(activation=sb.networks.tanh))
    loss = Loss((Labelled.of(data, surrogate.scaling),))
    task = Task(surrogate.network, loss, sb.weighting.Unweighted(), jax.random.key(0))
    return task, ravel_pytree(eqx.filter(surrogate.network, eqx.is_inexact_array))[0]


def steps(task, θ, scheme):
    """The plain gradient and the engine's step, compiled, with their arguments."""
    losses = lambda t: task.losses(t, task.loss.batches())  # noqa: E731
    state = scheme.init(task.loss.energies(task.loss.batches()))

    def plain(t):
        return jax.grad(lambda u: jnp.sum(losses(u)))(t)

    def engine(t, s, key):
        found = weighted_gradient(
            losses, t, scheme, s, key, lambda u: traces(task, u, task.loss.batches())
        )
        return found[0], found[3]

    key = jax.random.key(0)
    return (
        jax.jit(plain).lower(θ).compile(),
        jax.jit(engine).lower(θ, state, key).compile(),
        (θ, state, key),
    )


def seconds(function, *arguments) -> float:
    began = time.process_time()
    for _ in range(REPEATS):
        jax.block_until_ready(function(*arguments))
    return (time.process_time() - began) / REPEATS


def main():
    print("K terms  scheme                 FLOPs / plain   CPU s / plain (smallest, largest)")
    for inputs in (2, 6, 15):
        task, θ = task_of(inputs)
        for name, scheme in SCHEMES.items():
            plain, engine, arguments = steps(task, θ, scheme)
            flops = engine.cost_analysis()["flops"] / plain.cost_analysis()["flops"]
            ratios = [
                seconds(engine, *arguments) / seconds(plain, arguments[0]) for _ in range(ROUNDS)
            ]
            print(
                f"{1 + inputs:7d}  {name:22s} {flops:13.2f}   {np.median(ratios):13.2f}"
                f" ({min(ratios):.2f}, {max(ratios):.2f})",
                flush=True,
            )


if __name__ == "__main__":
    main()
