"""The first surrogate: 320 rows × 3 inputs with gradients, as multiples of a bare JAX program.

Answer (one core of 2, the other one busy, Python 3.11, JAX 0.9.2, 2026-11-26; CPU s, medians of 3
tables, of the command of 2, least to most): bare JAX 1.14 (1.14 to 1.15); import to trained from
Python 2.83 (2.78 to 2.84), ×2.5; `sobolev fit` with its page 7.6 (7.6 to 7.7), ×6.7, and the second
time 6.5 (6.4 to 6.5), ×5.7. The aims of ×1.5, ×2.5 and ×1 are not met. Before, from Python,
about ×4.4. Of the 2.8 s compiling takes 0.9, tracing and lowering 0.4, importing 0.8, looking for
noise and wrong derivatives 0.45, the steps and their records 0.45. What the command takes beyond
that is the choice: 8 starts, a training with rows held out, and one on all rows.

`sobolev predict` of the 320 rows with slopes, beside other jobs: 0.45 (0.44 to 0.46), ×0.22 of bare JAX in the same run (2.05; 2.01
to 2.37), and the same every time, because a plain network is asked by NumPy (`sobolev/plain_network.py`). By JAX it took 1.4 to 1.6
in the same hour: importing JAX 0.5, Equinox 0.15, our own rooms 0.25, two compilations 0.22, and the 0.45 that is left: of these
the command line with its settings 0.15, NumPy 0.1, formats of tables 0.1, names of arrays 0.05, Python 0.02. Other models go by JAX.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from sobolev import Dataset
from sobolev.data import write

# What everyone pays who writes it by hand: the import, a network of the same size, the same labels,
# one compiled loop of as many steps of Adam.
BARE = """
import jax
jax.config.update("jax_enable_x64", True)
import jax.numpy as jnp
import numpy as np
t = np.loadtxt("t.csv", delimiter=",", skiprows=1)
x, y, dy = t[:, :3], t[:, 3], t[:, 4:]

def network(p, x):
    for W, b in p[:-1]:
        x = jax.nn.swish(W @ x + b)
    W, b = p[-1]
    return (W @ x + b)[0]

def loss(p):
    v, g = jax.vmap(jax.value_and_grad(network, 1), (None, 0))(p, x)
    return jnp.mean((v - y) ** 2) + jnp.mean((g - dy) ** 2)

@jax.jit
def train(p):
    def step(c, _):
        p, m, v = c
        g = jax.grad(loss)(p)
        m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
        v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
        move = lambda p, m, v: p - 1e-2 * m / (jnp.sqrt(v) + 1e-8)
        return (jax.tree.map(move, p, m, v), m, v), None
    z = jax.tree.map(jnp.zeros_like, p)
    return jax.lax.scan(step, (p, z, z), jnp.arange(1000))[0]

rng, sizes = np.random.default_rng(0), [3, 24, 24, 1]
p = [(jnp.asarray(rng.normal(size=(b, a)) / a**0.5), jnp.zeros(b))
     for a, b in zip(sizes, sizes[1:])]
jax.block_until_ready(train(p))
"""
OURS = """
import jax
jax.config.update("jax_enable_x64", True)
import numpy as np
import sobolev as sb
t = np.loadtxt("t.csv", delimiter=",", skiprows=1)
data = sb.Dataset(t[:, :3], t[:, 3:4], t[:, 4:][:, None])
sb.fit(sb.Surrogate.new(data), data, epochs=1000)
"""
COMMAND = ["-m", "sobolev.cli", "fit", "t.csv", "--out", "m.npz"]
PREDICT = ["-m", "sobolev.cli", "predict", "m.npz", "t.csv", "--ignore-extra", "--out", "p.csv"]


def waits(arguments: list[str], folder: Path, cache: Path | None = None) -> float:
    """CPU seconds of one process of Python, from its start to its end, without any cache or with."""
    hidden = {"JAX_COMPILATION_CACHE_DIR", "XLA_FLAGS"}
    env = {name: value for name, value in os.environ.items() if name not in hidden}
    env["SOBOLEV_CACHE"] = "off" if cache is None else str(cache)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], cwd=folder, env=env, check=True,
                   capture_output=True)  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def table(folder: Path, seed: int) -> None:
    """y = sin(2a + b) exp(0.4c) with its gradient, of 320 points."""
    x = np.random.default_rng(seed).uniform(-1, 1, (320, 3))
    a, b, c = x.T
    y, slope = np.sin(2 * a + b) * np.exp(0.4 * c), np.cos(2 * a + b) * np.exp(0.4 * c)
    dy = np.stack([2 * slope, slope, 0.4 * y], axis=1)
    write(folder / "t.csv", Dataset(x, y[:, None], dy[:, None]))


def once(seed: int) -> dict[str, float]:
    """CPU seconds of each, one after the other in an empty folder."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table(folder, seed)
        cache = folder / "cache"
        return {
            "bare JAX": waits(["-c", BARE], folder),
            "from Python": waits(["-c", OURS], folder),
            "command, first time": waits(COMMAND, folder, cache),
            "command, again": waits(COMMAND, folder, cache),
            "predict the 320 rows": waits(PREDICT, folder),
        }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=5)
    seeds = parser.parse_args().seeds
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # one core: CPU time is wall time
    found = [once(seed) for seed in range(seeds)]
    print(f"| {seeds} tables | CPU s, median | least | most | × bare JAX |\n|---|---|---|---|---|")
    for what in found[0]:
        seconds = np.array([each[what] for each in found])
        ratio = np.median(seconds / [each["bare JAX"] for each in found])
        print(f"| {what} | {np.median(seconds):.2f} | {seconds.min():.2f} | {seconds.max():.2f} | "
              f"{ratio:.2f} |")  # fmt: skip
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
