"""Judge single values: one that neither its neighbours nor the slopes around expect."""

import numpy as np

from sobolev.checks.evidence.by_others import ODD, ByOthers, Table, by_others

SLOPED = 0.3  # the row's own slopes fit those around this well: it is the value that does not
# Or as well as can be foretold, and the value explains all.
EXPECTED, ROUGHLY, EXPLAINED = 3.0, 5.0, 0.04
GROSS = 30.0  # or no error of the slopes could make up for that of the value
SHIFT, SURE, ALONE = 0.35, 50.0, 20.0
BESIDE, APART = 2.0, 5.0  # how far beyond the errors of the neighbours, with slopes and without
TURNED = 0.3  # slopes that are off by that share are looked at
CROWDED = 0.25  # of the neighbours odd as well: a jump or a kink runs through
COMPARABLE = 0.3  # odd rows with an error of that share of one's own could be as wrong as it


def wrong_values(found: ByOthers, table: Table) -> np.ndarray:
    """Which values are wrong `[n]`.

    A wrong value is one that is off by the same towards every neighbour, in a row whose slopes are
    as expected and among rows that are not odd. A jump, a kink, a peak show in slopes and in
    several rows; what is odd without being explained as a wrong value counts against those that
    are. In a row without slopes a peak that it alone sees looks the same as a wrong value: there
    it must be off alike towards all, or nothing else in the table nearly as hard to foretell.
    """
    size = np.abs(found.error)
    hardest = size[~found.aside].max(initial=0.0)
    alone = found.crowd <= max(2, CROWDED * found.crowd_of)
    if table.sloped:
        sure = (found.odd > SURE) & (found.beyond > ALONE)
        fits = (found.slopes < SLOPED) | (found.gross > GROSS)
        fits |= (found.turned < EXPECTED) & (found.slopes < ROUGHLY) & (found.left < EXPLAINED)
        bare = ~np.isfinite(table.slopes).any(axis=1)
        wrong = (found.odd > ODD) & (found.beyond > BESIDE) & fits
        wrong &= alone & ((found.left < SHIFT) | (sure & ~bare))
    else:
        wrong = (found.odd > 2 * ODD) & (found.beyond > APART) & alone
        wrong &= size > APART * hardest
    unexplained = found.aside & ~wrong
    for row in np.flatnonzero(wrong):
        alike = size > COMPARABLE * size[row]
        if 4 * (unexplained & alike).sum() > (wrong & alike).sum():
            unexplained[row] = True
    return wrong & ~unexplained


def judge_values(table: Table, centres: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which values of a table are wrong, and whose slopes are suspect `[n]`."""
    nothing = np.zeros(len(table.x), bool)
    found = by_others(table, nothing, centres)
    if found is None:
        return nothing, nothing
    wrong = wrong_values(found, table)
    return wrong, found.aside & (found.slopes > TURNED) & ~wrong


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
