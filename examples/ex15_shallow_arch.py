"""A shallow arch that snaps through: its limit load with first and second derivatives.

A flat arch of solids, clamped at both ends, is pushed down at its crown. Under a given load no
equilibrium is near beyond the limit point; the displacement of the crown goes on, and the load that
belongs to it falls. The half of the arch is modelled, so that it cannot tilt to a side.
"""

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

import sobolev as sb
from sobolev import fem

jax.config.update("jax_enable_x64", True)

EXPECTED = {
    "limit load": (2.7142, 1e-4),
    "slope by the rise over Richardson's differences": (1.0, 1e-8),
    "second-order prediction for a rise 10 % higher, relative error": (6.7e-4, 0.05),
    "negative eigenvalues between the limit points": (1, 0.0),
    "negative eigenvalues of the arch turned over": (0, 0.0),
}
X = np.array([10e3, 4.0])
HALF, THICK = 50.0, 2.0


def arched(X, rise):
    """The unit square as the left half of a sine arch; its right edge is the crown."""
    s, n = X[:, 0], X[:, 1]
    return jnp.stack([HALF * s, rise * jnp.sin(np.pi / 2 * s) + THICK * (n - 0.5)], 1)


def deep(p):
    """How far the crown is pushed: to where the arch is turned over and stiff again."""
    return -1.8 * p["rise"]


def arch(steps: int = 9) -> fem.Model:
    """The problem; the load factor is half of the force on the crown, in N for each mm of depth."""
    return fem.Model(
        fem.grid((16, 1), "quad8").at("crown", (1.0, 0.5)),
        bodies=[fem.Body(fem.PlaneStrain(fem.SaintVenantKirchhoff("E", 0.3)))],
        supports=[fem.Fixed("left"), fem.Fixed("right", 0)],
        loads=[fem.PointForce("crown", (0.0, -1.0))],
        responses={"limit load": fem.LimitLoad()},
        parameters=sb.Box(("E", "rise"), (5e3, 3.5), (15e3, 5.0), ("MPa", "mm")),
        geometry=fem.Shape(arched, ("rise",)),
        path=fem.Path(
            tuple(np.linspace(0, 1, steps + 1)[1:]),
            control=fem.DisplacementControl("crown", 1, deep),
        ),
        units=("N/mm",),
    )


def curve(model: fem.Model, x) -> np.ndarray:
    """Crown displacement downwards, load factor and number of negative eigenvalues on the path."""
    crown = model.mesh.nodes("crown")[0]
    found = fem.solutions(model, x)
    return np.array([(-each.u[crown, 1], each.factor, each.negative_eigenvalues) for each in found])


def main() -> dict[str, float]:
    """The limit load, its derivatives checked, and what they predict."""
    model = arch()
    y, slopes, curvature = (array[0] for array in model.solve(X, 2))
    print(f"limit load {y:.5f} N/mm, d/dE = {slopes[0]:.4e}, d/drise = {slopes[1]:.4f}")

    def load(rise):
        return float(model.solve(np.array([X[0], rise]), 0).value[0])

    h = 0.01
    near, far = ((load(X[1] + a) - load(X[1] - a)) / (2 * a) for a in (h, 2 * h))
    more = 0.1 * X[1]
    predicted = y + more * slopes[1] + more**2 / 2 * curvature[1, 1]
    there = load(X[1] + more)
    print(f"10 % higher: {there:.5f}, foretold {predicted:.5f}")
    path = curve(model, X)
    falling = int(np.argmin(np.diff(path[:, 1])))
    return {
        "limit load": float(y),
        "slope by the rise over Richardson's differences": slopes[1] / ((4 * near - far) / 3),
        "second-order prediction for a rise 10 % higher, relative error": abs(
            predicted / there - 1
        ),
        "negative eigenvalues between the limit points": path[falling, 2],
        "negative eigenvalues of the arch turned over": path[-1, 2],
    }


def figure() -> Figure:
    """Load over displacement, with what the derivatives foretell; and the arch on its way."""
    model = arch(36)
    made = Figure(figsize=(9, 4), layout="constrained")
    left, right = made.subplots(1, 2)
    y, slopes, curvature = (array[0] for array in model.solve(X, 2))
    w, load, negative = curve(model, X).T
    left.plot(w, load, "-", color="0.6", lw=1)
    for stable, colour, label in ((True, "C0", "stable"), (False, "C3", "not stable")):
        which = (negative == 0) == stable
        left.plot(w[which], load[which], ".", color=colour, label=label)
    for rise in (3.6, 4.4):
        more = rise - X[1]
        foretold = y + more * slopes[1] + more**2 / 2 * curvature[1, 1]
        w, load, _ = curve(model, np.array([X[0], rise])).T
        left.plot(w, load, "-", color="0.8", lw=1)
        left.axhline(foretold, color="0.5", ls=":", lw=1)
        left.annotate(f"foretold, rise {rise} mm", (10.3, foretold), ha="right", va="bottom",
                      fontsize="small")  # fmt: skip
    left.axhline(y, color="C0", ls=":", lw=1)
    left.set(
        xlabel="crown displacement in mm", ylabel="load in N/mm", xlim=(0, 10.5), ylim=(0, 2 * y)
    )
    left.legend(loc="upper left")
    edge = np.argsort(model.mesh.points[:, 0])
    top = [k for k in edge if model.mesh.points[k, 1] == 1.0]
    for found in fem.solutions(arch(6), X):
        places = found.X + found.u
        colour = "C0" if found.negative_eigenvalues == 0 else "C3"
        line = np.vstack([places[top], (2 * HALF, 0) + places[top][::-1] * (-1, 1)])
        right.plot(*line.T, color=colour, lw=1)
    right.set(xlabel="x in mm", ylabel="y in mm")
    return made


if __name__ == "__main__":
    main()
