"""Tables of named columns, whatever file they come from: to a data set, and from one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, NoReturn, Protocol, runtime_checkable

import numpy as np

from sobolev._base.errors import DataError
from sobolev.data.dataset import Dataset
from sobolev.data.kinds import ALONG, LABELS
from sobolev.data.numerals import cell
from sobolev.data.tables.columns import Columns, understand
from sobolev.data.unused import Unused
from sobolev.derivative_names import BESIDE, beside_name, entry_name

INSTEAD = "write .npz or .h5 instead"


@runtime_checkable
class Table(Protocol):
    """Rows under a header; each format reads its own cells and says where a wrong one is."""

    names: list[tuple[str, str]]  # name and unit of each column
    unused: Unused  # what of the file is no column of it

    def __len__(self) -> int:
        """Number of rows."""
        ...

    def where(self, row: int, column: int) -> str:
        """The place of a cell in words, for messages."""
        ...

    def numbers(self, column: int, absent: bool) -> np.ndarray:
        """The finite numbers of a column, NaN for an empty cell when it may be `absent`."""
        ...

    def texts(self, column: int) -> list[str]:
        """The cells of a column as text."""
        ...


class NumberedTable:
    """A table of arrays, whose rows have no line of a file but a number; the first is row 0."""

    names: list[tuple[str, str]]
    unused = Unused()

    def where(self, row: int, column: int) -> str:
        """`row 3, column 'a'`."""
        return f"row {row}, column '{self.names[column][0]}'"

    def _refuse(self, column: int, kind: object) -> NoReturn:
        raise DataError(f"column '{self.names[column][0]}' holds {kind}, not numbers: convert it.")

    def _of_texts(self, column: int, texts: list[str], kind: object) -> np.ndarray:
        """Numbers that stand as text, as programs print them."""
        found = [cell(text) for text in texts]
        if None in found:
            self._refuse(column, kind)
        return np.array(found, np.float64)

    def _finite(self, column: int, numbers: np.ndarray, absent: bool, gap: str) -> np.ndarray:
        """`numbers` unless one is infinite, or NaN where it may not be `absent`; `DataError`."""
        wrong = np.isinf(numbers) | (False if absent else np.isnan(numbers))
        if wrong.any():
            bad = int(np.flatnonzero(wrong)[0])
            remedy = f"{gap} where a label is absent" if absent else "remove the row"
            raise DataError(
                f"{self.where(bad, column)}: {numbers[bad]} is not a finite number. Correct it, or "
                f"{remedy}."
            )
        return numbers


@dataclass(frozen=True)
class Column:
    """A column to be written: its name, unit, what it means, and its numbers or texts."""

    name: str
    unit: str
    place: tuple
    cells: np.ndarray  # numbers with NaN = absent, or texts


def assemble(table: Table, columns: Columns) -> Dataset:
    """The data set that a table holds, given what its columns mean; raises `DataError`."""
    n, d, q = len(table), len(columns.inputs), len(columns.outputs)
    kinds = {place[0] for place in columns.places.values()}
    shapes = {"x": (n, d), "y": (n, q), "jacobian": (n, q, d), "hessian": (n, q, d, d)}
    wanted = [kind for kind in shapes if kind in kinds | {"x", "y"}]
    arrays: dict[str, Any] = {kind: np.full(shapes[kind], np.nan) for kind in wanted}
    for number, (kind, *place) in columns.places.items():
        arrays[kind][(slice(None), *place)] = table.numbers(number, absent=kind != "x")
    if "hessian" in arrays:
        _fill_symmetric(arrays["hessian"], table, columns)
    return Dataset(
        **arrays,
        inputs=columns.inputs,
        outputs=columns.outputs,
        input_units=columns.input_units,
        output_units=columns.output_units,
        group=None if columns.group is None else _group(table, columns.group),
        noise=_beside("noise", table, columns, shapes),
        estimated=_beside("estimated", table, columns, shapes),
        unused=table.unused + columns.unused,
    )


def columns_of(data: Dataset, format: str) -> list[Column]:
    """Every column of `data`, under a header that a reader understands as it is meant.

    Raises `DataError` for what a table has no columns for, and for names with two meanings.
    """
    for kind in ALONG:
        if kind in data.labels():
            raise DataError(f"a table has no columns for '{kind}' labels: {INSTEAD}.")
    columns = list(_columns(data))
    _check_readable(data, columns, format)
    return columns


def _check_readable(data: Dataset, columns: Sequence[Column], format: str) -> None:
    remedy = f"rename it, or {INSTEAD}."
    unknown = sorted(set(() if data.group is None else data.group) - {"train", "valid"})
    if unknown:
        raise DataError(f"the group '{unknown[0]}' is neither 'train' nor 'valid': {remedy}")
    header = [(column.name, column.unit) for column in columns]
    try:
        found = understand(header, data.inputs, data.outputs)
    except DataError as error:
        raise DataError(f"a name cannot stand in a {format} header: {error} Or {remedy}") from error
    places = {**found.places, **found.beside}
    if found.group is not None:
        places[found.group] = ("group",)
    meant = {number: column.place for number, column in enumerate(columns)}
    units = data.input_units, data.output_units
    if places != meant or (found.input_units, found.output_units) != units:
        raise DataError(
            f"a name or unit among {data.inputs + data.outputs}, "
            f"{data.input_units + data.output_units} cannot stand in a {format} header: {remedy}"
        )


def _columns(data: Dataset) -> Iterator[Column]:
    for j, (name, unit) in enumerate(zip(data.inputs, data.input_units, strict=True)):
        yield Column(name, unit, ("x", j), data.x[:, j])
    labels = data.labels()
    same = _symmetric(data) if "hessian" in labels else True
    for kind in labels:
        for place in _entries(data, kind, same):
            yield Column(*_heading(data, kind, place), (kind, *place), _at(labels[kind], place))
    for beside in BESIDE:
        for kind, array in getattr(data, beside).items():
            for place in _entries(data, kind, same):
                name = beside_name(beside, _heading(data, kind, place)[0])
                cells = np.asarray(_at(array, place), np.float64)
                yield Column(name, "", (beside, (kind, *place)), cells)
    if data.group is not None:
        yield Column("group", "", ("group",), data.group)


def _entries(data: Dataset, kind: str, same: bool) -> Iterator[tuple[int, ...]]:
    """The places of a kind of label; of a symmetric pair only one."""
    sizes = {"q": len(data.outputs), "d": data.dimension}
    for place in product(*(range(sizes[letter]) for letter in LABELS[kind][1:])):
        if not (same and kind == "hessian" and place[1] > place[2]):
            yield place


def _heading(data: Dataset, kind: str, place: tuple[int, ...]) -> tuple[str, str]:
    unit = data.output_units[place[0]] if kind == "y" else ""
    return entry_name(place, data.outputs, data.inputs), unit


def _at(array: np.ndarray, place: tuple[int, ...]) -> np.ndarray:
    return array[(slice(None), *place)]


def _symmetric(data: Dataset) -> bool:
    """Whether one order of each second derivative says it all; refuses what would be changed."""
    arrays = [data.labels()["hessian"]]
    arrays += [beside["hessian"] for beside in (data.noise, data.estimated) if "hessian" in beside]
    hessian, turned = arrays[0], arrays[0].swapaxes(2, 3)
    if not np.array_equal(np.isnan(hessian), np.isnan(turned)):
        raise DataError(
            "a second derivative is given in one order and absent in the other, and a table cannot "
            f"say so: fill it in, or {INSTEAD}."
        )
    if _differs(hessian, turned).any():
        raise DataError(
            "the two orders of a second derivative differ, and no reader takes that from a table: "
            f"correct them, or {INSTEAD}."
        )
    return all(
        np.array_equal(a, a.swapaxes(2, 3), equal_nan=a.dtype.kind == "f") and _same_zeros(a)
        for a in arrays
    )


def _same_zeros(array: np.ndarray) -> bool:
    return np.array_equal(np.signbit(array), np.signbit(array.swapaxes(2, 3)))


def _differs(given: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Where two orders of the second derivatives `[n, ...]` differ by more than round-off."""
    both = ~np.isnan(given) & ~np.isnan(other)
    largest = np.abs(np.where(both, given, 0.0)).max(axis=0)
    with np.errstate(over="ignore"):
        return both & (np.abs(given - other) > 1e-8 * largest)


def _beside(kind: str, table: Table, columns: Columns, shapes: dict) -> dict[str, np.ndarray]:
    found: dict[str, np.ndarray] = {}
    given = {place for beside, place in columns.beside.values() if beside == kind}
    for number, (beside, place) in columns.beside.items():
        if beside != kind:
            continue
        label, *entry = place
        empty = np.nan if kind == "noise" else False
        array = found.setdefault(label, np.full(shapes[label], empty))
        cells = table.numbers(number, absent=True)
        _at(array, tuple(entry))[...] = cells if kind == "noise" else _marks(table, number, cells)
        if label == "hessian" and (label, entry[0], entry[2], entry[1]) not in given:
            array[:, entry[0], entry[2], entry[1]] = array[:, entry[0], entry[1], entry[2]]
    return {label: found[label] for label in LABELS if label in found}


def _marks(table: Table, column: int, cells: np.ndarray) -> np.ndarray:
    bad = np.flatnonzero(~np.isnan(cells) & (cells != 0) & (cells != 1))
    if len(bad):
        raise DataError(
            f"{table.where(bad[0], column)}: {cells[bad[0]]:g} is neither 1, an estimate, nor 0: "
            "correct it."
        )
    return cells == 1


def _fill_symmetric(hessian: np.ndarray, table: Table, columns: Columns) -> None:
    for number, (kind, *place) in columns.places.items():
        if kind != "hessian" or place[1] == place[2]:
            continue
        output, i, j = place
        given, other = hessian[:, output, i, j], hessian[:, output, j, i]
        bad = np.flatnonzero(_differs(given, other))
        if len(bad):
            row = bad[0]
            raise DataError(
                f"{table.where(row, number)}: {given[row]!s} differs from {other[row]!s} of the "
                "other order of the same second derivative: correct one, or leave it out."
            )
        hessian[:, output, j, i] = np.where(np.isnan(other), given, other)


def _group(table: Table, column: int) -> np.ndarray:
    cells = [cell.strip() for cell in table.texts(column)]
    for row, text in enumerate(cells):
        if text not in ("train", "valid"):
            raise DataError(
                f"{table.where(row, column)}: '{text}' is neither 'train' nor 'valid'. Correct it, "
                "or rename the column."
            )
    return np.array(cells)
