"""Datasets as checksummed `.npz`: exact, small, and readable with `numpy.load`."""

import os
from pathlib import Path
from typing import Any

from sobolev._base.checksummed import read_archive, write_archive
from sobolev._base.errors import CorruptFile, DataError
from sobolev.data.dataset import Dataset
from sobolev.data.format import Format
from sobolev.data.kinds import LABELS, VECTORS

_TUPLES = "inputs", "outputs", "input_units", "output_units"
_ARRAYS = "x", *LABELS, *VECTORS, "group"
_BESIDE = "noise", "estimated"
VERSION = 2  # 1 knew x, y, jacobian, hessian and group


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
    for name in _BESIDE:
        arrays |= {f"{name}/{kind}": array for kind, array in getattr(data, name).items()}
    return write_archive(path, "dataset", VERSION, header, arrays)


def read_npz(path: str | os.PathLike) -> Dataset:
    """Read what `write_npz` wrote, bit for bit; raises `CorruptFile` when any bit differs.

    `DataError` when the file is missing, of another kind or of a newer version.
    """
    header, arrays = read_archive(path, "dataset", VERSION)
    try:
        fields: dict[str, Any] = {name: tuple(header[name]) for name in _TUPLES}
        fields |= {name: arrays[name] for name in _ARRAYS if name in arrays}
        for name in _BESIDE:
            kinds = [kind for kind in LABELS if f"{name}/{kind}" in arrays]
            fields[name] = {kind: arrays[f"{name}/{kind}"] for kind in kinds}
        return Dataset(**fields)
    except (KeyError, TypeError, DataError) as error:
        raise CorruptFile(f"{path} does not hold a whole dataset ({error}).") from error


NPZ = Format("NPZ", (".npz",), read_npz, write_npz, sealed=True)
