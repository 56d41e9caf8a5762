"""Slopes of noisy measurements: bending is penalised, by as much as cross-validation says.

Sixty values with an error of 0.1. Left alone a network follows them all, and its slope is that of
the noise. ∫ u'' dx² beside the data is a low-pass filter; how strong it has to be, generalised
cross-validation finds without knowing the curve. With cubic splines in place of the network it is
SciPy's smoothing spline, weight and all.
"""

from dataclasses import dataclass
from functools import cache
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure
from scipy.interpolate import make_smoothing_spline

import sobolev as sb
from sobolev.losses import Penalty, WeightedPoints, by_names
from sobolev.selection.cross_validated import CrossValidated
from sobolev.weighting import Unweighted

jax.config.update("jax_enable_x64", True)

EXPECTED = {
    "digits of SciPy's spline": (7.1, 0.15),  # 6.5 on one processor, 7.8 on another
    "network off the spline": (0.02, 1.0),
    "slope's error, of that without": (0.05, 1.0),
}
LENGTH, ROWS = 60.0, 60
BOX = sb.Box(("x",), (0.0,), (LENGTH,), ("mm",))
X = np.linspace(0, LENGTH, 301)
NETWORK = sb.networks.MLP((16, 16), activation=sb.networks.tanh)
SCALE = LENGTH**-2  # what counts as 1 of u''
bent = by_names(BOX, "u")(lambda u: u.xx)


@dataclass(frozen=True)
class CubicSplines(sb.networks.Architecture):
    """Σ_i c_i B_i(x̂): B-splines with these breaks, in scaled inputs."""

    name: ClassVar[str] = "own-cubic-splines"
    breaks: tuple[float, ...] = (-1.0, 1.0)

    def build(self, inputs, outputs, key):
        s = np.array(self.breaks)
        three = np.arange(1, 4)
        t = np.r_[s[0] - three[::-1] * (s[1] - s[0]), s, s[-1] + three * (s[-1] - s[-2])]
        return Splines(jnp.zeros((outputs, len(s) + 2)), jnp.asarray(t))


class Splines(eqx.Module):
    coefficients: jax.Array
    knots: jax.Array

    def __call__(self, x):
        t = jax.lax.stop_gradient(self.knots)
        b = jnp.where((t[:-1] <= x[0]) & (x[0] < t[1:]), 1.0, 0.0)
        for k in (1, 2, 3):  # de Boor and Cox
            rising = (x[0] - t[: -k - 1]) / (t[k:-1] - t[: -k - 1])
            falling = (t[k + 1 :] - x[0]) / (t[k + 1 :] - t[1:-k])
            b = rising * b[:-1] + falling * b[1:]
        return self.coefficients @ b


def known(x: np.ndarray) -> np.ndarray:
    """The curve."""
    s = x / LENGTH
    return np.sin(2 * np.pi * s) + np.exp(-(((s - 0.5) / 0.1) ** 2))


def measured(seed: int = 0) -> sb.Dataset:
    """Values with noise."""
    rng = np.random.default_rng(seed)
    x = np.sort(rng.random(ROWS)) * LENGTH
    x[[0, -1]] = 0, LENGTH
    y = known(x) + 0.1 * rng.standard_normal(ROWS)
    return sb.Dataset(x[:, None], y[:, None], inputs=("x",), outputs=("u",))


def spline(data: sb.Dataset) -> CrossValidated:
    """The penalty of cubic splines with a break at each value, its integral by Gauss exactly."""
    x = data.x[:, 0]
    at, ω = np.polynomial.legendre.leggauss(2)
    cells = np.diff(x)[:, None]
    nodes, ω = x[:-1, None] + cells * (at + 1) / 2, cells * ω / 2
    penalty = Penalty("bent", bent, WeightedPoints(nodes.reshape(-1, 1), ω.ravel()), scale=SCALE)
    start = sb.Surrogate.new(data, CubicSplines(tuple((2 * x / LENGTH - 1).tolist())))
    return sb.cross_validated(
        start, data, penalty, np.geomspace(1e-5, 1e-10, 6), epochs=20, refine=8
    )


def bending(weight: float) -> Penalty:
    """∫ u'' dx² as it is seen in 150 places."""
    return Penalty("bent", bent, np.linspace(0, LENGTH, 150)[:, None], weight, scale=SCALE)


def network(data: sb.Dataset) -> CrossValidated:
    """The same of a network."""
    start = sb.Surrogate.new(data, NETWORK)
    return sb.cross_validated(
        start, data, bending(1.0), (1e-5, 1e-6, 1e-7, 1e-8), epochs=50, refine=3
    )


@cache
def solved() -> tuple[sb.Dataset, CrossValidated, CrossValidated, sb.Surrogate]:
    """Data; splines, a network, and one without the penalty."""
    data = measured()
    free = sb.fit(
        sb.Surrogate.new(data, NETWORK), [data, bending(0.0)], weighting=Unweighted(), epochs=200,
        optimiser=sb.optimisers.LevenbergMarquardt(), records=1, check=False,
    )  # fmt: skip
    return data, spline(data), network(data), free.surrogate


def slope_error(u) -> float:
    """Root mean square, u a surrogate."""
    h = 1e-5 * LENGTH
    exact = (known(X + h) - known(X - h)) / (2 * h)
    return float(np.sqrt(np.mean((u.jacobian(X[:, None])[:, 0, 0] - exact) ** 2)))


def main() -> dict[str, float]:
    """How near to SciPy, and what is left of the error of the slope."""
    data, splines, best, free = solved()
    scipy = make_smoothing_spline(data.x[:, 0], data.y[:, 0])(X)
    apart = [np.abs(f.surrogate.value(X[:, None])[:, 0] - scipy).max() for f in (splines, best)]
    ratio = slope_error(best.surrogate) / slope_error(free)
    for name, found in (("splines", splines), ("network", best)):
        print(f"{name}: weight {found.weight:.3g}, as free as {found.best.degrees:.1f} parameters")
    print(f"off SciPy's own choice: splines by {apart[0]:.1e}, the network by {apart[1]:.1e}")
    print(f"of the slope's error {ratio:.0%} are left")
    return dict(zip(EXPECTED, (-float(np.log10(apart[0])), float(apart[1]), ratio), strict=True))


def figure() -> Figure:
    """Curves, slopes, and the score by which the weight is chosen."""
    data, splines, best, free = solved()
    made = Figure(figsize=(10, 3.2), layout="constrained")
    left, middle, right = made.subplots(1, 3)
    left.plot(data.x, data.y, ".", color="0.6")
    left.set(xlabel="x in mm", ylabel="u", title="values")
    middle.set(xlabel="x in mm", ylabel="u'", title="slopes", ylim=(-0.35, 0.35))
    for name, u, style in (("without", free, "C1"), ("penalised", best.surrogate, "C0")):
        y, slopes = u.derivatives(X[:, None], 1)
        left.plot(X, y[:, 0], style, label=name)
        middle.plot(X, slopes[:, 0, 0], style)
    left.plot(X, known(X), "k", lw=0.7, label="known")
    middle.plot(X, np.gradient(known(X), X), "k", lw=0.7)
    left.legend(frameon=False)
    for name, found, mark in (("splines", splines, "s-"), ("network", best, "o")):
        tried = [each for each in found.tried if 1e-8 <= each.weight <= 1e-4]
        right.loglog([t.weight for t in tried], [t.score for t in tried], mark, ms=4, label=name)
    right.set(xlabel="weight", ylabel="V", title="cross-validation")
    right.legend(frameon=False)
    return made


if __name__ == "__main__":
    main()
