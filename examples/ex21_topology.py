"""Where material should be: the stiffest cantilever of half the volume, with exact gradients.

The structural problem of the public benchmark Mosaic: 16 x 2 x 8 hexahedra, clamped at one end and
pushed up at a corner of the other, stiffness E(ρ) = 70 + 69930 ρ³ of a density ρ in every cell.
The density is smoothed over neighbours, a linear map that the gradient goes through. The compliance
is its own adjoint: its gradient costs no solve; and Hessian products tell how the optimum bends.
"""

import jax
import numpy as np
from matplotlib.figure import Figure
from scipy.optimize import minimize

import sobolev as sb
from sobolev import fem

jax.config.update("jax_enable_x64", True)

EXPECTED = {
    "compliance of the even density": (4.885258e-3, 1e-6),
    "compliance of the optimum": (1.724e-3, 5e-3),
    "volume": (0.5, 1e-6),
    "slope of the Taylor remainder with Hessian products": (3.0, 0.05),
}
CELLS, SIZE = (16, 2, 8), (2.0, 1.0, 1.0)
COUNT = int(np.prod(CELLS))
RADIUS = 0.25


def middles() -> np.ndarray:
    """Of the cells, in the order of the grid."""
    axes = [(np.arange(n) + 0.5) / n * length for n, length in zip(CELLS, SIZE, strict=True)]
    return np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 3)


def smoothing() -> np.ndarray:
    """Weights that fall to zero at RADIUS in x and z, rows of sum 1."""
    gap = np.linalg.norm((middles()[:, None] - middles()[None]) * [1.0, 0.25, 1.0], axis=-1)
    weights = np.maximum(RADIUS - gap, 0.0)
    return weights / weights.sum(1, keepdims=True)


SMOOTH = smoothing()


def stiffness(p):
    """SIMP of the smoothed density."""
    return 70.0 + (70e3 - 70.0) * (SMOOTH @ p["rho"]) ** 3


def corner(x):
    """The face of one cell of the end."""
    inside = (x[:, 1:] <= np.array(SIZE[1:]) / CELLS[1:] + 1e-9).all(1)
    return np.isclose(x[:, 0], SIZE[0]) & inside


def cantilever() -> fem.Model:
    """Its compliance by the densities of all cells."""
    mesh = fem.grid(CELLS)
    mesh = mesh.moved(mesh.points * np.array(SIZE)).where("corner", corner)
    return fem.Model(
        mesh,
        bodies=[fem.Body(fem.LinearElastic(fem.PerCell(stiffness), 0.3))],
        supports=[fem.Fixed("left")],
        loads=[fem.TotalForce("corner", (0.0, 0.0, 1.0))],
        responses={"compliance": fem.Compliance()},
        parameters=sb.Box(tuple(f"rho[{k}]" for k in range(COUNT)), (0.0,) * COUNT, (1.0,) * COUNT),
    )


def optimum(model: fem.Model, steps: int = 60):
    """Densities of least compliance at half the volume, and the compliances on the way."""
    way = []

    def both(rho):
        C, slope = model.vjp(rho, np.ones(1))
        way.append(float(C[0]))
        return 1e3 * C[0], 1e3 * slope

    share = np.full(COUNT, 1 / COUNT)
    volume = {"type": "eq", "fun": lambda rho: share @ rho - 0.5, "jac": lambda rho: share}
    found = minimize(
        both, np.full(COUNT, 0.5), jac=True, method="SLSQP", bounds=[(0.0, 1.0)] * COUNT,
        constraints=[volume], options={"maxiter": steps},
    )  # fmt: skip
    return np.clip(found.x, 0, 1), np.array(way)


def main() -> dict[str, float]:
    """The optimum, and the order of what second derivatives leave of the compliance."""
    model = cantilever()
    rho, way = optimum(model)
    print(f"compliance {way[0]:.5f}, then {way[-1]:.5f} after {len(way)} gradients")
    v = np.random.default_rng(0).standard_normal(COUNT)
    even = np.full(COUNT, 0.5)
    (slope,), (bent,) = model.hvp(even, v)
    left = []
    for h in (0.04, 0.02):
        C = model.solve(even + h * v, 0).value[0]
        left.append(abs(C - way[0] - h * slope @ v - h**2 / 2 * bent @ v))
    order = float(np.log2(left[0] / left[1]))
    print(f"volume {rho.mean():.4f}; Taylor remainder with Hessian products: order {order:.2f}")
    return {
        "compliance of the even density": float(way[0]),
        "compliance of the optimum": float(way[-1]),
        "volume": float(rho.mean()),
        "slope of the Taylor remainder with Hessian products": order,
    }


def figure() -> Figure:
    """The compliance on the way, and the densities of the two layers of cells."""
    made = Figure(figsize=(9, 3.4), layout="constrained")
    left, *layers = made.subplots(1, 3, width_ratios=[1.1, 1, 1])
    rho, way = optimum(cantilever())
    left.plot(1e3 * way, color="C0")
    left.set_ylim(0)
    left.set(xlabel="gradients", ylabel="compliance in 10⁻³ N mm")
    solid = (SMOOTH @ rho).reshape(CELLS)
    for layer, axes in enumerate(layers):
        axes.imshow(
            solid[:, layer].T, origin="lower", extent=(0, 2, 0, 1), cmap="Greys", vmin=0, vmax=1
        )
        side = "with the load" if layer == 0 else "without"
        axes.set(xlabel="x in mm", ylabel="z in mm", title=f"layer {side}")
    layers[0].annotate("", (2, 0.3), (2, 0.02), arrowprops={"arrowstyle": "->", "color": "C3"})
    return made


if __name__ == "__main__":
    main()
