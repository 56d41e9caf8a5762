# Intel Xeon, one core (another process on the other), Python 3.11, JAX 0.9.2, one thread, 2026-11-21.
# A step of SSBroyden grows with the square of the parameters beyond 1000 and hardly with the rows;
# one of Levenberg-Marquardt with both.
#
# Adam       rows       ms a step  50: 0.036  100: 0.059  200: 0.102  400: 0.196  800: 0.372   exponent 0.85
# Adam       inputs     ms a step  2: 0.110  4: 0.106  8: 0.109  16: 0.143   exponent 0.12
# Adam       outputs    ms a step  1: 0.101  2: 0.168  4: 0.288  8: 0.548   exponent 0.81
# Adam       parameters ms a step  121: 0.035  369: 0.062  1249: 0.127  2641: 0.194   exponent 0.56
# SSBroyden  rows       ms a step  50: 0.387  100: 0.364  200: 0.381  400: 0.496  800: 0.725   exponent 0.23
# SSBroyden  inputs     ms a step  2: 0.372  4: 0.410  8: 0.489  16: 0.793   exponent 0.35
# SSBroyden  outputs    ms a step  1: 0.424  2: 0.554  4: 0.724  8: 1.088   exponent 0.45
# SSBroyden  parameters ms a step  121: 0.057  369: 0.151  1249: 0.948  2641: 4.407   exponent 1.41
# LM         rows       ms a step  50: 3.270  100: 9.177  200: 30.671  400: 54.948  800: 146.206   exponent 1.35
# LM         inputs     ms a step  2: 12.422  4: 29.694  8: 61.731  16: 213.998   exponent 1.34
# LM         outputs    ms a step  1: 28.214  2: 64.161  4: 172.399  8: 448.224   exponent 1.34
# LM         parameters ms a step  121: 1.716  369: 8.129  1249: 59.591  2641: 117.890   exponent 1.41
"""Cost per training step against rows, inputs, outputs and parameters, with fitted exponents.

Adam (all rows), SSBroyden and Levenberg–Marquardt on values and full Jacobians of a sine of random
combinations of the inputs; tanh networks with two hidden layers; float64, one core. CPU seconds a
step, the smallest of three repetitions, compilation left out. The exponent is the slope of log
seconds over log size by least squares.
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
from sobolev.optimisers.first_state import start

jax.config.update("jax_enable_x64", True)

BASE = {"rows": 200, "inputs": 4, "outputs": 1, "width": 24}
SWEEPS = {
    "rows": (50, 100, 200, 400, 800),
    "inputs": (2, 4, 8, 16),
    "outputs": (1, 2, 4, 8),
    "width": (8, 16, 32, 48),
}
METHODS = {
    "Adam": (lambda: sb.optimisers.Adam(1e-3, None), 200),
    "SSBroyden": (sb.optimisers.SSBroyden, 50),
    "LM": (sb.optimisers.LevenbergMarquardt, 3),
}


@eqx.filter_jit
def advance(task, optimiser, state, steps):
    return jax.lax.fori_loop(0, steps, lambda _, s: optimiser.epoch(task, s), state)


@eqx.filter_jit
def begin(task, optimiser):
    return start(task, optimiser)


def seconds(method: str, rows: int, inputs: int, outputs: int, width: int) -> tuple[float, int]:
    """CPU seconds a step, and the number of parameters."""
    rng = np.random.default_rng(0)
    x, W = rng.uniform(-1, 1, (rows, inputs)), rng.normal(size=(outputs, inputs))
    inner = x @ W.T
    data = sb.Dataset(x, np.sin(inner), np.cos(inner)[:, :, None] * W)
    surrogate = sb.Surrogate.mlp(data, (width, width), 0)
    loss = Loss((Labelled.of(data, surrogate.scaling),))
    weighting = sb.weighting.Unweighted()
    task = Task(surrogate.network, loss, weighting, jax.random.key(0))
    make, steps = METHODS[method]
    optimiser, count = make(), jnp.asarray(steps)
    state = jax.block_until_ready(advance(task, optimiser, begin(task, optimiser), count))
    laps = []
    for _ in range(3):
        clock, before = time.process_time(), int(state.step)
        state = jax.block_until_ready(advance(task, optimiser, state, count))
        laps.append((time.process_time() - clock) / max(1, int(state.step) - before))
    return min(laps), ravel_pytree(surrogate.network)[0].size


def main() -> None:
    for method in METHODS:
        for name, sizes in SWEEPS.items():
            found = [seconds(method, **{**BASE, name: size}) for size in sizes]
            cost, parameters = np.array(found).T
            over = parameters if name == "width" else np.array(sizes, float)
            exponent = np.polyfit(np.log(over), np.log(cost), 1)[0]
            label = "parameters" if name == "width" else name
            cells = "  ".join(f"{o:.0f}: {1e3 * c:.3f}" for o, c in zip(over, cost, strict=True))
            print(f"{method:10s} {label:10s} ms a step  {cells}   exponent {exponent:.2f}")


if __name__ == "__main__":
    main()
