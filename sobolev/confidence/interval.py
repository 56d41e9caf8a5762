"""Lower and upper bounds, and the check of the level at which they are asked."""

from typing import NamedTuple

import numpy as np

from sobolev._base.arguments import between


class Interval(NamedTuple):
    """Bounds shaped like what they bound; NaN where there is no statement."""

    lower: np.ndarray
    upper: np.ndarray

    @classmethod
    def about(cls, centre: np.ndarray, half: np.ndarray) -> "Interval":
        """centre ± half."""
        return cls(centre - half, centre + half)

    def holds(self, y: np.ndarray) -> np.ndarray:
        """Which entries lie inside; False where there is no bound or no label."""
        return (self.lower <= y) & (y <= self.upper)


def check_level(level: float) -> None:
    """Raise `ConfigError` unless 0 < level < 1."""
    between("the level of an interval", level)
