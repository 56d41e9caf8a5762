"""Paired statistics of repeated trainings: which differences are more than the luck of the start.

Every scheme starts from the same initialisations, so schemes are compared seed by seed. A run that
failed has the error infinity: it is worse than any run that finished, and is never dropped. The
interval of a median comes from order statistics (the interval of the sign test): it is exact for
every distribution, holds with infinite entries, and needs neither random numbers nor symmetry, on
which a Wilcoxon test relies. Ratios of spreads and of medians have no such interval; those are
bootstrapped over seeds with a fixed generator, so that a report can be repeated to the last digit.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import binom

LEVEL = 0.95
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
        """Whether there are enough initialisations for any verdict at this level."""
        return self.n >= fewest(self.level)

    @property
    def sign(self) -> int:
        """+1 or −1 when the whole interval lies on one side of 0, else 0: no clear difference."""
        if not self.known:
            return 0
        return int(self.low > 0) - int(self.high < 0)


@dataclass(frozen=True)
class Summary:
    """Median and quartiles over initialisations, failed runs counted as infinitely bad."""

    median: float
    low: float
    high: float
    runs: int
    failed: int


@dataclass(frozen=True)
class Comparison:
    """log(error / reference error) over common initialisations; negative: the scheme is better."""

    log_ratio: Interval
    wins: int
    ties: int

    @property
    def n(self) -> int:
        """Number of initialisations that both schemes started from."""
        return self.log_ratio.n

    @property
    def verdict(self) -> str:
        """`smaller`, `larger`, `unclear` (no clear difference) or `too few` initialisations."""
        if not self.log_ratio.known:
            return "too few"
        return {-1: "smaller", 0: "unclear", 1: "larger"}[self.log_ratio.sign]


@dataclass(frozen=True)
class Decomposition:
    """Where the gain log(error of SNN / error of the scheme) comes from.

    `size` is what remains when only the common growth of the weights is replayed, `balance` what
    remains when the weights are normalised to mean 1; `remainder` = gain − size − balance, seed by
    seed. A part whose control was not run is None, and so is a share of a gain that is not clearly
    above zero.
    """

    gain: Interval
    size: Interval | None
    balance: Interval | None
    remainder: Interval | None
    size_share: Interval | None
    balance_share: Interval | None


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
    tail = 2 * binom.cdf(np.arange(n), n, 0.5)  # chance to miss when k + 1 ends are cut off
    k = int(np.searchsorted(tail, 1 - level + 1e-12, side="right")) - 1
    return Interval(quantile(x, 0.5), float(x[k]), float(x[n - 1 - k]), n, level)


def log_ratio(errors: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """log(errors / reference) per seed; two failures, like two zeros, are a tie; NaN: no pair."""
    a, b = np.asarray(errors, float), np.asarray(reference, float)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.log(a) - np.log(b)
    ratio[(a == b) & ~np.isnan(a)] = 0.0
    return ratio


def compare(errors: np.ndarray, reference: np.ndarray, level: float = LEVEL) -> Comparison:
    """Compare a scheme with a reference over the initialisations that both have."""
    ratio = log_ratio(errors, reference)
    ratio = ratio[~np.isnan(ratio)]
    wins, ties = int((ratio < 0).sum()), int((ratio == 0).sum())
    return Comparison(median_interval(ratio, level), wins, ties)


def spread_ratio(
    errors: np.ndarray, reference: np.ndarray, relative: bool = False, level: float = LEVEL
) -> Interval:
    """log of the ratio of interquartile ranges; `relative` divides each range by its median first.

    Only seeds that finished in both are used, resampled together.
    """
    pairs = _finite_pairs(errors, reference)

    def statistic(sample: np.ndarray) -> np.ndarray:
        low, middle, high = np.quantile(sample, [0.25, 0.5, 0.75], axis=-1)
        spread = (high - low) / middle if relative else high - low
        return np.log(spread[0]) - np.log(spread[1])

    return _bootstrap(statistic, pairs, level)


def decompose(
    snn: np.ndarray,
    scheme: np.ndarray,
    replay: np.ndarray | None,
    normalised: np.ndarray | None,
    level: float = LEVEL,
) -> Decomposition:
    """Split the gain of `scheme` over `snn` (errors [seeds]) by its two controls."""
    gain, size, balance = (
        None if errors is None else log_ratio(snn, errors)
        for errors in (scheme, replay, normalised)
    )
    assert gain is not None
    remainder = None
    if size is not None and balance is not None:
        with np.errstate(invalid="ignore"):
            remainder = gain - size - balance
    parts = [None if x is None else median_interval(x, level) for x in (size, balance, remainder)]
    whole = median_interval(gain, level)
    shares = [_share(part, gain, level) if whole.sign > 0 else None for part in (size, balance)]
    return Decomposition(whole, *parts, *shares)


def _share(part: np.ndarray | None, gain: np.ndarray, level: float) -> Interval | None:
    if part is None:
        return None

    def statistic(sample: np.ndarray) -> np.ndarray:
        return np.median(sample[0], axis=-1) / np.median(sample[1], axis=-1)

    return _bootstrap(statistic, _finite_pairs(part, gain), level)


def _finite_pairs(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    pairs = np.array([a, b], float)
    return pairs[:, np.isfinite(pairs).all(axis=0)]


def _bootstrap(statistic, pairs: np.ndarray, level: float) -> Interval:
    """Percentile interval; resamples in which the statistic does not exist are left out."""
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
