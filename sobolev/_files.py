"""Files that are either whole or not there, and that notice a flipped bit.

An archive is a plain `.npz` whose zip comment is the SHA-256 of every byte before it. `numpy.load`
still reads it; `read_archive` refuses it when a single bit differs, when it is cut off, and when
something was appended. Never a pickle.
"""

import contextlib
import hashlib
import io
import json
import os
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from sobolev._errors import CorruptFile, DataError, OutputError

_MARK = b"sobolev-sha256:"
_COMMENT = len(_MARK) + 64
_HEADER = "__header__"


def write_atomically(path: str | os.PathLike, content: bytes) -> Path:
    """Replace `path` by `content`: a reader sees the old file or the new one, never a part.

    Temporary sibling, sync, rename, sync of the folder. Raises `OutputError`.
    """
    path = Path(path)
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            dir=path.parent, prefix=f".{path.name}.", suffix=".tmp", delete=False
        ) as file:
            temporary = Path(file.name)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
        raise OutputError(
            f"cannot write {path}: {error.strerror or error}. Choose a folder that exists or can be "
            "made and that you may write to."
        ) from error
    return path


def write_archive(
    path: str | os.PathLike, kind: str, version: int, header: Mapping, arrays: Mapping
) -> Path:
    """Write named arrays and a JSON header as one checksummed `.npz`.

    **Arguments:** `kind` and `version` name the format (checked on reading), `header` is anything
    that JSON holds, `arrays` maps names to arrays (no object arrays). Raises `OutputError`.
    """
    text = json.dumps({"kind": kind, "version": version, **header}, sort_keys=True)
    buffer = io.BytesIO()
    packed = {name: np.asarray(array) for name, array in arrays.items()}
    np.savez(
        buffer, allow_pickle=False, **{_HEADER: np.frombuffer(text.encode(), np.uint8)}, **packed
    )
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.comment = b"\0" * _COMMENT
    body = buffer.getvalue()[:-_COMMENT]
    digest = hashlib.sha256(body).hexdigest().encode()
    return write_atomically(path, body + _MARK + digest)


def read_archive(
    path: str | os.PathLike, kind: str, version: int
) -> tuple[dict, dict[str, np.ndarray]]:
    """Return `(header, arrays)` of an archive written by `write_archive`.

    Raises `CorruptFile` when any byte differs from what was written, `DataError` when the file is
    missing, of another kind or of a newer version.
    """
    path = Path(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}.") from error
    body, comment = content[:-_COMMENT], content[-_COMMENT:]
    if comment != _MARK + hashlib.sha256(body).hexdigest().encode():
        raise CorruptFile(
            f"{path} is cut off, altered, or was not written by sobolev (its checksum does not "
            "match): restore it from a copy or make it again."
        )
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    header = json.loads(arrays.pop(_HEADER).tobytes())
    if header["kind"] != kind:
        raise DataError(f"{path} holds a {header['kind']}, but a {kind} is needed here.")
    if header["version"] > version:
        raise DataError(
            f"{path} has format version {header['version']}, this program reads up to {version}: "
            "update sobolev."
        )
    return header, arrays


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _sync_folder(folder: Path) -> None:
    with contextlib.suppress(OSError):  # some file systems refuse to sync a folder
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
