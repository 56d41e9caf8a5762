"""What the settings of a scheme may be: `_base.arguments` as array leaves, one a term, schemes.

Numbers are leaves of a pytree, so that other numbers do not compile anew.
"""

import inspect
from collections.abc import Sequence
from numbers import Integral
from typing import TYPE_CHECKING

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from sobolev._base import arguments
from sobolev._base.arguments import array_of, shown
from sobolev._base.errors import ConfigError
from sobolev._base.late import Late
from sobolev.weighting.scheme import Scheme

if TYPE_CHECKING:
    import optax
else:
    optax = Late("optax")  # a tenth of what importing takes; the default does without

PerTerm = float | Sequence[float] | np.ndarray | Array


def positive(name: str, number: float) -> Array:
    """A finite number above 0; `ConfigError`."""
    return jnp.asarray(arguments.positive(name, number))


def not_negative(name: str, number: float) -> Array:
    """A finite number of at least 0; `ConfigError`."""
    return jnp.asarray(arguments.not_negative(name, number))


def within(name: str, number: float) -> Array:
    """A number in [0, 1], both included; `ConfigError`."""
    return jnp.asarray(arguments.within(name, number))


def fraction(name: str, number: float) -> Array:
    """A number in [0, 1); `ConfigError`."""
    return jnp.asarray(arguments.fraction(name, number))


def finite(name: str, number: float) -> Array:
    """A finite number; `ConfigError`."""
    return jnp.asarray(arguments.finite(name, number))


def whole(name: str, number: int, least: int = 0, of: str = "") -> Array:
    """A whole number, such as a seed; `ConfigError`."""
    found = arguments.whole(name, number, least, of)
    try:
        return jnp.asarray(found)
    except OverflowError as error:
        raise ConfigError(f"{name} is too large: got {shown(number)}.") from error


def count(name: str, number: int, least: int = 1) -> Array:
    """A whole number of steps; `ConfigError`."""
    return whole(name, number, least, " of steps")


def per_term(name: str, values: PerTerm, least: float = -np.inf) -> Array:
    """One number for all terms, or one each, `[]` or `[K]`, none below `least`; `ConfigError`."""
    numbers = array_of(values)
    if numbers.ndim > 1 or not numbers.size or not np.isfinite(numbers).all():
        raise ConfigError(
            f"{name} must be a finite number, or one for each term: got {shown(values)}."
        )
    if np.any(numbers < least):
        raise ConfigError(f"{name} must be ≥ {least:g} for every term: got {shown(values)}.")
    return jnp.asarray(numbers)


def as_many(name: str, numbers: Array | tuple, energies: Float[Array, " K"]) -> None:
    """`ConfigError` unless there is one for all terms or one for each."""
    count = numbers.shape[0] if isinstance(numbers, Array) and numbers.ndim else None
    count = len(numbers) if isinstance(numbers, tuple) else count
    if count is not None and count != len(energies):
        raise ConfigError(f"{name} is given for {count} terms: the loss has {len(energies)}.")


def term(number: int | str) -> int | str:
    """The name of a term, or a number that may be that of one, from 0; `ConfigError`."""
    if isinstance(number, str):
        fits = bool(number)
    else:
        fits = isinstance(number, Integral) and not isinstance(number, bool) and number >= 0
    if not fits:
        raise ConfigError(
            f"the reference is the name of a term or its number, 0 or more: got {shown(number)}."
        )
    return number if isinstance(number, str) else int(number)


def number_of(reference: int | str, terms: int, what: str = "the reference") -> int:
    """The number of the term; `ConfigError` when there is no such one."""
    if isinstance(reference, str):
        raise ConfigError(
            f"{what} is the term '{reference}', and only a training knows terms by name: give its "
            "number."
        )
    if reference >= terms:
        raise ConfigError(
            f"{what} is term {reference}, but the loss has {terms}: they count from 0."
        )
    return reference


def numbered(reference: int | str, names: Sequence[str], what: str = "the reference") -> int:
    """The number of the term of this name; `ConfigError` when there is none."""
    if not isinstance(reference, str):
        return reference
    if reference not in names:
        raise ConfigError(
            f"{what} is the term '{reference}', and there is none: choose among {', '.join(names)}."
        )
    return list(names).index(reference)


def check_weights(who: str, weights: Array, losses: Float[Array, " K"]) -> None:
    """`ConfigError` unless there is one weight for each term."""
    if jnp.shape(weights) != losses.shape:
        raise ConfigError(
            f"{who} gives weights of shape {jnp.shape(weights)}: the loss has {len(losses)} terms, "
            f"so there must be {len(losses)} numbers in one row."
        )


def transformation(
    name: str, given: "optax.GradientTransformation | None", default: "optax.GradientTransformation"
) -> "optax.GradientTransformation":
    """The given optax transformation, or the default one for None; `ConfigError`."""
    if given is not None and not isinstance(given, optax.GradientTransformation):
        raise ConfigError(
            f"{name} must be an optax transformation without learning rate, such as "
            f"optax.scale_by_adam(): got {type(given).__name__}."
        )
    return default if given is None else given


def check_scheme(place: str, thing: object) -> None:
    """`ConfigError` unless the thing that stands there is a weighting."""
    if isinstance(thing, Scheme) and not isinstance(thing, type):
        return
    if inspect.isclass(thing) or (inspect.isfunction(thing) and thing.__name__.isidentifier()):
        name = thing.__name__
        raise ConfigError(f"{place} must be a weighting: {name} makes one, give {name}().")
    raise ConfigError(f"{place} must be a weighting, such as InverseEnergy(): got {shown(thing)}.")
