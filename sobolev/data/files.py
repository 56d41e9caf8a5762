"""Read and write datasets; the suffix of the path says in which format."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from sobolev._base.errors import DataError, Remedy
from sobolev.data.dataset import Dataset
from sobolev.data.registry import format_of, formats, writable


def read(
    path: str | os.PathLike,
    inputs: Sequence[str] | None = None,
    outputs: Sequence[str] | None = None,
    columns: Mapping[str, Mapping[str, str]] | None = None,
) -> Dataset:
    """Read a data set in the format that the suffix names.

    `.csv` and `.parquet` are tables, in which `inputs`, `outputs` and `columns` say what is what
    (see `read_csv`); of a recorder file of OpenMDAO (`.sql`, `.db`) `inputs` and `outputs` choose
    variables, of extended XYZ (`.xyz`, `.extxyz`) `columns` the key of the energy; `.npz`, `.h5`
    and `.hdf5` name their own columns. What of the file is not used is in `Dataset.unused`.

    Raises `DataError`, and `CorruptFile` when a file with a checksum was altered.

    ```python
    data = read("plate.csv", inputs=("a", "b"), outputs=("eta",))
    ```
    """
    format = format_of(path, formats())
    given = {"inputs": inputs, "outputs": outputs, "columns": columns}
    if any(given[name] is not None for name in given.keys() - set(format.asks)):
        names = [name for name in given if name not in format.asks]
        options = ["[columns]" if name == "columns" else f"--{name}" for name in names]
        raise DataError(
            f"{path} names its own columns:",
            Remedy(
                f"leave out {_and(names)}.",
                option=f"leave out {_and(options)}, in --config, too.",
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
    format = format_of(path, writable())
    assert format.write is not None
    return format.write(path, data)


def check_writable(path: str | os.PathLike) -> None:
    """Raise `DataError` when `write` knows no such suffix or lacks a library; before the work."""
    format_of(path, writable()).need_library()


def _and(words: list[str]) -> str:
    """`a, b and c`."""
    return " and ".join([", ".join(words[:-1])] * (len(words) > 1) + words[-1:])
