"""Your own solver as a source: a program of awk, driven through files, that fails and that lies.

`sources/column.awk` reads a Dakota parameters file and writes a results file: the tip of a column
that is bent and pressed, with its slopes, or that there is no equilibrium. Rows without a solution
stay empty, where Euler says so; `check` asks the program for differences and names a slope that is
one per cent too large.
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import sobolev as sb
from sobolev import sources

EXPECTED = {
    "rows without a solution": (15, 0.0),
    "rows past Euler's load": (15, 0.0),
    "findings of the program as it is": (0, 0.0),
    "findings where the slope by h is 1 % too large": (1, 0.0),
    "of them about h": (1, 0.0),
}
BOX = sb.Box(("h", "P"), (15.0, 200.0), (22.0, 2600.0), ("mm", "N"))
PROGRAM = Path(__file__).parent / "sources" / "column.awk"


def column(*options: str) -> sources.Program:
    """The program: `awk [options] -f column.awk params.in results.out`."""
    command = ["awk", *options, "-f", str(PROGRAM)]
    return sources.Program(command, BOX, ("tip",), ("mm",), order=1, patience=20)


def euler(h):
    """The load at which the column buckles: π² E I / (4 L²)."""
    return np.pi**2 * 210e3 * 10 * h**3 / 12 / 4 / 1000**2


def table() -> sb.Dataset:
    """Values and slopes on a grid, empty where there are none."""
    return sb.generate(column(), sb.designs.grid(11), on_diverged="absent")


def main() -> dict[str, float]:
    """Rows that fail, and slopes that lie."""
    data, good, lying = table(), sb.check(column()), sb.check(column("-v", "lie=1.01"))
    print(good)
    print(lying)
    return {
        "rows without a solution": float(np.isnan(data.y).sum()),
        "rows past Euler's load": float((data.x[:, 1] >= euler(data.x[:, 0])).sum()),
        "findings of the program as it is": len(good.findings),
        "findings where the slope by h is 1 % too large": len(lying.findings),
        "of them about h": sum(each.inputs == ("h",) for each in lying.findings),
    }


def figure() -> Figure:
    """The table, with the slopes by the load as they were returned."""
    data = table()
    h, P = data.x.T
    y, slope = data.y[:, 0], data.jacobian[:, 0, 1]
    made = Figure(figsize=(9, 4), layout="constrained")
    left, right = made.subplots(1, 2)
    there = ~np.isnan(y)
    dots = left.scatter(h[there], P[there], c=y[there], s=60, norm="log")
    made.colorbar(dots, ax=left, label="tip").ax.set_xlabel("mm")
    left.plot(h[~there], P[~there], "kx", label="no solution")
    line = np.linspace(15, 18.5, 50)
    left.plot(line, euler(line), "C3", label="Euler's load")
    left.set(xlabel="height in mm", ylabel="axial load in N", title="rows of the program")
    left.legend(loc="upper right", framealpha=1)
    for k, height in enumerate(np.unique(h)[4::3]):
        at = (h == height) & there
        right.plot(P[at], y[at], ".", color=f"C{k}", label=f"h = {height:.1f} mm")
        for load, tip, by_load in zip(P[at], y[at], slope[at], strict=True):
            ends = np.array([-80.0, 80.0])
            right.plot(load + ends, tip + by_load * ends, color=f"C{k}", lw=1)
    right.set(xlabel="axial load in N", ylabel="tip in mm", title="values and slopes")
    right.set(ylim=(0, 40))  # near Euler's load there is no end
    right.legend()
    return made


if __name__ == "__main__":
    main()
