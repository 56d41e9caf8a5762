"""A beam that vibrates and buckles: frequencies and critical loads, with slopes and curvatures.

A steel beam as a solid in plane stress. On two pins its frequencies are those of Timoshenko's beam,
and so are their first and second derivatives by material and shape. Clamped at one end it buckles
at Engesser's load: Euler's, less by the shear and by what the push does on fibres that bending
stretches. A push along the beam slows its vibration down: the square of the frequency falls in a
straight line to zero where the beam buckles. The frequency knows of the push from the tangent of a
law of finite strain, the critical load is that of linear buckling.
"""

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

import sobolev as sb
from sobolev import fem

jax.config.update("jax_enable_x64", True)

EXPECTED = {
    "first frequency in Hz": (292.0, 1e-4),
    "frequencies against Timoshenko's, relative": (9.6e-4, 0.2),
    "their slopes by ln x, relative": (1.1e-3, 0.2),
    "their curvatures by ln x, relative": (4.8e-3, 0.2),
    "critical load of the clamped beam, N/mm": (2154.65, 1e-5),
    "against Engesser's, relative": (4.8e-5, 0.2),
    "push at which the beam on pins is still, over its critical one": (0.9992, 1e-4),
}
NU, MODES = 0.3, (1, 2, 3)
BOX = sb.Box(
    ("E", "rho", "length", "height", "push"),
    (100e3, 5e-9, 300, 10, 0), (300e3, 9e-9, 500, 40, 10e3),
    ("MPa", "tonne/mm³", "mm", "mm", "N/mm"),
)  # fmt: skip
X = np.array([210e3, 7.85e-9, 400.0, 20.0, 1.0])
PINNED = (fem.Fixed("left", 1), fem.Fixed("right", 1), fem.Fixed("centre", 0))
CLAMPED = (fem.Fixed("left", 0), fem.Fixed("middle of the wall", 1))


def stretched(X, length, height):
    """The unit square as a beam along x, its axis at y = 0."""
    return (X - jnp.array([[0.0, 0.5]])) * jnp.stack([length, height])[None]


def push(p):
    """To the right, on the left end."""
    return p["push"]


def push_back(p):
    """To the left, on the right end."""
    return -p["push"]


def beam(supports, responses, law=fem.LinearElastic) -> fem.Model:
    """A millimetre of its thickness, pushed from both ends."""
    mesh = fem.grid((20, 2), "quad8")
    mesh = mesh.at("centre", (0.5, 0.5)).at("middle of the wall", (0.0, 0.5))
    return fem.Model(
        mesh,
        bodies=[fem.Body(fem.PlaneStress(law("E", NU)), density="rho")],
        supports=supports,
        loads=[fem.TotalForce("left", (push, 0.0)), fem.TotalForce("right", (push_back, 0.0))],
        responses=responses,
        parameters=BOX,
        geometry=fem.Shape(stretched, ("length", "height")),
    )


def shear_modulus(E):
    """Of Timoshenko's beam: G with the factor of a rectangle."""
    return 5 * (1 + NU) / (6 + 5 * NU) * E / (2 * (1 + NU))


def timoshenko(x):
    """Frequencies of Timoshenko's beam on two pins: ω² is the smaller root of a ω⁴ - b ω² + c."""
    E, rho, length, height, _ = x
    k, radius = jnp.array(MODES) * jnp.pi / length, height**2 / 12
    a = rho / shear_modulus(E) * radius
    b = 1 + radius * k**2 * (1 + E / shear_modulus(E))
    c = E / rho * radius * k**4
    return jnp.sqrt(2 * c / (b + jnp.sqrt(b**2 - 4 * a * c))) / (2 * jnp.pi)


def engesser(x):
    """Load P of a clamped column: P (1 + N / κGA) = N with N = (π/2L)² h²/12 (EA - P)."""
    E, _, length, height, _ = x
    slender = (np.pi / 2 / length) ** 2 * height**2 / 12
    a = slender / (shear_modulus(E) * height)
    b = 1 + slender + slender * E / shear_modulus(E)
    c = slender * E * height
    return 2 * c / (b + np.sqrt(b**2 - 4 * a * c))


def main() -> dict[str, float]:
    """Against the closed forms."""
    responses = {f"f{n}": fem.Frequency(n) for n in MODES}
    y, slopes, curvatures = beam(PINNED, responses).solve(X, 2)
    f, df, d2f = (np.asarray(d(X)) for d in (timoshenko, *_derivatives(timoshenko)))
    print(f"frequencies {np.round(y, 2)} Hz, of Timoshenko's beam {np.round(f, 2)} Hz")
    by_log = X / f[:, None]
    critical = beam(CLAMPED, {"factor": fem.BucklingFactor()}).solve(X, 0).value[0]
    print(f"critical load {critical:.0f} N/mm, of Engesser's column {engesser(X):.0f} N/mm")
    factor = beam(PINNED, {"factor": fem.BucklingFactor()}).solve(X, 0).value[0]
    pushed = beam(PINNED, {"ω²": fem.Eigenvalue()}, fem.SaintVenantKirchhoff)
    value, slope = pushed.solve(np.array([*X[:4], 0.9 * factor]), 1)
    return {
        "first frequency in Hz": float(y[0]),
        "frequencies against Timoshenko's, relative": float(np.abs(y / f - 1).max()),
        "their slopes by ln x, relative": float(np.abs((slopes - df) * by_log).max()),
        "their curvatures by ln x, relative": float(
            np.abs((curvatures - d2f) * by_log[:, None] * X[:, None]).max()
        ),
        "critical load of the clamped beam, N/mm": float(critical),
        "against Engesser's, relative": float(abs(critical / engesser(X) - 1)),
        "push at which the beam on pins is still, over its critical one": float(
            0.9 - value[0] / slope[0, 4] / factor
        ),
    }


def _derivatives(function):
    return jax.jit(jax.jacfwd(function)), jax.jit(jax.jacfwd(jax.jacfwd(function)))


def figure() -> Figure:
    """Three modes, and what a push does to the frequency."""
    made = Figure(figsize=(9, 4), layout="constrained")
    left, right = made.subplots(1, 2)
    found = fem.solution(beam(PINNED, {f"{n}": fem.Frequency(n) for n in MODES}), X)
    frequencies = beam(PINNED, {f"{n}": fem.Frequency(n) for n in MODES}).solve(X, 0).value
    outline = _outline(found.X)
    for row, (mode, f) in enumerate(zip(found.modes.values(), frequencies, strict=True)):
        shown = found.X + 40 * mode[0] - [0, 120 * row]
        left.fill(*shown[outline].T)
        left.annotate(f"{f:.0f} Hz", (410, -120 * row - 40), ha="right")
    left.set(aspect="equal", xlabel="x in mm", ylabel="y in mm, one mode below the other")
    pushed = beam(PINNED, {"ω²": fem.Eigenvalue()}, fem.SaintVenantKirchhoff)
    factor = beam(PINNED, {"factor": fem.BucklingFactor()}).solve(X, 0).value[0]
    for part in np.linspace(0, 0.95, 6):
        value, slope = pushed.solve(np.array([*X[:4], part * factor]), 1)
        near = np.array([-0.06, 0.06])
        right.plot(part + near, (value[0] + slope[0, 4] * near * factor) / 1e6, "C1")
        right.plot(part, value[0] / 1e6, "ko")
    right.axvline(1, color="0.6", ls=":")
    right.annotate("linear buckling", (0.99, 2.0), rotation=90, ha="right")
    right.set(xlabel="push over the critical one", ylabel="ω² in 10⁶/s², with its slope")
    return made


def _outline(X):
    """The nodes around the beam, in their order."""
    angle = np.arctan2(X[:, 1] / np.ptp(X[:, 1]), X[:, 0] / np.ptp(X[:, 0]) - 0.5)
    scaled = np.abs(X / np.ptp(X, axis=0) - [0.5, 0.0]).max(1)
    around = np.flatnonzero(scaled > 0.5 - 1e-9)
    return around[np.argsort(angle[around])]


if __name__ == "__main__":
    main()
