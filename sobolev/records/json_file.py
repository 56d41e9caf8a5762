"""JSON files of ours as dataclasses: written from them, read into them, refused in one sentence.

A reader knows nothing of its own about a file: what a field may hold stands in the dataclass that
the writer fills, as its type and, for numbers, as `field(metadata=at_least(0))`.
"""

import json
import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from sobolev._base.errors import DataError

Kind = TypeVar("Kind")


def at_least(value: float) -> dict:
    """Metadata of a number that is not below `value`."""
    return {"may": lambda found: found >= value, "must": f"at least {value:g}"}


def above(value: float) -> dict:
    """Metadata of a number above `value`."""
    return {"may": lambda found: found > value, "must": f"above {value:g}"}


def between(low: float, high: float) -> dict:
    """Metadata of a number from `low` to `high`."""
    return {"may": lambda found: low <= found <= high, "must": f"from {low:g} to {high:g}"}


def some() -> dict:
    """Metadata of a list that is not empty."""
    return {"may": bool, "must": "with at least one entry"}


def parsed(path: Path) -> object:
    """What the file says. Raises `DataError` when it cannot be read or is not JSON."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise DataError(
            f"cannot read {path}: {error.strerror or error}. Give the folder that a study wrote."
        ) from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not a text file: run the study again.") from error
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path} is cut off or is not JSON ({error}): run the study again.") from (
            error
        )


def of_format(path: Path, content: object, *formats: int, unnumbered: int | None = None) -> None:
    """Refuse another format; `unnumbered`: of a file that says none."""
    found = content.get("format", unnumbered) if isinstance(content, dict) else None
    if found not in formats or isinstance(found, bool):
        raise DataError(
            f"{path} has format {found!r}, this program reads {' and '.join(map(str, formats))}: "
            "update sobolev, or run the study again."
        )


def validated(kind: type[Kind], path: Path, content: object) -> Kind:
    """The content as a dataclass. Raises `DataError` that names the first place that is wrong."""
    try:
        return _made(kind, content, "")
    except _Misfit as error:
        raise DataError(f"{path}: {error} Run the study again.") from error


class _Misfit(Exception):
    """What does not fit where."""

    def __init__(self, place: str, must: str, found: object):
        shown = repr(found)
        shown = shown if len(shown) <= 40 else f"{shown[:37]}..."
        super().__init__(f"'{place or 'the file'}' must be {must}, and is {shown}.")


def _made(kind: Any, found: Any, place: str) -> Any:
    """`found`, which JSON gave, as what the type asks for."""
    origin, inner = get_origin(kind), get_args(kind)
    if is_dataclass(kind):
        return _dataclass(kind, found, place)
    if origin is list:
        if not isinstance(found, list):
            raise _Misfit(place, "a list", found)
        return [_made(inner[0], each, _below(place, str(i))) for i, each in enumerate(found)]
    if origin is dict or kind is dict:
        if not isinstance(found, dict):
            raise _Misfit(place, "a table", found)
        wanted = inner[1] if inner else Any
        return {key: _made(wanted, each, _below(place, key)) for key, each in found.items()}
    if origin in (types.UnionType, Union):
        return _one_of(inner, found, place)
    if origin is Literal or (isinstance(kind, type) and issubclass(kind, Enum)):
        choices = inner or [member.value for member in kind]
        if found not in choices or not isinstance(found, str):
            raise _Misfit(place, f"one of {', '.join(map(str, choices))}", found)
        return found if inner else kind(found)
    return _plain(kind, found, place)


def _dataclass(kind: Any, found: Any, place: str) -> Any:
    if not isinstance(found, Mapping):
        raise _Misfit(place, "a table", found)
    values = {}
    for field, hint in _fields(kind):
        here = _below(place, field.name)
        if field.name in found:
            values[field.name] = value = _made(hint, found[field.name], here)
            if field.metadata and value is not None and not field.metadata["may"](value):
                raise _Misfit(here, field.metadata["must"], found[field.name])
        elif field.default is MISSING and field.default_factory is MISSING:
            raise _Misfit(here, "there", None)
    return kind(**values)


@lru_cache
def _fields(kind: Any) -> list[tuple[Field, Any]]:
    hints = get_type_hints(kind)
    return [(field, hints[field.name]) for field in fields(kind)]


def _one_of(kinds: tuple, found: Any, place: str) -> Any:
    last: _Misfit | None = None
    for kind in kinds:
        try:
            return _made(kind, found, place)
        except _Misfit as misfit:
            last = last or misfit
    assert last is not None
    raise last


_WORDS = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}


def _plain(kind: Any, found: Any, place: str) -> Any:
    if kind is Any or (kind is type(None) and found is None):
        return found
    fits = isinstance(found, int | float if kind is float else kind)
    if not fits or (isinstance(found, bool) and kind is not bool):
        raise _Misfit(place, _WORDS.get(kind, "null"), found)
    return float(found) if kind is float else found


def _below(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name
