"""A plate with a hole: one solve gives the triaxiality, its slopes and its curvature.

Prints the derivatives at the circular hole of radius 2.5 mm by the adjoint and the direct way, and
what a second-order expansion predicts for a neighbouring ellipse.
"""

import jax
import numpy as np
from matplotlib.figure import Figure

import sobolev as sb

jax.config.update("jax_enable_x64", True)


# The second number is the relative tolerance of the test.
EXPECTED = {
    "eta": (0.363341, 1e-5),
    "adjoint against direct, relative": (0.0, 1e-9),
    "second-order prediction, relative error": (2.1e-7, 0.2),
}
CIRCLE, STEP = np.array([2.5, 2.5]), np.array([0.2, -0.1])


def main() -> dict[str, float]:
    """The triaxiality, how well two ways to its slopes agree, and how well they predict."""
    problem = sb.problems.PlateWithHole(material="svk")
    value, slope, hessian = (part[0] for part in problem.solve(CIRCLE, order=2, mode="adjoint"))
    direct = problem.solve(CIRCLE, order=1, mode="direct").jacobian[0]
    print(f"eta = {value:.6f}, hessian = {hessian.tolist()}")
    print(f"d eta / d(a, b): adjoint {slope}, direct {direct}")

    neighbour = problem.solve(CIRCLE + STEP, order=0).value[0]
    predicted = value + slope @ STEP + STEP @ hessian @ STEP / 2
    print(f"eta at {CIRCLE + STEP}: {neighbour:.7f}, predicted {predicted:.7f}")
    return {
        "eta": value,
        "adjoint against direct, relative": np.abs(slope / direct - 1).max(),
        "second-order prediction, relative error": abs(predicted / neighbour - 1),
    }


def figure() -> Figure:
    """The triaxiality along the step, beside its first- and second-order expansions."""
    problem = sb.problems.PlateWithHole(material="svk")
    value, slope, hessian = (part[0] for part in problem.solve(CIRCLE, order=2))
    t, made = np.linspace(-3, 3, 7), Figure(figsize=(4.5, 3), layout="constrained")
    solved = [problem.solve(CIRCLE + s * STEP, order=0).value[0] for s in t]
    line = value + t * (slope @ STEP)
    axes = made.subplots()
    axes.plot(t, solved, "ko", label="solved")
    axes.plot(t, line, ":", label="first order")
    axes.plot(t, line + t**2 * (STEP @ hessian @ STEP) / 2, "--", label="second order")
    axes.set(xlabel="steps of (0.2, −0.1) mm from the circular hole", ylabel="triaxiality")
    axes.legend(frameon=False)
    return made


if __name__ == "__main__":
    main()
