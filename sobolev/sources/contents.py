"""Files of the user's: copied to where a program runs, and known again by their content."""

import os
import shutil
from pathlib import Path

from sobolev._base.errors import ConfigError
from sobolev._base.identity import sha256


class Content:
    """A file or folder here. Its `repr` has a digest, so that a journal knows edited ones.

    Raises `ConfigError` when there is none.
    """

    def __init__(self, path: str | os.PathLike):
        self.path = Path(path).resolve()
        if not self.path.exists():
            raise ConfigError(f"there is no file {path}: correct its path.")

    def put_into(self, folder: Path) -> None:
        """Copy it, with its permissions; of two of a name the later one counts."""
        if self.path.is_dir():
            shutil.copytree(self.path, folder / self.path.name, dirs_exist_ok=True)
        else:
            shutil.copy(self.path, folder)

    def __repr__(self) -> str:
        every = sorted(self.path.rglob("*")) if self.path.is_dir() else [self.path]
        names = [(str(p.relative_to(self.path)), p) for p in every if p.is_file()]
        content = [(name, sha256(path.read_bytes())) for name, path in names]
        return f"<{self.path.name}, content {sha256(repr(content))[:12]}>"
