"""Burgers' equation: posed in a dozen lines, solved in seconds, judged by its exact solution.

Nothing but the equation, its start and its walls is given: the network meets start and walls
whatever its weights, points are drawn anew after every few steps, and the residual on points that
are never trained on says whether the equation is solved, or only its points. That the front in the
middle is met to some 1e-3 is seen by the reference of the catalogue, computed by quadrature.
"""

import jax
import numpy as np
from matplotlib.figure import Figure

import sobolev as sb
from sobolev.equations import Burgers, partials
from sobolev.losses import Uniform
from sobolev.networks import MLP, Between, Face, Formula, HardBoundary, tanh

jax.config.update("jax_enable_x64", True)

EXPECTED = {"steps": (100, 0.0), "relative error below 5e-3": (1, 0.0)}
VISCOSITY = 0.02
BOX = sb.Box(("x", "t"), (-1.0, 0.0), (1.0, 1.0))


def burgers(u, p):
    """u_t + u u_x - nu u_xx."""
    value, slope, curvature = partials(u, p, 0, 2)
    return partials(u, p, 1, 1)[1] + value * slope - VISCOSITY * curvature


def solved() -> sb.Fit:
    """From nothing."""
    sides = Face("t", 0.0), Between("x", -1.0, 1.0)
    network = HardBoundary(MLP((12, 12), activation=tanh), sides, Formula("-sin(pi*x)"))
    start = sb.Surrogate.on(BOX, ("u",), network)
    block = sb.Equation("equation", burgers, Uniform(BOX, 500, every=5))
    return sb.fit(start, block, optimiser=sb.optimisers.LevenbergMarquardt(), epochs=100)


def main() -> dict[str, float]:
    """How right it is."""
    fitted = solved()
    errors = Burgers(VISCOSITY).error(fitted.surrogate)
    print(f"rms residual {np.sqrt(2 * fitted.history.loss[-1, 0]):.1e} where it was trained")
    print(f"errors of u: {errors}")
    return {
        "steps": int(fitted.history.step[-1]),
        "relative error below 5e-3": int(errors.l2 < 5e-3),
    }


def figure() -> Figure:
    """The solution, and what it is off."""
    surrogate, reference = solved().surrogate, Burgers(VISCOSITY).reference
    made = Figure(figsize=(8, 3), layout="constrained")
    left, right = made.subplots(1, 2)
    x = np.linspace(-1, 1, 201)
    for k, t in enumerate((0.0, 0.25, 0.5, 1.0)):
        at = np.stack([x, np.full_like(x, t)], axis=1)
        found, wanted = surrogate.value(at)[:, 0], reference.value(at)[:, 0]
        left.plot(x, wanted, color="0.7", lw=3)
        left.plot(x, found, f"C{k}", lw=1, label=f"t = {t:g}")
        right.semilogy(x, np.abs(found - wanted) + 1e-16, f"C{k}", lw=1)
    left.set(xlabel="x", ylabel="u", title="network, and exact in grey")
    right.set(xlabel="x", ylabel="|error|", ylim=(1e-8, 1e-1))
    left.legend(fontsize=8)
    return made


if __name__ == "__main__":
    main()
