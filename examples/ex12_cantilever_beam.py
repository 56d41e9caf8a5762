"""Timoshenko's cantilever: value, slopes and curvature in closed form, by material and by shape.

A sheet of length L and depth D under a parabolic shear at its end. The displacement is a known
polynomial; it is prescribed at the held end, so that no corner disturbs, and everything, the load
and what is prescribed as well, moves with the parameters.
"""

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

import sobolev as sb
from sobolev import fem
from sobolev.reports import Panel, draw_fields

jax.config.update("jax_enable_x64", True)

EXPECTED = {
    "deflection of the tip": (-0.267, 1e-4),
    "its slopes, against the formula, the worst": (1.0, 1e-3),
    "its curvatures, against the formula, the worst": (1.0, 4e-3),
    "E d/dE against the value": (-1.0, 1e-9),
}
FORCE = 1.0
BOX = sb.Box(("E", "nu", "L", "D"), (500, 0.1, 6, 1), (2000, 0.45, 10, 3), ("MPa", "", "mm", "mm"))
X = np.array([1000.0, 0.3, 8.0, 2.0])


def displacement(x, p):
    """u of the beam at x, its axis y = 0, held at x = 0."""
    E, nu, L, D = (p[name] for name in BOX.names)
    along, y = x
    size = -FORCE / (6 * E * D**3 / 12)
    depth = (2 + nu) * (y**2 - D**2 / 4)
    bend = 3 * nu * y**2 * (L - along) + (4 + 5 * nu) * D**2 * along / 4
    return jnp.stack([
        -size * y * ((6 * L - 3 * along) * along + depth),
        size * (bend + (3 * L - along) * along**2),
    ])  # fmt: skip


def given(k):
    """A component of it."""
    return fem.PerPoint(lambda x, p: displacement(x, p)[k])


def shear(x, p):
    """The parabola of the shear stress at the end, whose sum is the force."""
    return -6 * FORCE / p["D"] ** 3 * (p["D"] ** 2 / 4 - x[1] ** 2)


def beam(X, L, D):
    """The unit square as a beam about its axis."""
    return (X - jnp.array([[0.0, 0.5]])) * jnp.stack([L, D])[None]


def model() -> fem.Model:
    """The beam in 12 x 4 cells of nine nodes."""
    return fem.Model(
        fem.grid((12, 4), "quad9").at("tip", (1.0, 0.5)),
        bodies=[fem.Body(fem.PlaneStress(fem.LinearElastic("E", "nu")))],
        supports=[fem.Prescribed("left", k, given(k)) for k in (0, 1)],
        loads=[fem.Traction("right", (0.0, fem.PerPoint(shear)))],
        responses={"tip": fem.Displacement("tip", 1)},
        parameters=BOX,
        geometry=fem.Shape(beam, ("L", "D")),
        units=("mm",),
    )


def tip(p):
    """The deflection at x = L, y = 0, in closed form."""
    E, nu, L, D = p
    return -FORCE * (4 * L**3 + (4 + 5 * nu) * D**2 * L / 2) / (E * D**3)


def worst(ratio: np.ndarray) -> float:
    """The one that is farthest from 1."""
    return float(ratio.ravel()[np.abs(ratio - 1).argmax()])


def main() -> dict[str, float]:
    """Value, slopes and curvatures beside those of the formula."""
    value, slopes, curvatures = (part[0] for part in model().solve(X, 2))
    wanted, bent = np.asarray(jax.grad(tip)(X)), np.asarray(jax.hessian(tip)(X))
    print(f"tip = {value:.6f} mm, in closed form {tip(X):.6f} mm")
    for name, found, exact in zip(BOX.names, slopes, wanted, strict=True):
        print(f"d/d{name} = {found:.6g}, in closed form {exact:.6g}")
    there = bent != 0  # d²/dν² vanishes
    return {
        "deflection of the tip": float(value),
        "its slopes, against the formula, the worst": worst(slopes / wanted),
        "its curvatures, against the formula, the worst": worst(curvatures[there] / bent[there]),
        "E d/dE against the value": float(X[0] * slopes[0] / value),
    }


def figure() -> Figure:
    """The bent beam, and how it moves with its depth."""
    found = fem.solution(model(), X)
    return draw_fields(
        found,
        [
            Panel("σ_xx", fem.Stress(0, 0), "MPa", 0.5),
            Panel("∂u_y/∂D", fem.field_slopes(found.model, X, "D").u[:, 1], "1"),
        ],
        "mm",
    )


if __name__ == "__main__":
    main()
