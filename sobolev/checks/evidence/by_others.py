"""How well each row is foretold by its neighbours, when those that are themselves odd do not count.

One wrong value spoils what is expected of all rows around it, and a few of them hide each other.
So the rows that fit worst, by a median that half the neighbours cannot move, are set aside first;
the process is chosen without them; then all rows are compared with what the trusted ones expect,
and who fits is trusted again, until nothing changes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.linalg import LinAlgError

from sobolev.kriging.kernels import matern52, squared_exponential
from sobolev.kriging.left_out import LeftOut, left_out
from sobolev.kriging.nearest import neighbours

LENGTHS = (1.0, 2.0, 4.0, 8.0)  # of the kernel, in median distances of the neighbours
NUGGETS = (1e-6, 1e-9, 1e-3, 1e-1)  # the first is tried with every length
PATCHES = 48  # on which the kernel is chosen
ROUNDS = 5
ODD = 8.0  # deviations, in the measure of the neighbours, beyond which a row is odd
CLEAR, FEWER = 10.0, 1.6  # that far beyond the errors of all neighbours fewer deviations will do
LEAST = 2e-3  # of the spread of the values: a smaller error is never odd
SLOPES = 0.1  # of the size of the slopes around: the same
FEWEST = 12  # values beside two for each input: of fewer none can be called odd
MOST = 0.3  # of the rows that may be set aside
EVERY = 1000  # rows: of larger tables only those that look odd to the median, and a sample


@dataclass(frozen=True)
class ByOthers:
    """Of each row `[n]`: what its neighbours say of it; 0 where nothing can be said.

    `error`: the value minus what is expected of it beside its own slopes, in spreads of the values;
    `odd`: that in deviations, as the neighbours' own errors measure them; `beyond`: over the
    second largest error among them; `slopes`: error of the gradient relative to those around,
    `turned`: in deviations; `gross`: the error over what that of the gradient makes up on the way
    to a neighbour;
    `missed`: the value minus what is expected without its slopes, `stray`: that in deviations;
    `left`: the share of the differences to the neighbours that an error of the value does not
    explain, infinite without slopes. `aside`: rows that are not trusted; `near [n, c]` the nearest.
    """

    error: np.ndarray
    odd: np.ndarray
    beyond: np.ndarray
    slopes: np.ndarray
    turned: np.ndarray
    gross: np.ndarray
    missed: np.ndarray
    stray: np.ndarray
    left: np.ndarray
    aside: np.ndarray
    near: np.ndarray

    @property
    def crowd(self) -> np.ndarray:
        """The share of the nearest rows that are not trusted either `[n]`."""
        return self.aside[self.near].mean(axis=1)


@dataclass(frozen=True)
class Table:
    """`x [n, d]` scaled, `metric [d]`, `y [n]` and `slopes [n, d]` in spreads of the values."""

    x: np.ndarray
    metric: np.ndarray
    y: np.ndarray
    slopes: np.ndarray

    @property
    def sloped(self) -> bool:
        """Whether any slope is given."""
        return bool(np.isfinite(self.slopes).any())

    def differences(self, near: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """y − y_j − ½ (J + J_j)·(x − x_j) of the rows and their neighbours `near [rows, count]`."""
        step, own, other = self.x[near] - self.x[rows][:, None], self.slopes[rows], self.slopes
        own = own[:, None]
        mean = (np.where(np.isnan(other[near]), own, other[near]) + np.where(
            np.isnan(own), other[near], own
        )) / 2  # fmt: skip
        rest = self.y[rows][:, None] - self.y[near]
        return rest + (np.nan_to_num(mean) * step).sum(axis=2)


@dataclass(frozen=True)
class Patches:
    """`rows [p]` with their neighbours: `index [p, 1 + m]`, itself first, `far [p, m]`."""

    rows: np.ndarray
    index: np.ndarray
    far: np.ndarray

    @classmethod
    def around(cls, table: Table, rows: np.ndarray) -> "Patches":
        """As many neighbours as have sixty labels, within bounds that the plane and time set."""
        d = table.x.shape[1]
        slopes = d * np.isfinite(table.slopes).mean()
        count = int(np.clip(60 / (1 + slopes), min(d + 4, 10), 3 * (d + 1) + 12))
        far, near = neighbours(table.x, table.metric, rows, count)
        return cls(rows, np.concatenate([rows[:, None], near], axis=1), far)


def by_others(table: Table, doubted: np.ndarray, centres: np.ndarray) -> ByOthers | None:
    """`doubted [n]` rows are never trusted; None where there are too few rows or no kernel holds.

    Of tables above a thousand rows the `centres` and the oddest are looked at.
    """
    n, d = table.x.shape
    there = np.isfinite(table.y)
    if there.sum() < 2 * d + FEWEST:
        return None
    ratio, near = _by_median(table, doubted)
    aside = _at_most(ratio, ratio > 3, 0.25) | doubted
    rows = np.arange(n)
    if n > EVERY:
        oddest = np.argsort(-ratio, kind="stable")[: EVERY // 2]
        rows = np.union1d(np.union1d(centres, oddest), np.flatnonzero(doubted))
    patches = Patches.around(table, rows)
    for kernel in _kernels(table, aside):
        try:
            return _settle(table, patches, near, kernel, aside, doubted)
        except LinAlgError:
            continue
    return None


def _by_median(table: Table, doubted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What the trapezoidal rule misses in the median over neighbours, over theirs `[n]`."""
    n, d = table.x.shape
    _, near = neighbours(table.x, table.metric, np.arange(n), 2 * d + 4)
    trusted = Table(
        table.x,
        table.metric,
        np.where(doubted, np.nan, table.y),
        np.where(doubted[:, None], np.nan, table.slopes),
    )
    rest = np.abs(trusted.differences(near, np.arange(n)))
    level = _median(rest)
    around = np.nan_to_num(_median(level[near]))
    return np.nan_to_num(level / (np.maximum(around, 0.3 * _median(level)) + 1e-12)), near


def _kernels(table: Table, aside: np.ndarray) -> list[tuple]:
    """Profile, length and nugget, the one first that foretells trusted values best."""
    trusted = np.flatnonzero(~aside & np.isfinite(table.y))
    rows = trusted[np.unique(np.linspace(0, len(trusted) - 1, PATCHES).astype(int))]
    patches, scores = Patches.around(table, rows), {}

    def judge(kernel) -> None:
        try:
            error, _ = _expect(table, patches, kernel, aside)[0].value_beside_slopes()
        except LinAlgError:
            return
        # Not the mean: rows that are wrong and not yet set aside do not choose.
        scores[kernel] = float(np.quantile(np.abs(error), 0.75))

    for profile in (matern52, squared_exponential):
        for length in LENGTHS:
            judge((profile, length, NUGGETS[0]))
    for profile, length, _ in sorted(scores, key=scores.__getitem__)[:2]:
        for nugget in NUGGETS[1:]:
            judge((profile, length, nugget))
    return sorted(scores, key=scores.__getitem__)


def _expect(table: Table, patches: Patches, kernel, aside) -> tuple[LeftOut, np.ndarray]:
    """Rows by others that are trusted; and the error of the gradients, by metric · x `[p, d]`."""
    profile, length, nugget = kernel
    unit = length * np.median(patches.far, axis=1)
    unit = np.where(unit > 0, unit, 1.0)[:, None]
    index = patches.index
    u = (table.x[index] - table.x[patches.rows][:, None]) * table.metric / unit[..., None]
    y, slopes = table.y[index], table.slopes[index] / table.metric * unit[..., None]
    set_aside = aside[index]
    set_aside[:, 0] = False
    level = np.nan_to_num(_median(np.where(set_aside, np.nan, y)[:, 1:]))[:, None]
    z = np.concatenate([(y - level)[..., None], slopes], axis=2)
    z[set_aside] = np.nan
    found = left_out(u, z, profile, nugget)
    return found, found.error[:, 1:] / unit


def _settle(table: Table, patches: Patches, near, kernel, aside, doubted) -> ByOthers:
    rows, others = patches.rows, patches.index[:, 1:]
    error, deviation, apart, missed, stray = np.zeros((5, len(rows)))
    odd, beyond, slopes, turned = np.zeros((4, len(rows)))
    off, stale = np.zeros((len(rows), table.x.shape[1])), np.ones(len(rows), bool)
    for _ in range(ROUNDS):
        some = Patches(rows[stale], patches.index[stale], patches.far[stale])
        found, off[stale] = _expect(table, some, kernel, aside)
        error[stale], deviation[stale] = found.value_beside_slopes()
        missed[stale], stray[stale] = found.value_alone()
        apart[stale] = np.where(np.isfinite(off[stale]).any(axis=1), found.slopes(), np.nan)
        odd, beyond, turned = _in_their_measure(error, deviation, apart, patches, aside)
        slopes = _relative(off, table, near[rows], aside)
        wrong = np.maximum(odd * (beyond > 2), turned * (slopes > SLOPES))
        now = doubted.copy()
        now[rows] |= _at_most(wrong, wrong > ODD, MOST)
        stale = (now != aside)[others].any(axis=1)
        aside = now
        if not stale.any():
            break
    way = np.sqrt(np.nansum(off**2, axis=1)) * np.median(patches.far, axis=1)
    left = _left_by_a_shift(table, near[rows], rows, error, aside)
    gross, stray = np.abs(error) / (way + 1e-12), stray / _typical(stray[~aside[rows]])
    every = np.zeros((9, len(table.x)))
    every[:, rows] = error, odd, beyond, slopes, turned, gross, missed, stray, left
    columns: list[np.ndarray] = list(np.nan_to_num(every, posinf=np.inf))
    return ByOthers(*columns, aside=aside, near=near)


def _in_their_measure(
    error: np.ndarray, deviation: np.ndarray, apart: np.ndarray, patches: Patches, aside: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Errors of values and gradients as those of the neighbours measure them: `odd`, `beyond`,
    `turned`. The kernel is a guess, so how far off is odd is asked of the neighbours and of all.
    """
    size = np.abs(error)
    every = np.full((3, len(aside)), np.nan)
    every[:, patches.rows] = size / deviation, apart, size
    around = np.where(aside, np.nan, every)[:, patches.index[:, 1:]]
    own = np.maximum(_typical(every[0, ~aside]), np.nan_to_num(_median(around[0])) / 0.674)
    odd = np.nan_to_num(size / (own * deviation + LEAST))
    second = np.sort(np.nan_to_num(around[2]), axis=1)[:, -2:][:, 0]
    beyond = np.nan_to_num(size) / (second + 1e-12)
    of_slopes = np.maximum(_typical(every[1, ~aside]), np.nan_to_num(_median(around[1])))
    turned = np.nan_to_num(apart / (of_slopes + 1e-300))
    return np.where(beyond > CLEAR, odd * FEWER, odd), beyond, turned


def _relative(off: np.ndarray, table: Table, near: np.ndarray, aside: np.ndarray) -> np.ndarray:
    """Errors of gradients over the size of those around, at least 0.3 of what is typical."""
    size = np.linalg.norm(table.slopes / table.metric, axis=1)
    size[aside] = np.nan
    if not np.isfinite(size).any():
        return np.zeros(len(off))
    typical = np.nanmedian(size)
    around = np.nan_to_num(_median(size[near]), nan=typical)
    length = np.sqrt(np.nansum(off**2, axis=1))
    return length / (np.maximum(around, 0.3 * typical) + 1e-300)


def _left_by_a_shift(table: Table, near, rows, error, aside) -> np.ndarray:
    """Σ w² (r_j − error)² / Σ w² error², r_j what the trapezoidal rule misses to neighbour j.

    An error of the value shows to all neighbours alike, a jump or a kink to some of them only.
    """
    if not table.sloped:
        return np.full(len(rows), np.inf)
    step = (table.x[near] - table.x[rows][:, None]) * table.metric
    far = (step**2).sum(axis=2)
    weight = 1 / (far + np.median(far, axis=1)[:, None] / 4 + 1e-300) ** 2
    rest = table.differences(near, rows)
    weight = np.where(np.isfinite(rest) & ~aside[near], weight, 0.0)
    off = (weight * (np.nan_to_num(rest) - np.nan_to_num(error)[:, None]) ** 2).sum(axis=1)
    whole = weight.sum(axis=1)
    return np.where(whole > 0, off / (whole * np.nan_to_num(error) ** 2 + 1e-300), np.inf)


def _at_most(size: np.ndarray, mask: np.ndarray, share: float) -> np.ndarray:
    return size > np.quantile(size, 1 - share) if mask.mean() > share else mask


def _typical(deviations: np.ndarray) -> float:
    """Their size, 1 where the kernel is right; by two quantiles, as tails are often heavy."""
    seen = deviations[np.isfinite(deviations)]
    if not len(seen):
        return 1.0
    half, most = np.quantile(seen, [0.5, 0.9])
    return float(max(half / 0.674, most / 1.645))


def _median(values: np.ndarray) -> np.ndarray:
    """Along the last axis over what is there, NaN where nothing is."""
    ordered, count = np.sort(values, axis=-1), np.isfinite(values).sum(axis=-1)
    middle = [np.maximum(count - 1, 0) // 2, np.minimum(count // 2, values.shape[-1] - 1)]
    low, high = (np.take_along_axis(ordered, m[..., None], axis=-1)[..., 0] for m in middle)
    return np.where(count > 0, (low + high) / 2, np.nan)
