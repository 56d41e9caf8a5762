"""Small values that a file can hold: a registered name and fields, never code."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from numbers import Integral, Real
from typing import Any, ClassVar

from sobolev._base.errors import ConfigError, DataError


class UnknownKind(DataError):
    """A file names something that is not known in this process; the message says what to do."""


class Saved:
    """A frozen dataclass under a `name`; what its fields hold is what a file holds of it.

    Fields are numbers, strings, None, tuples of them, and other values that can be saved.
    """

    name: ClassVar[str]


@dataclass(frozen=True, repr=False)
class Named:
    """A function that a file knows by its `name`, like an activation."""

    name: str
    function: Callable = field()

    def __repr__(self):
        return self.name


def packed(value: Any) -> Any:
    """A value as JSON can hold it; `ConfigError` for what no file can.

    ```python
    packed(MLP((3,)))   # {"kind": "mlp", "hidden": [3], "activation": {"kind": "swish"}, …}
    ```
    """
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, Real):
        return int(value) if isinstance(value, Integral) else float(value)
    if isinstance(value, tuple):
        return [packed(part) for part in value]
    if isinstance(value, Named):
        return {"kind": value.name}
    if isinstance(value, Saved):
        inside = {f.name: packed(getattr(value, f.name)) for f in fields(value)}  # type: ignore
        return {"kind": value.name, **inside}
    raise ConfigError(
        f"a file cannot hold {value!r}, a {type(value).__name__}: give numbers, strings, tuples of "
        "them, and values that are registered with networks.register."
    )


def unpacked(content: Any, known: Mapping[str, Any]) -> Any:
    """The value of what `packed` returned; `known` says which class or value has which name.

    Nothing is imported by a name from the file. Raises `UnknownKind`, `ValueError` when the fields
    are not those of the class, and what its class refuses.
    """
    if isinstance(content, list):
        return tuple(unpacked(part, known) for part in content)
    if not isinstance(content, dict):
        return content
    inside = dict(content)
    kind = inside.pop("kind")
    if kind not in known:
        raise UnknownKind(
            f"it holds a '{kind}', which is none of {', '.join(known)}: register its class with "
            "networks.register(...), or load it with architectures=(...,)."
        )
    if isinstance(known[kind], Named):
        if inside:
            raise ValueError(f"'{kind}' has no fields")
        return known[kind]
    if inside.keys() != {f.name for f in fields(known[kind])}:
        raise ValueError(f"the fields are not those of '{kind}'")
    return known[kind](**{name: unpacked(part, known) for name, part in inside.items()})
