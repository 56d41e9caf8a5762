"""Read and write datasets; the suffix of the path says in which format."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from sobolev._errors import DataError
from sobolev.data.csv_table import read_csv, write_csv
from sobolev.data.dataset import Dataset
from sobolev.data.npz import read_npz, write_npz

_WRITERS = {".csv": write_csv, ".npz": write_npz}


def read(
    path: str | os.PathLike,
    inputs: Sequence[str] | None = None,
    outputs: Sequence[str] | None = None,
    columns: Mapping[str, Mapping[str, str]] | None = None,
) -> Dataset:
    """Read a `.csv` table (see `read_csv`) or an `.npz` dataset, which names its own columns.

    Raises `DataError`, and `CorruptFile` when an `.npz` was altered.

    ```python
    data = read("plate.csv", inputs=("a", "b"), outputs=("eta",))
    ```
    """
    if _suffix(path) == ".csv":
        return read_csv(path, inputs, outputs, columns)
    if (inputs, outputs, columns) != (None, None, None):
        raise DataError(f"{path} names its own columns: leave out inputs, outputs and columns.")
    return read_npz(path)


def write(path: str | os.PathLike, data: Dataset) -> Path:
    """Write `data` as `.csv` or `.npz`, whole or not at all; raises `OutputError`, `DataError`.

    ```python
    write("plate.npz", data)
    ```
    """
    return _WRITERS[_suffix(path)](path, data)


def _suffix(path: str | os.PathLike) -> str:
    suffix = Path(path).suffix.lower()
    if suffix not in _WRITERS:
        raise DataError(f"{path} must end in {' or '.join(_WRITERS)}: got '{suffix}'. Rename it.")
    return suffix
