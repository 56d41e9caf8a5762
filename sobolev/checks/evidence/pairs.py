"""Pairs of neighbouring rows: what a derivative has to explain.

For a smooth function the trapezoidal rule y_b − y_a = ½ (J_a + J_b)·(x_b − x_a) + O(|x_b − x_a|³)
holds between any two rows, whatever the function is. It is exact for quadratics, so that it serves
in many dimensions too, where neighbours are far apart.
"""

from dataclasses import dataclass

import numpy as np

from sobolev.kriging.nearest import neighbours


@dataclass(frozen=True)
class Pairs:
    """P pairs of rows: `first [P]`, `second [P]`, `step [P, d]` = x̂_b − x̂_a, `weight [P]`.

    `rows` is the number of rows in all. Weights fall with the square of the distance, as the error
    of the trapezoidal rule grows with its cube and that of noisy slopes with the distance itself.
    """

    first: np.ndarray
    second: np.ndarray
    step: np.ndarray
    weight: np.ndarray
    rows: int

    def __len__(self) -> int:
        return len(self.first)

    def where(self, mask: np.ndarray) -> "Pairs":
        """The pairs of the mask."""
        first, second = self.first[mask], self.second[mask]
        return Pairs(first, second, self.step[mask], self.weight[mask], self.rows)

    @property
    def count(self) -> int:
        """How many rows the pairs have."""
        return len(np.unique(np.concatenate([self.first, self.second])))

    def difference(self, values: np.ndarray) -> np.ndarray:
        """`values[b] − values[a]`, `[P]`."""
        return values[self.second] - values[self.first]

    def mean(self, slopes: np.ndarray) -> np.ndarray:
        """½ (J_a + J_b) `[P, d]`; of one row where the other has none, NaN where neither has."""
        # One-sided its error is of second order in the step instead of third: still better than to
        # give up all pairs of a row that has a gap.
        a, b = slopes[self.first], slopes[self.second]
        return (np.where(np.isnan(a), b, a) + np.where(np.isnan(b), a, b)) / 2

    def per_row(self, scores: np.ndarray) -> np.ndarray:
        """Sums of `scores [P, m]` over the pairs of each row, `[n, m]`."""
        total = np.zeros((self.rows, scores.shape[1]))
        for column in range(scores.shape[1]):
            for end in (self.first, self.second):
                total[:, column] += np.bincount(end, scores[:, column], self.rows)
        return total


def near_pairs(x: np.ndarray, metric: np.ndarray, centres: np.ndarray, count: int) -> Pairs:
    """Each of the `centres` with its `count` nearest rows, in the distance |metric · (x_b − x_a)|.

    `x [n, d]` scaled, `metric [d]`. Rows at the same point make no pair.
    """
    far, near = neighbours(x, metric, centres, count)
    first, second = np.repeat(centres, near.shape[1]), near.ravel()
    # Two rows that are each other's neighbours are one pair, counted once: one number for each
    # pair without order.
    low, high = np.minimum(first, second), np.maximum(first, second)
    _, unique = np.unique(low * len(x) + high, return_index=True)
    keep = unique[far.ravel()[unique] > 0]
    first, second, length = low[keep], high[keep], far.ravel()[keep]
    return Pairs(first, second, x[second] - x[first], weights(length), len(x))


def weights(length: np.ndarray) -> np.ndarray:
    """1 / (length² + (half the median)²): nearer is better, but noise has no length."""
    return 1 / (length**2 + np.median(length) ** 2 / 4) if length.size else np.zeros(length.shape)
