"""Draws docs/figures/points.png: designs side by side, RAD on Burgers' equation, a region.

python docs/draw_points.py     (10 s of CPU)
"""

from pathlib import Path

import jax
import jax.numpy as jnp
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

import sobolev as sb
from sobolev.losses import (
    Adaptive,
    Ball,
    Equation,
    LatinHypercube,
    Region,
    Sobol,
    Uniform,
    View,
    by_names,
)  # fmt: skip
from sobolev.networks import MLP, Between, HardBoundary, tanh
from sobolev.optimisers import LevenbergMarquardt

jax.config.update("jax_enable_x64", True)
KEY = jax.random.key(3)
SQUARE = sb.Box(("x", "y"), (-1.0, -1.0), (1.0, 1.0))
BOX = sb.Box(("x", "t"), (-1.0, 0.0), (1.0, 1.0))


@by_names(BOX, "u")
def burgers(u):
    """ν = 0.01/π, where a layer grows at x = 0."""
    return u.t + u * u.x - 0.01 / np.pi * u.xx


@by_names(BOX, "u")
def start(u, x):
    """u = −sin πx at t = 0."""
    return u + jnp.sin(np.pi * x)


def designs(axes) -> None:
    """64 points of each kind."""
    for panel, kind in zip(axes, (Uniform, LatinHypercube, Sobol), strict=True):
        x = kind(SQUARE, 64).draw(KEY, None).x
        panel.plot(*np.asarray(x).T, ".", ms=4)
        panel.set(title=f"{kind.__name__}, 64", xticks=[-1, 0, 1], yticks=[-1, 0, 1], aspect=1)
        panel.grid(alpha=0.4)


def adaptive(panel) -> None:
    """Where RAD puts 600 points after some steps of Levenberg–Marquardt."""
    network = HardBoundary(MLP((16, 16), activation=tanh), (Between("x", -1.0, 1.0),))
    points = Adaptive(BOX, 600, every=5)
    equation = Equation("burgers", burgers, points)
    begin = Equation("start", start, Uniform(Region.of(BOX).boundary("t=0"), 64))
    fitted = sb.fit(
        sb.Surrogate.on(BOX, "u", network), [equation, begin], optimiser=LevenbergMarquardt(),
        epochs=60, records=1,
    ).surrogate  # fmt: skip
    x = np.asarray(equation.draw(KEY, View.of(fitted)).x)
    panel.plot(x[:, 1], x[:, 0], ".", ms=2, color="C3")
    panel.set(title="Adaptive, on Burgers' equation", xlabel="t", ylabel="x")


def region(panel) -> None:
    """A plate with a hole and a notch, and normals of its hole."""
    plate = Region.of(SQUARE) - Ball(("x", "y"), (0.2, 0.1), 0.45, "hole")
    plate = plate - sb.Box(("x", "y"), (-1.0, -0.2), (-0.5, 0.2))
    panel.plot(*np.asarray(Sobol(plate, 512).draw(KEY, None).x).T, ".", ms=2)
    hole = plate.boundary("hole")
    x = Uniform(hole, 40).draw(KEY, None).x
    n = jax.vmap(hole.normal)(x)
    panel.quiver(*np.asarray(x).T, *np.asarray(n).T, color="C3", width=5e-3, scale=14)
    panel.set(title="a region, normals of its hole", aspect=1, xticks=[-1, 0, 1], yticks=[-1, 0, 1])


def main() -> None:
    """All of it."""
    figure, axes = plt.subplot_mosaic(
        [["a", "b", "c"], ["d", "d", "e"]], figsize=(8.4, 5.6), layout="constrained"
    )
    designs([axes[name] for name in "abc"])
    adaptive(axes["d"])
    region(axes["e"])
    figure.savefig(Path(__file__).parent / "figures" / "points.png", dpi=110)


if __name__ == "__main__":
    main()
