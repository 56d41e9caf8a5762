"""A cloud of small solves in one call: what a tolerance of a beam's shape does to its deflection.

A short cantilever is made ten thousand times, its length, height and Young's modulus scattered. All
of them are solved in one compiled call, with slopes: the mean and the spread of the deflection
are those of ten thousand solves, not of a formula. What the slopes and curvatures at the mean
foretell is held against them, and some rows against the model asked one by one.
"""

import time

import jax
import jax.numpy as jnp
import numpy as np
from matplotlib.figure import Figure

import sobolev as sb
from sobolev import fem

jax.config.update("jax_enable_x64", True)

EXPECTED = {
    "mean deflection in mm": (0.39437, 1e-4),
    "its spread in mm": (0.043239, 1e-4),
    "foretold to second order: mean, over that of the solves": (0.99984, 1e-4),
    "foretold to first order: spread, over that of the solves": (0.99086, 1e-4),
    "rows that agree with the model to 1e-10": (50, 0.0),
}
ROWS = 10_000
MEAN, SPREAD = np.array([40.0, 10.0, 2000.0]), np.array([0.8, 0.3, 60.0])


def stretched(X, length, height):
    """The unit square as the beam."""
    return X * jnp.stack([length, height])[None]


def beam() -> fem.Model:
    """Four cells of eight nodes in a row, clamped at the left and pushed at the right."""
    return fem.Model(
        fem.grid((4, 1), "quad8"),
        bodies=[fem.Body(fem.PlaneStress(fem.SaintVenantKirchhoff("E", 0.3)))],
        supports=[fem.Fixed("left")],
        loads=[fem.TotalForce("right", (0.0, -3.0))],
        responses={"deflection": fem.BoundaryMean("right", 1)},
        parameters=sb.Box(
            ("length", "height", "E"), tuple(MEAN - 5 * SPREAD), tuple(MEAN + 5 * SPREAD),
            ("mm", "mm", "MPa"),
        ),
        geometry=fem.Shape(stretched, ("length", "height")),
        units=("mm",),
    )  # fmt: skip


def scattered(n: int = ROWS) -> np.ndarray:
    """Beams as they are made."""
    return MEAN + SPREAD * np.clip(np.random.default_rng(0).standard_normal((n, 3)), -5, 5)


def main() -> dict[str, float]:
    """All solves, what is foretold of them, and some one by one."""
    model, rows = beam(), scattered()
    beside = fem.SideBySide(model)
    beside.derivatives(rows[:1], 1)  # compiles, whatever the number of rows
    start = time.process_time()
    y, _ = beside.derivatives(rows, 1)
    together = (time.process_time() - start) / ROWS
    model.derivatives(rows[:1], 1)
    start = time.process_time()
    alone, _ = model.derivatives(rows[:50], 1)
    one_by_one = (time.process_time() - start) / 50
    print(f"{1e3 * together:.3f} ms a row side by side, {1e3 * one_by_one:.3f} one by one")
    at, slopes, curvature = (part[0] for part in model.derivatives(MEAN, 2))
    mean = -(at + np.sum(np.diag(curvature) * SPREAD**2) / 2)
    sigma = float(np.sqrt(np.sum((slopes * SPREAD) ** 2)))
    print(f"foretold {mean:.5f} ± {sigma:.5f} mm, solved {-y.mean():.5f} ± {y.std():.5f} mm")
    return {
        "mean deflection in mm": float(-y.mean()),
        "its spread in mm": float(y.std()),
        "foretold to second order: mean, over that of the solves": float(mean / -y.mean()),
        "foretold to first order: spread, over that of the solves": float(sigma / y.std()),
        "rows that agree with the model to 1e-10": int(
            (np.abs(alone - y[:50]) <= 1e-10 * np.abs(alone)).sum()
        ),
    }


def figure() -> Figure:
    """Deflections over the height, and their distribution beside what is foretold."""
    model, rows = beam(), scattered()
    y, dy = fem.SideBySide(model).derivatives(rows, 1)
    at, slopes, curvature = (part[0] for part in model.derivatives(MEAN, 2))
    made = Figure(figsize=(9, 4), layout="constrained")
    left, right = made.subplots(1, 2)
    few = slice(None, None, 10)
    left.plot(rows[few, 1], -y[few, 0], ".", color="0.8", ms=3, label="a tenth of the beams")
    for row, w, slope in zip(rows[:60], -y[:60, 0], -dy[:60, 0, 1], strict=True):
        left.plot(row[1] + np.array([-0.1, 0.1]), w + slope * np.array([-0.1, 0.1]), "C0", lw=1)
    left.plot([], [], "C0", label="slopes by the height")
    left.set(xlabel="height in mm", ylabel="deflection in mm")
    left.legend()
    right.hist(-y[:, 0], 80, density=True, color="0.8", label=f"{ROWS} solves")
    mean = -(at + np.sum(np.diag(curvature) * SPREAD**2) / 2)
    sigma = np.sqrt(np.sum((slopes * SPREAD) ** 2))
    w = np.linspace(-y.max(), -y.min(), 200)
    normal = np.exp(-(((w - mean) / sigma) ** 2) / 2) / (sigma * np.sqrt(2 * np.pi))
    right.plot(w, normal, "C0", label="foretold by slopes and curvatures")
    right.set(xlabel="deflection in mm", ylabel="density in 1/mm", ylim=(0, 1.3 * normal.max()))
    right.legend()
    return made


if __name__ == "__main__":
    main()
