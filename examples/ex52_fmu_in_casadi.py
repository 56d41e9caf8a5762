"""An FMU with exact slopes, and an expression with exact Hessians, where Ipopt finds a design.

A surrogate of how far a beam bends and of what it weighs is trained on values and slopes and is
written twice: as an FMU, which any simulator of systems opens, and as an expression of CasADi. With
both Ipopt looks for the lightest beam whose tip moves by 5 mm at most. FMI has no second
derivatives: CasADi takes differences of exact slopes there; of the expression it has them exactly.
"""

import tempfile
from functools import cache
from pathlib import Path

import casadi as ca
import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

from sobolev import Box, Surrogate, exporters, fit, function, generate, networks
from sobolev.designs import sobol
from sobolev.optimisers import LevenbergMarquardt

jax.config.update("jax_enable_x64", True)

BOX = Box(("width", "height"), (0.03, 0.04), (0.08, 0.10), ("m", "m"))
TIP = 5e-3  # m
QUIET = {"print_time": 0, "ipopt.print_level": 0, "ipopt.sb": "yes"}
EXPECTED = {
    "weight of the lightest beam (kg)": (5.909, 0.05),
    "error of the FMU's slopes": (0.0, 1e-12),
    "iterations through the FMU": (10, 4),
    "iterations with the expression": (10, 4),
}


def beam(x):
    """Tip and weight: u = 4 F l³/(E b h³), m = ρ b h l, F = 1 kN, l = 1 m, aluminium."""
    width, height = x
    tip = 4 * 1e3 / (70e9 * width * height**3)
    return jnp.array([jnp.log10(tip / TIP), 2700 * width * height])


@cache
def solved():
    truth = function.of_jax(beam, BOX, ("log10 tip/5mm", "weight"), output_units=("", "kg"))
    data = generate(truth, sobol(32))
    start = Surrogate.new(data, networks.MLP((8,)))
    surrogate = fit(start, data, optimiser=LevenbergMarquardt(), epochs=60).surrogate
    with tempfile.TemporaryDirectory() as folder:
        (file,) = exporters.FMU(fmi=2).write(surrogate, Path(folder, "beam.fmu"))
        opened = ca.DaeBuilder("beam", str(file), {}).create("f", ["u"], ["y"])
        expression = exporters.casadi_expression(surrogate)
        found = {
            "FMU": solve(opened, surrogate.box),
            "expression": solve(expression, surrogate.box),
            "expression, limited memory": solve(
                expression, surrogate.box, {"ipopt.hessian_approximation": "limited-memory"}
            ),
        }
        u, x = ca.MX.sym("u", 2), np.array([0.05, 0.07])
        slopes = ca.Function("J", [u], [ca.jacobian(opened(u), u)])(x).full()
    right = surrogate.jacobian(x)
    return found, float(np.abs(slopes - right).max() / np.abs(right).max())


def solve(model, box, more=None):
    """`(x, weight, points on the way)` of the lightest beam that is stiff enough."""
    x = ca.MX.sym("x", 2)
    tip, weight = ca.vertsplit(model(x))
    solver = ca.nlpsol("s", "ipopt", {"x": x, "f": weight, "g": tip}, QUIET | (more or {}))
    found = solver(x0=[0.06, 0.06], lbx=box.lower, ubx=box.upper, lbg=-10, ubg=0)
    stats = solver.stats()
    assert stats["success"], stats["return_status"]
    return found["x"].full().ravel(), float(found["f"]), stats["iterations"]["inf_du"]


def main():
    ways, error = solved()
    found = {
        "weight of the lightest beam (kg)": ways["FMU"][1],
        "error of the FMU's slopes": error,
        "iterations through the FMU": len(ways["FMU"][2]) - 1,
        "iterations with the expression": len(ways["expression"][2]) - 1,
    }
    for what, number in found.items():
        print(f"{what}: {number:.4g}")
    return found


def figure():
    ways, _ = solved()
    picture = Figure(figsize=(5, 3.2), layout="constrained")
    axes = picture.subplots()
    for (name, (_, _, course)), style in zip(ways.items(), ("o-", "s--", "^:"), strict=True):
        axes.semilogy(np.array(course) + 1e-17, style, label=name)
    axes.set_xlabel("iteration of Ipopt")
    axes.set_ylabel("dual infeasibility")
    axes.set_title("The lightest beam, by an exported surrogate")
    axes.legend()
    return picture


if __name__ == "__main__":
    main()
