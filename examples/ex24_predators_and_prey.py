"""An initial value problem without a label: predators and prey from their two equations.

Lotka and Volterra's u' = u - u v, v' = u v - v from u = 2, v = 1, a little longer than a period.
The start is built into the network, or is one more equation at one point; the others hold at
Sobol' points that are drawn anew every five steps. What is found is compared with SciPy's
solution; u - ln u + v - ln v, which the equations conserve, is not built in.
"""

from functools import cache

import jax
import numpy as np
from matplotlib.figure import Figure
from scipy.integrate import solve_ivp

import sobolev as sb
from sobolev.losses import Equation, Sobol, by_names
from sobolev.networks import MLP, Affine, Face, HardBoundary, tanh
from sobolev.optimisers import LevenbergMarquardt

jax.config.update("jax_enable_x64", True)

EXPECTED = {
    "digits, the start built in": (4.5, 0.1),
    "digits, the start as an equation": (4.7, 0.1),
    "digits to which u - ln u + v - ln v stays": (3.9, 0.1),
}
BOX = sb.Box(("t",), (0.0,), (7.0,), ("year",))
START, TIMES = (2.0, 1.0), np.linspace(0.0, 7.0, 141)


@by_names(BOX, ("u", "v"))
def equations(u, v):
    """Prey grow and are eaten; predators eat and die."""
    return u.t - u + u * v, v.t - u * v + v


@by_names(BOX, ("u", "v"))
def start(u, v):
    """At t = 0."""
    return u - START[0], v - START[1]


@cache
def solved(hard: bool) -> sb.Surrogate:
    """The solution, with the start built in or not."""
    network = MLP((12, 12), activation=tanh)
    blocks = [Equation(("prey", "predators"), equations, Sobol(BOX, 64, every=5))]
    if hard:
        network = HardBoundary(network, (Face("t", 0.0),), Affine(START))
    else:
        blocks.append(Equation(("u(0)", "v(0)"), start, np.array([[0.0]])))
    surrogate = sb.Surrogate.on(BOX, ("u", "v"), network, key=0)
    fitted = sb.fit(surrogate, blocks, optimiser=LevenbergMarquardt(), epochs=100, records=1)
    return fitted.surrogate


def reference() -> np.ndarray:
    """At `TIMES`, to 1e-11."""
    right = lambda t, y: (y[0] - y[0] * y[1], y[0] * y[1] - y[1])  # noqa: E731
    found = solve_ivp(right, (0.0, 7.0), START, t_eval=TIMES, rtol=1e-11, atol=1e-12)
    return found.y.T


def digits(off: np.ndarray, size: float = 1.0) -> float:
    """Of a number of that size."""
    return -float(np.log10(np.linalg.norm(off) / size))


def main() -> dict[str, float]:
    """Relative errors over the period, and how well the constant of the motion is kept."""
    found, known = {}, reference()
    for name, hard in (("built in", True), ("as an equation", False)):
        off = solved(hard).value(TIMES[:, None]) - known
        found[f"digits, the start {name}"] = digits(off, np.linalg.norm(known))
        print(f"start {name}: {np.abs(off).max():.1e} off at most")
    y = solved(True).value(TIMES[:, None])
    stays = np.ptp(np.sum(y - np.log(y), axis=1))
    return found | {"digits to which u - ln u + v - ln v stays": digits(stays)}


def figure() -> Figure:
    """Over time, and around the orbit."""
    y, known = solved(True).value(TIMES[:, None]), reference()
    made = Figure(figsize=(7, 3.2), layout="constrained")
    left, right = made.subplots(1, 2)
    for i, name in enumerate(("prey u", "predators v")):
        left.plot(TIMES, known[:, i], color="0.75", lw=4)
        left.plot(TIMES, y[:, i], color=f"C{i}", lw=1.2, label=name)
    right.plot(*known.T, color="0.75", lw=4, label="SciPy")
    right.plot(*y.T, color="C2", lw=1.2, label="network")
    left.set(xlabel="t in years", ylabel="numbers")
    right.set(xlabel="u", ylabel="v")
    left.legend(frameon=False)
    right.legend(frameon=False)
    return made


if __name__ == "__main__":
    main()
