"""Cells of extended XYZ files: as strains of the first one, and stress as slopes along these."""

import re

import numpy as np
from jaxtyping import Float

from sobolev._base.atom_names import VOIGT
from sobolev._base.errors import DataError
from sobolev.data.foreign.extxyz_keys import Head
from sobolev.data.numerals import number

Tensor = Float[np.ndarray, "3 3"]


def cell_of(head: Head) -> Tensor:
    """The vectors of the periodic cell; `DataError` where there is none."""
    periodic = "f" not in head.about.get("pbc", "T").lower()
    cell = _numbers(head, "Lattice").reshape(3, 3) if "Lattice" in head.about else np.zeros((3, 3))
    if not periodic or np.linalg.det(cell) == 0:
        raise DataError(
            f"line {head.line + 1}: a stress is of a periodic cell that has a volume, and here is "
            "none: give Lattice= and pbc=\"T T T\", or leave 'strain' out of columns."
        )
    return cell


def work_of(head: Head, key: str, cell: Tensor) -> Tensor | None:
    """V σ in eV, of a stress in eV/Å³ or of a virial −V σ; None where it is not known."""
    if key not in head.about:
        return None
    given = _numbers(head, key, 6)
    if len(given) == 6:
        found = np.zeros((3, 3))
        for (i, j), each in zip(VOIGT, given, strict=True):
            found[i, j] = found[j, i] = each
    else:
        found = given.reshape(3, 3)
    return -found if "virial" in key.lower() else abs(np.linalg.det(cell)) * found


def apart(cell: Tensor, first: Tensor) -> tuple[Tensor, Tensor]:
    """1 + ε and R with cell = first (1 + ε) R: a symmetric strain, then a turn."""
    if np.array_equal(cell, first):
        return np.eye(3), np.eye(3)
    moved = np.linalg.solve(first, cell)
    squares, axes = np.linalg.eigh(moved @ moved.T)
    strained = axes * np.sqrt(squares) @ axes.T
    return strained, np.linalg.solve(strained, moved)


def strains_of(strained: Tensor) -> Float[np.ndarray, " 6"]:
    """ε in Voigt's order, shears as γ."""
    ε = strained - np.eye(3)
    return np.array([ε[i, j] if i == j else 2 * ε[i, j] for i, j in VOIGT])


def slopes_by_strain(work: Tensor | None, strained: Tensor, turned: Tensor) -> np.ndarray:
    """∂E/∂ε in eV. A further strain η, (1 + ε)(1 + η), changes E by V σ:η."""
    if work is None:
        return np.full(6, np.nan)
    by = np.linalg.solve(strained, turned @ work @ turned.T)
    return np.array([(by[i, j] + by[j, i]) / 2 for i, j in VOIGT])


def _numbers(head: Head, key: str, *sizes: int) -> np.ndarray:
    """Those of a key: nine, or as many as it may have."""
    words = [word for word in re.split(r"[\s,\[\]{}]+", head.about[key]) if word]
    found = [number(word) for word in words]
    if len(found) not in (9, *sizes) or any(n is None or not np.isfinite(n) for n in found):
        raise DataError(
            f"line {head.line + 1}: {key}={head.about[key]!r} is not "
            f"{' or '.join(map(str, (9, *sizes)))} finite numbers: correct it."
        )
    return np.array(found, float)
