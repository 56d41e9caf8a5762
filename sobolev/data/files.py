"""Read and write datasets; the suffix of the path says in which format."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sobolev._base.errors import DataError, Remedy
from sobolev._base.optional import optional
from sobolev.data.dataset import Dataset
from sobolev.data.hdf5.evaluations import read_hdf5, write_hdf5
from sobolev.data.npz import read_npz, write_npz
from sobolev.data.tables.csv_table import read_csv, write_csv
from sobolev.data.tables.parquet import read_parquet, write_parquet
from sobolev.data.tools.extxyz import read_extxyz, write_extxyz
from sobolev.data.tools.openmdao_recorder import read_openmdao

# Tables, in which names have to be found, and files that say what is what.
_TABLES: dict[str, Callable[..., Dataset]] = {".csv": read_csv, ".parquet": read_parquet}
_SELF_NAMED: dict[str, Callable[[Any], Dataset]] = {
    ".npz": read_npz,
    ".h5": read_hdf5,
    ".hdf5": read_hdf5,
    ".xyz": read_extxyz,
    ".extxyz": read_extxyz,
}
_RECORDERS: dict[str, Callable[..., Dataset]] = {".sql": read_openmdao, ".db": read_openmdao}
_WRITERS: dict[str, Callable[[Any, Dataset], Path]] = {
    ".csv": write_csv,
    ".parquet": write_parquet,
    ".npz": write_npz,
    ".h5": write_hdf5,
    ".hdf5": write_hdf5,
    ".xyz": write_extxyz,
    ".extxyz": write_extxyz,
}
_LIBRARIES = {
    ".parquet": ("pyarrow.parquet", "Parquet", "parquet"),
    ".h5": ("h5py", "HDF5", "hdf5"),
    ".hdf5": ("h5py", "HDF5", "hdf5"),
}
TABLES = tuple(_TABLES)
READABLE = *_TABLES, *_SELF_NAMED, *_RECORDERS
WRITABLE = tuple(_WRITERS)


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
    suffix = _suffix(path, READABLE)
    if suffix in _TABLES:
        return _TABLES[suffix](path, inputs, outputs, columns)
    if suffix in _RECORDERS and columns is None:
        return _RECORDERS[suffix](path, inputs, outputs)
    if (inputs, outputs, columns) != (None, None, None):
        raise DataError(
            f"{path} names its own columns:",
            Remedy(
                "leave out inputs, outputs and columns.",
                option="leave out --inputs, --outputs and [columns].",
            ),
        )
    return _SELF_NAMED[suffix](path)


def write(path: str | os.PathLike, data: Dataset) -> Path:
    """Write `data` as `.csv`, `.parquet`, `.npz`, `.h5`, `.hdf5`, `.xyz` or `.extxyz`.

    The file is whole or not there; reading it gives the same bits. Raises `OutputError`, and
    `DataError` when the format cannot hold all that the data say: `.npz` and `.h5` hold everything.

    ```python
    write("plate.npz", data)
    ```
    """
    return _WRITERS[_suffix(path, WRITABLE)](path, data)


def check_writable(path: str | os.PathLike) -> None:
    """Raise `DataError` when `write` knows no such suffix or lacks a library; before the work."""
    suffix = _suffix(path, WRITABLE)
    if suffix in _LIBRARIES:
        optional(*_LIBRARIES[suffix])


def _suffix(path: str | os.PathLike, known: Sequence[str]) -> str:
    suffix = Path(path).suffix.lower()
    if suffix not in known:
        raise DataError(
            f"{path} must end in {', '.join(known[:-1])} or {known[-1]}: got '{suffix}'. Rename it."
        )
    return suffix
