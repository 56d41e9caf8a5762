"""Tables of points without outputs: where a function is to be evaluated."""

import csv
import os
from collections.abc import Sequence

import numpy as np

from sobolev._base.errors import DataError
from sobolev.data.dataset import Dataset
from sobolev.data.registry import format_of, formats
from sobolev.data.tables.csv_table import CSV
from sobolev.data.tables.headings import as_declared
from sobolev.data.tables.table import NumberedTable, Table
from sobolev.data.tables.units import same_unit


def read_points(
    path: str | os.PathLike,
    inputs: Sequence[str],
    units: Sequence[str] = (),
    ignore_extra: bool = False,
) -> np.ndarray:
    """Points `[n, d]` in the order of `inputs`, from a table or any other file with these inputs.

    A column whose unit differs from the one in `units` is refused, and so is, unless
    `ignore_extra`, a column that is not an input. Raises `DataError` naming line and column.

    ```python
    x = read_points("points.csv", ("a", "b"), ("mm", "mm"))
    ```
    """
    try:
        table = _table(path)
        places = _places(table, list(inputs), list(units) or [""] * len(inputs), ignore_extra)
        return np.stack([table.numbers(place, absent=False) for place in places], axis=1)
    except csv.Error as error:
        raise DataError(f"{path} is not a CSV table ({error}): export it again.") from error
    except DataError as error:
        raise error.at(path) from error


class InputsOf(NumberedTable):
    """The inputs of a data set as a `Table`."""

    def __init__(self, data: Dataset):
        self._data = data
        self.names = list(zip(data.inputs, data.input_units, strict=True))

    def __len__(self) -> int:
        return len(self._data)

    def numbers(self, column: int, absent: bool) -> np.ndarray:
        """The values of an input; a data set has no absent ones."""
        return self._data.x[:, column]

    def texts(self, column: int) -> list[str]:
        """The same as text."""
        return [str(value) for value in self._data.x[:, column]]


def _table(path: str | os.PathLike) -> Table:
    """The columns of a table, the inputs of any other file; what has no known suffix is text."""
    try:
        format = format_of(path, formats())
    except DataError:
        format = CSV
    return InputsOf(format.read(path)) if format.table is None else format.table(path)


def _places(table: Table, inputs: list[str], units: list[str], ignore_extra: bool) -> list[int]:
    found: dict[str, int] = {}
    for number, (name, unit) in enumerate(as_declared(table.names, inputs)):
        if name in found:
            raise DataError(f"column '{name}' occurs twice in the header: remove one.")
        found[name] = number
        if name not in inputs:
            if not ignore_extra:
                raise DataError(
                    f"column '{name}' is not an input of the model ({', '.join(inputs)}): remove "
                    "it, or give --ignore-extra."
                )
            continue
        expected = units[inputs.index(name)]
        if unit and expected and not same_unit(unit, expected):
            raise DataError(
                f"column '{name}' is in [{unit}], the model was trained in [{expected}]: convert "
                "the column."
            )
    missing = [name for name in inputs if name not in found]
    if missing:
        raise DataError(
            f"there is no column '{missing[0]}', an input of the model ({', '.join(inputs)}): "
            f"the columns are {', '.join(found)}."
        )
    return [found[name] for name in inputs]
