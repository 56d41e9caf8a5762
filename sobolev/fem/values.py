"""What the numbers of a problem depend on: nothing, a parameter, several, a place."""

import copy
import dataclasses
import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar, get_args, get_type_hints

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from sobolev._base.arguments import shown
from sobolev._base.errors import ConfigError
from sobolev.fem._arrays import AnyArray
from sobolev.fem.told import named, told

# A number, an array, the name of a parameter, a function of all of them, or one of the two below.
Value = Any

T = TypeVar("T")
# A field of a dataclass that says how a thing is built: no number to differentiate by, no name.
Static = Annotated[T, "static"]


@dataclass(frozen=True)
class PerCell:
    """A constant with an own value in every cell of its region, `value [m]`.

    **Arguments:** `value`: an array, the name of a field of parameters (`"rho"` stands for
    `rho[0] … rho[m-1]`), or a function of the parameters that returns `[m]`.

    ```python
    LinearElastic(E=PerCell("E"), nu=0.3)
    ```
    """

    value: Value


@dataclass(frozen=True)
class PerPoint:
    """A constant that depends on the place, `value(x [d], p) -> number`, read at the points.

    Positions are those of the reference configuration; derivatives by the shape go through them.

    ```python
    ThermalStrain(law, alpha=1.2e-5, warming=PerPoint(lambda x, p: x[0] + x[1]))
    ```
    """

    value: Callable[[Float[AnyArray, " d"], "Parameters"], Float[AnyArray, ""]]


class Parameters(Mapping[str, Float[AnyArray, "..."]]):
    """The parameters by name; entries `rho[0], rho[1], …` are also one array `p["rho"]`.

    `time` is that of a step of a path; of a static problem 1.
    """

    def __init__(
        self, names: Sequence[str], values: Float[AnyArray, " d"], time: AnyArray | float = 1.0
    ):
        self._places, self._values, self.time = places(tuple(names)), values, time

    def __getitem__(self, name: str) -> Float[AnyArray, "..."]:
        try:
            return self._values[self._places[name]]
        except KeyError:
            raise ConfigError(
                f"there is no parameter '{name}': the parameters are {shown(list(self))}."
            ) from None

    @property
    def vector(self) -> Float[AnyArray, " d"]:
        """All of them, in their order."""
        return self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


def places(names: tuple[str, ...]) -> dict[str, Any]:
    """Where each name, and each field of names with an index in brackets, is."""
    found: dict[str, Any] = {name: place for place, name in enumerate(names)}
    fields: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        field, bracket, index = name.partition("[")
        if bracket and index[:-1].isdecimal() and index.endswith("]"):
            fields.setdefault(field, []).append(place)
    return found | {name: np.array(where) for name, where in fields.items() if name not in found}


@dataclass(frozen=True)
class Given:
    """Stands where a number was: things that differ in numbers only share compiled code."""


def split(thing: Any) -> tuple[Any, tuple[np.ndarray, ...]]:
    """`(skeleton, numbers)`: the thing with every number replaced by `Given`, and the numbers.

    Goes through dataclasses and tuples; fields that are `Static`, names and functions stay.
    """
    numbers: list[np.ndarray] = []

    def walk(part):
        if is_number(part):
            numbers.append(np.asarray(part, float))
            return Given()
        return _inside(part, walk)

    return walk(thing), tuple(numbers)


def is_number(part: Any) -> bool:
    """Whether it is a number, or an array of them."""
    numbers = int | float | np.ndarray | np.generic | jax.Array
    return isinstance(part, numbers) and not isinstance(part, bool | np.bool)


def levels(skeleton: Any) -> tuple[int, ...]:
    """For each constant in order: 0 one for all, 1 one for each cell, 2 one for each point."""
    return tuple(_LEVEL.get(type(leaf), 0) for leaf in leaves(skeleton))


_LEVEL = {PerCell: 1, PerPoint: 2}


def evaluate(
    skeleton: Any,
    numbers: Sequence[Any],
    p: Parameters,
    x: Float[AnyArray, "m q d"] | None = None,
) -> tuple[AnyArray, ...]:
    """The constants at the parameters p and, where they depend on the place, at the points x."""
    given = iter(numbers)

    def value(leaf):
        match leaf:
            case Given():
                return jnp.asarray(next(given))
            case str():
                return p[leaf]
            case PerCell(inner):
                return value(inner)
            case PerPoint(function):
                who = f"the function {named(function)} of a place"
                if x is None:
                    raise ConfigError(f"{who} stands where there is no place: give a number there.")
                with told(who):
                    return jax.vmap(jax.vmap(lambda place: jnp.asarray(function(place, p))))(x)
        with told(f"the function {named(leaf)} of the parameters"):
            return jnp.asarray(leaf(p))

    return tuple(value(leaf) for leaf in leaves(skeleton))


def fill(skeleton: Any, constants: Sequence[Any]) -> Any:
    """The thing with these constants in its places, whatever level they have."""
    rest = iter(constants)

    def walk(part):
        return next(rest) if _is_leaf(part) else _inside(part, walk)

    return walk(skeleton)


def replaced(thing: T, **fields: Any) -> T:
    """A filled dataclass with other constants, without `__post_init__`: of tracers."""
    made = copy.copy(thing)
    for name, value in fields.items():
        object.__setattr__(made, name, value)
    return made


def constants_in(skeleton: Any, filled: Any) -> tuple[Any, ...]:
    """The constants of a thing that `fill` has made, in order."""
    found: list[Any] = []

    def walk(part, whole):
        if _is_leaf(part):
            found.append(whole)
        elif isinstance(part, tuple | list):
            for one, other in zip(part, whole, strict=True):
                walk(one, other)
        elif dataclasses.is_dataclass(part) and not isinstance(part, type):
            static = static_fields(type(part))
            for f in dataclasses.fields(part):
                if f.name not in static:
                    walk(getattr(part, f.name), getattr(whole, f.name))

    walk(skeleton, filled)
    return tuple(found)


def leaves(skeleton: Any) -> list[Any]:
    """Its constants, in order."""
    found: list[Any] = []

    def walk(part):
        if _is_leaf(part):
            found.append(part)
            return part
        return _inside(part, walk)

    walk(skeleton)
    return found


def _is_leaf(part: Any) -> bool:
    if isinstance(part, Given | str | PerCell | PerPoint):
        return True
    return callable(part) and not dataclasses.is_dataclass(part)


@functools.cache
def static_fields(kind: type) -> frozenset[str]:
    """The names of the fields of a dataclass that are `Static`.

    In a module with `from __future__ import annotations` types are texts, and of a class inside of
    a function they cannot be found again: there the text tells.
    """
    try:
        hints = get_type_hints(kind, include_extras=True)
    except NameError:
        hints = {f.name: f.type for f in dataclasses.fields(kind)}
    return frozenset(
        name for name, hint in hints.items()
        if "static" in get_args(hint)[1:] or (isinstance(hint, str) and "Static[" in hint)
    )  # fmt: skip


def _inside(part: Any, walk: Callable[[Any], Any]) -> Any:
    """The tuple or dataclass with its parts walked, without `__post_init__`: of tracers."""
    if isinstance(part, tuple | list):
        return tuple(map(walk, part))
    if not dataclasses.is_dataclass(part) or isinstance(part, type):
        return part
    made, static = object.__new__(type(part)), static_fields(type(part))
    for f in dataclasses.fields(part):
        inner = getattr(part, f.name)
        object.__setattr__(made, f.name, inner if f.name in static else walk(inner))
    return made


def known(thing: Any) -> Any:
    """The thing with its numbers as arrays, and NaN where a constant is not known yet."""

    def walk(part):
        if is_number(part):
            return np.asarray(part, float)
        if isinstance(part, PerCell) and is_number(part.value):
            return np.asarray(part.value, float)
        return np.full((), np.nan) if _is_leaf(part) else _inside(part, walk)

    return walk(thing)


def without_derivatives(thing: Any) -> Any:
    """The filled thing with constants that carry no derivatives."""

    def walk(part):
        return jax.lax.stop_gradient(part) if isinstance(part, jax.Array) else _inside(part, walk)

    return walk(thing)
