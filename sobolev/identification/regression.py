"""Sparse least squares over rows of several kinds, each as exact as its residuals say."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

FINEST = 1e-6  # of the size of what is explained: no kind of label counts as more exact than that
ROUNDS = 30


@dataclass(frozen=True)
class Rows:
    """A ξ = b: `matrix [n, m]`, `right [n]`, and of which `kind [n]` each row is."""

    matrix: Float[np.ndarray, "n m"]
    right: Float[np.ndarray, " n"]
    kind: Int[np.ndarray, " n"]

    def weighted(self, spread: Float[np.ndarray, " k"]) -> "Rows":
        """Each row in units of the standard deviation of its kind."""
        σ = spread[self.kind]
        return Rows(self.matrix / σ[:, None], self.right / σ, self.kind)


def thresholded(
    rows: Rows, sizes: Float[np.ndarray, " m"], least: float, ridge: float
) -> Bool[np.ndarray, " m"]:
    """Which terms stay: sequentially thresholded least squares.

    A ridge fit, whose penalty is on columns of length 1; what is |ξ_j| `sizes_j` < `least` goes,
    and the rest is fitted again, until nothing goes. Source: S. L. Brunton, J. L. Proctor, J. N.
    Kutz, PNAS 113 (2016) 3932.
    """
    lengths = np.linalg.norm(rows.matrix, axis=0)
    kept = (lengths > 0) & (sizes > 0)
    while kept.any():
        columns = rows.matrix[:, kept] / lengths[kept]
        count = columns.shape[1]
        penalised = np.concatenate([columns, np.sqrt(ridge) * np.eye(count)])
        right = np.concatenate([rows.right, np.zeros(count)])
        ξ = np.linalg.lstsq(penalised, right)[0] / lengths[kept]
        stays = np.abs(ξ) * sizes[kept] >= least
        if stays.all():
            break
        kept[np.flatnonzero(kept)[~stays]] = False
    return kept


def solved(rows: Rows, kept: Bool[np.ndarray, " m"]) -> Float[np.ndarray, " m"]:
    """Least squares on the terms that stay, without a penalty; 0 for the others."""
    ξ = np.zeros(len(kept))
    if kept.any():
        ξ[kept] = np.linalg.lstsq(rows.matrix[:, kept], rows.right)[0]
    return ξ


def sparse(
    rows: Rows, sizes: Float[np.ndarray, " m"], size: float, threshold: float, ridge: float
) -> tuple[Float[np.ndarray, " m"], Bool[np.ndarray, " m"], Float[np.ndarray, " k"]]:
    """ξ, which terms stay, and the standard deviation of each kind of row.

    The deviations are those of the residuals, and the fit is weighted by them, in turn (feasible
    generalised least squares). `size` is that of what is explained.
    """
    spread = np.full(rows.kind.max() + 1, float(size))
    kept, ξ = np.zeros(len(sizes), bool), np.zeros(len(sizes))
    for _ in range(ROUNDS):
        weighted = rows.weighted(spread)
        now = thresholded(weighted, sizes, threshold * size, ridge)
        ξ = solved(weighted, now)
        free = 1 - now.sum() / len(rows.right)  # degrees of freedom that are left, of each row
        squares = np.bincount(rows.kind, (rows.matrix @ ξ - rows.right) ** 2)
        counts = np.maximum(np.bincount(rows.kind), 1)  # a kind may have no row
        found = np.sqrt(squares / counts / max(free, 0.1))
        found = np.maximum(found, FINEST * size)
        same = np.array_equal(now, kept) and np.allclose(found, spread, rtol=1e-6)
        kept, spread = now, found
        if same:
            break
    return ξ, kept, spread
