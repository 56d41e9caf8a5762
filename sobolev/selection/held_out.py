"""Rows held out: which, and the same data without their labels."""

from dataclasses import replace

import numpy as np

from sobolev.data.dataset import Dataset

FEWEST = 10  # rows: with fewer nothing is held out
FOLDED = 25  # rows: with fewer each row is held out once, in one of so many folds
FOLDS = 5
MOST = 1000  # rows that are held out
KEPT = 0.5  # of the labels of each kind stay at least


def without(data: Dataset, rows: np.ndarray) -> Dataset:
    """The same rows and shapes, but no label in these rows: what is compiled serves both."""
    absent = np.zeros(len(data), bool)
    absent[rows] = True
    return replace(
        data,
        **{
            kind: np.where(absent.reshape(-1, *[1] * (labels.ndim - 1)), np.nan, labels)
            for kind, labels in data.labels().items()
        },
    )


def only(data: Dataset, rows: np.ndarray) -> Dataset:
    """The same rows and shapes, but labels in these rows alone."""
    others = np.ones(len(data), bool)
    others[rows] = False
    return without(data, np.flatnonzero(others))


def parts_held_out(data: Dataset, key: int) -> list[np.ndarray]:
    """One fifth of the rows; with fewer than 25 five such parts, with fewer than 10 none.

    A row stays where some value or derivative would otherwise lose more than half of its labels.
    """
    n = len(data)
    if n < FEWEST:
        return []
    order = np.random.default_rng(key).permutation(n)
    folds = FOLDS if n < FOLDED else 1
    sizes = [len(part) for part in np.array_split(order, FOLDS)] if folds > 1 else [n // 5]
    there = np.concatenate([~np.isnan(a.reshape(n, -1)) for a in data.labels().values()], axis=1)
    parts, start = [], 0
    for size in sizes:
        candidates = order[start : start + size] if folds > 1 else order
        part = _spared(candidates, there, min(size, MOST))
        start += size
        if len(part):
            parts.append(np.sort(part))
    return parts


def _spared(candidates: np.ndarray, there: np.ndarray, most: int) -> np.ndarray:
    left = there.sum(axis=0)
    fewest, taken = KEPT * left, []
    for row in candidates:
        if len(taken) == most:
            break
        after = left - there[row]
        if there[row].any() and np.all((after >= fewest) | ~there[row]):
            left = after
            taken.append(row)
    return np.array(taken, int)
