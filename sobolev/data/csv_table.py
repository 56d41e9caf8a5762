"""Tables of values and derivatives as CSV text."""

import csv
import io
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from sobolev._errors import DataError
from sobolev._files import read_bytes, write_atomically
from sobolev.data.csv_columns import Columns, split_unit, understand
from sobolev.data.dataset import Dataset


def read_csv(
    path: str | os.PathLike,
    inputs: Sequence[str] | None = None,
    outputs: Sequence[str] | None = None,
    columns: Mapping[str, Mapping[str, str]] | None = None,
) -> Dataset:
    """Read a table with a header line; delimiter comma, semicolon or tab, decimal point, UTF-8.

    Columns, in any order: every input and output by name, with its unit if you like, `a [mm]`;
    first derivatives `d{y}/d{x}`; second derivatives `d2{y}/d{x1}d{x2}`, one of the two orders is
    enough, or `d2{y}/d{x}2`; `group` or `split` with "train" or "valid". An empty cell or `nan` is
    an absent label.

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
        table = _parse(read_bytes(path))
        return _dataset(table, understand(table.header, inputs, outputs, columns))
    except csv.Error as error:
        raise DataError(f"{path} is not a CSV table ({error}): export it again.") from error
    except DataError as error:
        raise error if str(path) in str(error) else DataError(f"{path}: {error}") from error


def write_csv(path: str | os.PathLike, data: Dataset) -> Path:
    """Write `data` so that `read_csv(path, data.inputs, data.outputs)` returns the same bits.

    Absent labels are empty cells, units stand in the header. Raises `OutputError`, and `DataError`
    when a name or a unit cannot stand in a header.

    ```python
    write_csv("plate.csv", data)
    ```
    """
    header, cells = zip(*_columns(data), strict=True)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    _check_header(text.getvalue(), data)
    writer.writerows(zip(*cells, strict=True))
    return write_atomically(path, text.getvalue().encode())


@dataclass
class _Table:
    header: list[str]
    rows: list[list[str]]
    lines: list[int]  # of the file, for messages

    def where(self, row: int, column: int) -> str:
        return f"line {self.lines[row]}, column '{split_unit(self.header[column])[0]}'"


def _parse(content: bytes) -> _Table:
    text = _decode(content)
    first = next((line for line in text.splitlines() if line.strip()), None)
    if first is None:
        raise DataError("the file is empty: give a header line and at least one row.")
    unquoted = re.sub(r'"[^"]*"', "", first)
    delimiter = next((mark for mark in "\t;" if mark in unquoted), ",")
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True
    )
    numbered = ((reader.line_num, row) for row in reader)
    lines, rows = zip(
        *((line, row) for line, row in numbered if row not in ([], [""])), strict=True
    )
    for line, row in zip(lines, rows, strict=True):
        if len(row) != len(rows[0]):
            raise DataError(
                f"line {line} has {len(row)} cells, the header has {len(rows[0])} (delimiter "
                f"{delimiter!r}): complete the row. Numbers need a decimal point, not a comma."
            )
    if len(rows) == 1:
        raise DataError("the table has a header but no row: give at least one row.")
    return _Table(list(rows[0]), list(rows[1:]), list(lines[1:]))


def _decode(content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(f"line {line} is not UTF-8 text: save the table as UTF-8.") from error
    if "\0" in text:
        raise DataError("the file holds zero bytes, it is not a text table: export it as CSV.")
    return text


def _dataset(table: _Table, columns: Columns) -> Dataset:
    n, d, q = len(table.rows), len(columns.inputs), len(columns.outputs)
    kinds = {place[0] for place in columns.places.values()}
    shapes = {"x": (n, d), "y": (n, q), "jacobian": (n, q, d), "hessian": (n, q, d, d)}
    wanted = [kind for kind in shapes if kind in kinds | {"x", "y"}]
    arrays: dict[str, Any] = {kind: np.full(shapes[kind], np.nan) for kind in wanted}
    for number, (kind, *place) in columns.places.items():
        arrays[kind][(slice(None), *place)] = _numbers(table, number, absent=kind != "x")
    if "hessian" in arrays:
        _fill_symmetric(arrays["hessian"], table, columns)
    return Dataset(
        **arrays,
        inputs=columns.inputs,
        outputs=columns.outputs,
        input_units=columns.input_units,
        output_units=columns.output_units,
        group=None if columns.group is None else _group(table, columns.group),
    )


def _numbers(table: _Table, column: int, absent: bool) -> np.ndarray:
    cells = [row[column] for row in table.rows]
    try:
        values = [float(cell) if cell else np.nan for cell in cells]
    except ValueError:
        values = [_number(table, row, column, absent) for row in range(len(cells))]
    numbers = np.array(values)
    wrong = np.isinf(numbers) | (False if absent else np.isnan(numbers))
    if wrong.any() or "_" in "".join(cells):  # float("1_0") is 10
        bad = next(r for r in range(len(cells)) if wrong[r] or "_" in cells[r])
        remedy = "leave the cell empty where a label is absent" if absent else "remove the row"
        raise DataError(
            f"{table.where(bad, column)}: '{cells[bad]}' is not a finite number. Correct it, or "
            f"{remedy}."
        )
    return numbers


def _number(table: _Table, row: int, column: int, absent: bool) -> float:
    cell = table.rows[row][column].strip()
    try:
        return float(cell) if cell else np.nan
    except ValueError:
        comma = re.fullmatch(r"[-+]?\d+,\d+([eE][-+]?\d+)?", cell)
        remedy = "write a decimal point instead of the comma" if comma else "correct the cell"
        raise DataError(
            f"{table.where(row, column)}: '{cell}' is not a number: {remedy}"
            f"{', or leave it empty where a label is absent' if absent else ''}."
        ) from None


def _fill_symmetric(hessian: np.ndarray, table: _Table, columns: Columns) -> None:
    for number, (kind, *place) in columns.places.items():
        if kind != "hessian" or place[1] == place[2]:
            continue
        output, i, j = place
        given, other = hessian[:, output, i, j], hessian[:, output, j, i]
        both = ~np.isnan(given) & ~np.isnan(other)
        largest = np.abs(np.where(both, given, 0.0)).max()
        bad = np.flatnonzero(both & (np.abs(given - other) > 1e-8 * largest))  # above round-off
        if len(bad):
            row = bad[0]
            raise DataError(
                f"{table.where(row, number)}: {given[row]!s} differs from {other[row]!s} of the "
                "other order of the same second derivative: correct one, or leave it out."
            )
        hessian[:, output, j, i] = np.where(np.isnan(other), given, other)


def _group(table: _Table, column: int) -> np.ndarray:
    cells = [row[column].strip() for row in table.rows]
    for row, cell in enumerate(cells):
        if cell not in ("train", "valid"):
            raise DataError(
                f"{table.where(row, column)}: '{cell}' is neither 'train' nor 'valid'. Correct it, "
                "or rename the column."
            )
    return np.array(cells)


def _columns(data: Dataset) -> Iterator[tuple[str, list]]:
    """Every column of `data`: header and cells."""
    d, outputs = range(data.dimension), list(enumerate(data.outputs))
    for j, (name, unit) in enumerate(zip(data.inputs, data.input_units, strict=True)):
        yield (f"{name} [{unit}]" if unit else name), data.x[:, j].tolist()
    for k, (name, unit) in enumerate(zip(data.outputs, data.output_units, strict=True)):
        yield (f"{name} [{unit}]" if unit else name), _cells(data.y[:, k])
    if data.jacobian is not None:
        for (k, y), j in product(outputs, d):
            yield f"d{y}/d{data.inputs[j]}", _cells(data.jacobian[:, k, j])
    if data.hessian is not None:
        same = np.array_equal(data.hessian, data.hessian.swapaxes(2, 3), equal_nan=True)
        for (k, y), i, j in product(outputs, d, d):
            if i <= j or not same:
                header = f"d2{y}/d{data.inputs[i]}d{data.inputs[j]}"
                yield header, _cells(data.hessian[:, k, i, j])
    if data.group is not None:
        yield "group", [str(label) for label in data.group]


def _cells(values: np.ndarray) -> list:
    return ["" if value != value else value for value in values.tolist()]


def _check_header(line: str, data: Dataset) -> None:
    """Read the header back: names with brackets or with two meanings do not pass."""
    expected = (data.inputs, data.outputs, data.input_units, data.output_units)
    remedy = "rename it, or write .npz instead."
    unknown = sorted(set(() if data.group is None else data.group) - {"train", "valid"})
    if unknown:
        raise DataError(f"the group '{unknown[0]}' is neither 'train' nor 'valid': {remedy}")
    try:
        table = _parse(line.encode() + line.encode())
        found = understand(table.header, data.inputs, data.outputs)
    except DataError as error:
        raise DataError(f"a name cannot stand in a CSV header: {error} Or {remedy}") from error
    if (found.inputs, found.outputs, found.input_units, found.output_units) != expected or (
        len(found.places) + (found.group is not None) != len(table.header)
    ):
        raise DataError(
            f"a name or unit among {data.inputs + data.outputs}, "
            f"{data.input_units + data.output_units} cannot stand in a CSV header: {remedy}"
        )
