"""NAFEMS LE1, LE10 and LE11: an elliptic membrane, a thick plate, a cylinder that is warmed.

Against converged values, not the rounded ones of the book: LE11 is −105.66 where that says −105.
LE1's stress depends on neither E nor ν, which its derivatives must say as well; those by the shape
are held to another code (NGSolve), those of its work to a formula of the boundary (Hadamard), that
of LE10's to differences.
"""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

import sobolev as sb
from sobolev import fem
from sobolev.reports import Panel, draw_fields

jax.config.update("jax_enable_x64", True)

# The second number is the relative tolerance of the test.
EXPECTED = {
    "LE1 σ_yy(D)": (92.6582, 5e-3),
    "LE1 work, d by ν": (-6.685234e-3, 1e-4),
    "LE1 dσ/dE": (0.0, 1e-9),
    "LE1 work by a, against Hadamard": (1.0, 0.03),
    # NGSolve 6.2.2608, polynomials of order 8, central differences by the same motion of the mesh
    "LE1 dσ/da": (118.853, 5e-3),
    "LE1 dσ/db": (-71.654, 2e-2),
    "LE10 σ_yy(D)": (-5.381, 5e-3),
    "LE10 dσ/da, against differences": (1.0, 1e-6),
    "LE11 σ_zz(A)": (-105.66, 5e-3),
    "LE11 α dσ/dα, against σ": (1.0, 1e-9),
}
A, B, OUTER, INNER = 2.0, 1.0, (3.25, 2.75), np.sqrt(0.5)


def between_ellipses(X, a, b):
    """From the inner ellipse (a, b) to the outer one; x along the radius, y along the angle."""
    t, angle = X[:, 0], X[:, 1] * jnp.pi / 2
    inner = jnp.stack([a * jnp.cos(angle), b * jnp.sin(angle)], 1)
    outer = jnp.stack([OUTER[0] * jnp.cos(angle), OUTER[1] * jnp.sin(angle)], 1)
    return (1 - t)[:, None] * inner + t[:, None] * outer


def outward(k):
    """A component of 10 MPa along the normal of the outer ellipse, n ~ (x / a², y / b²)."""

    def component(x, _):
        n = x / jnp.array(OUTER) ** 2
        return 10.0 * n[k] / jnp.sqrt(jnp.sum(n**2))

    return fem.PerPoint(component)


def membrane(n: int = 16) -> fem.Model:
    """LE1, a quarter of it, in plane stress."""
    return fem.Model(
        fem.grid((n, 2 * n), "quad9").at("D", (0.0, 0.0)),
        bodies=[fem.Body(fem.PlaneStress(fem.LinearElastic("E", "nu")))],
        supports=[fem.Fixed("bottom", 1), fem.Fixed("top", 0)],
        loads=[fem.Traction("right", (outward(0), outward(1)))],
        responses={"stress": fem.AtNode(fem.Stress(1, 1), "D"), "work": fem.Compliance()},
        parameters=sb.Box(("a", "b", "E", "nu"), (1.9, 0.9, 2e5, 0.2), (2.1, 1.1, 2.2e5, 0.4)),
        geometry=fem.Shape(between_ellipses, ("a", "b")),
        units=("MPa", "MPa m²"),
    )


MEMBRANE = np.array([A, B, 210e3, 0.3])


def thick(X, a, b):
    """LE1's plan with a thickness of 0.6 m; cells grow with the distance from the hole."""
    t = X[:, 0] * (0.3 + 0.7 * X[:, 0])
    plan = between_ellipses(jnp.stack([t, X[:, 1]], 1), a, b)
    return jnp.concatenate([plan, 0.6 * X[:, 2:] - 0.3], 1)


def plate(divisions=(7, 14, 6)) -> fem.Model:
    """LE10: held at its outer face, down only along the middle of that; pressed from above."""
    mesh = fem.grid(divisions, "hexahedron20").at("D", (0.0, 0.0, 1.0))
    line = np.flatnonzero((mesh.points[:, 0] == 1) & (mesh.points[:, 2] == 0.5))
    mesh = dataclasses.replace(mesh, sets={**mesh.sets, "line": line})
    return fem.Model(
        mesh,
        bodies=[fem.Body(fem.LinearElastic(210e3, 0.3))],
        supports=[fem.Fixed("bottom", 1), fem.Fixed("top", 0), fem.Fixed("right", 0, 1),
                  fem.Fixed("line", 2)],
        loads=[fem.Pressure("front", 1.0)],
        responses={"stress": fem.AtNode(fem.Stress(1, 1), "D")},
        parameters=sb.Box(("a", "b"), (1.9, 0.9), (2.1, 1.1)),
        geometry=fem.Shape(thick, ("a", "b")),
        units=("MPa",),
    )  # fmt: skip


def solid_cylinder(X):
    """LE11's section: y along the inner contour, an arc and a line, x outwards to the taper."""
    t, s = X[:, 0], X[:, 1]
    arc, up = jnp.minimum(s * 2, 1) * jnp.pi / 4, jnp.maximum(s * 2 - 1, 0)
    inner = jnp.stack([jnp.cos(arc), jnp.sin(arc) + up * (1.79 - INNER)], 1)
    turn = jnp.minimum(s * 4, 1) * jnp.pi / 6
    taper, straight = jnp.clip(s * 4 - 1, 0, 1), jnp.maximum(s * 2 - 1, 0)
    r, z = 1.4 * jnp.cos(turn), 1.4 * jnp.sin(turn)
    outer = jnp.stack([r + taper * (1 - r), z + taper * (1.39 - z) + straight * 0.4], 1)
    return (1 - t)[:, None] * inner + t[:, None] * outer


def warmer(x, _):
    """ΔT = r + z."""
    return x[0] + x[1]


def cylinder() -> fem.Model:
    """LE11, a section of the body of revolution, held between two planes."""
    law = fem.ThermalStrain(fem.LinearElastic(210e3, 0.3), "alpha", fem.PerPoint(warmer))
    return fem.Model(
        fem.grid((8, 24), "quad9").at("A", (0.0, 0.0)),
        bodies=[fem.Body(fem.Axisymmetric(law))],
        supports=[fem.Fixed("bottom", 1), fem.Fixed("top", 1)],
        responses={"stress": fem.AtNode(fem.Stress(1, 1), "A")},
        parameters=sb.Box(("alpha",), (2e-4,), (3e-4,), ("1/K",)),
        geometry=fem.Shape(solid_cylinder),
        units=("MPa",),
    )


def hadamard(model: fem.Model) -> float:
    """d work / da = ∫ σ_t² / E v_n ds over the inner edge, of the stress σ_t along it."""
    points = model.mesh.points
    inner = sorted(model.mesh.nodes("left"), key=lambda node: points[node, 1])[::2]
    sets = {f"n{k}": [node] for k, node in enumerate(inner)}
    along = {name: fem.AtNode(fem.hydrostatic, name) for name in sets}
    asked = dataclasses.replace(
        model, mesh=dataclasses.replace(model.mesh, sets=sets), responses=along, units=()
    )
    stress = 3 * asked.solve(MEMBRANE, 0).value  # of a free edge the other ones vanish
    angle = np.linspace(0, np.pi / 2, len(inner))
    return np.trapezoid(stress**2 / MEMBRANE[2] * B * np.cos(angle) ** 2, angle)


def richardson(model: fem.Model, p: np.ndarray, h: float = 1e-3) -> float:
    """dσ/da by differences that leave an error of h⁴."""

    def slope(h):
        step = h * np.eye(len(p))[0]
        above, below = (model.solve(p + s * step, 0).value[0] for s in (1, -1))
        return (above - below) / (2 * h)

    return (4 * slope(h / 2) - slope(h)) / 3


def main() -> dict[str, float]:
    """The three stresses, with derivatives."""
    flat = membrane()
    (stress, _), slopes = flat.solve(MEMBRANE)
    print(f"LE1:  σ_yy(D) = {stress:.3f} MPa, d by (a, b, E, ν) = {slopes[0].round(3)}")
    solid, p = plate(), np.array([A, B])
    thick_stress, by_shape = solid.solve(p)
    print(f"LE10: σ_yy(D) = {thick_stress[0]:.4f} MPa, d by (a, b) = {by_shape[0].round(3)}")
    coarse = plate((3, 6, 2))
    quotient = coarse.solve(p).jacobian[0, 0] / richardson(coarse, p)
    warm, by_alpha = cylinder().solve(np.array([2.3e-4]))
    print(f"LE11: σ_zz(A) = {warm[0]:.3f} MPa")
    return {
        "LE1 σ_yy(D)": float(stress),
        "LE1 work, d by ν": float(slopes[1, 3]),
        "LE1 dσ/dE": float(slopes[0, 2]),
        "LE1 work by a, against Hadamard": float(slopes[1, 0] / hadamard(flat)),
        "LE1 dσ/da": float(slopes[0, 0]),
        "LE1 dσ/db": float(slopes[0, 1]),
        "LE10 σ_yy(D)": float(thick_stress[0]),
        "LE10 dσ/da, against differences": float(quotient),
        "LE11 σ_zz(A)": float(warm[0]),
        "LE11 α dσ/dα, against σ": float(by_alpha[0, 0] * 2.3e-4 / warm[0]),
    }


def figure() -> Figure:
    """The stresses, and how the membrane's moves with the length of its hole."""
    flat, section = fem.solution(membrane(), MEMBRANE), fem.solution(cylinder(), np.array([2.3e-4]))
    body = fem.solution(plate((4, 8, 2)), np.array([A, B]))
    made = Figure(figsize=(10, 7), layout="constrained")
    up, down = made.subfigures(2, 1)
    stress = fem.Stress(1, 1)
    left, right = up.subfigures(1, 2)
    draw_fields(flat, [Panel("LE1: σ_yy", stress, "MPa", 500.0)], "m", left)
    moved = fem.field_slopes(flat.model, MEMBRANE, "a").means(stress)
    draw_fields(flat, [Panel("its derivative by a", moved, "MPa/m")], "m", right)
    left, right = down.subfigures(1, 2)
    draw_fields(body, [Panel("LE10: σ_yy", stress, "MPa", 500.0)], "m", left)
    draw_fields(section, [Panel("LE11: σ_zz", stress, "MPa", 200.0)], "m", right)
    return made


if __name__ == "__main__":
    main()
