"""What varies in rows: ranges and spreads, and a length for an input that does not vary."""

from collections.abc import Sequence

import numpy as np

from sobolev._base.errors import DataError
from sobolev.data.dataset import Dataset

Moments = tuple[int, float, float]  # of the values of a response: count, mean, deviation


def half_range(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Half the range of each input `[d]`, 0 for a constant one."""
    half = high / 2 - low / 2  # halved first: the range of ±1e308 overflows
    return np.where(half <= 1e-13 * np.abs(low), 0.0, half)  # the round-off of the column's numbers


def check_inputs(names: Sequence[str], half: np.ndarray, low: np.ndarray, rows: int) -> None:
    """`DataError` when none of so many `rows` differs from another."""
    if half.any():
        return
    if rows == 1:
        raise DataError("there is one row: nothing can be learnt from a single point. Give more.")
    point = ", ".join(f"{name} = {value:g}" for name, value in zip(names, low, strict=True))
    raise DataError(
        f"every input is constant ({point} in every row): nothing can be learnt. "
        "Give rows in which at least one varies."
    )


def constant_of(half: np.ndarray) -> tuple[int, ...]:
    """The places of the inputs that do not vary."""
    return tuple(np.flatnonzero(half == 0).tolist())


def lengths_of(
    half: np.ndarray, at: np.ndarray, slopes: np.ndarray, values: Sequence[Moments]
) -> np.ndarray:
    """Half the range of each input `[d]`, and a length for those that do not vary.

    It makes the root mean square of ∂ŷ/∂x̂ by such an input that by the others. Without slopes by
    it (or with slopes that are round-off) it is the size of the input's value, or 1.

    **Arguments:** `half [d]`, 0 for a constant input; `at [d]`, its value; `slopes [q, d]`, the
    root mean squares of ∂y/∂x, NaN where there is none; `values`: count, mean and deviation of each
    response.
    """
    if half.all():
        return half
    with np.errstate(over="ignore", invalid="ignore"):
        by_others = np.where(half > 0, slopes * half, np.nan)
    spread = np.array([s if n > 1 and s > 1e-13 * abs(m) else 0.0 for n, m, s in values])
    spread = np.where(spread > 0, spread, _mean_square_root(by_others, axis=1))
    spread = np.where(spread > 0, spread, np.nan)[:, None]
    usual = _mean_square_root(by_others / spread)
    usual = usual if usual > 0 else 1.0
    lengths = half.copy()
    for j in constant_of(half):
        own = abs(float(at[j])) or 1.0
        size = _mean_square_root(slopes[:, j] / spread[:, 0])
        lengths[j] = usual / size if size * own > 1e-9 * usual else own
    return lengths


def _mean_square_root(values: np.ndarray, axis: int | None = None):
    """Root of the mean square of what is not NaN; 0 where there is nothing."""
    known = ~np.isnan(values)
    size = np.where(known, np.abs(values), 0.0)
    largest = np.max(size, axis=axis, keepdims=True)
    squares = (size / np.where(largest > 0, largest, 1.0)) ** 2
    mean = np.sum(squares, axis=axis) / np.maximum(known.sum(axis), 1)
    return np.sqrt(mean) * largest.reshape(np.shape(mean))


def jacobian_sizes(data: Dataset) -> np.ndarray:
    """Root mean square of ∂y/∂x over the rows, `[q, d]`; NaN where there is no label."""
    q, d = data.y.shape[1], data.dimension
    sizes = np.full((q, d), np.nan)
    if data.jacobian is None:
        return sizes
    for k, j in np.ndindex(q, d):
        column = data.jacobian[:, k, j]
        column = column[~np.isnan(column)]
        sizes[k, j] = root_mean_square(column) if len(column) else np.nan
    return sizes


def check_outputs(
    outputs: Sequence[str], values: Sequence[Moments], slopes: np.ndarray, half: np.ndarray
) -> None:
    """`DataError` when values that are all the same have slopes, or when no response varies.

    `values`: count, mean and deviation of each; `slopes [q, d]` root mean squares of ∂y/∂x, NaN
    where there are none; `half [d]`, half the range of each input.
    """
    with np.errstate(over="ignore"):  # then it is large enough
        changes = slopes * half
    same = [n > 1 and not s > 1e-13 * abs(m) for n, m, s in values]
    most = np.nan_to_num(changes).max(axis=1)
    for name, (_, mean, _), constant, change in zip(outputs, values, same, most, strict=True):
        if constant and change > 1e-9 * abs(mean):
            raise DataError(
                f"the values and slopes of '{name}' contradict each other: it is {mean:g} in every "
                f"row, and its slopes let it change by {change:.3g}. Correct the values or the "
                "slopes."
            )
    if all(same):
        raise no_variation(outputs[0])


def no_variation(output: str) -> DataError:
    """What is wrong with a response that is the same in every row."""
    return DataError(
        f"response '{output}' is constant or absent in every row: there is nothing to "
        "learn. Leave the column out."
    )


def moments_of(y: np.ndarray) -> Moments:
    """How many there are, their mean and their standard deviation."""
    y = y[~np.isnan(y)]
    return (len(y), *_mean_and_deviation(y)) if len(y) else (0, 0.0, 0.0)


def spread_or_size(mean: float, spread: float) -> float:
    """The spread; of values that are all the same their size, or 1."""
    return spread if spread > 1e-13 * abs(mean) else abs(mean) or 1.0


# The squares of 1e200 and of 1e-200 leave the range of floating point: both divide by the largest.
def _mean_and_deviation(values: np.ndarray) -> tuple[float, float]:
    largest = float(np.abs(values).max()) or 1.0
    return float((values / largest).mean()) * largest, float((values / largest).std()) * largest


def root_mean_square(values: np.ndarray) -> float:
    """Without overflow; 0 where there is nothing."""
    largest = float(np.abs(values).max(initial=0.0))
    return largest * float(np.sqrt(np.mean((values / largest) ** 2))) if largest > 0 else 0.0
