"""Solved for at every parameter: a network gives the functions, least squares what each counts.

A pendulum of frequency p that is let go: u'' + p² u = 0, u(0) = 1, u'(0) = 0, for all p from 1 to 6
at once. Eight functions of x and p come from a network. For each p the equation and its start
decide their coefficients, in two slabs that hold together; what is trained, through that solve, are
the functions. So p = 5.3, which no training has seen, is solved for and not guessed, and ∂u/∂p is
that of the solution of least squares, by the implicit function theorem.
"""

from functools import cache

import jax
import numpy as np
from matplotlib.figure import Figure

import sobolev as sb
from sobolev.equations import Solution
from sobolev.losses import Equation, LeastSquaresLayer, Slabs, Sobol, SolvedEquations, by_names

jax.config.update("jax_enable_x64", True)

EXPECTED = {
    "error, functions as drawn": (1.19, 0.1),
    "error, trained": (6e-4, 1.0),
    "of its slope by p": (1.2e-3, 1.0),
}
BOX = sb.Box(("x", "p"), (0.0, 1.0), (2.0, 6.0))
LAYER = LeastSquaresLayer(
    (
        Equation("swings", by_names(BOX, "u")(lambda u, p: u.xx / p**2 + u), Sobol(BOX, 64)),
        Equation(
            ("let go", "at rest"),
            by_names(BOX, "u")(lambda u, p: (u - 1.0, u.x / p)),
            np.array([[0.0, 1.0]]),
            scale=0.1,
        ),
    ),
    parameters="p",
    slabs=Slabs("x", (0.0, 1.0, 2.0), joints=1),
)
FREQUENCIES = np.array([1.7, 3.1, 5.3])
ROWS = np.stack(np.meshgrid(FREQUENCIES, np.linspace(0, 2, 101), indexing="ij"), -1).reshape(-1, 2)
ROWS = ROWS[:, ::-1]


@cache
def solutions() -> tuple[Solution, Solution]:
    """Of functions as they were drawn, and of trained ones."""
    names = tuple(f"function {i}" for i in range(8))
    start = sb.Surrogate.on(BOX, names, sb.networks.MLP((16,), sb.networks.tanh), key=0)
    some = sb.Box(("p",), (1.0,), (6.0,))
    fitted = sb.fit(
        start, SolvedEquations(LAYER, Sobol(some, 16)), optimiser=sb.optimisers.SSBroyden(hold=10),
        weighting=sb.weighting.Unweighted(), epochs=200, records=1, check=False,
    )  # fmt: skip
    return Solution(start, LAYER), Solution(fitted.surrogate, LAYER)


def exact() -> tuple[np.ndarray, np.ndarray]:
    """cos px and its slope by p."""
    x, p = ROWS.T
    return np.cos(p * x), -x * np.sin(p * x)


def main() -> dict[str, float]:
    """How near to the solution, at frequencies that were not trained on."""
    drawn, trained = solutions()
    y, slope = exact()
    u, du = trained.derivatives(ROWS)
    before = drawn.derivatives(ROWS)[0]
    off = [np.abs(each[:, 0] - y).max() for each in (before, u)]
    off += [np.abs(du[:, 0, 1] - slope).max()]
    print(f"largest error: functions as drawn {off[0]:.1e}, trained {off[1]:.1e}")
    print(f"of the slope by p, up to {np.abs(slope).max():.1f}: {off[2]:.1e}")
    return dict(zip(EXPECTED, map(float, off), strict=True))


def figure() -> Figure:
    """Solutions, their errors, and slopes by the parameter."""
    drawn, trained = solutions()
    y, slope = exact()
    u, du = trained.derivatives(ROWS)
    before = drawn.derivatives(ROWS)[0][:, 0]
    made = Figure(figsize=(10, 3.2), layout="constrained")
    left, middle, right = made.subplots(1, 3)
    for i, p in enumerate(FREQUENCIES):
        here = ROWS[:, 1] == p
        x = ROWS[here, 0]
        left.plot(x, before[here], ":", color=f"C{i}")
        left.plot(x, u[here, 0], color=f"C{i}", label=f"p = {p}")
        middle.semilogy(x, np.abs(before - y)[here], ":", color=f"C{i}")
        middle.semilogy(x, np.abs(u[:, 0] - y)[here], color=f"C{i}")
        right.plot(x, du[here, 0, 1], color=f"C{i}")
        right.plot(x, slope[here], "k:", lw=0.9)
    left.set(xlabel="x", ylabel="u", title="dotted: functions as drawn")
    left.legend(frameon=False)
    middle.set(xlabel="x", ylabel="error", title="errors")
    right.set(xlabel="x", ylabel="∂u/∂p", title="slopes by p; dotted: exact")
    return made


if __name__ == "__main__":
    main()
