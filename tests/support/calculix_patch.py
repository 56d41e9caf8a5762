"""A deck of CalculiX for the patch test: eight distorted elements, moved at the boundary."""

from pathlib import Path

import numpy as np


def patch_deck(material: str, H: np.ndarray) -> str:
    """Nodes move by H x on the boundary; the one inside is free, and off the middle."""
    grid = np.stack(np.meshgrid(*[np.arange(3)] * 3, indexing="ij"), -1).reshape(-1, 3)[:, ::-1]
    x = grid / 2.0
    inside = int(np.flatnonzero((grid == 1).all(1))[0])
    x[inside] += [0.12, -0.09, 0.07]
    nodes = [f"{n + 1}, {', '.join(f'{c:.17g}' for c in place)}" for n, place in enumerate(x)]
    number = lambda i, j, k: i + 3 * j + 9 * k + 1  # noqa: E731
    corners = [
        (0, 0, 0),
        (1, 0, 0),
        (1, 1, 0),
        (0, 1, 0),
        (0, 0, 1),
        (1, 0, 1),
        (1, 1, 1),
        (0, 1, 1),
    ]
    elements = []
    for e, (k, j, i) in enumerate(np.ndindex(2, 2, 2), 1):
        elements.append(
            f"{e}, " + ", ".join(str(number(i + a, j + b, k + c)) for a, b, c in corners)
        )
    moved = [
        f"{n + 1}, {axis + 1}, {axis + 1}, {value:.17g}"
        for n, place in enumerate(x)
        if n != inside
        for axis, value in enumerate(H @ place)
    ]
    return "\n".join(
        [
            "*NODE, NSET=ALL",
            *nodes,
            "*ELEMENT, TYPE=C3D8, ELSET=BODY",
            *elements,
            f"*MATERIAL, NAME={material}",
            "*USER MATERIAL, CONSTANTS=2",
            "1.0, 1.0",
            f"*SOLID SECTION, ELSET=BODY, MATERIAL={material}",
            "*STEP, NLGEOM",
            "*STATIC",
            "0.25, 1.0",
            "*BOUNDARY",
            *moved,
            "*EL PRINT, ELSET=BODY, FREQUENCY=100",
            "S",
            "*END STEP",
            "",
        ]
    )


def stresses(path: Path) -> np.ndarray:
    """Those of the last table of a .dat file, as 11 22 33 12 13 23."""
    tables = path.read_text().split("stresses")[1:]
    rows = [line.split() for line in tables[-1].splitlines()]
    return np.array(
        [list(map(float, row[2:8])) for row in rows if len(row) == 8 and row[0].isdigit()]
    )
