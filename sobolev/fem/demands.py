"""What constants must be: numbers are held to it where they are given, parameters at the solve."""

import dataclasses
import functools
from collections.abc import Iterator, Sequence
from types import NoneType
from typing import Any, NamedTuple, get_args, get_type_hints

import jax.numpy as jnp
import numpy as np

from sobolev._base.arguments import shown
from sobolev._base.errors import ConfigError
from sobolev.fem._arrays import AnyArray
from sobolev.fem.values import PerCell, PerPoint, is_number, known, static_fields


class Demand(NamedTuple):
    """A constant, or what follows from several: its `name`, its `value`, where that is `broken`,
    and the `rule`, as in "E must be positive".

    `broken` is stated, not what holds: a value that is not known yet is NaN and breaks nothing.
    """

    name: str
    value: AnyArray | float
    broken: AnyArray | bool
    rule: str


def positive(**constants: AnyArray) -> list[Demand]:
    """Each is above zero."""
    return [Demand(name, c, c <= 0, "must be positive") for name, c in constants.items()]


def not_negative(**constants: AnyArray) -> list[Demand]:
    """Each is at least zero."""
    return [Demand(name, c, c < 0, "must not be negative") for name, c in constants.items()]


def moduli(E: AnyArray, nu: AnyArray) -> list[Demand]:
    """Young's modulus and Poisson's ratio of a solid that resists every strain."""
    rule = (
        "must lie between -1 and 0.5, both excluded (0.5 is incompressible: take 0.4999, in "
        "MeanDilatation)"
    )
    return [*positive(E=E), Demand("nu", nu, (nu <= -1) | (nu >= 0.5), rule)]


class Constants:
    """A dataclass whose fields are constants: a law, a load, a response.

    Numbers are checked when it is made, by kind and by `demands`.
    """

    def __post_init__(self):
        check_numbers(self)

    def demands(self) -> Sequence[Demand]:
        """What its constants must be, where they are all arrays; its laws inside say their own.

        ```python
        def demands(self):
            return positive(E=self.E)
        ```
        """
        return ()


def check_numbers(thing: Constants) -> None:
    """Raise `ConfigError` for constants of a wrong kind, and for numbers against the demands."""
    of = type(thing).__name__
    if not dataclasses.is_dataclass(thing):
        return
    try:
        hints = get_type_hints(type(thing))
    except NameError:  # of a class inside of a function
        hints = {}
    for f in dataclasses.fields(thing):
        if f.name not in static_fields(type(thing)):
            _check_kind(getattr(thing, f.name), f.name, of, NoneType in get_args(hints.get(f.name)))
    try:
        demands = known(thing).demands()
    except TypeError:
        listed = {f.name: getattr(thing, f.name) for f in dataclasses.fields(thing)
                  if isinstance(getattr(thing, f.name), tuple | list)}  # fmt: skip
        raise ConfigError(
            f"the constants of {of} are not lists: got "
            f"{', '.join(f'{name} = {shown(value)}' for name, value in listed.items())}."
        ) from None
    for demand in demands:
        broken = np.asarray(demand.broken)
        if broken.any():
            raise ConfigError(f"{_broken(demand, of)}.")


def broken_demand(thing: Any) -> tuple[str, int | None] | None:
    """`(sentence, row)` of the first demand that constants `[]`, `[m, 1]` or `[m, q]` break."""
    for inside, demand in _all_demands(thing):
        broken = np.asarray(demand.broken)
        if broken.any():
            row = int(np.argwhere(broken)[0][0]) if broken.ndim else None
            return _broken(demand, type(inside).__name__), row
    return None


def all_broken(thing: Any) -> AnyArray:
    """Whether any demand is broken, in a form that may be compiled."""
    parts = [jnp.any(demand.broken) for _, demand in _all_demands(thing)]
    return jnp.any(jnp.stack(parts)) if parts else jnp.asarray(False)


def _all_demands(thing: Any) -> Iterator[tuple[Any, Demand]]:
    if isinstance(thing, Constants):
        yield from ((thing, demand) for demand in thing.demands())
    if isinstance(thing, tuple):
        for each in thing:
            yield from _all_demands(each)
    elif dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        for name in _moving(type(thing)):
            yield from _all_demands(getattr(thing, name))


@functools.cache
def _moving(kind: type) -> list[str]:
    static = static_fields(kind)
    return [f.name for f in dataclasses.fields(kind) if f.name not in static]


def _broken(demand: Demand, of: str) -> str:
    value, broken = np.broadcast_arrays(np.asarray(demand.value), np.asarray(demand.broken))
    return f"{demand.name} of {of} {demand.rule}: got {float(value[broken].ravel()[0]):.6g}"


_KINDS = "a number, the name of a parameter, a function of the parameters, PerCell or PerPoint"


def _check_kind(part: Any, name: str, of: str, optional: bool) -> None:
    if isinstance(part, tuple | list):
        for k, each in enumerate(part):
            _check_kind(each, f"{name}[{k}]", of, optional)
        return
    if isinstance(part, type):
        raise ConfigError(
            f"{name} of {of} is the class {part.__name__}: give one of it, {part.__name__}(...)."
        )
    if isinstance(part, PerCell) and (np.ndim(part.value) == 0 and is_number(part.value)):
        raise ConfigError(f"PerCell has a value for each cell: {name} of {of} has {part.value}.")
    inner = part.value if isinstance(part, PerCell) else part
    if is_number(inner):
        array = np.asarray(inner)
        if array.dtype.kind not in "fiu":
            raise ConfigError(f"{name} of {of} is {_KINDS}: got {shown(inner)}.")
        if not np.isfinite(array).all():
            raise ConfigError(f"{name} of {of} must be finite: got {shown(inner)}.")
        return
    known = isinstance(part, str | PerCell | PerPoint) or callable(part)
    if not (known or dataclasses.is_dataclass(part) or (part is None and optional)):
        raise ConfigError(f"{name} of {of} is {_KINDS}: got {shown(part)}.")
