"""Arrays, names and units as a user gives them: made clean, or refused in a sentence."""

from collections.abc import Sequence

import numpy as np

from sobolev._errors import DataError

_AXES = "[rows, columns]", "[rows, responses, inputs]", "[rows, responses, inputs, inputs]"


def real(name: str, array, rank: int, axes: str = "") -> np.ndarray:
    """A contiguous 64-bit copy with `rank` axes; masked entries are NaN. Raises `DataError`."""
    try:
        array = np.asanyarray(array)
    except ValueError as error:
        raise DataError(
            f"{name} has rows of different lengths: give every row the same columns, NaN where a "
            "label is absent."
        ) from error
    if array.dtype.kind not in "fiub":
        kind = {"c": "complex numbers", "U": "text", "S": "text", "O": "mixed objects"}
        raise DataError(
            f"{name} holds {kind.get(array.dtype.kind, str(array.dtype))}: give real numbers, NaN "
            "where a label is absent."
        )
    if array.ndim != rank:
        wanted = f"[{axes}]" if axes else _AXES[rank - 2]
        raise DataError(
            f"{name} has shape {array.shape}, but {rank} axes {wanted} are needed: reshape it, a "
            "single column is [:, None]."
        )
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
    names = tuple(str(n) for n in names) or tuple(f"{letter}{i + 1}" for i in range(count))
    if len(names) != count:
        raise DataError(f"{field} has {len(names)} names for {count} columns: {names}.")
    repeated = sorted({n for n in names if names.count(n) > 1})
    if repeated:
        raise DataError(f"the name '{repeated[0]}' occurs twice in {field}: names must differ.")
    return names


def clean_units(field: str, units: Sequence[str], count: int) -> tuple[str, ...]:
    """One unit a column; by default none. Raises `DataError`."""
    if isinstance(units, str):
        raise DataError(f"{field} is the text '{units}': give a tuple, ('{units}',).")
    units = tuple(str(u) for u in units) or ("",) * count
    if len(units) != count:
        raise DataError(f"{field} has {len(units)} units for {count} columns: {units}.")
    return units
