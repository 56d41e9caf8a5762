"""Files that are either whole or not there, and that notice a flipped bit.

An archive is a plain `.npz` whose zip comment is the SHA-256 of every byte before it. `numpy.load`
still reads it; `read_archive` refuses it when a single bit differs, when it is cut off, and when
something was appended. Never a pickle.
"""

import contextlib
import hashlib
import io
import json
import math
import os
import platform
import re
import secrets
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

import numpy as np

try:
    import fcntl
except ImportError:  # Windows: two processes on one file are not noticed
    fcntl = None

from sobolev._base.errors import CorruptFile, DataError, OutputError, Remedy

_MARK = b"sobolev-sha256:"
_COMMENT = len(_MARK) + 64
_HEADER = "__header__"
_DAMAGE = (
    AttributeError, EOFError, KeyError, MemoryError, NotImplementedError, OSError, OverflowError,
    RecursionError, RuntimeError, SyntaxError, TypeError, ValueError, struct.error,
    zipfile.BadZipFile, zlib.error,
)  # fmt: skip


def write_atomically(path: str | os.PathLike, content: bytes) -> Path:
    """Replace `path` by `content`: a reader sees the old file or the new one, never a part.

    Temporary sibling, sync, rename, sync of the folder; what a killed process left behind is swept.
    A symbolic link is followed. Raises `OutputError`, and then the old file is untouched.
    """
    return build_atomically(path, lambda temporary: _write_synced(temporary, content))


def build_atomically(path: str | os.PathLike, build: Callable[[Path], object]) -> Path:
    """Replace `path` by the file that `build(temporary)` makes and syncs, whole or not at all.

    For what is too large for memory; otherwise as `write_atomically`. Raises `OutputError`.
    """
    temporary = None
    try:
        with _refused(path):
            target = Path(os.path.realpath(path))
            _check_regular(target, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            name = f"{_stem(target)}{os.getpid()}-{secrets.token_hex(4)}.tmp"
            temporary = target.with_name(name)
            build(temporary)
            temporary.replace(target)
            sync_folder(target.parent)
            sweep(target)
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
    return Path(path)


def sweep(path: str | os.PathLike) -> None:
    """Remove the temporary siblings of `path` whose process on this machine is no longer alive."""
    path = Path(path)
    if os.name != "posix":  # elsewhere signal 0 is not a question
        return
    with contextlib.suppress(OSError):
        for sibling in path.parent.iterdir():
            match = re.fullmatch(re.escape(_stem(path)) + r"(\d{1,9})-\w+\.tmp", sibling.name)
            if match and not _alive(int(match[1])):
                with contextlib.suppress(OSError):
                    sibling.unlink()


def open_locked(path: str | os.PathLike, what: str) -> BinaryIO:
    """Open a file to read and append, without a buffer, for this process alone.

    The lock ends when the file is closed; on a file system without locks there is none. `what` is
    the word for the file in messages. Raises `OutputError`, also when another process has it.
    """
    return _locked(Path(path), path, what)


def lock_beside(path: str | os.PathLike, what: str) -> BinaryIO:
    """An open, locked `.name.lock` beside a file that is itself replaced at each save.

    Its owner removes it, then closes it. As `open_locked` otherwise.
    """
    while True:
        with _refused(path):
            target = Path(os.path.realpath(path))
            _check_regular(target, path)
        lock = target.with_name(f".{target.name}.lock")
        file = _locked(lock, path, what)
        with contextlib.suppress(OSError):
            if os.path.samestat(os.fstat(file.fileno()), os.stat(lock)):
                return file
        file.close()  # its last owner has just removed it: take the next one


def read_bytes(path: str | os.PathLike) -> bytes:
    """The content of a file; `DataError` when it cannot be read."""
    try:
        return Path(path).read_bytes()
    except (OSError, ValueError) as error:
        raise DataError(
            f"cannot read {path}: {getattr(error, 'strerror', None) or error}. Check the path and "
            "that you may read it."
        ) from error


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


def _stem(path: Path) -> str:
    # The machine's name is part of it: a process number means something on its own machine only.
    return f".{path.name[:100]}.{zlib.crc32(platform.node().encode()):08x}-"


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def _write_synced(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
    with open(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def _locked(file: Path, told: str | os.PathLike, what: str) -> BinaryIO:
    """`file`, opened and locked; in messages it is the path that the user has given."""
    with _refused(told):
        _check_regular(file, told)
        file.parent.mkdir(parents=True, exist_ok=True)
        opened = open(file, "a+b", buffering=0)
    try:
        if fcntl is not None:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        opened.close()
        raise OutputError(
            f"{told} is in use by another process: wait for it,",
            Remedy(f"or name another {what}.", option="or name another file for --out."),
        ) from error
    except OSError:  # a file system without locks
        pass
    return opened


def _check_regular(target: Path, told: str | os.PathLike) -> None:
    if target.exists() and not target.is_file():  # a folder, or worse: /dev/null
        raise OutputError(f"cannot write {told}: it is not a regular file. Name another file.")


@contextlib.contextmanager
def _refused(path: str | os.PathLike) -> Iterator[None]:
    """What the system says about a path, as `OutputError`; a zero byte in it is a ValueError."""
    try:
        yield
    except (OSError, ValueError) as error:
        raise OutputError(
            f"cannot write {path}: {getattr(error, 'strerror', None) or error}. Choose a folder "
            "that exists or can be made, that you may write to, and that has room."
        ) from error


def sync_folder(folder: Path) -> None:
    """Make new names in a folder survive a power cut, where the file system can."""
    with contextlib.suppress(OSError):  # some file systems refuse to sync a folder
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
