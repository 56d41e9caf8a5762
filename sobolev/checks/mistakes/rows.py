"""Judge single rows: one gradient among many that does not fit its neighbourhood."""

from dataclasses import dataclass

import numpy as np

from sobolev.checks.evidence.pairs import weights
from sobolev.kriging.nearest import neighbours
from sobolev.kriging.neighbourhood import Expectation, expect

SUSPECT = 2.0  # its steps are explained that much worse than those of its neighbours
WORK = 6e7  # bounds how many suspects are looked at closely: 16 to 64
ROUNDS = 3
SURPRISE, WRONG, GROSS, DOUBT = 10.0, 0.5, 20.0, 0.1
EDGE, STEEPER = 0.03, 0.7  # share of the rows further out; cosine of given and expected slopes
CLAIM = 0.5  # what the correction of a row may leave of the steps around it


@dataclass(frozen=True)
class Suspects:
    """What the values said of slopes `[n]`: those that are `turned` fit the others badly.

    Of these, where the value is as little foretold as the slopes, the row is `torn`: a peak, a kink
    or a jump, and no bad slopes; where the value is as foretold, `clear`: the slopes are wrong.
    Where the slopes are as foretold they are `fine`.
    """

    turned: np.ndarray
    torn: np.ndarray
    clear: np.ndarray
    fine: np.ndarray

    @classmethod
    def none(cls, rows: int) -> "Suspects":
        """Nothing was said."""
        return cls(*np.zeros((4, rows), bool))


@dataclass(frozen=True)
class BadRow:
    """A row whose gradient is not what its neighbours expect.

    `by_value` when the value of the row is what does not fit; `error` = |J − expected| relative to
    their size; `expected [d]` scaled; `explains` when
    that accounts for the steps to all neighbours.
    """

    row: int
    surprise: float
    error: float
    expected: np.ndarray
    doubt: float
    by_value: bool
    explains: bool


def judge_rows(x, metric, y, gradient, centres, count, suspects: Suspects) -> list[BadRow]:
    """`x [n, d]`, `y [n]`, `gradient [n, d]`, all scaled; those of the `centres` that are wrong.

    First the trapezoidal rule between neighbours tells which rows may be wrong, for all rows,
    beside the `suspects`; then a local process of the others decides about these few.
    """
    if len(x) < count:
        return []
    close = max(count // 2 + 4, 60 // (x.shape[1] + 1))
    most = int(np.clip(WORK / ((close + 1) * (x.shape[1] + 1)) ** 3, 16, 64))
    given, found, odd = gradient, [], set()
    y, gradient = y.copy(), np.where(suspects.turned[:, None], np.nan, gradient)
    turned = np.flatnonzero(suspects.turned)
    for _ in range(ROUNDS):  # a row is judged better once its wrong neighbours are left out
        others = _suspects(x, metric, y, gradient, centres, count)
        seen, done = {}, [bad.row for bad in found]
        others = others[~suspects.fine[others]]
        for row in np.setdiff1d(np.concatenate([turned, others])[:most], done):
            own = gradient.copy()
            own[row] = given[row]
            seen[int(row)] = _decide(x, metric, y, own, row, close, bool(suspects.clear[row]))
        odd = {row for row, bad in seen.items() if bad is not None and not bad.explains}
        odd |= {row for row, bad in seen.items() if bad is not None and suspects.torn[row]}
        wrong = [bad for row, bad in seen.items() if bad is not None and row not in odd]
        if not wrong:
            break
        found += wrong
        gradient[[bad.row for bad in wrong if not bad.by_value]] = np.nan
        turned = np.setdiff1d(turned, [bad.row for bad in wrong])
        y[[bad.row for bad in wrong if bad.by_value]] = np.nan
    if len(odd) > len(found):
        return []  # a function with jumps or kinks: its rows look odd without being wrong
    blamed = [bad for bad in found if not bad.by_value and not _goes_on(x, given[bad.row], bad)]
    return sorted(blamed, key=lambda bad: bad.row)


def _goes_on(x: np.ndarray, given: np.ndarray, bad: BadRow) -> bool:
    """Whether at the edge of an input a slope by it is only steeper, as of a root at zero."""
    j = int(np.argmax(np.abs(np.nan_to_num(given - bad.expected))))
    own = x[bad.row, j]
    outside = min((x[:, j] < own).mean(), (x[:, j] > own).mean())
    along = np.nan_to_num(given) @ bad.expected
    size = np.sqrt(np.nansum(given**2)), np.sqrt(np.sum(bad.expected**2))
    return bool(outside < EDGE and size[0] > size[1] and along > STEEPER * size[0] * size[1])


def _suspects(x, metric, y, gradient, centres, count) -> np.ndarray:
    far, near = neighbours(x, metric, centres, count)
    step = x[near] - x[centres][:, None]
    own, other = gradient[centres][:, None], gradient[near]
    mean = (np.where(np.isnan(other), own, other) + own) / 2
    weight = weights(far)
    difference = (y[near] - y[centres][:, None]) * weight
    rest = np.abs(difference - (mean * step).sum(2) * weight)
    rest[far == 0] = np.nan
    level = _median(rest)
    around = np.full(len(x), np.nanmedian(level) if np.isfinite(level).any() else np.nan)
    around[centres] = np.where(np.isfinite(level), level, around[centres])
    tiny = 1e-9 * np.nanmedian(np.abs(difference)) if np.isfinite(difference).any() else np.nan
    ratio = level / (np.median(around[near], axis=1) + tiny)
    order = np.argsort(-np.nan_to_num(ratio), kind="stable")
    return centres[order[np.nan_to_num(ratio[order]) > SUSPECT]]


def _median(values: np.ndarray) -> np.ndarray:
    """Median of each row over what is there, NaN where a row has less than three."""
    ordered = np.sort(values, axis=1)  # NaN last
    count = np.isfinite(values).sum(1)
    middle = np.take_along_axis(ordered, np.maximum(count - 1, 0)[:, None] // 2, axis=1)[:, 0]
    return np.where(count >= 3, middle, np.nan)


def _decide(x, metric, y, gradient, row, count, clear: bool) -> BadRow | None:
    _, near = neighbours(x, metric, np.array([row]), count)
    index = np.concatenate([[row], near[0]])
    u, slopes, values = x[index] * metric, gradient[index] / metric, y[index]
    seen = expect(u, values, slopes)
    error = _error(slopes[0], seen)
    if seen is None:
        return None
    if clear:
        expected = seen.gradient * metric
        return BadRow(int(row), seen.surprise, error, expected, seen.doubt, False, True)
    if seen.surprise < SURPRISE or error < WRONG or seen.doubt > DOUBT:
        return None
    if seen.surprise * error < GROSS:
        return None
    step = u[1:] - u[0]
    mean = (np.where(np.isnan(slopes[1:]), slopes[0], slopes[1:]) + slopes[0]) / 2
    rest = values[1:] - values[0] - (mean * step).sum(1)
    claimed = (np.nan_to_num(seen.gradient - slopes[0]) * step).sum(1) / 2
    without = expect(u, np.concatenate([[np.nan], values[1:]]), slopes)
    by_value = without is not None and without.surprise < SURPRISE / 2
    if by_value:
        claimed = np.full(len(rest), np.nanmean(rest))
    explains = _explains(claimed, rest, np.linalg.norm(step, axis=1))
    expected = seen.gradient * metric
    return BadRow(int(row), seen.surprise, error, expected, seen.doubt, by_value, explains)


def _explains(claimed, rest, length) -> bool:
    """Whether the claim accounts for every neighbour: across a jump or a kink only some differ."""
    weight = weights(length)
    there = np.isfinite(rest)
    error, size = ((rest - claimed) * weight)[there], (claimed * weight)[there]
    return bool(np.sum(error**2) < CLAIM * np.sum(size**2))


def _error(given: np.ndarray, seen: Expectation | None) -> float:
    if seen is None:
        return 0.0
    size = np.sqrt((np.nansum(given**2) + np.nansum(seen.gradient**2)) / 2)
    return float(np.sqrt(np.nansum((given - seen.gradient) ** 2)) / (size or 1.0))
