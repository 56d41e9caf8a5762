"""How large: medians over initialisations, with intervals that need no assumption.

The interval of a median comes from order statistics: it is exact for every distribution and holds
with infinite entries. Ratios of spreads and of medians have no such interval: theirs is
bootstrapped over seeds with a fixed generator, so that a report can be repeated to the last digit.
Whether a difference of errors is more than luck, `records.paired` decides, not an interval.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from sobolev.records.paired import LEVEL as ERROR
from sobolev.records.paired import signed_rank_of

LEVEL = 1 - ERROR
_RESAMPLES = 2000


@dataclass(frozen=True)
class Interval:
    """A median with its confidence interval; `low`, `high` are infinite when n is too small."""

    middle: float
    low: float
    high: float
    n: int
    level: float = LEVEL

    @property
    def known(self) -> bool:
        """Whether there are enough initialisations for an interval of this level."""
        return self.n >= fewest(self.level)

    @property
    def sign(self) -> int:
        """+1 or −1 when the whole interval lies on one side of 0, else 0: no clear difference."""
        if not self.known:
            return 0
        return int(self.low > 0) - int(self.high < 0)


@dataclass(frozen=True)
class Effect(Interval):
    """The median of paired logarithms, its interval, and the `p` of the paired test."""

    p: float = 1.0

    @property
    def sign(self) -> int:
        """+1 or −1 where the paired test tells the median from 0, else 0."""
        return int(np.sign(self.middle)) if self.p < ERROR else 0


@dataclass(frozen=True)
class Summary:
    """Median and quartiles over initialisations, failed runs counted as infinitely bad."""

    median: float
    low: float
    high: float
    runs: int
    failed: int


def fewest(level: float) -> int:
    """Smallest number of pairs for which an interval of this level exists: 6 for 95 %."""
    return 1 + math.ceil(math.log2(1 / (1 - level)) - 1e-9)


def shared_level(count: int, level: float = LEVEL) -> float:
    """Level of each of `count` intervals so that all hold together with `level` (Bonferroni)."""
    return 1 - (1 - level) / max(count, 1)


def quantile(values: Sequence[float] | np.ndarray, q: float) -> float:
    """Linearly interpolated quantile; infinite entries sort last and never make a NaN."""
    x = np.sort(np.asarray(values, float)).tolist()  # Python floats: −∞ + ∞ is a silent NaN
    if not x:
        return math.nan
    place = q * (len(x) - 1)
    below, part = int(place), place - int(place)
    if part < 1e-12 or x[below] == x[min(below + 1, len(x) - 1)]:
        return x[below]
    return x[below] * (1 - part) + x[below + 1] * part


def summarise(errors: np.ndarray) -> Summary:
    """Summary of one scheme's errors [seeds]: NaN is "not run", infinity is "failed"."""
    x = np.asarray(errors, float)
    x = x[~np.isnan(x)]
    low, median, high = (quantile(x, q) for q in (0.25, 0.5, 0.75))
    return Summary(median, low, high, len(x), int(np.isinf(x).sum()))


def median_interval(values: np.ndarray, level: float = LEVEL) -> Interval:
    """Median and its distribution-free interval [x₍ₖ₎, x₍ₙ₊₁₋ₖ₎], coverage at least `level`."""
    x = np.sort(np.asarray(values, float))
    x = x[~np.isnan(x)]
    n = len(x)
    if n < fewest(level):
        return Interval(quantile(x, 0.5), -math.inf, math.inf, n, level)
    from scipy.stats import binom  # a third of a second, for those who ask for an interval

    tail = 2 * binom.cdf(np.arange(n), n, 0.5)  # chance to miss when k + 1 ends are cut off
    k = int(np.searchsorted(tail, 1 - level + 1e-12, side="right")) - 1
    return Interval(quantile(x, 0.5), float(x[k]), float(x[n - 1 - k]), n, level)


def effect(logs: np.ndarray, level: float = LEVEL) -> Effect:
    """The median of paired logarithms (NaN: no pair), and whether it is told from 0."""
    found = median_interval(logs, level)
    p = signed_rank_of(logs[~np.isnan(logs)])
    return Effect(found.middle, found.low, found.high, found.n, level, p)


def spread_ratio(
    errors: np.ndarray, reference: np.ndarray, relative: bool = False, level: float = LEVEL
) -> Interval:
    """log of the ratio of interquartile ranges; `relative` divides each range by its median first.

    Only seeds that finished in both are used, resampled together.
    """

    def statistic(sample: np.ndarray) -> np.ndarray:
        low, middle, high = np.quantile(sample, [0.25, 0.5, 0.75], axis=-1)
        spread = (high - low) / middle if relative else high - low
        return np.log(spread[0]) - np.log(spread[1])

    return bootstrapped(statistic, errors, reference, level)


def share(part: np.ndarray, whole: np.ndarray, level: float = LEVEL) -> Interval:
    """Median of `part` over median of `whole`, seeds resampled together."""

    def statistic(sample: np.ndarray) -> np.ndarray:
        return np.median(sample[0], axis=-1) / np.median(sample[1], axis=-1)

    return bootstrapped(statistic, part, whole, level)


def bootstrapped(
    statistic: Callable[[np.ndarray], np.ndarray], a: np.ndarray, b: np.ndarray, level: float
) -> Interval:
    """Percentile interval of a statistic of finite pairs `[2, ..., n]`.

    Resamples in which the statistic does not exist are left out.
    """
    pairs = np.array([a, b], float)
    pairs = pairs[:, np.isfinite(pairs).all(axis=0)]
    n = pairs.shape[1]
    if n < 2:
        return Interval(math.nan, -math.inf, math.inf, n, level)
    rows = np.random.default_rng(0).integers(n, size=(_RESAMPLES, n))
    with np.errstate(divide="ignore", invalid="ignore"):
        middle = float(statistic(pairs))
        draws = statistic(pairs[:, rows])
    draws = draws[np.isfinite(draws)]
    if n < fewest(level) or len(draws) < _RESAMPLES // 2 or not math.isfinite(middle):
        return Interval(middle, -math.inf, math.inf, n, level)
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return Interval(middle, float(low), float(high), n, level)
