"""Settings from a TOML file and from options: checked, merged, and written back beside a result.

A key that is unknown, of the wrong kind or out of range is one sentence that names where it stands,
its value, and what is allowed.
"""

import difflib
import json
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from sobolev._base.errors import ConfigError

if TYPE_CHECKING:
    from pydantic import ValidationError

RECORD = "record"  # the section that a resolved configuration has and a new run does not read

Settings = TypeVar("Settings")


def resolve(kind: type[Settings], file: Path | None, options: Mapping[str, Any]) -> Settings:
    """Settings of `kind` (a pydantic model or a dataclass): options win over the file.

    `options` maps keys to values or to their texts, None where the option was not given. Raises
    `ConfigError`.
    """
    return check(kind, read_toml(file), str(file), options)


def check(
    kind: type[Settings], values: Mapping[str, Any], where: str, options: Mapping[str, Any]
) -> Settings:
    """As `resolve`, with `values` already read from `where`."""
    from pydantic import TypeAdapter, ValidationError

    given = {key: number(value) for key, value in options.items() if value is not None}
    known = _keys(kind)
    for key in values:
        if key not in known:
            raise ConfigError(f"{where}: unknown key '{key}'{near(key, known)}.")
    try:
        # Through JSON, because there a list may be strictly read as a tuple.
        text = json.dumps({**values, **_over(values, given)}, default=str)
        return TypeAdapter(kind).validate_json(text, strict=True)
    except ValidationError as error:
        raise ConfigError(_sentence(error, where, kind, given)) from error
    except ConfigError as error:  # entries that do not go together
        raise (error.at(where) if set(values) - set(given) else error) from error


def read_toml(file: Path | None) -> dict[str, Any]:
    """The entries of a TOML file without the record of an earlier run; `ConfigError`."""
    if file is None:
        return {}
    try:
        values = tomllib.loads(file.read_bytes().decode())
    except OSError as error:
        raise ConfigError(f"cannot read {file}: {error.strerror}. Check the path.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} is not a TOML file ({error}): correct it.") from error
    values.pop(RECORD, None)
    return values


def number(value: Any) -> Any:
    """The number that a text says; anything else as it is, for the settings to judge."""
    for kind in (int, float) if isinstance(value, str) else ():
        try:
            return kind(value)
        except ValueError:
            continue
    return value


def near(word: str, known: Iterable[str]) -> str:
    """`, did you mean …? Known are …` for a word that is none of the `known`."""
    known = list(known)
    close = difflib.get_close_matches(word, known, n=1)
    guess = f", did you mean '{close[0]}'?" if close else ":"
    return f"{guess} known are {', '.join(known)}"


def _over(values: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """What is given, where it is a table together with the file's other entries of this table."""
    return {
        key: {**values[key], **value}
        if isinstance(value, dict) and isinstance(values.get(key), dict)
        else value
        for key, value in given.items()
    }


def _keys(kind: type) -> list[str]:
    fields = getattr(kind, "model_fields", None) or getattr(kind, "__dataclass_fields__", {})
    return list(fields)


def _sentence(error: "ValidationError", where: str, kind: type, given: Mapping[str, Any]) -> str:
    first, *others = error.errors()
    key = str(first["loc"][0]) if first["loc"] else "the settings"
    if first["type"] == "extra_forbidden":  # in a table inside the table
        return f"{where}: unknown key '{'.'.join(map(str, first['loc']))}': remove it."
    who = f"option --{key.replace('_', '-')}" if key in given else f"{where}: '{key}'"
    items = [i for i in first["loc"][1:] if isinstance(i, int)]
    item = f" (entry {items[0] + 1})" if items else ""
    same = [first, *(other for other in others if other["loc"][:1] == first["loc"][:1])]
    allowed = " or ".join(dict.fromkeys(_allowed(each["msg"]) for each in same))
    names = first.get("ctx", {}).get("known") or _words(get_type_hints(kind).get(key))
    close = difflib.get_close_matches(str(first["input"]), names, n=1)
    guess = f", did you mean '{close[0]}'" if close else ""
    return f"{who}{item} is {first['input']!r}{guess}: it must be {allowed}."


def _words(annotation: Any) -> list[str]:
    """The words that a setting may be."""
    if get_origin(annotation) is Literal:
        return [str(word) for word in get_args(annotation)]
    return [word for part in get_args(annotation) for word in _words(part)]


def _allowed(message: str) -> str:
    """What pydantic says, without the beginning that our sentence has itself."""
    return message.removeprefix("Input should be ").removeprefix("Value error, ")
