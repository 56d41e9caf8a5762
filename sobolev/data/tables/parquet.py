"""Tables of values and derivatives as Parquet: the columns of CSV, exact bits, and smaller."""

import io
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sobolev._base.atomic import read_bytes, write_atomically
from sobolev._base.errors import CorruptFile, DataError
from sobolev._base.optional import optional
from sobolev.data.dataset import Dataset
from sobolev.data.fingerprint import fingerprint
from sobolev.data.format import NAMES, Format
from sobolev.data.tables.columns import understand
from sobolev.data.tables.headings import Heading, split_headings
from sobolev.data.tables.table import NumberedTable, assemble, columns_of

VERSION = 1
_DAMAGE = KeyError, MemoryError, OSError, OverflowError, RecursionError, ValueError
_KEY, _UNIT = b"sobolev", b"unit"


def read_parquet(
    path: str | os.PathLike,
    inputs: Sequence[str] | None = None,
    outputs: Sequence[str] | None = None,
    columns: Mapping[str, Mapping[str, str]] | None = None,
) -> Dataset:
    """Read a Parquet table; its columns are understood as those of `read_csv`, null = absent.

    Units stand in the metadata `unit` of a column, or in its name, `a [mm]`. What `write_parquet`
    wrote says by itself which columns are inputs, and carries a SHA-256 that is checked unless
    `inputs`, `outputs` or `columns` are given. Needs pyarrow.

    Raises `DataError` naming the row and the column, `CorruptFile` when the file is damaged.

    ```python
    data = read_parquet("plate.parquet")
    data = read_parquet("theirs.parquet", inputs=("a", "b"), outputs=("eta",))
    ```
    """
    try:
        table = load_parquet(path)
        about = table.about if (inputs, outputs, columns) == (None, None, None) else {}
        if about.get("version", 0) > VERSION:
            raise DataError(
                f"it has format version {about['version']}, this program reads up to {VERSION}: "
                "update sobolev."
            )
        inputs, outputs = about.get("inputs", inputs), about.get("outputs", outputs)
        data = assemble(table, understand(table.names, inputs, outputs, columns))
    except DataError as error:
        raise error.at(path) from error
    if "sha256" in about and about["sha256"] != fingerprint(data):
        raise CorruptFile(
            f"{path} does not hold what sobolev wrote (its checksum does not match): restore it "
            "from a copy. If it was changed on purpose, give inputs and outputs."
        )
    return data


def write_parquet(path: str | os.PathLike, data: Dataset) -> Path:
    """Write `data` so that `read_parquet(path)` returns the same bits; needs pyarrow.

    Absent labels are null. Raises `OutputError`, and `DataError` when a name has two meanings and
    for products along vectors (jvp, hvp, vjp).

    ```python
    write_parquet("plate.parquet", data)
    ```
    """
    arrow = optional("pyarrow", "Parquet", "parquet")
    parquet = optional("pyarrow.parquet", "Parquet", "parquet")
    columns = columns_of(data, "Parquet")
    about = {
        "version": VERSION, "inputs": data.inputs, "outputs": data.outputs,
        "sha256": fingerprint(data),
    }  # fmt: skip
    fields, arrays = [], []
    for column in columns:
        numeric = column.cells.dtype.kind == "f"
        kind = arrow.float64() if numeric else arrow.string()
        mask = np.isnan(column.cells) if numeric else None
        arrays.append(arrow.array(np.ascontiguousarray(column.cells), type=kind, mask=mask))
        fields.append(arrow.field(column.name, kind, metadata={_UNIT: column.unit.encode()}))
    schema = arrow.schema(fields, metadata={_KEY: json.dumps(about).encode()})
    buffer = io.BytesIO()
    table = arrow.Table.from_arrays(arrays, schema=schema)
    parquet.write_table(table, buffer, write_page_checksum=True, use_dictionary=False)
    return write_atomically(path, buffer.getvalue())


class ParquetTable(NumberedTable):
    """A loaded Parquet file (a `Table`)."""

    def __init__(self, table: Any):
        self._table = table
        fields = list(table.schema)
        headings = zip(fields, split_headings([field.name for field in fields]), strict=True)
        self.names = [_heading(field, heading) for field, heading in headings]
        self.about = _about(table.schema.metadata or {})

    def __len__(self) -> int:
        return self._table.num_rows

    def numbers(self, column: int, absent: bool) -> np.ndarray:
        """The numbers of a column, NaN for null when it may be absent; `DataError`."""
        import pyarrow as arrow

        values = self._table.column(column)
        kind = values.type
        if arrow.types.is_integer(kind) or arrow.types.is_floating(kind):
            numbers = np.array(values.to_numpy(), np.float64)  # null is NaN
        elif arrow.types.is_string(kind) or arrow.types.is_large_string(kind):
            numbers = self._of_texts(column, self.texts(column), kind)
        else:
            self._refuse(column, kind)
        return self._finite(column, numbers, absent, "leave it null")

    def texts(self, column: int) -> list[str]:
        """The cells of a column as text; null is empty."""
        return [
            "" if cell is None else str(cell) for cell in self._table.column(column).to_pylist()
        ]


def load_parquet(path: str | os.PathLike) -> ParquetTable:
    """The columns of a Parquet file; raises `DataError`, `CorruptFile`."""
    parquet = optional("pyarrow.parquet", "Parquet", "parquet")
    import pyarrow as arrow

    content = read_bytes(path)
    try:
        table = parquet.read_table(
            arrow.BufferReader(content), page_checksum_verification=True, use_threads=False
        )
        loaded = ParquetTable(table)
    except (arrow.ArrowException, *_DAMAGE) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise CorruptFile(
            f"{path} is cut off, damaged, or no Parquet file ({reason}): restore it from a copy or "
            "export it again."
        ) from error
    if len(loaded) == 0:
        raise DataError(f"{path}: the table has no row: give at least one row.")
    return loaded


def _heading(field: Any, heading: Heading) -> Heading:
    metadata = field.metadata or {}
    return (field.name, metadata[_UNIT].decode()) if _UNIT in metadata else heading


def _about(metadata: Mapping[bytes, bytes]) -> dict:
    """What `write_parquet` noted; empty for a table of somebody else."""
    if _KEY not in metadata:
        return {}
    about = json.loads(metadata[_KEY])
    if not (
        isinstance(about, dict)
        and isinstance(about.get("version"), int)
        and all(isinstance(about.get(n), list) for n in ("inputs", "outputs"))
    ):
        raise ValueError("its metadata is not sobolev's")
    return about


PARQUET = Format(
    "Parquet", (".parquet",), read_parquet, write_parquet, NAMES, load_parquet,
    ("pyarrow.parquet", "parquet"), ("y", "jacobian", "hessian"), sealed=True,
)  # fmt: skip
