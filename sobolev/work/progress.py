"""How far the work is: one value, told to one callable, whatever the work is."""

import inspect
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class Progress:
    """`done` of `total` pieces of work, `what` they are called (`rows`, `trainings`).

    `text` says more about the piece that was done or comes next, where there is more to say.
    """

    what: str
    done: int
    total: int
    text: str = ""


Progressed = Callable[[Progress], object]


class Tell(Protocol):
    """How a long call says how far it is."""

    def __call__(self, what: str, done: int, total: int, text: str = "") -> None:
        """As `Progress`."""
        ...


def teller(progress: Progressed | None, *old: str) -> Tell:
    """`tell(what, done, total)` makes a `Progress` and hands it on; to nobody if that is None.

    `old` names the fields that `progress` was given one by one until version 0.1: a callable that
    takes so many arguments, and not one, is still told them, with a `DeprecationWarning`.
    """
    several: Any = progress
    as_before = progress is not None and not _takes(progress, 1) and _takes(progress, len(old))
    if as_before:
        warnings.warn(
            f"progress({', '.join(old)}) becomes progress(p), with p.what, p.done, p.total and "
            "p.text: take one argument.",
            DeprecationWarning,
            stacklevel=3,
        )

    def tell(what: str, done: int, total: int, text: str = "") -> None:
        now = Progress(what, done, total, text)
        if as_before:
            several(*(getattr(now, name) for name in old))
        elif progress is not None:
            progress(now)

    return tell


def _takes(call: Callable, count: int) -> bool:
    try:
        inspect.signature(call).bind(*range(count))
    except TypeError:
        return False
    except ValueError:  # a built-in function that does not say what it takes
        return count == 1
    return True
