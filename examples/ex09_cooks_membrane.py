"""A mechanical problem of your own: from a mesh file to a surrogate of it.

Cook's membrane: a tapered panel, clamped at its left end, sheared at its right one, nearly in plane
strain, finite strain (neo-Hooke). The mesh comes from a file with named groups, as gmsh writes it.
Parameters are the material, the load and the shape; a solve gives the derivatives by all of them.
"""

import tempfile
from pathlib import Path

import jax
import jax.numpy as jnp
import meshio
import numpy as np
from matplotlib.figure import Figure
from matplotlib.tri import Triangulation

import sobolev as sb
from sobolev import fem

jax.config.update("jax_enable_x64", True)

EXPECTED = {
    "deflection of the middle of the end": (8.898, 0.01),
    "adjoint against direct, relative": (0.0, 1e-9),
    "relative H1 error of a surrogate": (0.0016, 0.8),
}
BOX = sb.Box(
    ("E", "nu", "F", "height"), (150, 0.2, 50, 12), (300, 0.35, 100, 20), ("MPa", "", "N/mm", "mm")
)


def write_mesh(path: Path, n: int = 12) -> None:
    """The panel as a mesher would: quadratic cells with the groups "panel", "clamped", "end"."""
    mesh = fem.grid((n, n), "quad9")
    x, y = mesh.points.T
    places = np.stack([48 * x, 44 * x + y * (44 - 28 * x), 0 * x], 1)
    ends = [mesh.boundary(side)["line3"] for side in ("left", "right")]
    cells = [("quad9", mesh.cells["quad9"]), *(("line3", nodes) for nodes in ends)]
    groups = [np.full(len(nodes), tag) for tag, (_, nodes) in enumerate(cells, 1)]
    names = {"panel": [1, 2], "clamped": [2, 1], "end": [3, 1]}
    meshio.Mesh(
        places, cells, cell_data={"gmsh:physical": groups, "gmsh:geometrical": groups},
        field_data={name: np.array(tag) for name, tag in names.items()},
    ).write(path, file_format="gmsh22", binary=False)  # fmt: skip


def tapered(X, height):
    """The panel with an end of this height, 16 mm in the mesh: positions of all nodes."""
    x, y = X[:, 0] / 48, X[:, 1]
    low, thick = 44 * x, 44 - 28 * x
    wanted = 44 + (height - 44) * x
    return jnp.stack([X[:, 0], low + (y - low) / thick * wanted], 1)


def membrane() -> fem.Model:
    """The problem in twenty lines."""
    with tempfile.TemporaryDirectory() as folder:
        write_mesh(Path(folder) / "membrane.msh")
        mesh = fem.read_mesh(Path(folder) / "membrane.msh").at("middle", (48, 52))
    return fem.Model(
        mesh,
        bodies=[fem.Body(fem.PlaneStrain(fem.NeoHooke("E", "nu")), "panel")],
        supports=[fem.Fixed("clamped")],
        loads=[fem.TotalForce("end", (0.0, "F"))],
        responses={
            "deflection": fem.Displacement("middle", 1),
            "stress": fem.PNorm(fem.von_mises, exponent=8.0),
        },
        parameters=BOX,
        geometry=fem.Shape(tapered, ("height",)),
        units=("mm", "MPa"),
    )


X = np.array([2 * 80.194 * 1.3, 0.3, 100.0, 16.0])


def main() -> dict[str, float]:
    """The known deflection, both ways to its slopes, and a surrogate of 40 solves."""
    model = membrane()
    y, slopes = model.solve(X, 1, mode="adjoint")
    for name, value, row in zip(model.outputs, y, slopes, strict=True):
        print(
            f"{name} = {value:.4f}",
            *(f"d/d{p} = {s:.3e}" for p, s in zip(BOX.names, row, strict=True)),
        )
    direct = model.solve(X, 1, mode="direct").jacobian
    gap = np.abs(direct - slopes).max() / np.abs(direct).max()
    train, test = (sb.generate(model, sb.designs.latin_hypercube(n, n)) for n in (40, 25))
    learnt = sb.fit(sb.Surrogate.new(train), train, epochs=300, records=1).surrogate
    error = sb.evaluate(learnt, test).relative_h1
    print(f"a surrogate of 40 solves has a relative H1 error of {error:.1e} at 25 others")
    return {
        "deflection of the middle of the end": float(y[0]),
        "adjoint against direct, relative": float(gap),
        "relative H1 error of a surrogate": error,
    }


def figure() -> Figure:
    """The deformed panel with its stress, and where its energy is."""
    model = membrane()
    found = fem.solution(model, X)
    cells = model.mesh.cells["quad9"][:, :4]
    made = Figure(figsize=(9, 4), layout="constrained")
    left, right = made.subplots(1, 2)
    corners = np.vstack([cells[:, [0, 1, 2]], cells[:, [0, 2, 3]]])
    places = found.X + found.u
    stress = np.tile(found.means(fem.von_mises)["quad9"], 2)
    drawn = left.tripcolor(Triangulation(*places.T, corners), stress)
    made.colorbar(drawn, ax=left, label="von Mises stress").ax.set_xlabel("MPa")
    left.triplot(*found.X.T, corners, color="0.8", lw=0.2)
    energy = found.means(fem.energy_density)["quad9"]
    again = right.tripcolor(Triangulation(*found.X.T, corners), np.tile(energy, 2))
    made.colorbar(again, ax=right, label="energy of a volume").ax.set_xlabel("MPa")
    for axes in (left, right):
        axes.set(aspect="equal", xlabel="x in mm", ylabel="y in mm")
    return made


if __name__ == "__main__":
    main()
