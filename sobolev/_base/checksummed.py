"""Archives that notice a flipped bit.

An archive is a plain `.npz` whose zip comment is the SHA-256 of every byte before it. `numpy.load`
still reads it; `read_archive` refuses it when a single bit differs, when it is cut off, and when
something was appended. Never a pickle.
"""

import hashlib
import io
import json
import math
import os
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from sobolev._base.atomic import read_bytes, write_atomically
from sobolev._base.errors import CorruptFile, DataError

_MARK = b"sobolev-sha256:"
_COMMENT = len(_MARK) + 64
_HEADER = "__header__"
_DAMAGE = (
    AttributeError, EOFError, KeyError, MemoryError, NotImplementedError, OSError, OverflowError,
    RecursionError, RuntimeError, SyntaxError, TypeError, ValueError, struct.error,
    zipfile.BadZipFile, zlib.error,
)  # fmt: skip


def write_archive(
    path: str | os.PathLike, kind: str, version: int, header: Mapping, arrays: Mapping
) -> Path:
    """Write named arrays and a JSON header as one checksummed `.npz`.

    **Arguments:** `kind` and `version` name the format (checked on reading), `header` is anything
    that JSON holds, `arrays` maps names to arrays (no object arrays). The same content gives the
    same bytes. Raises `OutputError`.
    """
    text = json.dumps({**header, "kind": kind, "version": version}, sort_keys=True)
    members = {_HEADER: np.frombuffer(text.encode(), np.uint8), **arrays}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, array in members.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.asarray(array), allow_pickle=False)
        archive.comment = b"\0" * _COMMENT
    body = buffer.getvalue()[:-_COMMENT]
    return write_atomically(path, body + _MARK + hashlib.sha256(body).hexdigest().encode())


def read_archive(
    path: str | os.PathLike, kind: str, version: int
) -> tuple[dict, dict[str, np.ndarray]]:
    """Return `(header, arrays)` of an archive written by `write_archive`.

    Raises `CorruptFile` when any byte differs from what was written, `DataError` when the file is
    missing, of another kind or of a newer version.
    """
    found, found_version, header, arrays = _whole(path)
    if found != kind:
        raise DataError(f"{path} holds a {found}, but a {kind} is needed here. Name another file.")
    if found_version > version:
        raise DataError(
            f"{path} has format version {found_version}, this program reads up to {version}: "
            "update sobolev."
        )
    return header, arrays


def archive_kind(path: str | os.PathLike) -> str:
    """What an archive says that it holds. Raises `CorruptFile`, and `DataError` for no file."""
    return _whole(path)[0]


def _whole(path: str | os.PathLike) -> tuple[str, int, dict, dict[str, np.ndarray]]:
    """Kind, version, header and arrays of an archive in which no bit has changed."""
    content = read_bytes(path)
    body, comment = content[:-_COMMENT], content[-_COMMENT:]
    if comment != _MARK + hashlib.sha256(body).hexdigest().encode():
        raise CorruptFile(
            f"{path} is cut off, altered, or was not written by sobolev (its checksum does not "
            "match): restore it from a copy or make it again."
        )
    try:
        header, arrays = _unpack(content)
        found, found_version = str(header["kind"]), int(header["version"])
    except _DAMAGE as error:  # a right checksum over wrong content: somebody made this on purpose
        raise CorruptFile(f"{path} was not written by sobolev ({error}): make it again.") from error
    return found, found_version, header, arrays


def _unpack(content: bytes) -> tuple[dict, dict[str, np.ndarray]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        arrays = {
            info.filename.removesuffix(".npy"): _array(archive, info) for info in archive.infolist()
        }
        if len(arrays) != len(archive.infolist()):
            raise ValueError("a name occurs twice")
    header = json.loads(arrays.pop(_HEADER).tobytes())
    if not isinstance(header, dict):
        raise ValueError("its header is not a table")
    return header, arrays


def _array(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> np.ndarray:
    # We never compress: what would grow on reading was not written here, and is not read.
    if info.compress_type != zipfile.ZIP_STORED or info.file_size != info.compress_size:
        raise ValueError(f"{info.filename} is compressed")
    raw = archive.read(info)
    member = io.BytesIO(raw)
    header = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    shape, fortran, dtype = header[np.lib.format.read_magic(member)](member)
    if dtype.hasobject:
        raise ValueError(f"{info.filename} holds objects")
    if min(shape, default=0) < 0 or math.prod(shape) * dtype.itemsize != len(raw) - member.tell():
        raise ValueError(f"the size of {info.filename} does not fit its shape {shape}")
    order = "F" if fortran else "C"
    return np.ndarray(shape, dtype, raw, member.tell(), order=order).copy(order)
