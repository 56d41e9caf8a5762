"""Tables of points without outputs: where a function is to be evaluated."""

import csv
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sobolev._base.errors import DataError
from sobolev.data.registry import formats
from sobolev.data.tables.csv_table import CSV, csv_points
from sobolev.data.tables.table import Table


def read_points(
    path: str | os.PathLike,
    inputs: Sequence[str],
    units: Sequence[str] = (),
    ignore_extra: bool = False,
) -> np.ndarray:
    """Points `[n, d]` in the order of `inputs`, from a `.csv` or `.parquet` with these columns.

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


def _table(path: str | os.PathLike) -> Table:
    format = formats().get(Path(path).suffix.lower(), CSV)
    return (format.table or csv_points)(path)


def _places(table: Table, inputs: list[str], units: list[str], ignore_extra: bool) -> list[int]:
    found: dict[str, int] = {}
    for number, (name, unit) in enumerate(table.names):
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
        if unit and expected and unit != expected:
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
