"""Triangular matrices in files: their half only."""

import numpy as np


def packed(matrix: np.ndarray, lower: bool) -> np.ndarray:
    """The entries `[n (n + 1) / 2]` of a triangle, diagonal included."""
    rows, columns = _places(len(matrix), lower)
    return matrix[rows, columns]


def unpacked(entries: np.ndarray, lower: bool) -> np.ndarray:
    """The matrix `[n, n]`, ordered by columns as LAPACK leaves it; `ValueError`."""
    n = int((8 * len(entries) + 1) ** 0.5) // 2
    if entries.shape != (n * (n + 1) // 2,):
        raise ValueError(f"{entries.shape} is no triangle")
    matrix = np.zeros((n, n), order="F")
    matrix[_places(n, lower)] = entries
    return matrix


def _places(n: int, lower: bool) -> tuple[np.ndarray, np.ndarray]:
    return np.tril_indices(n) if lower else np.triu_indices(n)
