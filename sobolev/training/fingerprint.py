"""Whose checkpoint is this? A digest of everything that decides the numbers of a training."""

import functools
import hashlib
import platform
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from importlib.metadata import version
from types import CodeType, FunctionType

import jax
import jax.numpy as jnp
import numpy as np

PACKAGES = "sobolev", "jax", "jaxlib", "equinox", "optax"


def versions() -> dict[str, str]:
    """Of the packages whose code a training runs through."""
    return {"python": platform.python_version()} | {name: version(name) for name in PACKAGES}


def digest(thing: object) -> str:
    """SHA-256 of a value: arrays by their bits, functions by their code and what they enclose.

    The same in every process: no addresses, no order of a set.
    """
    hasher = hashlib.sha256()
    for part in _parts(thing, frozenset()):
        hasher.update(len(part).to_bytes(8, "little"))
        hasher.update(part)
    return hasher.hexdigest()


def _parts(thing: object, above: frozenset[int]) -> Iterator[bytes]:
    if id(thing) in above:
        yield b"itself"
        return
    above = above | {id(thing)}
    kind = type(thing)
    yield f"{kind.__module__}.{kind.__qualname__}".encode()
    inside = _inside(thing)
    if isinstance(inside, bytes):
        yield inside
        return
    yield str(len(inside)).encode()
    for part in inside:
        yield from _parts(part, above)


def _inside(thing) -> bytes | list:
    """The bits of a leaf, or the parts that something is made of."""
    if isinstance(thing, jax.Array | np.ndarray | np.generic):
        return _bits(thing)
    if isinstance(thing, str | bytes | int | float | complex | bool | None):
        return repr(thing).encode()
    if isinstance(thing, set | frozenset):
        return sorted(digest(part) for part in thing)
    if isinstance(thing, Mapping):
        return [part for pair in thing.items() for part in pair]
    if isinstance(thing, list | tuple):
        return list(thing)
    if isinstance(thing, functools.partial):
        return [thing.func, thing.args, thing.keywords]
    if isinstance(thing, FunctionType):
        return [thing.__qualname__, thing.__code__, *_enclosed(thing)]
    if isinstance(thing, CodeType):
        return [thing.co_code, thing.co_names, thing.co_consts]
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


def _filled(cell) -> bool:
    try:
        cell.cell_contents  # noqa: B018  # an empty cell raises
    except ValueError:
        return False
    return True


def _bits(array) -> bytes:
    if isinstance(array, jax.Array) and jnp.issubdtype(array.dtype, jax.dtypes.prng_key):
        array = jax.random.key_data(array)
    array = np.asarray(array, order="C")
    if array.dtype.kind == "O":
        return repr(array.tolist()).encode()
    content = hashlib.sha256(array.reshape(-1).view(np.uint8).data)
    return f"{array.dtype}{array.shape}".encode() + content.digest()
