"""Points between points that stay: where a fit to them alone shows."""

import numpy as np
from jaxtyping import Bool, Float

MOST = 20_000  # as many say what the residual is between them
FAR = 1 / 3  # of the box around the points: what lies between is no neighbour of either
CURVED = 1e-7, 0.2  # thickness over width of a neighbourhood: less is flat, more fills the space


def between(x: Float[np.ndarray, "m d"]) -> Float[np.ndarray, "n d"] | None:
    """Midpoints of points and their nearest neighbours, each once; None where they say nothing.

    What lies on a side of the box around the points is paired along that side only: midpoints of a
    wall lie on the wall. Those of a curve do not, nor has a single point any; and between the two
    ends of a line there is nothing that would be known of the ends.
    """
    x = np.unique(x, axis=0)
    if len(x) < 2 or not np.isfinite(x).all():
        return None
    spread = np.ptp(x, axis=0)
    from scipy.spatial import KDTree  # for those who have such points

    inner = (x[:, spread > 0] - x[:, spread > 0].min(axis=0)) / spread[spread > 0]
    rows = np.arange(0, len(x), -(-len(x) // MOST))
    near = min(len(x), 4 * inner.shape[1] + 5)
    order = np.asarray(KDTree(inner).query(inner[rows], near)[1])[:, 1:]
    if _curved(inner, rows, order[:, : 2 * inner.shape[1] + 1]):
        return None
    sides = np.concatenate([inner == 0, inner == 1], axis=1)
    if inner.shape[1] == 1:  # the ends of a line are no walls
        sides = np.zeros((len(x), 1), bool)
    allowed = _share(sides[rows][:, None], sides[order])
    apart = np.abs(inner[order] - inner[rows][:, None]).max(axis=2)
    allowed &= apart <= FAR * (1 + 1e-9)
    paired = allowed.any(axis=1)
    if not paired.any():
        return None
    partner = np.take_along_axis(order, allowed.argmax(axis=1)[:, None], axis=1)[:, 0]
    found = x[rows[paired]] / 2 + x[partner[paired]] / 2
    return np.unique(found, axis=0)


def _share(own: Bool[np.ndarray, "n 1 s"], other: Bool[np.ndarray, "n k s"]) -> np.ndarray:
    """Whether what lies between them lies on a side, if the first one does."""
    return np.asarray(~own.any(axis=2) | (own & other).any(axis=2))


def _curved(x: Float[np.ndarray, "m d"], rows: np.ndarray, order: np.ndarray) -> bool:
    """Whether the neighbourhood of a point is a bent line or sheet."""
    some = np.linspace(0, len(rows) - 1, min(len(rows), 200)).astype(int)
    clouds = x[np.concatenate([rows[some][:, None], order[some]], axis=1)]
    size = np.linalg.svd(clouds - clouds.mean(axis=1, keepdims=True), compute_uv=False)
    return bool(CURVED[0] < np.median(size[:, -1] / size[:, 0]) < CURVED[1])
