"""A comb of lines that closes at a bifurcation: where a surrogate holds, and where it says so.

A driven oscillator beats with ω = √(D² − K²) (Adler), the spacing of the lines in its spectrum, and
locks where the detuning D falls to the coupling K: there ω ends with an infinite slope, as a square
root. ω² is smooth through it. So ω² is learnt, from periods that are integrated and their exact
sensitivities, and ω is its root; a locked oscillator has no spacing, and its rows have no labels.
Where the 95 % interval of ω² reaches zero, the surrogate says that it does not know which it is.
"""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

import sobolev as sb
from sobolev.dynamics import Adler, Crossing, Trajectory

jax.config.update("jax_enable_x64", True)

EXPECTED = {
    "exponent at the bifurcation": (0.5, 0.02),
    "rows without a spacing, of 40": (7.0, 1e-12),
    "H1 error of the spacing outside of the band": (3e-6, 3.0),
    "locked or not, right where it is sure": (1.0, 1e-12),
    "part of the square where it is not sure": (5e-4, 3.0),
}
SQUARE = sb.Box(("detuning", "coupling"), (0.5, 0.5), (2.0, 1.0), ("rad/s", "rad/s"))
BAND = 0.02  # of D/K - 1: nearer to the bifurcation the slope of ω has no bound


class Wider(Adler):
    """The same from where it locks to where it beats."""

    box: sb.Box = SQUARE


@cache
def period() -> Trajectory:
    """The time in which the phase turns once."""
    turn = Crossing(lambda t, x, p: x[0] - 2 * jnp.pi, horizon=1000.0, name="period", unit="s")
    return Trajectory(Wider(), turn)


def exponent() -> float:
    """d ln ω / d ln (D/K - 1) of integrated periods, between 1e-4 and 1e-2."""
    δ = np.geomspace(1e-4, 1e-2, 8)
    ω = 2 * np.pi / period().value(np.stack([0.7 * (1 + δ), np.full(8, 0.7)], axis=1))[:, 0]
    return float(np.polyfit(np.log(δ), np.log(ω), 1)[0])


@cache
def learnt():
    """ω² of 40 rows, those that lock without labels, and a posterior."""
    rows = sb.generate(
        period(), sb.designs.latin_hypercube(40, seed=0), order=1, on_diverged="absent"
    )
    T, slopes = rows.y, rows.jacobian
    squared = (2 * np.pi / T) ** 2
    data = sb.Dataset(
        rows.x,
        squared,
        -2 * (squared / T)[..., None] * slopes,
        inputs=SQUARE.names,
        outputs=("ω²",),
    )
    beats = data.rows(np.flatnonzero(np.isfinite(squared[:, 0])))
    fitted = sb.fit(sb.Surrogate.new(beats, box=SQUARE), beats)
    return len(T) - len(beats), sb.laplace(fitted.surrogate, beats)


def over_the_square(n: int = 61):
    """A grid with the exact ω², what was learnt, its spread, and its slopes."""
    axes = (np.linspace(a, b, n) for a, b in zip(SQUARE.lower, SQUARE.upper, strict=True))
    x = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)
    exact = x[:, 0] ** 2 - x[:, 1] ** 2
    found, slopes = learnt()[1].derivatives(x)
    return x, exact, found[:, 0], learnt()[1].spread(x)[0][:, 0], slopes[:, 0]


def main() -> dict[str, float]:
    """What is shown."""
    x, exact, found, spread, slopes = over_the_square()
    sure = np.abs(found) > 1.96 * spread
    judged = sure & (np.abs(exact) > 1e-9)  # at D = K itself it is neither
    outside = (x[:, 0] / x[:, 1] - 1 > BAND) & sure
    ω, known = np.sqrt(found[outside]), np.sqrt(exact[outside])
    dω = slopes[outside] / (2 * ω[:, None])
    dknown = x[outside] * [1, -1] / known[:, None]
    error = np.sum((ω - known) ** 2) + np.sum((dω - dknown) ** 2)
    size = np.sum(known**2) + np.sum(dknown**2)
    shown = (
        exponent(), learnt()[0], np.sqrt(error / size),
        ((found > 0) == (exact > 0))[judged].mean(), 1 - sure.mean(),
    )  # fmt: skip
    for name, number in zip(EXPECTED, shown, strict=True):
        print(f"{name}: {number:.4g}")
    return dict(zip(EXPECTED, map(float, shown), strict=True))


def figure() -> Figure:
    """The spacing along a cut, and the map with the band of doubt."""
    picture = Figure(figsize=(9, 3.6), layout="constrained")
    left, right = picture.subplots(1, 2)
    D = np.linspace(0.5, 1.4, 400)
    cut = np.stack([D, np.full_like(D, 0.75)], axis=1)
    found, spread = learnt()[1].value(cut)[:, 0], learnt()[1].spread(cut)[0][:, 0]
    low, high = (np.sqrt(np.maximum(found + s * 1.96 * spread, 0)) for s in (-1, 1))
    left.fill_between(D, low, high, color="0.8", label="95 %")
    left.plot(D, Adler.beat(cut), "k--", lw=1, label="√(D² − K²)")
    left.plot(D, np.sqrt(np.where(found > 0, found, np.nan)), "C0", label="learnt")
    left.set(xlabel="detuning (rad/s), coupling 0.75 rad/s", ylabel="spacing (rad/s)")
    left.legend(frameon=False)
    x, _, found, spread, _ = over_the_square()
    kind = np.where(np.abs(found) > 1.96 * spread, np.sign(found), 0.0).reshape(61, 61)
    right.pcolormesh(
        x[:, 0].reshape(61, 61), x[:, 1].reshape(61, 61), kind, cmap="coolwarm", alpha=0.6
    )
    right.plot([0.5, 1.0], [0.5, 1.0], "k--", lw=1)
    right.set(xlabel="detuning (rad/s)", ylabel="coupling (rad/s)")
    right.set_title("locked (blue), beats (red), not sure (grey)", fontsize=9)
    return picture


if __name__ == "__main__":
    main()
