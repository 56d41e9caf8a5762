"""A potential in an ellipse: the error on its boundary, in the norm that the energy has.

Δu = 0 inside, values on the rim. An error g of these values makes an error inside whose energy
∫ |∇u|² is the square of g in H^½; the mean square on the rim counts fast errors half an order too
little. `fem.harmonic_extension` has that norm on any closed loop: for x² − y² on an ellipse 2:1 it
gives the exact energy 10 π, where a Fourier series in the angle, exact on circles, gives 12.5 π. As
the norm of the rim's residual it asks for what the slopes inside need: on a disk they are four
times as exact, in the median of eight initialisations (benchmarks/boundary_norm.py).
"""

from functools import cache

import jax
import numpy as np
from matplotlib.figure import Figure

import sobolev as sb
from sobolev import fem
from sobolev.inner_products import Circle
from sobolev.losses import Equation, Mapped, Mesh, Uniform, by_names
from sobolev.networks import MLP, tanh
from sobolev.optimisers import LevenbergMarquardt
from sobolev.weighting import Unweighted

jax.config.update("jax_enable_x64", True)

EXPECTED = {
    "energy / π": (9.98, 0.01),
    "by angles / π": (12.5, 0.01),
    "digits of slopes": (3.5, 0.12),
}
LEVELS = np.linspace(-5, -2, 13)
BOX = sb.Box(("x", "y"), (-2.0, -1.0), (2.0, 1.0))


def ellipse(rings: int, around: int) -> fem.Mesh:
    """Half axes 2 and 1: rings of quadrilaterals around a fan of triangles."""
    θ = 2 * np.pi / around * np.arange(around)
    ring = np.stack([2 * np.cos(θ), np.sin(θ)], axis=1)
    r = (np.arange(rings) + 1)[:, None, None] / rings
    first = np.arange(around)
    second = np.roll(first, -1)
    start = 1 + around * np.arange(rings - 1)[:, None]
    ahead, back = start + first, start + second
    cells = {
        "triangle": np.stack([0 * first, 1 + first, 1 + second], axis=1),
        "quad": np.stack([ahead, ahead + around, back + around, back], -1).reshape(-1, 4),
    }
    return fem.Mesh(np.concatenate([np.zeros((1, 2)), (r * ring).reshape(-1, 2)]), cells)


MESH = ellipse(16, 96)
RIM = fem.harmonic_extension(MESH, "boundary")


@by_names(BOX, "u")
def laplace(u):
    """Δu."""
    return u.xx + u.yy


def exact(x: np.ndarray) -> np.ndarray:
    """Re (z²/4 + z⁴/16)."""
    z = (x[:, 0] + 1j * x[:, 1]) / 2
    return np.real(z**2 + z**4)


def slopes(x: np.ndarray) -> np.ndarray:
    """Its gradient: f = u + iv has f' = u_x − i u_y."""
    z = (x[:, 0] + 1j * x[:, 1]) / 2
    slope = z + 2 * z**3
    return np.stack([np.real(slope), -np.imag(slope)], axis=1)


@cache
def solved(half: bool) -> sb.Surrogate:
    """With the rim's residual in H^½, or in the mean square, times 2π: alike for slow waves."""
    inside = Equation("inside", laplace, Uniform(Mesh(BOX.names, MESH.points, MESH.cells), 256, 5))
    g, plain = exact(RIM.points), 1.0 if half else (2 * np.pi) ** -0.5
    rim = Equation("rim", lambda u, x: u(x)[0], RIM.points, g, order=0, scale=plain)
    made = sb.Surrogate.on(BOX, "u", MLP((16, 16), activation=tanh))
    blocks = [inside, Mapped(rim, RIM) if half else rim]
    how = {"weighting": Unweighted(), "check": False, "records": 1}
    return sb.fit(made, blocks, optimiser=LevenbergMarquardt(), epochs=60, **how).surrogate


def off(surrogate: sb.Surrogate, x: np.ndarray) -> float:
    """How far slopes are off, of their own size."""
    known = slopes(x)
    return float(np.linalg.norm(surrogate.jacobian(x)[:, 0] - known) / np.linalg.norm(known))


def main() -> dict[str, float]:
    """The energy of a function by its values on the rim, and slopes inside."""
    one, g = np.ones(len(RIM.points)), RIM.points[:, 0] ** 2 - RIM.points[:, 1] ** 2
    energy = float(RIM.norm(g - RIM.product(one, g) / RIM.norm(one) ** 2) ** 2 / np.pi)
    angles = float(Circle(len(g)).norm(g - g.mean()) ** 2 / np.pi)
    print(f"energy of x² − y²: {energy:.3f} π, by a Fourier series in the angle {angles:.3f} π")
    plain, right = (off(solved(half), MESH.points) for half in (False, True))
    print(f"slopes off by {plain:.1e} with a mean square on the rim, by {right:.1e} in H^½")
    digits = -float(np.log10(right))
    return {"energy / π": energy, "by angles / π": angles, "digits of slopes": digits}


def figure() -> Figure:
    """Where slopes are off, and how much on each ring from the middle to the rim."""
    made = Figure(figsize=(10, 2.6), layout="constrained")
    panels, x, known = made.subplots(1, 3), MESH.points, slopes(MESH.points)
    for k, half in enumerate((False, True)):
        said = "rim in H^½" if half else "rim in the mean square"
        error = np.linalg.norm(solved(half).jacobian(x)[:, 0] - known, axis=1)
        panels[k].tricontourf(*x.T, np.log10(error), LEVELS, extend="both")
        panels[k].set(xlabel="x", ylabel="y", aspect=1, title=said)
        rings = np.sqrt(np.mean(error[1:].reshape(16, 96) ** 2, axis=1))
        panels[2].semilogy((np.arange(16) + 1) / 16, rings, f"C{k}.-", label=said)
    panels[2].set(xlabel="from the middle to the rim", ylabel="error of slopes")
    panels[2].legend(frameon=False)
    return made


if __name__ == "__main__":
    main()
