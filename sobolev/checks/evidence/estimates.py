"""Derivatives against estimates of them, entry by entry."""

from dataclasses import dataclass

import numpy as np

from sobolev.checks.evidence.regression import Regression, regress, spread

FLOOR = 0.1  # no entry counts more than those known to that share of the size of their column

SHARED = 1 / 4  # of the doubts all rows may have alike: six times that are one and a half


@dataclass(frozen=True)
class Independent:
    """Observations of which each row has one."""

    weight: np.ndarray
    rows: int

    def per_row(self, scores: np.ndarray) -> np.ndarray:
        """Each row is alone."""
        return scores


@dataclass(frozen=True)
class Estimates:
    """What the columns of some derivatives must be: `expected [n, m]`, each to within `doubt`.

    `unit [n, m]` takes what is given to the scale of `expected`; NaN = not known. `common` is how
    many rows there are for each independent piece of information in `expected`, at least 1.
    """

    expected: np.ndarray
    doubt: np.ndarray
    unit: np.ndarray
    common: float = 1.0

    @property
    def weight(self) -> np.ndarray:
        """Of each entry `[n, m]`."""
        size = np.sqrt(np.nanmean(self.expected**2, axis=0))
        return 1 / np.maximum(np.hypot(self.doubt, FLOOR * size), 1e-300)

    @property
    def rows(self) -> int:
        """Independent rows."""
        return int(np.isfinite(self.expected).any(axis=1).sum() / self.common)

    def told(self, gradient: np.ndarray) -> int:
        """Each entry by itself."""
        return int(np.isfinite(gradient * self.unit * self.expected).sum() / self.common)

    def left(self, gradient: np.ndarray) -> float:
        """The share that `gradient [n, m]` leaves unexplained, 0 to 1 and beyond."""
        rest = self.expected - gradient * self.unit
        if not np.isfinite(rest).any():
            return np.inf
        return self._size(rest) / (self._size(self.expected) or 1.0)

    @property
    def uncertain(self) -> float:
        """What right derivatives would leave, by the doubts."""
        return self._size(self.doubt) / (self._size(self.expected) or 1.0)

    def shares(self, gradient: np.ndarray) -> np.ndarray:
        """The part of each column `[m]`, relative to all."""
        whole = self._size(self.expected) or 1.0
        return self._sizes(gradient * self.unit) / whole / np.sqrt(gradient.shape[1])

    def _size(self, entries: np.ndarray) -> float:
        """Of all columns: wrong rows are cut off, wrong columns are not."""
        return float(np.sqrt(np.mean(self._sizes(entries) ** 2)))

    def _sizes(self, entries: np.ndarray) -> np.ndarray:
        seen, weight = np.isfinite(entries) & np.isfinite(self.expected), self.weight
        each = zip(entries.T, weight.T, seen.T, strict=True)
        return np.array([spread(e[is_], w[is_]) if is_.any() else 0.0 for e, w, is_ in each])

    def factors(self, gradient: np.ndarray, curved: bool = False) -> Regression:
        """The factor of each column with which it is as expected: 1 where it is right."""
        del curved  # there is no step here on which a factor could depend
        m = gradient.shape[1]
        found, errors = np.full(m, np.nan), np.full(m, np.inf)
        parts, weight = gradient * self.unit, self.weight
        for j in range(m):
            there = np.isfinite(parts[:, j]) & np.isfinite(self.expected[:, j])
            if there.sum() < 3 or not parts[there, j].any():
                continue
            each = Independent(weight[there, j], int(there.sum()))
            fit = regress(parts[there, j, None], self.expected[there, j], each)
            found[j] = fit.coefficients[0]
            size = spread(parts[there, j], weight[there, j])
            alike = SHARED * spread(self.doubt[there, j], weight[there, j]) / (size or 1.0)
            errors[j] = np.hypot(fit.errors[0] * np.sqrt(self.common), alike)
        return Regression(found, errors)

    def rule_errors(self, gradient: np.ndarray, plain: Regression) -> np.ndarray:
        """None: the doubts are in the errors."""
        del gradient
        return np.zeros(len(plain.errors))
