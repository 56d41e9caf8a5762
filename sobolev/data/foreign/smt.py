"""Arrays as the Surrogate Modeling Toolbox takes them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sobolev._base.arrays import real
from sobolev._base.errors import DataError
from sobolev.data.dataset import Dataset


def from_smt(
    xt,
    yt=None,
    dyt: Mapping[int, object] | None = None,
    inputs: Sequence[str] = (),
    outputs: Sequence[str] = (),
) -> Dataset:
    """A data set from `set_training_values(xt, yt)`, `set_training_derivatives(xt, dyt[kx], kx)`.

    **Arguments:** `xt [n, d]`; `yt [n, q]` or `[n]`; `dyt`: kx -> ∂y/∂x_kx `[n, q]` or `[n]`; what
    is not given is absent. Raises `DataError`. Source: SMT 2, "Surrogate models API".

    ```python
    data = from_smt(xt, yt, {0: dydx0, 1: dydx1})
    ```
    """
    x = real("xt", xt, 2)
    if dyt is not None and not isinstance(dyt, Mapping):
        raise DataError(
            f"dyt is of type {type(dyt).__name__}: give a table of the derivatives by each input, "
            "{0: dydx0, 1: dydx1}, of an array [n, d] that is {kx: dyt[:, kx] for kx in range(d)}."
        )
    columns = {} if yt is None else {"y": _columns("yt", yt)}
    slopes = {}
    for kx, values in (dyt or {}).items():
        if isinstance(kx, bool) or not isinstance(kx, int | np.integer) or not 0 <= kx < x.shape[1]:
            raise DataError(f"dyt has the key {kx!r}: give kx, 0 to {x.shape[1] - 1}.")
        slopes[int(kx)] = _columns(f"dyt[{kx}]", values)
    arrays: dict[str, Any] = dict(columns)
    if slopes:
        shapes = {array.shape for array in (*columns.values(), *slopes.values())}
        if len(shapes) > 1 or next(iter(shapes))[0] != len(x):
            raise DataError(
                f"xt has {len(x)} rows, yt and dyt have the shapes {sorted(shapes)}: give each of "
                "them a row for each point and a column for each output."
            )
        n, q = next(iter(shapes))
        arrays["jacobian"] = np.full((n, q, x.shape[1]), np.nan)
        for kx, values in slopes.items():
            arrays["jacobian"][:, :, kx] = values
    return Dataset(x, **arrays, inputs=tuple(inputs), outputs=tuple(outputs))


def to_smt(data: Dataset) -> tuple[np.ndarray, np.ndarray, dict[int, np.ndarray]]:
    """`(xt, yt, {kx: dyt})` for `set_training_values` and `set_training_derivatives`.

    Names, units and groups do not go with them. Raises `DataError` when the data have labels or
    noise that SMT does not take, or a gap: SMT knows no absent labels.

    ```python
    xt, yt, dyt = to_smt(data)
    model.set_training_values(xt, yt)
    for kx, slopes in dyt.items(): model.set_training_derivatives(xt, slopes, kx)
    ```
    """
    for kind, labels in data.labels().items():
        if kind not in ("y", "jacobian"):
            raise DataError(f"SMT takes values and first derivatives: leave out '{kind}'.")
        if kind == "y" and np.isnan(labels).any():
            raise DataError("SMT takes no absent values (NaN): leave out the rows without y.")
    slopes = {}
    for kx in range(data.dimension if data.jacobian is not None else 0):
        column = np.asarray(data.jacobian)[:, :, kx]
        if np.isnan(column).all():
            continue
        if np.isnan(column).any():
            raise DataError(
                f"derivatives by '{data.inputs[kx]}' are absent (NaN) in some rows, which SMT does "
                "not take: leave out these rows."
            )
        slopes[kx] = column.copy()
    if data.noise or any(marks.any() for marks in data.estimated.values()):
        raise DataError("SMT takes no noise levels and no marks of estimates: leave them out.")
    return data.x.copy(), data.y.copy(), slopes


def _columns(name: str, values) -> np.ndarray:
    try:
        array = np.asanyarray(values)
    except ValueError:  # rows of different lengths: `real` says so
        return real(name, values, 2)
    return real(name, array[:, None] if array.ndim == 1 else array, 2)
