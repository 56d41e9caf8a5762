"""Data frames of pandas."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sobolev._base.errors import DataError
from sobolev._base.optional import optional
from sobolev.data.dataset import Dataset
from sobolev.data.tables.columns import understand
from sobolev.data.tables.headings import split_headings
from sobolev.data.tables.table import NumberedTable, assemble, columns_of


def from_pandas(
    frame: Any,
    inputs: Sequence[str] | None = None,
    outputs: Sequence[str] | None = None,
    columns: Mapping[str, Mapping[str, str]] | None = None,
) -> Dataset:
    """A data set from a `pandas.DataFrame`, whose columns are understood as those of `read_csv`.

    Units stand in `frame.attrs["units"]`, a table column -> unit, or in the name, `a [mm]`. NaN,
    None and NA are absent labels; the index is not used. Raises `DataError`.

    ```python
    data = from_pandas(frame, inputs=("a", "b"), outputs=("eta",))
    ```
    """
    if not hasattr(frame, "columns") or not hasattr(frame, "iloc"):
        raise DataError(f"a pandas.DataFrame is needed: got {type(frame).__name__}.")
    if len(frame) == 0:
        raise DataError("the frame has no row: give at least one row.")
    table = FrameTable(frame)
    return assemble(table, understand(table.names, inputs, outputs, columns))


def to_pandas(data: Dataset) -> Any:
    """A `pandas.DataFrame` with the columns of a CSV table; units in `attrs["units"]`.

    `from_pandas(frame, data.inputs, data.outputs)` returns the same bits. Raises `DataError` when a
    name has two meanings and for products along vectors (jvp, hvp, vjp).

    ```python
    frame = to_pandas(data)
    ```
    """
    pandas = optional("pandas", "to_pandas", "pandas")
    columns = columns_of(data, "pandas")
    frame = pandas.DataFrame({column.name: column.cells for column in columns})
    frame.attrs["units"] = {column.name: column.unit for column in columns}
    return frame


class FrameTable(NumberedTable):
    """A data frame as a `Table`."""

    def __init__(self, frame: Any):
        self._frame = frame
        units = frame.attrs.get("units", {})
        if not isinstance(units, Mapping):
            raise DataError(f"attrs['units'] must be a table column -> unit: got {units!r}.")
        texts = [str(name) for name in frame.columns]
        self.names = [
            (text, str(units[name])) if name in units else heading
            for name, text, heading in zip(frame.columns, texts, split_headings(texts), strict=True)
        ]

    def __len__(self) -> int:
        return len(self._frame)

    def numbers(self, column: int, absent: bool) -> np.ndarray:
        """The numbers of a column, NaN for a gap when it may be absent; `DataError`."""
        series = self._frame.iloc[:, column]
        kind = getattr(series.dtype, "kind", "O")
        if kind in "iufb":
            numbers = np.array(series.to_numpy(np.float64, na_value=np.nan))
        elif kind in "OTU":
            numbers = self._of_texts(column, self.texts(column), series.dtype)
        else:
            self._refuse(column, series.dtype)
        return self._finite(column, numbers, absent, "make it NaN")

    def texts(self, column: int) -> list[str]:
        """The cells of a column as text."""
        return [str(cell) for cell in self._frame.iloc[:, column]]
