"""What the settings of a scheme may be: numbers, one a term, seeds, choices, other schemes."""

from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float

from sobolev._base.errors import ConfigError
from sobolev.weighting.protocol import Weighting

PerTerm = float | Sequence[float] | np.ndarray | Array


def said(value: object) -> str:
    """A value as it stands in a message: short, texts in quotes."""
    text = repr(value) if isinstance(value, str | bytes) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def real(value: object) -> float:
    """A single real number as a float; NaN, which no range contains, for anything else."""
    given = any_array(value)
    if given.ndim or given.dtype.kind not in "fiuO":
        return np.nan
    try:
        return float(value)  # type: ignore[arg-type]  # what cannot is caught
    except (TypeError, ValueError, OverflowError):
        return np.nan


def positive(name: str, number: float) -> Array:
    """A finite number above 0 as an array leaf; `ConfigError`."""
    if not 0 < real(number) < np.inf:
        raise ConfigError(f"{name} must be a positive number: got {said(number)}.")
    return jnp.asarray(float(number))


def not_negative(name: str, number: float) -> Array:
    """A finite number of at least 0 as an array leaf; `ConfigError`."""
    if not 0 <= real(number) < np.inf:
        raise ConfigError(f"{name} must be a number ≥ 0: got {said(number)}.")
    return jnp.asarray(float(number))


def within(name: str, number: float) -> Array:
    """A number in [0, 1], both included, as an array leaf; `ConfigError`."""
    if not 0 <= real(number) <= 1:
        raise ConfigError(f"{name} must lie in [0, 1]: got {said(number)}.")
    return jnp.asarray(float(number))


def share(name: str, number: float) -> Array:
    """A number in [0, 1) as an array leaf; `ConfigError`."""
    if not 0 <= real(number) < 1:
        raise ConfigError(f"{name} must lie in [0, 1): got {said(number)}.")
    return jnp.asarray(float(number))


def finite(name: str, number: float) -> Array:
    """A finite number as an array leaf; `ConfigError`."""
    if not np.isfinite(real(number)):
        raise ConfigError(f"{name} must be a finite number: got {said(number)}.")
    return jnp.asarray(float(number))


def whole(name: str, number: int, least: int = 0, of: str = "") -> Array:
    """A whole number as an array leaf, such as a seed; `ConfigError`."""
    found = real(number)
    if not (least <= found < np.inf and found == int(found)):
        raise ConfigError(f"{name} is a whole number{of} ≥ {least}: got {said(number)}.")
    try:
        return jnp.asarray(int(number))
    except OverflowError as error:
        raise ConfigError(f"{name} is too large: got {said(number)}.") from error


def count(name: str, number: int, least: int = 1) -> Array:
    """A whole number of steps as an array leaf; `ConfigError`."""
    return whole(name, number, least, " of steps")


def per_term(name: str, values: PerTerm, least: float = -np.inf) -> Array:
    """One number for all terms, or one each, `[]` or `[K]`, none below `least`; `ConfigError`."""
    numbers = array_of(values)
    if numbers.ndim > 1 or not numbers.size or not np.isfinite(numbers).all():
        raise ConfigError(
            f"{name} must be a finite number, or one for each term: got {said(values)}."
        )
    if np.any(numbers < least):
        raise ConfigError(f"{name} must be ≥ {least:g} for every term: got {said(values)}.")
    return jnp.asarray(numbers)


def array_of(values: object) -> np.ndarray:
    """The real numbers of a sequence, `[]` or `[n]`; empty for what is no such thing."""
    found = any_array(values)
    return found.astype(float) if found.dtype.kind in "fiu" else np.zeros(0)


def any_array(values: object) -> np.ndarray:
    """What is given as an array; empty, of objects, for rows of different lengths."""
    try:
        return np.asarray(values)
    except (TypeError, ValueError):  # rows of different lengths, and whatever is no array at all
        return np.zeros(0, object)


def as_many(name: str, numbers: Array | tuple, energies: Float[Array, " K"]) -> None:
    """`ConfigError` unless there is one for all terms or one for each."""
    count = numbers.shape[0] if isinstance(numbers, Array) and numbers.ndim else None
    count = len(numbers) if isinstance(numbers, tuple) else count
    if count is not None and count != len(energies):
        raise ConfigError(f"{name} is given for {count} terms: the loss has {len(energies)}.")


def check_weights(who: str, weights: Array, losses: Float[Array, " K"]) -> None:
    """`ConfigError` unless there is one weight for each term."""
    if jnp.shape(weights) != losses.shape:
        raise ConfigError(
            f"{who} gives weights of shape {jnp.shape(weights)}: the loss has {len(losses)} terms, "
            f"so there must be {len(losses)} numbers in one row."
        )


def one_of(name: str, choice: str, choices: Sequence[str]) -> str:
    """One of the words; `ConfigError`."""
    if choice not in tuple(choices):
        raise ConfigError(f"unknown {name} {said(choice)}: choose one of {', '.join(choices)}.")
    return choice


def transformation(
    name: str, given: optax.GradientTransformation | None, default: optax.GradientTransformation
) -> optax.GradientTransformation:
    """The given optax transformation, or the default one for None; `ConfigError`."""
    if given is not None and not isinstance(given, optax.GradientTransformation):
        raise ConfigError(
            f"{name} must be an optax transformation without learning rate, such as "
            f"optax.scale_by_adam(): got {type(given).__name__}."
        )
    return default if given is None else given


def check_scheme(place: str, thing: object) -> None:
    """`ConfigError` unless the thing that stands there is a weighting."""
    if isinstance(thing, Weighting) and not isinstance(thing, type):
        return
    name = getattr(thing, "__name__", "")
    if callable(thing) and name.isidentifier():
        raise ConfigError(f"{place} must be a weighting: {name} makes one, give {name}().")
    raise ConfigError(f"{place} must be a weighting, such as InverseEnergy(): got {said(thing)}.")
