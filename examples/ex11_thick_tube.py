"""A thick tube under pressure: elastic, and plastic by Tresca's condition in a law of your own.

Plane strain; the elastic tube after Lamé, the plastic one in closed form, with the radius c of the
plastic zone from p = k (ln(c/a) + (1 - c²/b²)/2). Tresca's law is written here, in twenty lines: in
a tube only the stresses along r and θ decide, and the return to the yield surface is a formula.
"""

from dataclasses import dataclass
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure
from scipy.optimize import brentq

import sobolev as sb
from sobolev import fem
from sobolev.fem.values import Value

jax.config.update("jax_enable_x64", True)

EXPECTED = {
    "elastic u(b) at 100 MPa": (0.05777778, 1e-6),
    "its derivatives, against Lamé, the worst": (1.0, 1e-6),
    "Tresca u(b) at 140 MPa": (0.09876478, 2e-5),
    "Tresca u(b) at 160 MPa": (0.14744096, 5e-5),
    "J2 u(b) at 140 MPa": (0.0872896, 2e-5),
    "adjoint against direct, the worst": (1.0, 1e-10),
    "plastic du(b)/dp": (1.567189e-3, 2e-3),
    "plastic du(b)/dσ_Y, against the closed form": (1.0, 5e-3),
}
INNER, OUTER = 100.0, 200.0
BOX = sb.Box(
    ("p", "E", "nu", "yield"), (50, 200e3, 0.2, 200), (170, 220e3, 0.4, 280),
    ("MPa", "MPa", "", "MPa"),
)  # fmt: skip
X = np.array([140.0, 210e3, 0.3, 240.0])


class Flowed(NamedTuple):
    """The plastic strain along θ, and against r."""

    strain: jax.Array


@dataclass(frozen=True)
class Tresca(fem.Law):
    """σ_θ - σ_r ≤ σ_Y without hardening, σ_z between the two; directions r, z, θ without shear."""

    E: Value
    nu: Value
    yield_stress: Value

    def traits(self):
        """With history."""
        return fem.Traits(history=True)

    def start(self):
        """Nothing has flowed."""
        return Flowed(np.zeros(()))

    def dual(self, at, state):
        """Elastic, then back onto the yield surface: flow of γ lowers σ_θ - σ_r by 4 μ γ."""
        mu = self.E / (1 + self.nu) / 2
        lame = 2 * mu * self.nu / (1 - 2 * self.nu)
        way = jnp.diag(jnp.array([-1.0, 0.0, 1.0]))
        strain = (at.gradient + at.gradient.T) / 2 - state.strain * way
        trial = lame * jnp.trace(strain) * jnp.eye(3) + 2 * mu * strain
        beyond = trial[2, 2] - trial[0, 0] - self.yield_stress
        flow = jnp.where(beyond > 1e-9 * self.yield_stress, beyond, 0.0) / (4 * mu)
        return (trial - 2 * mu * flow * way, at.value * 0), Flowed(state.strain + flow)


def radii(X):
    """One row of cells from the bore to the outside."""
    return jnp.stack([INNER + (OUTER - INNER) * X[:, 0], X[:, 1]], 1)


def tube(law: fem.Law, path: fem.Path | None = None, cells: int = 60) -> fem.Model:
    """A ring of the tube between two planes, in cells of nine nodes."""
    return fem.Model(
        fem.grid((cells, 1), "quad9"),
        bodies=[fem.Body(fem.Axisymmetric(law))],
        supports=[fem.Fixed("bottom", 1), fem.Fixed("top", 1)],
        loads=[fem.Pressure("left", "p")],
        responses={"u(b)": fem.BoundaryMean("right", 0), "u(a)": fem.BoundaryMean("left", 0)},
        parameters=sb.Box(BOX.names[: 3 if path is None else 4], *(
            part[: 3 if path is None else 4] for part in (BOX.lower, BOX.upper, BOX.units))),
        geometry=fem.Shape(radii),
        path=path,
        units=("mm", "mm"),
    )  # fmt: skip


def lame(p: jax.Array) -> jax.Array:
    """u(b) and u(a) of the elastic tube."""
    pressure, E, nu = p
    r = jnp.array([OUTER, INNER])
    size = (1 + nu) / E * pressure * INNER**2 / (OUTER**2 - INNER**2)
    return size * ((1 - 2 * nu) * r + OUTER**2 / r)


def plastic_radius(pressure: float, k: float) -> float:
    """c."""
    return brentq(
        lambda c: k * (np.log(c / INNER) + (1 - c**2 / OUTER**2) / 2) - pressure, INNER, OUTER
    )


def tresca_outside(p: np.ndarray) -> float:
    """u(b) of the plastic tube."""
    pressure, E, nu, k = p
    return (1 - nu**2) * k * plastic_radius(pressure, k) ** 2 / (E * OUTER)


def at_yield(p: np.ndarray, h: float = 0.01) -> float:
    """du(b)/dσ_Y of the closed form, by differences."""
    step = np.array([0, 0, 0, h])
    return (tresca_outside(p + step) - tresca_outside(p - step)) / (2 * h)


def worst(ratio: np.ndarray) -> float:
    """The one that is farthest from 1."""
    return float(ratio.ravel()[np.abs(ratio - 1).argmax()])


def main() -> dict[str, float]:
    """The elastic tube with its derivatives, and the plastic one by two laws."""
    x = np.array([100.0, *X[1:3]])
    y, dy = tube(fem.LinearElastic("E", "nu")).solve(x)
    slopes = np.asarray(jax.jacobian(lame)(x))
    print(f"elastic: u(b) = {y[0]:.7f} mm, d by (p, E, ν) = {dy[0]}")
    path = fem.Path(times=(0.3, 0.5, 0.7, 0.85, 1.0))
    plastic = tube(Tresca("E", "nu", "yield"), path)
    more = X + np.array([20.0, 0, 0, 0])
    value, adjoint = plastic.solve(X, 1, mode="adjoint")
    direct = plastic.solve(X, 1, mode="direct").jacobian
    print(f"Tresca: u(b) = {value[0]:.7f} mm, in closed form {tresca_outside(X):.7f} mm")
    print(f"        d by (p, E, ν, σ_Y) = {adjoint[0]}")
    mises = tube(fem.J2("E", "nu", "yield"), path).solve(X, 0).value
    return {
        "elastic u(b) at 100 MPa": float(y[0]),
        "its derivatives, against Lamé, the worst": worst(dy / slopes),
        "Tresca u(b) at 140 MPa": float(value[0]),
        "Tresca u(b) at 160 MPa": float(plastic.solve(more, 0).value[0]),
        "J2 u(b) at 140 MPa": float(mises[0]),
        "adjoint against direct, the worst": worst(adjoint / direct),
        "plastic du(b)/dp": float(adjoint[0, 0]),
        "plastic du(b)/dσ_Y, against the closed form": float(adjoint[0, 3] / at_yield(X)),
    }


def figure() -> Figure:
    """Outer displacement against pressure, and stresses along the radius."""
    path = fem.Path(times=tuple(np.linspace(0.1, 1.0, 10)), every=True)
    plastic = tube(Tresca("E", "nu", "yield"), path)
    most = np.array([164.0, *X[1:]])
    u = plastic.solve(most, 0).value[::2]
    made = Figure(figsize=(9, 3.4), layout="constrained")
    left, right = made.subplots(1, 2)
    p = np.linspace(121, 165.5, 60)
    closed = [tresca_outside(np.array([each, *X[1:]])) for each in p]
    left.plot(u, 164 * np.array(path.times), "ko", label="finite elements")
    left.plot(closed, p, label="closed form, from first yield inside on")
    left.plot(lame(np.array([120.0, *X[1:3]]))[0] * np.array([0, 1]), [0, 120], ":", label="Lamé")
    left.set(xlabel="u(b) in mm", ylabel="pressure in MPa")
    left.legend(frameon=False, loc="lower right")
    found = fem.solution(plastic, X)
    r = found.X[plastic.mesh.cells["quad9"]].mean(1)[:, 0]
    for name, k in (("σ_r", 0), ("σ_z", 1), ("σ_θ", 2)):
        right.plot(r, found.means(fem.Stress(k, k))["quad9"], label=name)
    right.axvline(plastic_radius(140.0, 240.0), color="0.6", lw=0.8)
    right.set(xlabel="r in mm; the line ends the plastic zone", ylabel="stress in MPa at 140 MPa")
    right.legend(frameon=False)
    return made


if __name__ == "__main__":
    main()
