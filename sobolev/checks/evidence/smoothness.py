"""Are the values smooth between neighbouring rows, whatever the derivatives say?"""

import numpy as np

from sobolev.checks.evidence.regression import spread
from sobolev.kriging.nearest import neighbours


def left_by_planes(x: np.ndarray, metric: np.ndarray, y: np.ndarray, centres: np.ndarray) -> float:
    """The share of differences to neighbours that a plane through the other neighbours leaves.

    `x [n, d]`, `y [n]` scaled. Every second neighbour fits the plane, the others judge it; infinite
    where there are too few rows.
    """
    d = x.shape[1]
    count = 4 * d + 6
    if len(x) <= count:
        return np.inf
    far, near = neighbours(x, metric, centres, count)
    step, change = (x[near] - x[centres][:, None]) * metric, y[near] - y[centres][:, None]
    use = np.isfinite(change).all(axis=1) & (far[:, 0] > 0)
    if use.sum() < 10:
        return np.inf
    step, change, far = step[use], change[use], far[use]
    fit, judge = slice(0, None, 2), slice(1, None, 2)
    z, target = step[:, fit], change[:, fit, None]
    normal = z.transpose(0, 2, 1) @ z
    normal = normal + 1e-9 * np.trace(normal, axis1=1, axis2=2)[:, None, None] * np.eye(d)
    slope = np.linalg.solve(normal, z.transpose(0, 2, 1) @ target)
    rest = (change[:, judge] - (step[:, judge] @ slope)[..., 0]).ravel()
    weight = 1 / far[:, judge].ravel()
    return spread(rest, weight) / (spread(change[:, judge].ravel(), weight) or 1.0)
