"""Datasets as checksummed `.npz`: exact, small, and readable with `numpy.load`."""

import os
from pathlib import Path
from typing import Any

from sobolev._errors import CorruptFile, DataError
from sobolev._files import read_archive, write_archive
from sobolev.data.dataset import Dataset

_TUPLES = "inputs", "outputs", "input_units", "output_units"
_ARRAYS = "x", "y", "jacobian", "hessian", "group"


def write_npz(path: str | os.PathLike, data: Dataset) -> Path:
    """Write `data` to `path`, whole or not at all; raises `OutputError`.

    ```python
    write_npz("plate.npz", data)
    data = read_npz("plate.npz")
    ```
    """
    header = {name: list(getattr(data, name)) for name in _TUPLES}
    given = {name: getattr(data, name) for name in _ARRAYS}
    arrays = {name: array for name, array in given.items() if array is not None}
    return write_archive(path, "dataset", 1, header, arrays)


def read_npz(path: str | os.PathLike) -> Dataset:
    """Read what `write_npz` wrote, bit for bit; raises `CorruptFile` when any bit differs.

    `DataError` when the file is missing, of another kind or of a newer version.
    """
    header, arrays = read_archive(path, "dataset", 1)
    try:
        fields: dict[str, Any] = {name: tuple(header[name]) for name in _TUPLES}
        fields |= {name: arrays[name] for name in _ARRAYS if name in arrays}
        return Dataset(**fields)
    except (KeyError, TypeError, DataError) as error:
        raise CorruptFile(f"{path} does not hold a whole dataset ({error}).") from error
