"""Where to heat: a source for a wanted temperature, in as many steps on any mesh.

The mother problem of optimal control: ½∫(T − d)² + ½α∫f² is to be least, −ΔT = f in the unit square
and T = 0 around it, f a number in every cell. Its derivative by 512 or 2048 numbers comes from one
adjoint solve. The cells are uneven, as real meshes are. Measured in L², a number counts as much as
its cell is large, and L-BFGS needs as many steps on either mesh; measured number by number, as
libraries of optimisation do, it needs four times as many, and more on finer meshes.
"""

import jax
import jax.numpy as jnp
import numpy as np
import scipy.sparse as sp
from matplotlib.figure import Figure

import sobolev as sb
from sobolev import descent, fem, inner_products

jax.config.update("jax_enable_x64", True)

α = 1e-6
CELLS = 16, 32  # each way
EXPECTED = {
    "steps in L², 512 cells": (37, 0.1),
    "steps in L², 2048 cells": (38, 0.1),
    "steps number by number, 2048 cells": (165, 0.2),
    "error of the source, relative": (0.0262, 0.01),
}


def wanted(x):
    """d, of which the best source is known."""
    return jnp.sin(jnp.pi * x[0]) * jnp.sin(jnp.pi * x[1]) / (2 * jnp.pi**2)


def heated(T, slope, x, f):
    """∫ ∇T·∇v − f v."""
    return slope, -f


def missed(at):
    """½ (T − d)²."""
    return (at.value[0] - wanted(at.x)) ** 2 / 2


def plate(n: int) -> fem.Model:
    """Cells that grow from one corner of the square to the other."""
    mesh = fem.grid((n, n), "triangle")
    mesh = mesh.moved(mesh.points**2)
    count = 2 * n * n
    names = tuple(f"f[{k}]" for k in range(count))
    return fem.Model(
        mesh,
        [fem.Body(fem.Form(heated, 1, (fem.PerCell("f"),), symmetric=True))],
        supports=[fem.Fixed("boundary")],
        responses={"missed": fem.Integral(missed)},
        parameters=sb.Box(names, (-10.0,) * count, (10.0,) * count),
    )


def middles_and_areas(model: fem.Model) -> tuple[np.ndarray, np.ndarray]:
    """Of the cells."""
    corners = model.mesh.points[model.mesh.cells["triangle"]]
    sides = corners[:, 1:] - corners[:, :1]
    return corners.mean(1), np.linalg.det(sides) / 2


def best_source(model: fem.Model, geometry: str) -> descent.Descent:
    """From f = x + y to a gradient of 1e-6 of the first."""
    middles, areas = middles_and_areas(model)

    def function(f):
        (value,), slope = model.vjp(f, np.ones(1))
        return value + α / 2 * f @ (areas * f), slope + α * areas * f

    weights = {"L2": areas, "number by number": np.ones_like(areas)}[geometry]
    space = inner_products.Sparse(sp.diags_array(weights))
    method = descent.LBFGS(memory=40)
    return descent.minimise(function, middles.sum(1), space, method, tolerance=1e-6)


def main() -> dict[str, float]:
    """Steps in both geometries, and how far the source is from the known one."""
    plates = [plate(n) for n in CELLS]
    found = {}
    for n, model in zip(CELLS, plates, strict=True):
        for geometry in ("L2", "number by number"):
            found[n, geometry] = best_source(model, geometry)
            print(f"{2 * n * n} cells, {geometry}: {found[n, geometry]}")
    middles, areas = middles_and_areas(plates[-1])
    known = 2 * np.pi**2 * np.array(wanted(middles.T)) / (1 + 4 * α * np.pi**4)
    off = found[CELLS[-1], "L2"].v - known
    return {
        "steps in L², 512 cells": found[CELLS[0], "L2"].steps,
        "steps in L², 2048 cells": found[CELLS[-1], "L2"].steps,
        "steps number by number, 2048 cells": found[CELLS[-1], "number by number"].steps,
        "error of the source, relative": float((areas @ off**2 / (areas @ known**2)) ** 0.5),
    }


def figure() -> Figure:
    """The source on its mesh, and the gradients on the way."""
    model, made = plate(CELLS[-1]), Figure(figsize=(9, 3.6), layout="constrained")
    left, right = made.subplots(1, 2, width_ratios=[1, 1.4])
    for geometry, colour in (("L2", "C0"), ("number by number", "C3")):
        found = best_source(model, geometry)
        right.semilogy(found.sizes / found.sizes[0], color=colour, label=geometry)
        if geometry == "L2":
            x, y = model.mesh.points.T
            cells = model.mesh.cells["triangle"]
            shown = left.tripcolor(x, y, cells, found.v, edgecolors="0.6", lw=0.1)
            made.colorbar(shown, ax=left).ax.set(xlabel="f", ylabel="source")
    left.set(xlabel="x", ylabel="y", aspect="equal")
    right.set(xlabel="steps", ylabel="norm of the gradient, of the first")
    right.legend(frameon=False)
    return made


if __name__ == "__main__":
    main()
