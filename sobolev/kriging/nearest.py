"""The rows that lie nearest to each of some rows."""

import numpy as np


def neighbours(
    x: np.ndarray, metric: np.ndarray, centres: np.ndarray, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """Distances and rows `[centres, count]` of the nearest other rows."""
    from scipy.spatial import KDTree

    count = min(count, len(x) - 1)
    scaled = x * metric
    far, near = KDTree(scaled).query(scaled[centres], k=count + 1)
    far, near = far.reshape(len(centres), -1), near.reshape(len(centres), -1)
    itself = near == centres[:, None]
    itself[~itself.any(1), -1] = True  # among many rows at one point it may not be listed
    shape = (len(centres), count)
    return far[~itself].reshape(shape), near[~itself].reshape(shape)
