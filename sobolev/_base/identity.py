"""SHA-256 of values: the same value has the same digest in every process.

What is on disk (checkpoints, journals, records) says by a digest whose it is, so a rule that is
changed here makes older files those of another task.
"""

import dis
import functools
import hashlib
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from types import CodeType, FunctionType

import numpy as np

AsArray = Callable[[object], np.ndarray | None]


def sha256(*parts: bytes | str | np.ndarray) -> str:
    """Of the parts one after the other: texts as UTF-8, arrays by their bits in C order."""
    hasher = hashlib.sha256()
    for part in parts:
        hasher.update(_bytes(part))
    return hasher.hexdigest()


def _bytes(part: bytes | str | np.ndarray) -> bytes | memoryview:
    if isinstance(part, np.ndarray):
        return np.ascontiguousarray(part).reshape(-1).view(np.uint8).data
    return part.encode() if isinstance(part, str) else part


def as_array(thing: object) -> np.ndarray | None:
    """NumPy's own arrays; a room that knows others hands `digest` its own rule."""
    return np.asarray(thing) if isinstance(thing, np.ndarray | np.generic) else None


def digest(thing: object, as_array: AsArray = as_array) -> str:
    """Of anything: arrays by their bits, functions by their code and what they enclose and name.

    No addresses, no order of a set; what holds itself is met once. `as_array` returns a leaf's
    bits as an array, None for what is no array.

    ```python
    digest((Adam(1e-3), {"rows": 60}))     # "5f0c…"
    ```
    """
    hasher = hashlib.sha256()
    for part in _parts(thing, frozenset(), as_array):
        # With its length, so that ("ab", "c") is not ("a", "bc").
        hasher.update(len(part).to_bytes(8, "little"))
        hasher.update(part)
    return hasher.hexdigest()


def code(item: object) -> bytes:
    """Everything that decides what a function does, without comments, lines and addresses.

    Of what it encloses only what cannot change while it is called: a list or a cache may grow, and
    counts by its type. What it calls cannot be seen from here.
    """
    if isinstance(item, frozenset):  # printed in an order that differs from run to run
        return b"".join(sorted(map(code, item)))
    if isinstance(item, CodeType):
        names = repr((item.co_names, item.co_varnames)).encode()
        return b"|".join([item.co_code, names, *map(code, item.co_consts)])
    if isinstance(item, FunctionType):
        enclosed = inspect.getclosurevars(item).nonlocals
        return b"|".join(map(code, (item.__code__, item.__defaults__, *enclosed.items())))
    if isinstance(item, functools.partial):
        return b"|".join(map(code, (item.func, item.args, *item.keywords.items())))
    if isinstance(item, tuple):
        return b",".join(map(code, item))
    if isinstance(item, np.ndarray):
        return repr((item.shape, item.dtype.str)).encode() + item.tobytes()
    if item is None or isinstance(item, (bool, int, float, complex, str, bytes, np.generic)):
        return repr(item).encode()
    return type(item).__qualname__.encode()


def _parts(thing: object, above: frozenset[int], as_array: AsArray) -> Iterator[bytes]:
    if id(thing) in above:
        yield b"itself"
        return
    above = above | {id(thing)}
    kind = type(thing)
    yield f"{kind.__module__}.{kind.__qualname__}".encode()
    array = as_array(thing)
    inside = _inside(thing, as_array) if array is None else _bits(array)
    if isinstance(inside, bytes):
        yield inside
        return
    yield str(len(inside)).encode()
    for part in inside:
        yield from _parts(part, above, as_array)


def _inside(thing, as_array: AsArray) -> bytes | list:
    """The bits of a leaf, or the parts that something is made of."""
    if isinstance(thing, str | bytes | int | float | complex | bool | None):
        return repr(thing).encode()
    if isinstance(thing, set | frozenset):
        return sorted(digest(part, as_array) for part in thing)
    if isinstance(thing, Mapping):
        return [part for pair in thing.items() for part in pair]
    if isinstance(thing, list | tuple):
        return list(thing)
    if isinstance(thing, functools.partial):
        return [thing.func, thing.args, thing.keywords]
    if isinstance(thing, FunctionType):
        return [thing.__qualname__, thing.__code__, *_enclosed(thing), named(thing, as_array)]
    if isinstance(thing, CodeType):
        return code(thing)
    if is_dataclass(thing) and not isinstance(thing, type):
        return [part for f in fields(thing) for part in (f.name, getattr(thing, f.name, None))]
    if not isinstance(thing, type) and callable(getattr(thing, "__wrapped__", None)):
        return [thing.__wrapped__]  # a compiled function is known by what it compiles
    if isinstance(thing, type):
        return f"{thing.__module__}.{thing.__qualname__}".encode()
    if hasattr(thing, "__dict__") and vars(thing):
        return [part for pair in sorted(vars(thing).items()) for part in pair]
    return re.sub(r" at 0x[0-9a-fA-F]+", "", repr(thing)).encode()


def _enclosed(function: FunctionType) -> list:
    cells = [cell.cell_contents for cell in function.__closure__ or () if _filled(cell)]
    return [function.__defaults__, function.__kwdefaults__, *cells]


def named(function: FunctionType, as_array: AsArray = as_array) -> dict[str, object]:
    """Plain values, arrays and functions of its own module that a function finds there by name.

    A number that a notebook changes makes another function of the same code.
    """
    found = {}
    for name in sorted(_globals(function.__code__)):
        value = function.__globals__.get(name)
        own = isinstance(value, FunctionType) and value.__module__ == function.__module__
        plain = isinstance(value, bool | int | float | complex | str | bytes | tuple)
        if own or plain or as_array(value) is not None:
            found[name] = value
    return found


def _globals(code: CodeType) -> set[str]:
    """Names that it reads from its module, also where functions inside of it do."""
    read = {step.argval for step in dis.get_instructions(code) if step.opname == "LOAD_GLOBAL"}
    inner = [_globals(part) for part in code.co_consts if isinstance(part, CodeType)]
    return read.union(*inner)


def _filled(cell) -> bool:
    try:
        cell.cell_contents  # noqa: B018  # an empty cell raises
    except ValueError:
        return False
    return True


def _bits(array: np.ndarray) -> bytes:
    if array.dtype.kind == "O":
        return repr(array.tolist()).encode()
    array = np.asarray(array, order="C")
    content = hashlib.sha256(array.reshape(-1).view(np.uint8).data)
    return f"{array.dtype}{array.shape}".encode() + content.digest()
