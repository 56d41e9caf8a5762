"""Whether a result can be written: asked before the work, not after it."""

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from sobolev._base.errors import OutputError


def check_output(
    path: Path, suffixes: tuple[str, ...], inputs: Iterable[Path] = (), fresh: bool = False
) -> None:
    """Refuse a path that cannot be written, is an input, or (when `fresh`) is there already."""
    if path.suffix.lower() not in suffixes:
        raise OutputError(f"{path} must end in {' or '.join(suffixes)}: name --out so.")
    for other in inputs:
        if os.path.realpath(path) == os.path.realpath(other):
            raise OutputError(f"{path} is read by this command: name another file for --out.")
    if os.path.lexists(path) and not path.is_file():
        raise OutputError(f"cannot write {path}: it is not a regular file. Name another file.")
    if fresh and path.exists():
        raise OutputError(f"{path} is there already: name another file, or give --force.")
    check_folder(Path(os.path.realpath(path)).parent, path)


def check_folder(folder: Path, wanted: Path | None = None) -> None:
    """Refuse a folder that cannot be made or written to, by trying it on what is there of it."""
    try:
        there = next(f for f in (folder, *folder.absolute().parents) if os.path.lexists(f))
        with tempfile.TemporaryFile(dir=there):
            pass
    except (OSError, ValueError) as error:
        raise OutputError(
            f"cannot write {wanted or folder}: {getattr(error, 'strerror', None) or error}. Choose "
            "a folder that exists or can be made and that you may write to."
        ) from error
