"""Files that are either whole or not there, whenever the process is killed.

A temporary sibling is written and synced, then takes the name of the file.
"""

import contextlib
import os
import platform
import re
import secrets
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from sobolev._base.errors import DataError, OutputError


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
        with refused(path):
            target = Path(os.path.realpath(path))
            check_regular(target, path)
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


def read_bytes(path: str | os.PathLike) -> bytes:
    """The content of a file; `DataError` when it cannot be read."""
    try:
        return Path(path).read_bytes()
    except (OSError, ValueError) as error:
        raise DataError(
            f"cannot read {path}: {getattr(error, 'strerror', None) or error}. Check the path and "
            "that you may read it."
        ) from error


def sync_folder(folder: Path) -> None:
    """Make new names in a folder survive a power cut, where the file system can."""
    with contextlib.suppress(OSError):  # some file systems refuse to sync a folder
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def check_regular(target: Path, told: str | os.PathLike) -> None:
    """`OutputError` unless `target` is a regular file or none; the message names `told`."""
    if target.exists() and not target.is_file():  # a folder, or worse: /dev/null
        raise OutputError(f"cannot write {told}: it is not a regular file. Name another file.")


@contextlib.contextmanager
def refused(path: str | os.PathLike) -> Iterator[None]:
    """What the system says about a path, as `OutputError`; a zero byte in it is a ValueError."""
    try:
        yield
    except (OSError, ValueError) as error:
        raise OutputError(
            f"cannot write {path}: {getattr(error, 'strerror', None) or error}. Choose a folder "
            "that exists or can be made, that you may write to, and that has room."
        ) from error


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
