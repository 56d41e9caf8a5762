"""What the settings of a scheme may be: numbers, one a term, seeds, choices."""

from collections.abc import Sequence

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from sobolev._errors import ConfigError

PerTerm = float | Sequence[float] | np.ndarray | Array


def positive(name: str, number: float) -> Array:
    """A finite number above 0 as an array leaf; `ConfigError`."""
    if not (number > 0 and np.isfinite(number)):
        raise ConfigError(f"{name} must be a positive number: got {number}.")
    return jnp.asarray(float(number))


def not_negative(name: str, number: float) -> Array:
    """A finite number of at least 0 as an array leaf; `ConfigError`."""
    if not (number >= 0 and np.isfinite(number)):
        raise ConfigError(f"{name} must be a number ≥ 0: got {number}.")
    return jnp.asarray(float(number))


def within(name: str, number: float) -> Array:
    """A number in [0, 1], both included, as an array leaf; `ConfigError`."""
    if not 0 <= number <= 1:
        raise ConfigError(f"{name} must lie in [0, 1]: got {number}.")
    return jnp.asarray(float(number))


def per_term(name: str, values: PerTerm, least: float = -np.inf) -> Array:
    """One number for all terms, or one each, `[]` or `[K]`, none below `least`; `ConfigError`."""
    numbers = np.asarray(values, float)
    if numbers.ndim > 1 or not numbers.size or not np.isfinite(numbers).all():
        raise ConfigError(f"{name} must be a finite number, or one for each term: got {values}.")
    if np.any(numbers < least):
        raise ConfigError(f"{name} must be ≥ {least:g} for every term: got {values}.")
    return jnp.asarray(numbers)


def as_many(name: str, numbers: Array | tuple, energies: Float[Array, " K"]) -> None:
    """`ConfigError` unless there is one for all terms or one for each."""
    count = numbers.shape[0] if isinstance(numbers, Array) and numbers.ndim else None
    count = len(numbers) if isinstance(numbers, tuple) else count
    if count is not None and count != len(energies):
        raise ConfigError(f"{name} is given for {count} terms: the loss has {len(energies)}.")


def whole(name: str, number: int, least: int = 0) -> Array:
    """A whole number as an array leaf, such as a seed; `ConfigError`."""
    if not (number == int(number) and number >= least):
        raise ConfigError(f"{name} is a whole number ≥ {least}: got {number}.")
    return jnp.asarray(int(number))


def one_of(name: str, choice: str, choices: Sequence[str]) -> str:
    """One of the words; `ConfigError`."""
    if choice not in choices:
        raise ConfigError(f"unknown {name} '{choice}': choose one of {', '.join(choices)}.")
    return choice
