"""Judge single values: one that neither its neighbours nor the slopes around expect."""

import numpy as np

from sobolev.checks.evidence.by_others import ODD, ByOthers, Table, by_others
from sobolev.checks.mistakes.rows import Suspects

# The slopes of the row fit those around (`slopes` off by a share of those, `turned` in deviations):
# it is the value that does not. The worse they fit, the more of it the value must explain (`left`).
FITTING = ((0.1, np.inf, np.inf), (0.3, 6.0, np.inf), (1.0, 3.0, np.inf), (3.0, 1.3, 0.15),
           (5.0, 3.0, 0.04))  # fmt: skip
GROSS = 30.0  # or no error of the slopes could make up for that of the value
SHIFT, SURE, ALONE = 0.35, 50.0, 20.0
CLEARLY, CLEAR, BARELY = 30.0, 10.0, 0.6  # without slopes of its own the way is worse foretold
BESIDE, APART, LEAST = 2.0, 5.0, 0.15  # beyond the errors of the neighbours; without slopes
TURNED, FINE = 0.3, 0.2  # slopes off by the one share are looked at, by less than the other not
CLEARLY_TURNED = (20.0, 0.5, 12.0, 3.0)  # deviations, share, of the value with and without them
TORN = ((4.0, 0.1), (5.0, 5e-3))  # deviations and spreads of a value that is not foretold
CROWDED = 0.25  # of the neighbours odd as well: a jump or a kink runs through
FAR, SAME = 30.0, 1e-6  # spreads, and the same towards all: of whatever is odd around
HILL = 30.0  # a neighbour as odd in the same direction, within that factor, sees the same peak
COMPARABLE = 0.3  # odd rows with that share of one's own error and oddness could be as wrong as it
# Beyond doubt: what is odd for other reasons does not count against these.
PURE = ((0.3, 0.05, 30.0), (np.inf, 0.01, 50.0))  # slopes, left, odd
SHIFTED = (1.0, 6.0, 0.7)  # unless it looks like a jump: slopes, turned, left


def wrong_values(found: ByOthers, table: Table) -> np.ndarray:
    """Which values are wrong `[n]`.

    A wrong value is one that is off by the same towards every neighbour, in a row whose slopes are
    as expected and among rows that are not odd. A jump, a kink, a peak show in slopes and in
    several rows; what is odd without being explained as a wrong value counts against those that
    are. In a row without slopes a peak that it sees looks the same as a wrong value: there no
    neighbour may look odd in the same direction, and where no row has slopes nothing else in the
    table may be nearly as hard to foretell.
    """
    size = np.abs(found.error)
    bare = np.asarray(~np.isfinite(table.slopes).any(axis=1))
    candidate = _looks_wrong(found, table.sloped, bare, size)
    hill = candidate & bare & _seen_by_others(found, candidate)
    far = (size > FAR) & (found.left < SAME)  # no function has such a peak
    wrong = candidate & ~hill | far
    pure = wrong & ~bare & (found.turned < FITTING[-1][1])
    pure &= np.any([_pure(found, *limits) for limits in PURE], axis=0)
    slopes, turned, left = SHIFTED
    shifted = bare | ((found.slopes < slopes) & (found.turned < turned))
    shifted &= (found.left < left) | (not table.sloped)
    unexplained = found.aside & ~candidate & ~far
    for row in np.flatnonzero(wrong):
        alike = (size > COMPARABLE * size[row]) & (found.odd > COMPARABLE * found.odd[row])
        against = unexplained & alike & (shifted if pure[row] else True)
        if 4 * against.sum() > (wrong & alike).sum() and not far[row]:
            unexplained[row] = True
    return wrong & ~unexplained


def _looks_wrong(found: ByOthers, sloped: bool, bare: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Each row by itself `[n]`."""
    alone = found.crowd <= max(2 / found.near.shape[1], CROWDED)
    if not sloped:
        hardest = size[~found.aside].max(initial=0.0)
        odd = (found.odd > 2 * ODD) & (found.beyond > APART) & alone
        return odd & (size > APART * hardest) & (size > LEAST)
    fits = found.gross > GROSS
    for slopes, turned, left in FITTING:
        fits |= (found.slopes < slopes) & (found.turned < turned) & (found.left < left)
    sure = ~bare & (found.odd > SURE) & (found.beyond > ALONE)
    clear = bare & (found.odd > CLEARLY) & (found.beyond > CLEAR)
    alike = sure | (found.left < np.where(clear, BARELY, SHIFT))
    return (found.odd > ODD) & (found.beyond > BESIDE) & fits & alone & alike


def _seen_by_others(found: ByOthers, candidate: np.ndarray) -> np.ndarray:
    """Whether an odd neighbour is no wrong value, or looks wrong in the same direction `[n]`."""
    odd = found.aside[found.near]
    ratio = found.error[found.near] / found.error[:, None]
    alike = (ratio > 1 / HILL) & (ratio < HILL)
    how = np.maximum(found.odd, found.turned)
    other = ~candidate[found.near] & (how[found.near] > COMPARABLE * found.odd[:, None])
    return np.asarray((odd & (alike | other)).any(axis=1))


def _pure(found: ByOthers, slopes: float, left: float, odd: float) -> np.ndarray:
    return (found.slopes < slopes) & (found.left < left) & (found.odd > odd)


def judge_values(table: Table, centres: np.ndarray) -> tuple[np.ndarray, Suspects]:
    """Which values of a table are wrong `[n]`, and whose slopes are suspect."""
    nothing = np.zeros(len(table.x), bool)
    found = by_others(table, nothing, centres)
    if found is None:
        return nothing, Suspects.none(len(nothing))
    wrong = wrong_values(found, table)
    turned = found.aside & (found.slopes > TURNED) & ~wrong
    missed = np.abs(found.missed)
    torn = np.any([(found.stray > stray) & (missed > least) for stray, least in TORN], axis=0)
    by, off, odd, stray = CLEARLY_TURNED
    clear = (found.turned > by) & (found.slopes > off) & (found.odd > odd) & (found.stray < stray)
    fine = (found.slopes > 0) & (found.slopes < FINE)
    return wrong, Suspects(turned, torn & turned, clear & turned & ~torn, fine)


def table_of(x: np.ndarray, y: np.ndarray, slopes: np.ndarray) -> Table | None:
    """`x [n, d]` scaled, `y [n]`, `slopes [n, d]` by it; None where the values do not vary."""
    size = spread_of(y)
    if not np.isfinite(size) or size <= 0:
        return None
    return Table(x, _metric(slopes / size), y / size, slopes / size)


def spread_of(y: np.ndarray) -> float:
    """A standard deviation that a quarter of wrong values cannot move, 0 for one value."""
    there = y[np.isfinite(y)]
    if not len(there):
        return 0.0
    low, high = np.quantile(there, [0.25, 0.75])
    return float((high - low) / 1.35) or float(there.std())


def _metric(slopes: np.ndarray) -> np.ndarray:
    """Inputs that matter more count more in the distance: √ of their typical slopes."""
    seen = np.isfinite(slopes)
    each = zip(np.abs(slopes).T, seen.T, strict=True)
    size = np.array([np.quantile(s[is_], 0.75) if is_.any() else 0.0 for s, is_ in each])
    return np.sqrt(np.maximum(size / (size.max() or 1.0), 0.05))
