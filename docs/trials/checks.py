"""What `check` missed or said misleadingly, run again.

Each trial makes a table, asks, and says in a line what came. The answers of 0.1 (eb28a9c) are text.
"""

import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

import sobolev as sb

Trial = tuple[str, Callable[[Path], str]]
BAD = [3, 9, 17]


def _table(rows: int = 60, seed: int = 0) -> sb.Dataset:
    """y = sin 2a + b² with its slopes."""
    x = np.random.default_rng(seed).uniform(-1, 1, (rows, 2))
    a, b = x.T
    y, slopes = np.sin(2 * a) + b**2, np.stack([2 * np.cos(2 * a), 2 * b], axis=1)
    return sb.Dataset(x, y[:, None], slopes[:, None], inputs=("a", "b"), outputs=("y",))


def _failed(value: float, flat: bool = False) -> sb.Dataset:
    data = _table()
    y, slopes = data.y.copy(), data.jacobian.copy()  # type: ignore[union-attr]
    y[BAD] = value
    slopes[BAD] *= 0.0 if flat else 1.0
    return replace(data, y=y, jacobian=slopes)


def stand_ins(folder: Path) -> str:
    """S1: what failed runs left in three rows."""
    kinds = (_failed(1e20), _failed(-999.0), _failed(0.0, flat=True))
    return " ".join(sb.check(data).line for data in kinds)


def fit_warns(folder: Path) -> str:
    """S1: the same table in a training."""
    data = _failed(1e20)
    network = sb.networks.MLP((4,))
    surrogate = sb.Surrogate.new(data, network)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        notes = sb.fit(surrogate, data, epochs=2).notes
    return " ".join(str(note) for note in notes if note.alarming)


def one_value(folder: Path) -> str:
    """S1: one value off by 0.1 to 1e10 standard deviations, four tables each."""
    named = tried = 0
    for size in (0.1, 1.0, 1e3, 1e10):
        for seed in range(4):
            data, row = _table(60, seed), 7 + seed
            y = data.y.copy()
            y[row] += size * y.std()
            findings = sb.check(replace(data, y=y)).findings
            tried, named = tried + 1, named + ([f.rows for f in findings] == [(row,)])
    return f"{named} of {tried} named"


def several_values(folder: Path) -> str:
    """S1: one to six wrong values, and two, three and six wrong gradients."""
    values = slopes = tried = 0
    for count in (2, 3, 6):
        for seed in range(6):
            rng, data = np.random.default_rng([count, seed]), _table(60, seed)
            rows = np.sort(rng.choice(60, count, replace=False))
            y, jacobian = data.y.copy(), np.asarray(data.jacobian).copy()
            y[rows] += 3 * y.std() * rng.normal(size=(count, 1))
            values += _rows(replace(data, y=y)) == set(rows)
            jacobian[rows] = 2 * rng.normal(size=(count, 1, 2))
            slopes += _rows(replace(data, jacobian=jacobian)) == set(rows)
            tried += 1
    return f"all wrong values and no other named in {values} of {tried}, gradients in {slopes}"


def _rows(data: sb.Dataset) -> set[int]:
    return {row for found in sb.check(data).findings for row in found.rows}


def interval(folder: Path) -> str:
    """S7: factors of right slopes."""
    judged = sb.check(_table()).judged
    return "; ".join(f"{j.derivative}: {j.factor:.4f} ± {j.error:.2g}, {j.verdict}" for j in judged)


def equal_values(folder: Path) -> str:
    """M5."""
    data = _table()
    return sb.check(replace(data, y=np.full_like(data.y, 5.0))).line


def one_row(folder: Path) -> str:
    """M6."""
    return sb.check(_table(1)).line


TRIALS: dict[str, list[Trial]] = {
    "S1": [
        ("derivatives agree with the values (2 columns, 60 rows)", stand_ins),
        ("train longer (99 % off)", fit_warns),
        ("0 of 200 named", one_value),
        (
            "0 of 32 values; of two and three wrong gradients 25 of 36, of six 9 of 18",
            several_values,
        ),
    ],
    "S7": [("factor 0.9923 ± 0.0005 of a slope whose factor is 1", interval)],
    "M5": [("`check`: no values that vary beside it; `fit`: nothing to learn", equal_values)],
    "M6": [("`check`: no values that vary beside it; `fit`: input is constant", one_row)],
}
