"""Old names of what a room holds: they work for one version, with a warning."""

import warnings
from collections.abc import Callable


def renamed(room: str, **old: tuple[str, object]) -> Callable[[str], object]:
    """The `__getattr__` of a module: `Old=("where.New", New)` for each name that is gone."""

    def find(name: str) -> object:
        if name not in old:
            raise AttributeError(f"module {room!r} has no attribute {name!r}")
        new, thing = old[name]
        warnings.warn(
            f"{room}.{name} is {new} now, and the old name goes with the next version.",
            DeprecationWarning,
            stacklevel=2,
        )
        return thing

    return find
