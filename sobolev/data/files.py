"""Read and write datasets; the suffix of the path says in which format.

One more format is one file that makes a `Format` and one line in `FORMATS`.
"""

import os
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from sobolev._base.arguments import shown
from sobolev._base.errors import ConfigError, DataError, Remedy
from sobolev.data.dataset import Dataset
from sobolev.data.foreign.extxyz import EXTXYZ
from sobolev.data.foreign.openmdao_recorder import OPENMDAO
from sobolev.data.format import Format
from sobolev.data.hdf5.evaluations import HDF5
from sobolev.data.npz import NPZ
from sobolev.data.tables.csv_table import CSV
from sobolev.data.tables.parquet import PARQUET

FORMATS: list[Format] = [CSV, PARQUET, NPZ, HDF5, EXTXYZ, OPENMDAO]


def register(format: Format) -> None:
    """Let `read` and `write` know an own format, for as long as this process lives.

    A format of the same name takes the place of the one before. Raises `ConfigError` for suffixes
    that are none or that another format has.

    ```python
    sb.data.register(sb.data.Format("tab", (".tab",), read_tab, write_tab))
    data = sb.read("plate.tab")
    ```
    """
    if not format.suffixes or not all(s[:1] == "." and s == s.lower() for s in format.suffixes):
        raise ConfigError(
            f"the suffixes of a format are texts like '.csv', in small letters: got "
            f"{shown(format.suffixes)}."
        )
    others = [other for other in FORMATS if other.name != format.name]
    for other in others:
        taken = [suffix for suffix in format.suffixes if suffix in other.suffixes]
        if taken:
            raise ConfigError(f"'{taken[0]}' is a suffix of {other.name}: give another one.")
    FORMATS[:] = [*others, format]


def formats() -> dict[str, Format]:
    """Every format by its suffixes."""
    return {suffix: format for format in FORMATS for suffix in format.suffixes}


def writable() -> tuple[str, ...]:
    """Suffixes that `write` knows."""
    return tuple(suffix for suffix, format in formats().items() if format.write is not None)


def read(
    path: str | os.PathLike,
    inputs: Sequence[str] | None = None,
    outputs: Sequence[str] | None = None,
    columns: Mapping[str, Mapping[str, str]] | None = None,
) -> Dataset:
    """Read a data set in the format that the suffix names.

    `.csv` and `.parquet` are tables, in which `inputs`, `outputs` and `columns` say what is what
    (see `read_csv`); of a recorder file of OpenMDAO (`.sql`, `.db`) `inputs` and `outputs` choose
    variables; `.npz`, `.h5`, `.hdf5` and extended XYZ (`.xyz`, `.extxyz`) name their own columns.

    Raises `DataError`, and `CorruptFile` when a file with a checksum was altered.

    ```python
    data = read("plate.csv", inputs=("a", "b"), outputs=("eta",))
    ```
    """
    format = _format(path, formats())
    given = {"inputs": inputs, "outputs": outputs, "columns": columns}
    if any(given[name] is not None for name in given.keys() - set(format.asks)):
        raise DataError(
            f"{path} names its own columns:",
            Remedy(
                "leave out inputs, outputs and columns.",
                option="leave out --inputs, --outputs and [columns].",
            ),
        )
    return format.read(path, **{name: given[name] for name in format.asks})


def write(path: str | os.PathLike, data: Dataset) -> Path:
    """Write `data` as `.csv`, `.parquet`, `.npz`, `.h5`, `.hdf5`, `.xyz` or `.extxyz`.

    The file is whole or not there; reading it gives the same bits. Raises `OutputError`, and
    `DataError` when the format cannot hold all that the data say: `.npz` and `.h5` hold everything.

    ```python
    write("plate.npz", data)
    ```
    """
    format = _format(path, writable())
    assert format.write is not None
    return format.write(path, data)


def check_writable(path: str | os.PathLike) -> None:
    """Raise `DataError` when `write` knows no such suffix or lacks a library; before the work."""
    _format(path, writable()).need_library()


def _format(path: str | os.PathLike, known: Collection[str]) -> Format:
    suffix = Path(path).suffix.lower()
    if suffix not in known:
        *most, last = known
        raise DataError(
            f"{path} must end in {', '.join(most)} or {last}: got '{suffix}'. Rename it."
        )
    return formats()[suffix]
