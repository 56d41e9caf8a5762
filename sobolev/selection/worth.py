"""What a surrogate is worth in rows that it was not trained on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from sobolev.data.dataset import Dataset
from sobolev.records.over_rows import OverRows, over_rows
from sobolev.selection.judged import Judge
from sobolev.surrogate import Surrogate

AT_ONCE = 20_000  # rows that are asked: as much memory as they take


@dataclass(frozen=True)
class Worth:
    """Relative errors of values and of slopes over the rows held out; None where there are none.

    Of values to their spread, of slopes to their size, each with its interval of 90 %. `misfit
    [n]`: root mean square of the scaled errors in each row, NaN where it was not held out. `folds`:
    how many trainings without some of the rows it took, 0 for rows that are never trained on.
    """

    values: OverRows | None
    slopes: OverRows | None
    misfit: np.ndarray
    folds: int

    @property
    def rows(self) -> int:
        """How many rows were held out."""
        return int(np.isfinite(self.misfit).sum())

    @property
    def h1(self) -> float:
        """The larger of the two."""
        known = [each.relative for each in (self.values, self.slopes) if each is not None]
        return max(known, default=float("nan"))


def worth(data: Dataset, judges: Sequence[Judge], folds: int) -> Worth:
    """Errors at the rows of each judge, put together; `folds` 0 for rows never trained on."""
    parts = [_errors(judge.surrogate, data.rows(judge.rows)) for judge in judges]
    orders = parts[0][0]
    errors, sizes = (np.concatenate([part[k] for part in parts], axis=1) for k in (1, 2))
    misfit = np.full(len(data), np.nan)
    rows = np.concatenate([judge.rows for judge in judges])
    misfit[rows] = root_mean_square(errors)
    values, slopes = (over_rows(errors[orders == k], sizes[orders == k]) for k in (0, 1))
    return Worth(values, slopes, misfit, folds)


def misfit(surrogate: Surrogate, data: Dataset) -> np.ndarray:
    """Root mean square of the scaled errors in each row `[n]`, NaN where there is no label."""
    return root_mean_square(_errors(surrogate, data)[1])


def root_mean_square(errors: np.ndarray) -> np.ndarray:
    """Over the entries of each row that are there."""
    there = ~np.isnan(errors)
    squares = np.where(there, errors, 0.0) ** 2
    counts = there.sum(axis=0)
    return np.sqrt(np.where(counts > 0, squares.sum(axis=0) / np.maximum(counts, 1), np.nan))


def _errors(surrogate: Surrogate, data: Dataset) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Order `[k]`, error and size `[k, n]` of every value and slope, in scaled units."""
    starts = range(0, len(data), AT_ONCE)
    asked = [surrogate.derivatives(data.x[i : i + AT_ONCE], 1) for i in starts]
    y, jacobian = (np.concatenate([answer[k] for answer in asked]) for k in (0, 1))
    said = {"y": y, "jacobian": jacobian}
    if data.directions is not None:
        said["jvp"] = np.einsum("nqd,nkd->nqk", jacobian, data.directions)
    if data.cotangents is not None:
        said["vjp"] = np.einsum("nlq,nqd->nld", data.cotangents, jacobian)
    orders, errors, sizes = zip(*_entries(surrogate, data, said), strict=True)
    return np.array(orders), np.array(errors), np.array(sizes)


def _entries(surrogate: Surrogate, data: Dataset, said: dict) -> Iterator[tuple]:
    factors = surrogate.scaling.factors(data)
    for kind, given in data.labels().items():
        if kind not in said:
            continue
        factor = np.broadcast_to(factors[kind], given.shape)
        shift = surrogate.scaling.y_shift if kind == "y" else 0.0
        error, size = (said[kind] - given) * factor, (given - shift) * factor
        for index in np.ndindex(*given.shape[1:]):
            here = (slice(None), *index)
            yield 0 if kind == "y" else 1, error[here], size[here]
