"""Tables of values and derivatives as CSV text."""

import csv
import io
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from sobolev._base.atomic import read_bytes, write_atomically
from sobolev._base.errors import DataError
from sobolev.data.dataset import Dataset
from sobolev.data.format import NAMES, Format
from sobolev.data.numerals import cell
from sobolev.data.tables.columns import understand
from sobolev.data.tables.dialect import MARKS, dialect_of
from sobolev.data.tables.grid import Grid, grid_of
from sobolev.data.tables.headings import Heading, join_headings
from sobolev.data.tables.table import Column, Table, assemble, columns_of


def read_csv(
    path: str | os.PathLike,
    inputs: Sequence[str] | None = None,
    outputs: Sequence[str] | None = None,
    columns: Mapping[str, Mapping[str, str]] | None = None,
) -> Dataset:
    """Read a table with a header line; what separates its cells is seen from the header.

    That is a comma, semicolon, tab, bar, or white space; `sep=;` may stand above. Lines that begin
    with # or % are comments, the last one above numbers is the header. UTF-8, UTF-16, or the
    letters of Windows. A row of units may follow the header. Numbers have a decimal point; `NA`,
    `N/A`, `NULL` are absent, Fortran's `1.0D-03` is read.

    Columns, in any order: every input and output by name, with its unit if you like, `a [mm]`;
    first derivatives `d{y}/d{x}`; second derivatives `d2{y}/d{x1}d{x2}`, one of the two orders is
    enough, or `d2{y}/d{x}2`; the standard deviation of any of these, `sd({y})`, `sd(d{y}/d{x})`;
    `estimated(...)` with 1 for labels that are estimates; `group` or `split` with "train" or
    "valid". An empty cell or `nan` is an absent label.

    Of declared or inferred names also `d{y}_d{x}`, `d{y}__d{x}`, `{y}!{x}` and `{y},{x}`. What can
    be read in two ways is an error. An output that has derivatives needs no column of its own.
    What is not used is in `Dataset.unused`.

    **Arguments:**
    - `inputs`, `outputs`: names of columns. When not given they are what the derivative headers
      say; when both are given, other columns are ignored.
    - `columns`: derivatives with other headers, output -> input, or "input, input" -> column.

    Raises `DataError` naming the line and the column.

    ```python
    data = read_csv("plate.csv")
    data = read_csv("plate.csv", inputs=("a", "b"), outputs=("eta",))
    data = read_csv("plate.csv", columns={"eta": {"a": "slope_a", "a, b": "twist"}})
    ```
    """
    try:
        table = parse_csv(read_bytes(path))
        return assemble(table, understand(table.names, inputs, outputs, columns))
    except csv.Error as error:
        raise DataError(f"{path} is not a CSV table ({error}): export it again.") from error
    except DataError as error:
        raise error.at(path) from error


def write_csv(path: str | os.PathLike, data: Dataset) -> Path:
    """Write `data` so that `read_csv(path, data.inputs, data.outputs)` returns the same bits.

    Absent labels are empty cells, units stand in the header. Raises `OutputError`, and `DataError`
    when a name or a unit cannot stand in a header, and for products along vectors (jvp, hvp, vjp).

    ```python
    write_csv("plate.csv", data)
    ```
    """
    columns = columns_of(data, "CSV")
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    text.write(header_line([(column.name, column.unit) for column in columns]))
    _check_header(text.getvalue(), data, columns)
    writer.writerows(zip(*(_cells(column.cells) for column in columns), strict=True))
    return write_atomically(path, text.getvalue().encode())


def header_line(headings: Sequence[Heading]) -> str:
    """The first line of a table: names with their units, as `read_csv` takes them apart again."""
    first, *others = join_headings(headings)
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerow([first, *others])
    if first.lstrip()[:1] in tuple(MARKS) and not text.getvalue().startswith('"'):
        return f'"{first}"{text.getvalue()[len(first) :]}'  # else it would be a comment
    return text.getvalue()


class CsvTable(Grid):
    """A parsed CSV file (a `Table`): header, cells, and the line of each row."""

    def __len__(self) -> int:
        return len(self.rows)

    def where(self, row: int, column: int) -> str:
        """`line 3, column 'a'`."""
        return f"line {self.lines[row]}, column '{self.names[column][0]}'"

    def texts(self, column: int) -> list[str]:
        """The cells of a column."""
        return [row[column] for row in self.rows]

    def numbers(self, column: int, absent: bool) -> np.ndarray:
        """The numbers of a column, NaN for an empty cell when it may be absent; `DataError`."""
        cells = self.texts(column)
        try:
            values = [float(cell) if cell else np.nan for cell in cells]
        except ValueError:
            values = [_number(self, row, column, absent) for row in range(len(cells))]
        numbers = np.array(values)
        wrong = np.isinf(numbers) | (False if absent else np.isnan(numbers))
        if wrong.any() or "_" in "".join(cells):  # float("1_0") is 10
            bad = next(r for r in range(len(cells)) if wrong[r] or "_" in cells[r])
            remedy = "leave the cell empty where a label is absent" if absent else "remove the row"
            raise DataError(
                f"{self.where(bad, column)}: '{cells[bad]}' is not a finite number. Correct it, or "
                f"{remedy}."
            )
        return numbers


def parse_csv(content: bytes) -> CsvTable:
    """Header and cells of a CSV file; raises `DataError`, and `csv.Error` for an open quote."""
    grid = grid_of(dialect_of(content))
    return CsvTable(grid.names, grid.rows, grid.lines, grid.unused)


def _number(table: CsvTable, row: int, column: int, absent: bool) -> float:
    text = table.rows[row][column].strip()
    value = cell(text)
    if value is not None:
        return value
    comma = re.fullmatch(r"[-+]?\d+,\d+([eE][-+]?\d+)?", text)
    remedy = "write a decimal point instead of the comma" if comma else "correct the cell"
    if set(text) == {"*"}:
        remedy = "it did not fit the field it was printed in, print more digits"
    raise DataError(
        f"{table.where(row, column)}: '{text}' is not a number: {remedy}"
        f"{', or leave it empty where a label is absent' if absent else ''}."
    )


def _cells(values: np.ndarray) -> list:
    return ["" if value != value else value for value in values.tolist()]


def _check_header(line: str, data: Dataset, columns: list[Column]) -> None:
    """Read the header back: names with brackets or with two meanings do not pass."""
    try:
        names = parse_csv((line + ",".join("1" for _ in columns)).encode()).names
    except (DataError, csv.Error):
        names = []
    if names != [(column.name, column.unit) for column in columns]:
        raise DataError(
            f"a name or unit among {data.inputs + data.outputs}, "
            f"{data.input_units + data.output_units} cannot stand in a CSV header: rename it, or "
            "write .npz or .h5 instead."
        )


def csv_points(path: str | os.PathLike) -> Table:
    """The table in a file, whatever its columns mean."""
    return parse_csv(read_bytes(path))


CSV = Format(
    "CSV", (".csv",), read_csv, write_csv, NAMES, csv_points, kinds=("y", "jacobian", "hessian")
)
