"""Rows of cells under a header: what of a text is no column, and a row of units."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from sobolev._base.errors import DataError
from sobolev.data.numerals import cell
from sobolev.data.tables.dialect import WHITE, Dialect
from sobolev.data.tables.headings import Heading, split_headings
from sobolev.data.tables.units import is_unit, same_unit
from sobolev.data.unused import Unused


@dataclass
class Grid:
    """Name and unit of each column, the cells of each row, and the line of each row."""

    names: list[Heading]
    rows: list[list[str]]
    lines: list[int]
    unused: Unused = field(default_factory=Unused)


def grid_of(dialect: Dialect) -> Grid:
    """The cells of a text table; raises `DataError`, and `csv.Error` for an open quote."""
    (_, header), *numbered = dialect.rows() or [(0, [])]
    lines, rows = [line for line, _ in numbered], [row for _, row in numbered]
    header, rows = _of_one_width(header, rows, dialect)
    for line, row in zip(lines, rows, strict=True):
        if len(row) != len(header):
            raise DataError(
                f"line {line} has {len(row)} cells, the header has {len(header)} (delimiter "
                f"{dialect.delimiter!r}): complete the row. Numbers need a decimal point, not a "
                "comma."
            )
    if not rows:
        raise DataError("the table has a header but no row: give at least one row.")
    header, rows, unused = _without_empty(header, rows)
    names = split_headings(header)
    units = _units(rows)
    if units is not None and len(rows) > 1:
        names = [_with(*pair) for pair in zip(names, units, strict=True)]
        rows, lines = rows[1:], lines[1:]
    if dialect.commented:
        word = "line is a comment" if dialect.commented == 1 else "lines are comments"
        unused += Unused((f"({dialect.commented} {word})",))
    return Grid(names, rows, lines, unused)


def _of_one_width(
    header: list[str], rows: list[list[str]], dialect: Dialect
) -> tuple[list[str], list[list[str]]]:
    """A header as wide as all of its rows, where only one thing can be meant."""
    delimiter = dialect.delimiter
    widths = {len(row) for row in rows}
    width = max(widths, default=len(header))
    if len(header) < width and all(not cell.strip() for row in rows for cell in row[len(header) :]):
        return header, [row[: len(header)] for row in rows]  # a delimiter ends each line
    if len(header) > width and not any(map(str.strip, header[width:])):
        header = header[:width]
    if len(widths) != 1 or len(header) == width:
        return header, rows
    named = delimiter == WHITE or re.search(r'[\r\n][ \t]*"', dialect.text)  # not a decimal comma
    if named and len(header) == width - 1 and _row_numbers([row[0] for row in rows]):
        return ["", *header], rows  # as R writes them
    merged = _merged(header, delimiter)
    if len(merged) == width:
        return merged, rows
    if len(header) > width > 1:
        raise DataError(
            f"the header has {len(header)} cells, every row has {width} (delimiter "
            f"{delimiter!r}): put a name that holds the delimiter in quotes, or complete the rows."
        )
    return header, rows


def _merged(header: Sequence[str], delimiter: str) -> list[str]:
    """Cells joined again where a delimiter stands inside a name: `K[0,1]`, `a [mm]`, `eta,a`."""
    joined: list[str] = []
    sign = " " if delimiter == WHITE else delimiter
    for name in header:
        unit = delimiter == WHITE and name.startswith("[")
        if joined and (unit or _open(joined[-1])):
            joined[-1] += sign + name
        else:
            joined.append(name)
    found: list[str] = []
    known = {name.strip() for name in joined}
    while joined:
        name = joined.pop(0)
        again = name.strip() in {other.strip() for other in found}
        if again and joined and joined[0].strip() in known:
            name += sign + joined.pop(0)  # the derivative of one column by another
        found.append(name)
    return found


def _open(text: str) -> bool:
    return any(text.count(left) > text.count(right) for left, right in ("[]", "()"))


def _without_empty(
    header: list[str], rows: list[list[str]]
) -> tuple[list[str], list[list[str]], Unused]:
    """Without columns that have neither a name nor a cell, and without row numbers."""
    kept, unused = [], Unused()
    for column, name in enumerate(header):
        cells = [] if name.strip() else [row[column] for row in rows]
        if name.strip() or any(map(str.strip, cells)):
            if cells and column == 0 and len(header) > 1 and _row_numbers(cells):
                unused = Unused(("(row numbers)",))
            else:
                kept.append(column)
    if len(kept) == len(header):
        return header, rows, unused
    return [header[c] for c in kept], [[row[c] for c in kept] for row in rows], unused


def _row_numbers(cells: Sequence[str]) -> bool:
    values = [cell(text) for text in cells]
    return values in (list(range(len(cells))), list(range(1, len(cells) + 1)))


def _units(rows: list[list[str]]) -> list[str] | None:
    """The first row as units, if it is one: no number in it, and nothing but units."""
    found = []
    for text in rows[0]:
        text = text.strip()
        bare = re.sub(r"^[\[(](.*)[\])]$", r"\1", text).strip()
        if text and not is_unit(bare) and (bare == text or cell(bare) is not None):
            return None
        found.append(bare)
    return found if any(unit and unit != "-" for unit in found) else None


def _with(heading: Heading, unit: str) -> Heading:
    name, own = heading
    if own and unit and not same_unit(own, unit):
        raise DataError(
            f"column '{name}' is in [{own}] by its header, in [{unit}] by the row of units: "
            "correct one."
        )
    return name, own or ("" if unit == "-" else unit)
