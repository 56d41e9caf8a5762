"""Names of a package that are imported when they are first used, as its stub lists them."""

import re
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any


def attach(package: str, file: str) -> tuple[Callable[[str], Any], list[str]]:
    """`(load(name), names)` of the stub `__init__.pyi` beside the `file` of a package.

    The stub is a list of lines `from .room import name as name`, or `from . import room as room`:
    type checkers read it as it is, and so there is no second list.
    """
    rooms: dict[str, str] = {}
    stub = Path(file).with_suffix(".pyi").read_text()
    for line in re.sub(r"\(\s+|,\s+\)", "", stub).splitlines():  # long ones are in brackets
        match line.split():
            case ["from", room, "import", name, "as", _]:
                rooms[name] = room

    class Listed(ModuleType):
        """The package: a file that is called like what it holds does not take its place.

        Importing `package.verb` would set the attribute `verb` to that module for good.
        """

        def __setattr__(self, name: str, value: object) -> None:
            if not (isinstance(value, ModuleType) and rooms.get(name, ".") != "."):
                super().__setattr__(name, value)

    sys.modules[package].__class__ = Listed

    def load(name: str) -> Any:
        """What the stub calls `name`; `AttributeError` when it lists no such name."""
        if name not in rooms:
            raise AttributeError(f"module '{package}' has no attribute '{name}'")
        room = rooms[name]
        if room == ".":
            return import_module(f"{package}.{name}")
        found = getattr(import_module(room, package), name)
        setattr(sys.modules[package], name, found)  # not asked for a second time
        return found

    return load, sorted(rooms)
