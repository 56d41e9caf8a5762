"""Relative errors over rows, with an interval from drawing rows again."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sobolev.records.over_rows import over_rows
from sobolev.reports.read.fit import Compared
from sobolev.reports.words import number


@dataclass(frozen=True)
class Error:
    """√(Σ mean ê² / Σ mean t̂²) over some labels of `rows` rows, and its interval of 90 %."""

    relative: float
    low: float
    high: float
    rows: int

    def __str__(self) -> str:
        ends = f" [{percent(self.low)}, {percent(self.high)}]" if self.low < self.high else ""
        return f"{percent(self.relative)} %{ends}"


def error_of(compared: Sequence[Compared], rows: np.ndarray) -> Error | None:
    """The error over all these labels in the rows of a mask; None where there is none."""
    used = [each for each in compared if each.there[rows].any()]
    if not used:
        return None
    found = over_rows(*(np.array([a[rows] for a in each]) for each in
                        ([c.error for c in used], [c.size for c in used])))  # fmt: skip
    return None if found is None else Error(*found)


def percent(share: float) -> str:
    """0.00123 as 0.12, two digits: more is not known; — without the sign of percent."""
    return number(100 * share, 2) if np.isfinite(share) else "∞"
