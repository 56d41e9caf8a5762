"""Stresses around a hole, by Gaussians that find their places and widths.

A plate with a hole of radius 0.2 in tension: Kirsch's stresses and their slopes at 400 points, as
dense near the hole as a mesh. 60 Gaussians against a network with as many parameters, each with the
optimiser that suits it. No Gaussian becomes narrower than the distance of the points, else one
between them would be seen by nobody. Those that have come to nothing are taken out.
"""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Ellipse
from scipy.stats import qmc

import sobolev as sb
from sobolev.networks import MLP, GaussianFeatures, pruned, tanh
from sobolev.optimisers import LevenbergMarquardt, SSBroyden
from sobolev.weighting import Unweighted

jax.config.update("jax_enable_x64", True)

EXPECTED = {
    "H1 error, Gaussians": (0.03, 0.7),
    "at most half of that of the network": (1.0, 1e-12),
    "factor 3 at the edge": (3.0, 0.05),
    "Gaussians that stay": (52.0, 0.15),
}
RADIUS = 0.2


def kirsch(x):
    """σxx, σyy, σxy under a tension of 1 in x far away."""
    square = x[0] ** 2 + x[1] ** 2
    k = RADIUS**2 / square
    c, s = (x[0] ** 2 - x[1] ** 2) / square, 2 * x[0] * x[1] / square  # of twice the angle
    c4, s4 = 2 * c**2 - 1, 2 * s * c
    return jnp.stack([
        1 - k * (1.5 * c + c4) + 1.5 * k**2 * c4,
        -k * (0.5 * c - c4) - 1.5 * k**2 * c4,
        -k * (0.5 * s + s4) + 1.5 * k**2 * s4,
    ])  # fmt: skip


@jax.jit
@jax.vmap
def with_slopes(x):
    return kirsch(x), jax.jacfwd(kirsch)(x)


def plate(rows: int, seed: int) -> sb.Dataset:
    """Points even in the angle and in the logarithm of the radius, up to 1."""
    u = qmc.Sobol(2, rng=seed).random(4096)[:rows]
    r, θ = RADIUS ** (1 - u[:, 0]), 2 * np.pi * u[:, 1]
    x = np.c_[r * np.cos(θ), r * np.sin(θ)]
    y, slopes = map(np.asarray, with_slopes(x))
    return sb.Dataset(x, y, slopes, inputs=("x", "y"), outputs=("sxx", "syy", "sxy"))


CASES = {
    "60 Gaussians": (GaussianFeatures((60,), width=0.2, narrowest=0.05), SSBroyden(), 1200),
    "network 18-17": (MLP((18, 17), activation=tanh), LevenbergMarquardt(), 40),
}


@cache
def trained(which: str) -> sb.Surrogate:
    """From the same rows, in about as many seconds."""
    made, optimiser, epochs = CASES[which]
    data = plate(400, 0)
    how = {"optimiser": optimiser, "weighting": Unweighted(), "records": 2, "check": False}
    return sb.fit(sb.Surrogate.new(data, made, key=0), data, epochs=epochs, **how).surrogate


def h1(surrogate: sb.Surrogate) -> float:
    """Relative error of stresses and slopes at other points."""
    test = plate(4096, 99)
    y, slopes = surrogate.derivatives(test.x, 1)
    off = np.sum((y - test.y) ** 2) + np.sum((slopes - test.jacobian) ** 2)
    return float(np.sqrt(off / (np.sum(test.y**2) + np.sum(test.jacobian**2))))


def main() -> dict[str, float]:
    """Errors, the stress at the edge, and how many Gaussians do something."""
    gaussians, network = (trained(which) for which in CASES)
    errors = [h1(surrogate) for surrogate in (gaussians, network)]
    print("H1 errors: Gaussians {:.3f}, network {:.3f}".format(*errors))
    edge = float(gaussians.value(np.array([0.0, RADIUS]))[0])
    smaller = pruned(gaussians, 0.01)
    kept = smaller.network.sums.weights.shape[1]
    print(f"at the edge {edge:.2f} times the tension; {kept} stay, H1 error {h1(smaller):.3f}")
    return {
        "H1 error, Gaussians": errors[0],
        "at most half of that of the network": float(errors[0] <= 0.5 * errors[1]),
        "factor 3 at the edge": edge, "Gaussians that stay": float(kept),
    }  # fmt: skip


def figure() -> Figure:
    """Where the Gaussians are, and the stress above the hole with its slope."""
    made = Figure(figsize=(11, 3.6), layout="constrained")
    where, value, slope = made.subplots(1, 3)
    sums = trained("60 Gaussians").network.sums
    size = np.asarray(jnp.abs(sums.weights).max(axis=0))
    width = 2 * (0.05 + np.asarray(jnp.exp(sums.log_widths[0])))
    for centre, wide, w in zip(np.asarray(sums.centres[0]), width, size / size.max(), strict=True):
        where.add_patch(Ellipse(centre, *wide, fill=False, lw=0.4 + 1.6 * w))
    where.add_patch(Circle((0, 0), RADIUS, color="0.8"))
    where.plot(*plate(400, 0).x.T, ".", ms=2)
    where.set(xlim=(-1.1, 1.1), ylim=(-1.1, 1.1), aspect="equal", xlabel="x", ylabel="y")
    line = np.c_[np.zeros(200), np.linspace(RADIUS, 1, 200)]
    exact = [np.asarray(part) for part in with_slopes(line)]
    curves = {"Kirsch": exact} | {w: trained(w).derivatives(line, 1) for w in CASES}
    for name, (y, slopes) in curves.items():
        style = {"color": "k", "lw": 3, "alpha": 0.3} if name == "Kirsch" else {"lw": 1}
        value.plot(line[:, 1], y[:, 0], label=name, **style)
        slope.plot(line[:, 1], slopes[:, 0, 1], **style)
    value.set(xlabel="y above the hole", ylabel="σxx over the tension")
    slope.set(xlabel="y above the hole", ylabel="its slope in y")
    value.legend(frameon=False)
    return made
