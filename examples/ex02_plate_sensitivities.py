"""A plate with a hole: one solve gives the triaxiality, its slopes and its curvature.

Prints the derivatives at the circular hole of radius 2.5 mm by the adjoint and the direct way, and
what a second-order expansion predicts for a neighbouring ellipse.
"""

import jax
import numpy as np

import sobolev as sb

jax.config.update("jax_enable_x64", True)


def main() -> float:
    """Relative error of the second-order prediction at the neighbour."""
    problem = sb.problems.PlateWithHole(material="svk")
    x, step = np.array([2.5, 2.5]), np.array([0.2, -0.1])
    value, adjoint, hessian = (part[0] for part in problem.solve(x, order=2, mode="adjoint"))
    direct = problem.solve(x, order=1, mode="direct").jacobian[0]
    print(f"eta = {value:.6f}, hessian = {hessian.tolist()}")
    print(f"d eta / d(a, b): adjoint {adjoint}, direct {direct}")

    neighbour = problem.solve(x + step, order=0).value[0]
    predicted = value + adjoint @ step + step @ hessian @ step / 2
    print(f"eta at {x + step}: {neighbour:.7f}, predicted {predicted:.7f}")
    return abs(predicted / neighbour - 1)


if __name__ == "__main__":
    main()
