"""Arrays, names and units as a user gives them: made clean, or refused in a sentence."""

from collections.abc import Sequence

import numpy as np

from sobolev._base.errors import DataError

_AXES = "[rows, columns]", "[rows, responses, inputs]", "[rows, responses, inputs, inputs]"


def real(name: str, array, rank: int, axes: str = "") -> np.ndarray:
    """A contiguous 64-bit copy with `rank` axes; masked entries are NaN. Raises `DataError`."""
    array = _numbers(name, array)
    if array.ndim != rank:
        wanted = f"[{axes}]" if axes else _AXES[rank - 2]
        raise DataError(
            f"{name} has shape {array.shape}, but {rank} axes {wanted} are needed: reshape it, a "
            "single column is [:, None]."
        )
    return _copied(array)


def points(
    name: str, x, columns: tuple[str, ...], field: str = "inputs"
) -> tuple[np.ndarray, bool]:
    """Finite rows `[n, d]` where to predict, and whether one point `[d]` was given.

    A table with column names has to have those of the inputs. Raises `DataError`.
    """
    check_columns(name, x, columns, field)
    x = _numbers(name, x, "", "fiu")  # a truth value is a label at most
    d, kind = len(columns), field.removesuffix("s")
    if x.ndim not in (1, 2) or x.shape[-1] != d:
        raise DataError(
            f"{name} has shape {x.shape}, but [{d}] or [n, {d}] is needed, for the {field} "
            f"{', '.join(columns)}: give one column for each."
        )
    rows = _copied(x) if x.ndim == 2 else _copied(x)[None]
    finite = np.isfinite(rows)
    if not finite.all():
        row, column = np.argwhere(~finite)[0]
        raise DataError(
            f"row {row} of {name} is {rows[row, column]} for {kind} '{columns[column]}': {field} "
            "must be finite. Remove the row or correct the value."
        )
    return rows, x.ndim == 1


def check_columns(name: str, table, names: Sequence[str], field: str) -> None:
    """Refuse a table whose columns have names, and other ones than these, or in another order."""
    if type(table) is np.ndarray:  # asked at every call
        return
    columns = list(getattr(table, "columns", ()))
    if names and columns and all(isinstance(c, str) for c in columns) and columns != list(names):
        raise DataError(
            f"{name} has the columns {', '.join(columns)}, but the {field} are "
            f"{', '.join(map(str, names))}: choose and order the columns by name."
        )


def _texts(field: str, texts: Sequence[str]) -> tuple[str, ...]:
    try:
        return tuple(str(text) for text in texts)
    except TypeError as error:
        raise DataError(
            f"{field} is of type {type(texts).__name__}: give a tuple of texts, one a column."
        ) from error


def _numbers(
    name: str, array, gaps: str = ", NaN where a label is absent", allowed: str = "fiub"
) -> np.ndarray:
    """An array of real numbers of any type and layout, not copied if need be."""
    try:
        array = np.asanyarray(array)
    except ValueError as error:
        raise DataError(
            f"{name} has rows of different lengths: give every row the same columns{gaps}."
        ) from error
    if array.dtype.kind not in allowed:
        kind = {"c": "complex numbers", "U": "text", "S": "text", "O": "mixed objects"}
        raise DataError(
            f"{name} holds {kind.get(array.dtype.kind, str(array.dtype))}: give real numbers{gaps}."
        )
    return array


def _copied(array: np.ndarray) -> np.ndarray:
    if type(array) is np.ndarray and array.dtype == np.float64:  # asked at every call
        return np.array(array, order="C")
    if isinstance(array, np.ma.MaskedArray):  # masked = absent, not whatever lies below the mask
        array = np.ma.filled(array.astype(np.float64), np.nan)
    with np.errstate(over="ignore"):  # an extended float that is too large is refused as infinite
        return np.array(array, dtype=np.float64, order="C")


def check_shape(name: str, array: np.ndarray, expected: tuple, what: str) -> None:
    """Raise `DataError` unless the shape is the expected one."""
    if array.shape != expected:
        raise DataError(
            f"{name} has shape {array.shape}, but {expected} is needed ({what}): rows must be the "
            "samples and derivative axes come last."
        )


def clean_names(field: str, names: Sequence[str], count: int, letter: str) -> tuple[str, ...]:
    """Different names, one a column; by default the letter and a number. Raises `DataError`."""
    if isinstance(names, str):  # a tuple of its letters is never meant
        raise DataError(f"{field} is the text '{names}': give a tuple, ('{names}',).")
    names = _texts(field, names) or tuple(f"{letter}{i + 1}" for i in range(count))
    if len(names) != count:
        raise DataError(
            f"{field} has {len(names)} names for {count} columns: {names}. Give one each."
        )
    repeated = sorted({n for n in names if names.count(n) > 1})
    if repeated:
        raise DataError(f"the name '{repeated[0]}' occurs twice in {field}: names must differ.")
    return names


def clean_units(field: str, units: Sequence[str], count: int) -> tuple[str, ...]:
    """One unit a column; by default none. Raises `DataError`."""
    if isinstance(units, str):
        raise DataError(f"{field} is the text '{units}': give a tuple, ('{units}',).")
    units = _texts(field, units) or ("",) * count
    if len(units) != count:
        raise DataError(
            f"{field} has {len(units)} units for {count} columns: {units}. Give one each."
        )
    return units
