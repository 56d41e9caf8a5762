"""Estimated derivatives for users who have none: local fits, marked, with their uncertainty."""

from dataclasses import replace

import numpy as np

from sobolev._base.errors import DataError
from sobolev.data.dataset import Dataset
from sobolev.kriging.around_rows import Slopes, gradients_of_values

MISSED = 0.7  # errors of values left out, relative to their spread, above which nothing is said


def estimate_derivatives(data: Dataset) -> Dataset:
    """Fill the absent entries of `jacobian` from the values around each row; given ones stay.

    Around each row a plane plus a Gaussian process (Matérn 5/2) is fitted to the nearest
    3 (d + 1) + 12 values: universal kriging, whose gradient and its standard deviation are closed.
    Lengths and noise are chosen for each output by restricted likelihood over 24 neighbourhoods;
    the variance is that of the neighbourhood. The deviations are widened by the factor that values
    left out in turn ask for.

    Returns the data with `estimated["jacobian"]` marking what was filled, and its standard
    deviation in `noise["jacobian"]`, by which a loss can weight it. Estimates stay rougher than
    derivatives from a solver. Raises `DataError` when an output has fewer than d + 4 values, or
    these are too far apart to foretell each other, or an input is constant.

    ```python
    data = estimate_derivatives(sb.Dataset(x, y))
    data.estimated["jacobian"], data.noise["jacobian"]
    ```

    M. L. Stein, Interpolation of Spatial Data (1999), section 1.5 (restricted likelihood, kriging).
    """
    n, q, d = len(data), len(data.outputs), data.dimension
    scale = _scale(data)
    x = (data.x - data.x.mean(axis=0)) / scale
    given = np.full((n, q, d), np.nan) if data.jacobian is None else data.jacobian
    jacobian, deviation = given.copy(), np.full((n, q, d), np.nan)
    for k in range(q):
        absent = np.isnan(given[:, k])
        rows = np.flatnonzero(absent.any(axis=1))
        if not len(rows):
            continue
        found = gradients_of_values(x, _values(data, k), rows)
        _refuse(found, data.outputs[k])
        here = np.zeros((n, d), bool)
        here[rows] = absent[rows]
        fill = np.zeros((2, n, d))
        fill[:, rows] = found.slopes / scale, found.errors / scale
        jacobian[:, k] = np.where(here, fill[0], given[:, k])
        deviation[:, k] = np.where(here, fill[1], np.nan)
    filled = np.isnan(given)
    noise, marks = dict(data.noise), dict(data.estimated)
    known = noise.get("jacobian", np.full(given.shape, np.nan))
    noise["jacobian"] = np.where(filled, deviation, known)
    marks["jacobian"] = filled | marks.get("jacobian", np.zeros(given.shape, bool))
    return replace(data, jacobian=jacobian, noise=noise, estimated=marks)


def _scale(data: Dataset) -> np.ndarray:
    scale = data.x.std(axis=0)
    flat = np.flatnonzero(scale <= 1e-13 * np.abs(data.x).max(axis=0))
    if len(flat):
        raise DataError(
            f"input '{data.inputs[flat[0]]}' is constant: values do not tell a derivative by it. "
            "Leave the column out or vary it."
        )
    return scale


def _values(data: Dataset, k: int) -> np.ndarray:
    y, least = data.y[:, k], data.dimension + 4
    count = int(np.isfinite(y).sum())
    if count < least:
        raise DataError(
            f"output '{data.outputs[k]}' has {count} values: an estimate of its derivatives by "
            f"{data.dimension} inputs needs at least {least}. Give more rows."
        )
    return y


def _refuse(found: Slopes, name: str) -> None:
    if found.missed > MISSED:
        raise DataError(
            f"the values of output '{name}' do not tell its derivatives: one left out is missed by "
            f"{found.missed:.0%} of their spread. More rows, or rows closer together, are needed."
        )
