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
from sobolev.losses import Labels
from sobolev.optimisers import Task
from sobolev.optimisers.protocol import start

jax.config.update("jax_enable_x64", True)

BASE = {"rows": 200, "inputs": 4, "outputs": 1, "width": 24}
SWEEPS = {
    "rows": (50, 100, 200, 400, 800),
    "inputs": (2, 4, 8, 16),
    "outputs": (1, 2, 4, 8),
    "width": (8, 16, 32, 48),
}
METHODS = {
    "Adam": (lambda: sb.Adam(1e-3, None), 200),
    "SSBroyden": (sb.SSBroyden, 50),
    "LM": (sb.LevenbergMarquardt, 3),
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
    labels = Labels.of(data, surrogate.scaling)
    loss, weighting = sb.SobolevLoss.of(data), sb.Unweighted()
    task = Task(surrogate.network, loss, labels, weighting, jax.random.key(0))
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
