"""What a law says at a point, held to the shapes and kinds that the weak form needs."""

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from sobolev._base.arguments import shown
from sobolev._base.errors import ConfigError
from sobolev.fem._arrays import AnyArray
from sobolev.fem.laws.law import Dual, Law, Point, State
from sobolev.fem.told import told

# All of this happens while a program is traced, and costs nothing when it runs.


def dual_of(law: Law, at: Point, state: State) -> tuple[Dual, State]:
    """`law.dual(at, state)`. Raises `ConfigError` where that fails or has another form."""
    name = type(law).__name__
    with told(f"the law {name}", _shapes_of(law)):
        said = law.dual(at, state)
    try:
        (P, b, *more), new = said
    except (TypeError, ValueError):
        raise ConfigError(
            f"the law {name} returns ((P, b), state) from `dual`: got {shown(said)}."
        ) from None
    _check(name, "P", P, at.gradient.shape, "fields x directions")
    _check(name, "b", b, at.value.shape, "fields")
    if _form(new) != _form(state):
        raise ConfigError(
            f"the law {name} returns a new state of the form of `start()`, {shown(_form(state))}: "
            f"got {shown(_form(new))}."
        )
    for mean in more:
        _check(name, "what works on the mean", mean, (), "one number")
    return (P, b, *more), new


def energy_of(law: Law, at: Point) -> Float[AnyArray, ""]:
    """`law.energy(at)`. Raises `ConfigError` where that fails or is not one number."""
    name = type(law).__name__
    with told(f"the law {name}", _shapes_of(law)):
        psi = law.energy(at)
    _check(name, "its energy", psi, (), "one number")
    return psi


def _check(name: str, what: str, part: Any, wanted: tuple[int, ...], meaning: str) -> None:
    if not isinstance(part, jax.Array | np.ndarray):
        raise ConfigError(
            f"the law {name} gives {what} as an array of jax.numpy: got {shown(part)}."
        )
    if part.shape != wanted:
        raise ConfigError(
            f"the law {name} gives {what} of the shape {wanted} ({meaning}): got {part.shape}."
        )
    if part.dtype.kind != "f":
        raise ConfigError(f"the law {name} gives {what} as real numbers: got {part.dtype}.")


def _form(state: State) -> tuple[Any, list[tuple[int, ...]]]:
    return jax.tree.structure(state), [jnp.shape(leaf) for leaf in jax.tree.leaves(state)]


def _shapes_of(law: Law) -> str:
    """A hint at constants that are no single numbers, the usual reason."""
    found: list[str] = []

    def walk(part, name):
        if isinstance(part, jax.Array | np.ndarray) and part.shape:
            found.append(f"{name} {part.shape}")
        elif dataclasses.is_dataclass(part) and not isinstance(part, type):
            for f in dataclasses.fields(part):
                walk(getattr(part, f.name), f.name)

    walk(law, "")
    return f" These constants are not single numbers: {', '.join(found)}." if found else ""
