"""Slow waves first: when each wave of a response is learnt, and what slopes change.

y = Σ sin kπx over k = 1, 5, 10, 20. An error in wave k costs its square in the mean square of
values, and 1 + (kπ)² times that with slopes. A model that is linear in the amplitudes shows it as
it stands in the books: gradient descent learns all waves alike from values, and wave k by 1 + (kπ)²
sooner with slopes. A network and second-order steps are another matter: there slopes decide whether
the few rows show the wave at all.
"""

from dataclasses import dataclass
from functools import cache
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from matplotlib.figure import Figure

import sobolev as sb
from sobolev.networks import Architecture, MixedMLP
from sobolev.optimisers import FirstOrder, SSBroyden
from sobolev.weighting import InverseEnergy, Unweighted

jax.config.update("jax_enable_x64", True)

EXPECTED = {
    "linear, values": (1.0, 1e-9),
    "linear, slopes": (363.3, 1e-3),
    "to theory": (1.0, 1e-9),
    "wave 20 is missed from values": (1.0, 1e-12),
    "and found with slopes": (1.0, 1e-12),
}
WAVES = np.array([1, 5, 10, 20])
GRID = np.linspace(-1, 1, 256, endpoint=False)


class Waves(eqx.Module):
    amplitudes: jax.Array

    def __call__(self, x):
        return self.amplitudes @ jnp.sin(jnp.pi * jnp.asarray(WAVES) * x[0])


@dataclass(frozen=True)
class Series(Architecture):
    """Amplitudes of the waves and nothing else: linear in its parameters."""

    name: ClassVar[str] = "series"

    def build(self, inputs, outputs, key):
        return Waves(jnp.zeros((outputs, len(WAVES))))


def table(rows: int, slopes: bool) -> sb.Dataset:
    """Equally spaced rows."""
    x = -1 + 2 * (np.arange(rows) + 0.5) / rows
    y = np.sin(np.pi * np.outer(x, WAVES)).sum(axis=1)[:, None]
    rise = (np.pi * WAVES * np.cos(np.pi * np.outer(x, WAVES))).sum(axis=1)[:, None, None]
    return sb.Dataset(x[:, None], y, rise if slopes else None, inputs=("x",), outputs=("y",))


def left(surrogate: sb.Surrogate) -> np.ndarray:
    """How much of each wave is not learnt, of its amplitude 1."""
    y = surrogate.value(GRID[:, None])[:, 0]
    found = 2 * np.mean(y[:, None] * np.exp(1j * np.pi * np.outer(GRID, WAVES)), axis=0)
    return np.abs(found - 1j)


def ladder(first: int, last: int, count: int) -> tuple[int, ...]:
    """Numbers of epochs, each larger by the same factor."""
    return tuple(int(n) for n in np.unique(np.geomspace(first, last, count).round()))


SERIES, NETWORK = "amplitudes, gradient descent", "network 24-24, SSBroyden"
DESCENT = FirstOrder(optax.identity(), 4e-4)
PLAIN = sb.Surrogate.on(sb.Box(("x",), (-1.0,), (1.0,)), "y", Series())  # slopes as they are
MIXED = sb.Surrogate.new(table(32, True), MixedMLP((24, 24)), key=0)
CASES = {
    SERIES: (PLAIN, DESCENT, Unweighted(), 64, ladder(4, 8000, 25)),
    NETWORK: (MIXED, SSBroyden(), InverseEnergy(), 32, ladder(20, 1200, 10)),
}


@cache
def learning(which: str, slopes: bool) -> np.ndarray:
    """What is left of each wave `[n, 4]` after each number of epochs of its ladder."""
    start, optimiser, weighting, rows, epochs = CASES[which]
    data = table(rows, slopes)
    how = {"optimiser": optimiser, "weighting": weighting, "records": 1, "check": False}
    stop = sb.Stop(keep_best=False)
    return np.array(
        [left(sb.fit(start, data, epochs=n, stop=stop, **how).surrogate) for n in epochs]
    )


def main() -> dict[str, float]:
    """How much sooner the fastest wave is learnt than the slowest, and whether it is at all."""
    epochs = CASES[SERIES][-1][0]
    # A step of gradient descent takes the same share of what is left.
    shares = [1 - learning(SERIES, slopes)[0] ** (1 / epochs) for slopes in (False, True)]
    alike, sooner = (share[-1] / share[0] for share in shares)
    theory = (1 + (np.pi * WAVES[-1]) ** 2) / (1 + (np.pi * WAVES[0]) ** 2)
    print(f"linear, wave 20 against wave 1: x{alike:.2f} by values, x{sooner:.1f} with slopes")
    print(f"theory: x1 and x{theory:.1f}")
    least = [learning(NETWORK, slopes).min(axis=0) for slopes in (False, True)]
    for what, found in zip(("values", "values and slopes"), least, strict=True):
        waves = ", ".join(f"{k}: {part:.3f}" for k, part in zip(WAVES, found, strict=True))
        print(f"network, {what}: least that is left of waves {waves}")
    return {
        "linear, values": alike, "linear, slopes": sooner, "to theory": sooner / theory,
        "wave 20 is missed from values": float(least[0][-1] > 0.5),
        "and found with slopes": float(least[1][-1] < 0.5),  # 0.03 to 0.15 by the last digits
    }  # fmt: skip


def figure() -> Figure:
    """What is left of each wave."""
    made = Figure(figsize=(9, 5.2), layout="constrained")
    for row, which in zip(made.subplots(2, 2, sharey=True), CASES, strict=True):
        for axes, slopes in zip(row, (False, True), strict=True):
            for k, curve in zip(WAVES, learning(which, slopes).T, strict=True):
                axes.loglog(CASES[which][-1], np.maximum(curve, 1e-3), label=f"wave {k}")
            what = "values and slopes" if slopes else "values"
            axes.set(xlabel="epochs", ylabel="left of the wave", title=f"{which}: {what}")
    axes.legend(frameon=False)
    return made
