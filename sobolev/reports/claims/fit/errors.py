"""Relative errors over rows, with an interval from drawing rows again."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from sobolev.reports.read.fit import Compared
from sobolev.reports.words import number

LEVEL = 0.9
_RESAMPLES = 400


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
    """The error over all these labels in the rows of a mask; None where there is none.

    The interval is that of draws of as many rows with a fixed generator, each row counted a
    Poisson number of times: what the error would be on other rows of the same kind. Below five
    rows there is none. Source: Efron, Bootstrap methods, Annals of Statistics 7, 1979.
    """
    used = [each for each in compared if each.there[rows].any()]
    if not used:
        return None
    there = np.array([each.there[rows] for each in used], float)
    errors = np.array([each.error[rows] for each in used])
    sizes = np.array([each.size[rows] for each in used])
    errors, sizes = (np.where(there > 0, a, 0.0) ** 2 for a in (errors, sizes))
    once = float(_ratio(np.ones((1, there.shape[1])), errors, sizes, there)[0])
    n = int(there.any(axis=0).sum())
    found = _ratio(_draws(there.shape[1]), errors, sizes, there) if n >= 5 else np.empty(0)
    found = found[np.isfinite(found)]
    ends = np.quantile(found, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]) if len(found) else (once, once)
    return Error(once, float(ends[0]), float(ends[1]), n)


@lru_cache(maxsize=4)
def _draws(rows: int) -> np.ndarray:
    """How often each row is drawn [B, n]; of many rows fewer draws are enough."""
    count = max(100, min(_RESAMPLES, 400_000 // rows))
    return np.random.default_rng(0).poisson(1.0, (count, rows)).astype(float)


def _ratio(draws: np.ndarray, errors, sizes, there) -> np.ndarray:
    """For each draw [B, n] of rows; a label that no drawn row has counts nothing."""
    with np.errstate(invalid="ignore", divide="ignore"):
        counts = draws @ there.T
        above, below = (
            np.nansum(np.where(counts > 0, draws @ a.T / counts, np.nan), axis=1)
            for a in (errors, sizes)
        )
        return np.sqrt(above / below)


def percent(share: float) -> str:
    """0.00123 as 0.12, two digits: more is not known; — without the sign of percent."""
    return number(100 * share, 2) if np.isfinite(share) else "∞"
