"""A relative error over rows, with an interval from drawing the rows again."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

LEVEL = 0.9
FEWEST = 5  # rows: below there is no interval
_RESAMPLES = 400


class OverRows(NamedTuple):
    """√(Σ mean ê² / Σ mean t̂²) over some labels of `rows` rows, and its interval of 90 %."""

    relative: float
    low: float
    high: float
    rows: int


def over_rows(errors: np.ndarray, sizes: np.ndarray) -> OverRows | None:
    """Of errors ê and labels t̂ `[k, n]` in scaled units, NaN where absent; None: no label at all.

    The interval is that of draws of as many rows with a fixed generator, each row counted a
    Poisson number of times: what the error would be on other rows of the same kind. Below five
    rows there is none: its ends are the error. Source: Efron, Bootstrap methods, Annals of
    Statistics 7, 1979.
    """
    there = ~np.isnan(sizes)
    used = there.any(axis=1)
    if not used.any():
        return None
    errors, sizes, there = errors[used], sizes[used], there[used].astype(float)
    errors, sizes = (np.where(there > 0, a, 0.0) ** 2 for a in (errors, sizes))
    once = float(_ratio(np.ones((1, there.shape[1])), errors, sizes, there)[0])
    n = int(there.any(axis=0).sum())
    found = _ratio(_draws(there.shape[1]), errors, sizes, there) if n >= FEWEST else np.empty(0)
    found = found[np.isfinite(found)]
    ends = np.quantile(found, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]) if len(found) else (once, once)
    return OverRows(once, float(ends[0]), float(ends[1]), n)


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
