"""Torsion of a shaft with a groove: zero on two arcs, whatever the weights.

Prandtl's stress function: Δψ = −2 with ψ = 0 on the rim, a circle of radius a, and on the groove, a
circle of radius b around a point of the rim. u = φ₁ φ₂ N: no term for the boundary, and the shear
stress |∇ψ| on the groove, where it is largest, comes from a network that is exact there. As b → 0
it is twice that of the shaft without a groove. The closed form is Weber's, as in Timoshenko &
Goodier, Theory of Elasticity, section 109.
"""

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

import sobolev as sb
from sobolev import networks
from sobolev.losses import Equation
from sobolev.optimisers import LevenbergMarquardt
from sobolev.weighting import Unweighted

jax.config.update("jax_enable_x64", True)

EXPECTED = {
    "shear at the bottom of the groove, of the exact one": (1.0, 1e-3),
    "digits of ψ, relative in L²": (4.3, 0.15),
    "digits of zero on the rim and the groove": (15.8, 0.05),
}
R, GROOVE = 1.0, 0.5  # a and b; the groove is around the origin, the shaft around (a, 0)
PLANE = ("x", "y")
RIM = networks.Circle(PLANE, (R, 0.0), R)
CUT = networks.Circle(PLANE, (0.0, 0.0), GROOVE, outside=True)
BOX = sb.Box(PLANE, (0.0, -R), (2 * R, R), ("m", "m"))


def exact(x, y):
    """ψ = ½ (r² − b²)(2 a x/r² − 1)."""
    square = x**2 + y**2
    return (square - GROOVE**2) * (2 * R * x / square - 1) / 2


def inside(points):
    """Those that lie in the section."""
    x, y = points.T
    return points[RIM.inside(x, y) & CUT.inside(x, y)]


def torsion(u, x):
    """Δψ + 2."""
    return jnp.trace(jax.hessian(lambda p: u(p)[0])(x)) + 2.0


def solved() -> sb.Surrogate:
    """ψ from its equation alone."""
    made = networks.HardBoundary(networks.MLP((12, 12), activation=networks.tanh), (RIM, CUT))
    x = inside(sb.designs.sobol(512)(BOX)[0])
    equation = Equation("torsion", torsion, x, scale=2.0)
    optimiser = LevenbergMarquardt()
    start = sb.Surrogate.on(BOX, ("psi",), made)
    fitted = sb.fit(
        start, [equation], weighting=Unweighted(), optimiser=optimiser, epochs=250, check=False
    )
    return fitted.surrogate


def arcs() -> np.ndarray:
    """Points of the rim and of the groove."""
    turned = np.linspace(-np.pi, np.pi, 500)
    circle = np.stack([np.cos(turned), np.sin(turned)], axis=1)
    rim, groove = R * circle + [R, 0.0], GROOVE * circle
    outside = (rim**2).sum(1) >= GROOVE**2
    return np.concatenate([rim[outside], groove[RIM.inside(*groove.T)]])


def main() -> dict[str, float]:
    """The largest shear, and how exact values and boundaries are."""
    psi = solved()
    bottom = np.array([GROOVE, 0.0])
    shear = np.linalg.norm(psi.jacobian(bottom))
    grid = inside(sb.designs.sobol(1024, seed=1)(BOX)[0])
    wanted = exact(*grid.T)
    off = np.linalg.norm(psi.value(grid)[:, 0] - wanted) / np.linalg.norm(wanted)
    zero = np.abs(psi.value(arcs())).max()
    print(f"shear {shear:.6f} G θ' m at the groove, {R:.1f} without it; ψ to {off:.1e}")
    print(f"on the rim and the groove |ψ| ≤ {zero:.1e}")
    return {
        "shear at the bottom of the groove, of the exact one": float(shear / (2 * R - GROOVE)),
        "digits of ψ, relative in L²": float(-np.log10(off)),
        "digits of zero on the rim and the groove": float(-np.log10(zero)),
    }


def figure() -> Figure:
    """The lines of shear, and the shear along the groove."""
    psi, made = solved(), Figure(figsize=(9, 3.8), layout="constrained")
    left, right = made.subplots(1, 2)
    x, y = np.meshgrid(np.linspace(0, 2 * R, 201), np.linspace(-R, R, 201))
    values = psi.value(np.stack([x.ravel(), y.ravel()], 1))[:, 0].reshape(x.shape)
    section = RIM.inside(x, y) & CUT.inside(x, y)
    shown = left.contour(x, y, np.where(section, values, np.nan), 14, cmap="viridis")
    left.clabel(shown, shown.levels[1::3], fontsize=7)
    left.plot(*arcs().T, "k.", ms=1.5)
    left.set(xlabel="x in m", ylabel="y in m", aspect="equal")
    angle = np.linspace(-1.3, 1.3, 101)
    groove = GROOVE * np.stack([np.cos(angle), np.sin(angle)], 1)
    right.plot(np.degrees(angle), np.linalg.norm(psi.jacobian(groove)[:, 0], axis=1), "C0")
    wanted = 2 * R * np.cos(angle) - GROOVE
    right.plot(np.degrees(angle)[::5], wanted[::5], "k.", label="closed form")
    right.axhline(R, color="0.6", lw=1)
    right.set(xlabel="angle on the groove in degrees", ylabel="shear/(G θ') in m", ylim=(0, None))
    right.legend(frameon=False)
    return made


if __name__ == "__main__":
    main()
