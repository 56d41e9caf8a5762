"""Histories as medians and quartiles over initialisations, and who is worth drawing."""

import math
import warnings
from dataclasses import dataclass

import numpy as np

from sobolev._base.errors import DataError
from sobolev.records.curves import curve_key
from sobolev.reports.claims.study.contests import ranked
from sobolev.reports.read.study import Cell, Results

_POINTS = 120  # more would not be seen in a panel of this size


@dataclass(frozen=True)
class Band:
    """Median [T] over initialisations, the first one alone, and (coarser: `edge`) quartiles."""

    x: np.ndarray
    median: np.ndarray
    edge: np.ndarray
    low: np.ndarray
    high: np.ndarray
    first: np.ndarray


def history(results: Results, network: str, scheme: str, name: str) -> np.ndarray | None:
    """[S, T, K] (or [S, T] as [S, T, 1]) with non-finite entries as NaN; None when not there."""
    array = results.history(network, scheme, name)
    if array is None:
        return None
    if array.ndim == 2:
        array = array[..., None]
    single = name == "valid_error"
    if array.ndim != 3 or array.shape[2] != (1 if single else len(results.content.terms)):
        raise DataError(
            f"histories.npz: '{curve_key(network, scheme, name)}' has the shape {array.shape}, but "
            f"[seeds, epochs{'' if single else ', terms'}] is needed. Run the study again."
        )
    array = np.asarray(array, float)
    array = np.where(np.isfinite(array), array, math.nan)
    return array if array.size else None


def axis_of(results: Results, network: str, scheme: str, length: int) -> np.ndarray:
    """Epochs of a history; the running number where there are none."""
    epoch = results.history(network, scheme, "epoch")
    if epoch is not None and epoch.shape == (length,):
        return np.asarray(epoch, float)
    return np.arange(1, length + 1, dtype=float)


def band(x: np.ndarray, values: np.ndarray, positive: bool = False, points: int = _POINTS) -> Band:
    """Median and quartiles of values [S, T], thinned; `positive` hides what a log axis cannot."""
    values = np.where(values > 0, values, math.nan) if positive else values
    rows = np.unique(np.linspace(0, len(x) - 1, points).astype(int))
    values = values[:, rows]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # an epoch that no run reached
        low, median, high = np.nanquantile(values, [0.25, 0.5, 0.75], axis=0)
    half = np.unique([*range(0, len(rows), 2), len(rows) - 1])
    return Band(x[rows], median, x[rows][half], low[half], high[half], values[0])


def last_cell(results: Results, network: str) -> Cell:
    """The largest budget of a network: its histories hold the shorter ones."""
    return [cell for cell in results.cells if cell.network == network][-1]


def leaders(results: Results, network: str, count: int = 2) -> list[str]:
    """The adaptive schemes with the smallest median error at the largest budget."""
    return ranked(results, last_cell(results, network), "adaptive")[:count]


def cast(results: Results, network: str, *baselines: str, count: int = 2) -> list[str]:
    """Baselines by name, then the leading adaptive schemes; only those that have a history."""
    names = [*baselines, *leaders(results, network, count)]
    return [name for name in names if history(results, network, name, "loss") is not None]
