"""The same value in several rows where it does not belong: what a failed run left behind."""

from dataclasses import dataclass

import numpy as np

from sobolev.checks.evidence.by_others import ByOthers, Table, by_others

FEW = 3  # values that occur several times: more are the nature of the function or of the design
SHARE = 0.25  # of the rows: a value that more rows hold is judged by its distance alone
GAP = 3.0  # ranges of all other values between them and it
ODD, ERROR, SLOPES = 4.0, 0.05, 0.3  # milder than for one row: chance repeats no number
LEVELS = 0.5  # of the rows: inputs with fewer different numbers are a grid, which repeats values
USUAL = 0.5  # the error that is asked for where numbers are repeated anyway
TOGETHER = 0.5  # of the nearest rows hold it too: a region where the function is constant ...
JUMP = 1.0  # ... unless the values around lead elsewhere by a spread


@dataclass(frozen=True)
class StandIn:
    """A `value` that stands in `rows [n]` for what was not computed; `zero`: their slopes are 0."""

    value: float
    rows: np.ndarray
    zero: bool


def far_away(x: np.ndarray, y: np.ndarray) -> list[float]:
    """Repeated values that lie further from all others than three times their range.

    From the outside in, so that two kinds of stand-ins do not hide each other. `x [n, d]`, `y [n]`.
    """
    found, rest = [], np.isfinite(y)
    while True:
        values = np.unique(y[rest])
        if len(values) < 4:
            return found
        extremes = []
        for value, inner in ((values[0], values[1:]), (values[-1], values[:-1])):
            gap = np.abs(inner - value).min()
            inner_range = inner[-1] - inner[0]
            members = rest & (y == value)
            idle = value == 0 and members.sum() > SHARE * len(y)  # such as nothing in contact
            if gap > GAP * inner_range and _repeated(x, members) and not idle:
                extremes.append((gap, value))
        if not extremes:
            return found
        value = max(extremes)[1]
        found.append(float(value))
        rest &= y != value


def judge_repeats(table: Table, raw: np.ndarray, centres: np.ndarray) -> list[StandIn]:
    """Repeated values `raw [n]` that their neighbours and slopes contradict."""
    found, doubted = [], np.zeros(len(raw), bool)
    candidates, usual = _candidates(table, raw)
    for value in candidates:
        members = (raw == value) & ~doubted
        seen = by_others(table, members | doubted, centres)
        if seen is not None and _contradicted(seen, members, table, usual):
            zero = bool((table.slopes[members] == 0).all())
            found.append(StandIn(float(value), members, zero))
            doubted |= members
    return found


def _candidates(table: Table, raw: np.ndarray) -> tuple[list[float], bool]:
    """Values to look at, and whether repetitions are usual in this table, as on a grid."""
    values, counts = np.unique(raw[np.isfinite(raw)], return_counts=True)
    most = SHARE * np.isfinite(raw).sum()
    repeated = [
        value
        for value, count in zip(values, counts, strict=True)
        if 1 < count <= most and _repeated(table.x, raw == value)
    ]
    levels = min(len(np.unique(column)) for column in table.x.T)
    if len(repeated) <= FEW and levels > LEVELS * len(raw):
        return repeated, False
    flat = (table.slopes == 0).all(axis=1)
    return [
        value for value in repeated if value in (values[0], values[-1]) or flat[raw == value].all()
    ][:FEW], True


def _repeated(x: np.ndarray, rows: np.ndarray) -> bool:
    """In two different points at least."""
    points = x[rows]
    return len(points) > 1 and bool((points != points[0]).any())


def _contradicted(seen: ByOthers, members: np.ndarray, table: Table, usual: bool) -> bool:
    odd, error = (2 * ODD, USUAL) if usual else (ODD, ERROR)
    by_value = (seen.odd > odd) & (np.abs(seen.error) > error)
    against = (by_value | (seen.slopes > SLOPES))[members]
    if not table.sloped:
        against = by_value[members]
    inside = np.mean(seen.crowd[members])
    if inside > TOGETHER:
        against = (by_value & (np.abs(seen.error) > JUMP))[members]
    return bool(by_value[members].any() and 2 * against.sum() >= len(against))
