"""Second derivatives do not depend on the order: ∂²y/∂a∂b = ∂²y/∂b∂a."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

ALLOWED = 0.1  # of the size of the entries: above any noise that one would call small


@dataclass(frozen=True)
class Asymmetry:
    """Inputs `i`, `j` whose two mixed derivatives differ in `rows`, by `error` relative to them."""

    i: int
    j: int
    rows: np.ndarray
    error: float


def asymmetries(hessian: np.ndarray, unit: np.ndarray) -> list[Asymmetry]:
    """Those of one output: `hessian [n, d, d]`, `unit [n, d]` takes slopes to scaled ones."""
    scaled = hessian * unit[:, :, None] * unit[:, None]
    largest = np.sqrt(np.nanmean(scaled**2)) if np.isfinite(scaled).any() else 0.0
    found = []
    for i, j in combinations(range(unit.shape[1]), 2):
        one, other = scaled[:, i, j], scaled[:, j, i]
        both = np.isfinite(one) & np.isfinite(other)
        if not both.any():
            continue
        apart = np.where(both, np.abs(one - other), 0.0)
        size = np.sqrt(np.mean((one[both] ** 2 + other[both] ** 2) / 2))
        bad = np.flatnonzero(apart > ALLOWED * max(size, 1e-3 * largest))
        if len(bad):
            found.append(Asymmetry(i, j, bad, float(apart.max() / (size or 1.0))))
    return found
