"""Files that one process has for itself."""

import contextlib
import os
from pathlib import Path
from typing import BinaryIO

try:
    import fcntl
except ImportError:  # Windows: two processes on one file are not noticed
    fcntl = None

from sobolev._base.atomic import check_regular, refused
from sobolev._base.errors import OutputError, Remedy


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
        with refused(path):
            target = Path(os.path.realpath(path))
            check_regular(target, path)
        lock = target.with_name(f".{target.name}.lock")
        file = _locked(lock, path, what)
        with contextlib.suppress(OSError):
            if os.path.samestat(os.fstat(file.fileno()), os.stat(lock)):
                return file
        file.close()  # its last owner has just removed it: take the next one


def _locked(file: Path, told: str | os.PathLike, what: str) -> BinaryIO:
    """`file`, opened and locked; in messages it is the path that the user has given."""
    with refused(told):
        check_regular(file, told)
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
