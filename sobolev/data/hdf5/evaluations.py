"""Datasets as HDF5 in the layout of Dakota's evaluations, with everything that Dakota has not.

`variables/continuous [n, d]`, `responses/functions [n, q]`, `responses/gradients [n, q, d]` and
`responses/hessians [n, q, d, d]`, NaN = absent, names as dimension scales; the group `sobolev` has
units, products along vectors, noise, marks and groups. The first 512 bytes (a user block, which
every HDF5 library skips) carry the SHA-256 of all that follow. Source: the manual of Dakota 6.18,
"Organization of Evaluations".
"""

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from sobolev._base.atomic import build_atomically
from sobolev._base.errors import CorruptFile, DataError
from sobolev._base.optional import optional
from sobolev.data.dataset import Dataset
from sobolev.data.fingerprint import NAMES, arrays_of
from sobolev.data.format import Format
from sobolev.data.hdf5.dakota import read_evaluations
from sobolev.data.hdf5.layout import BESIDE, HEADER, place

VERSION = 1
_BLOCK = 512
_MARK = b"sobolev-hdf5-sha256:"
_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_CHUNK = 2**18  # bytes
_DAMAGE = (
    AssertionError, AttributeError, IndexError, KeyError, MemoryError, NotImplementedError, OSError,
    OverflowError, RecursionError, RuntimeError, SystemError, TypeError, ValueError,
)  # fmt: skip


def read_hdf5(path: str | os.PathLike, group: str | None = None) -> Dataset:
    """Read what `write_hdf5` wrote, bit for bit, or the evaluations in a file of Dakota's.

    **Arguments:** `group`: where in a file of Dakota's, such as "models/simulation/NO_MODEL_ID";
    not needed when one model or one interface is there. Labels that were not asked for
    (`active_set_vector`, `derivative_variables_vector`) are absent. Needs h5py.

    Raises `CorruptFile` when any bit of a file of ours differs, `DataError` when there is no file
    or it holds something else.

    ```python
    data = read_hdf5("plate.h5")
    data = read_hdf5("dakota_results.h5", group="models/simulation/sim")
    ```
    """
    ours = check_file(path)
    with opened(path) as file:
        if ours and group is None:
            header = header_of(file)
            return rows_of(file, header, slice(None))
        return read_evaluations(file, group)


def write_hdf5(path: str | os.PathLike, data: Dataset) -> Path:
    """Write `data` to `path`, whole or not at all; raises `OutputError`. Needs h5py.

    ```python
    write_hdf5("plate.h5", data)
    data = read_hdf5("plate.h5")
    ```
    """
    return write_parts(path, [data])


def write_parts(path: str | os.PathLike, parts: Iterable[Dataset]) -> Path:
    """Write data sets one below the other; only one of them is in memory at a time.

    Every part has the names, the units and the kinds of labels of the first. Raises `OutputError`,
    and `DataError` when a part differs; then nothing is written.

    ```python
    write_parts("big.h5", (solve(rows) for rows in chunks))
    ```
    """
    optional("h5py", "HDF5", "hdf5")
    return build_atomically(path, lambda temporary: _build(temporary, parts))


def check_file(path: str | os.PathLike) -> bool:
    """Whether the file is one of ours, every byte of it checked; `DataError`, `CorruptFile`."""
    try:
        with open(path, "rb") as file:
            block = file.read(_BLOCK)
            if block.startswith(_MARK):
                whole = hashlib.file_digest(file, "sha256").hexdigest()
                if block != _block(whole):
                    raise CorruptFile(
                        f"{path} is cut off or altered (its checksum does not match): restore it "
                        "from a copy or make it again."
                    )
                return True
            if not _has_signature(block, file):
                raise CorruptFile(f"{path} is cut off, damaged, or no HDF5 file: make it again.")
            return False
    except (OSError, ValueError) as error:
        raise DataError(
            f"cannot read {path}: {getattr(error, 'strerror', None) or error}. Check the path and "
            "that you may read it."
        ) from error


@contextlib.contextmanager
def opened(path: str | os.PathLike) -> Iterator[Any]:
    """The file for reading; what the library raises becomes one sentence with the path in it."""
    h5py = optional("h5py", "HDF5", "hdf5")
    try:
        with h5py.File(path, "r", locking="best-effort") as file:
            if HEADER in file and not _marked(path):  # ours, whose mark is damaged or cut away
                raise CorruptFile("its checksum is gone: restore it from a copy.")
            yield file
    except DataError as error:
        raise error.at(path) from error
    except _DAMAGE as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise CorruptFile(
            f"{path} is damaged or does not hold what it should ({reason}): restore it from a copy "
            "or make it again."
        ) from error


def header_of(file: Any) -> dict:
    """Names, units, number of rows and arrays of a file of ours."""
    header = json.loads(file[HEADER][()].tobytes())
    if header["version"] > VERSION:
        raise DataError(
            f"it has format version {header['version']}, this program reads up to {VERSION}: "
            "update sobolev."
        )
    return header


def rows_of(file: Any, header: dict, rows: slice) -> Dataset:
    """Some rows of a file of ours."""
    count = len(range(*rows.indices(header["rows"])))
    fields: dict[str, Any] = {name: tuple(header[name]) for name in NAMES}
    fields |= {field: {} for field in BESIDE}
    for name in header["arrays"]:
        empty = header["empty"].get(name)
        array: Any = np.zeros((count, *empty)) if empty else file[place(name)][rows]
        if name == "group":
            array = np.array(header["groups"])[array]
        field, _, kind = name.partition("/")
        if kind:
            fields[field][kind] = array.astype(bool) if field == "estimated" else array
        else:
            fields[name] = array
    return Dataset(**fields)


def _marked(path: str | os.PathLike) -> bool:
    with open(path, "rb") as file:
        return file.read(len(_MARK)) == _MARK


def _has_signature(block: bytes, file: Any) -> bool:
    """HDF5 files start at byte 0, 512, 1024, 2048, …"""
    if block.startswith(_SIGNATURE):
        return True
    size, at = os.fstat(file.fileno()).st_size, _BLOCK
    while at < size:
        file.seek(at)
        if file.read(len(_SIGNATURE)) == _SIGNATURE:
            return True
        at *= 2
    return False


def _block(digest: str) -> bytes:
    return (_MARK + digest.encode() + b"\n").ljust(_BLOCK, b"\0")


def _build(path: Path, parts: Iterable[Dataset]) -> None:
    import h5py

    with h5py.File(path, "w", userblock_size=_BLOCK, libver=("v110", "v110")) as file:
        header: dict[str, Any] = {}
        for part in parts:
            arrays = arrays_of(part)
            header = header or _start(file, part, arrays)
            _append(file, header, part, arrays)
        if not header:
            raise DataError("there is nothing to write: give at least one data set.")
        text = np.frombuffer(json.dumps(header).encode(), np.uint8)
        file.create_dataset(HEADER, data=text, chunks=text.shape, fletcher32=True)
    with open(path, "r+b") as file:
        file.seek(_BLOCK)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        file.seek(0)
        file.write(_block(digest))
        file.flush()
        os.fsync(file.fileno())


def _start(file: Any, data: Dataset, arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    """Datasets without rows, the scales with the names, and the header so far."""
    import h5py

    text = h5py.string_dtype("utf-8")
    scales = {
        "variables": ("_scales/variables/continuous_descriptors", data.inputs),
        "responses": ("_scales/responses/function_descriptors", data.outputs),
    }
    for label, (path, names) in scales.items():
        file.create_dataset(path, data=[_text(name) for name in names], dtype=text)
        file[path].make_scale(label)
    empty = {}
    for name, array in arrays.items():
        tail, kind = array.shape[1:], _stored(name)
        if 0 in tail:
            empty[name] = tail
            continue
        rows = max(1, min(len(array), _CHUNK // max(1, kind.itemsize * int(np.prod(tail)))))
        dataset = file.create_dataset(
            place(name), (0, *tail), kind, maxshape=(None, *tail), chunks=(rows, *tail),
            fletcher32=True,
        )  # fmt: skip
        if not place(name).startswith("sobolev"):
            dataset.dims[1].attach_scale(
                file[scales["variables" if name == "x" else "responses"][0]]
            )
    names = {name: list(getattr(data, name)) for name in NAMES}
    return names | {
        "version": VERSION, "rows": 0, "arrays": list(arrays), "empty": empty, "groups": [],
    }  # fmt: skip


def _append(file: Any, header: dict, part: Dataset, arrays: dict[str, np.ndarray]) -> None:
    row = header["rows"]
    _check_same(header, part, arrays)
    for name, array in arrays.items():
        if name in header["empty"]:
            continue
        if name == "group":
            array = _codes(array, header["groups"])
        dataset = file[place(name)]
        if array.shape[1:] != dataset.shape[1:]:
            raise DataError(
                f"a part has {name} of shape {array.shape}, the first has {dataset.shape[1:]} in "
                "each row: give every part the same vectors and responses."
            )
        dataset.resize(row + len(array), axis=0)
        dataset[row:] = array
    header["rows"] = row + len(part)


def _check_same(header: dict, part: Dataset, arrays: dict) -> None:
    for name in NAMES:
        if list(getattr(part, name)) != header[name]:
            raise DataError(
                f"a part has the {name} {getattr(part, name)}, the first has "
                f"{tuple(header[name])}: make them the same, in the same order."
            )
    if set(arrays) != set(header["arrays"]):
        odd = sorted(set(arrays) ^ set(header["arrays"]))[0]
        raise DataError(f"'{odd}' is there in some parts only: give it in all of them, or in none.")


def _codes(groups: np.ndarray, known: list[str]) -> np.ndarray:
    """The numbers of the labels in `known`, to which new ones are added."""
    known += sorted(set(groups.tolist()) - set(known))
    numbers = {label: number for number, label in enumerate(known)}
    return np.array([numbers[label] for label in groups.tolist()], np.int32)


def _stored(name: str) -> np.dtype:
    if name == "group":
        return np.dtype(np.int32)
    return np.dtype(np.uint8 if name.startswith("estimated/") else np.float64)


def _text(name: str) -> str:
    """A name as a scale can hold it; the exact one is in the header."""
    return name.replace("\0", " ").encode(errors="replace").decode()


HDF5 = Format(
    "HDF5", (".h5", ".hdf5"), read_hdf5, write_hdf5, library=("h5py", "hdf5"), sealed=True
)
