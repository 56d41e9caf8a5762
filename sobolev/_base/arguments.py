"""What an argument may be: one vocabulary of refusals, each with the name, the rule and the value.

Every function returns the argument as a plain number of Python and raises `ConfigError`.
"""

from collections.abc import Hashable, Sequence
from typing import TypeVar

import numpy as np

from sobolev._base.errors import ConfigError

Choice = TypeVar("Choice")


def shown(value: object) -> str:
    """A value as it stands in a message: short, texts in quotes."""
    text = repr(value) if isinstance(value, str | bytes) else " ".join(str(value).split())
    return text if len(text) <= 60 else f"{text[:57]}..."


def positive(name: str, number: object, of: str = "") -> float:
    """A finite number above 0; `of` says what it counts, such as " of seconds".

    ```python
    self.damping = positive("the damping", damping)
    ```
    """
    if not 0 < real(number) < np.inf:
        raise ConfigError(f"{name} must be a positive number{of}: got {shown(number)}.")
    return real(number)


def not_negative(name: str, number: object, of: str = "") -> float:
    """A finite number of at least 0."""
    if not 0 <= real(number) < np.inf:
        raise ConfigError(f"{name} must be a number{of} ≥ 0: got {shown(number)}.")
    return real(number)


def duration(name: str, seconds: object) -> float:
    """Seconds, at least 0; infinity is one way to say never."""
    if not real(seconds) >= 0:
        raise ConfigError(f"{name} must be a number of seconds ≥ 0: got {shown(seconds)}.")
    return real(seconds)


def finite(name: str, number: object) -> float:
    """A finite number."""
    if not np.isfinite(real(number)):
        raise ConfigError(f"{name} must be a finite number: got {shown(number)}.")
    return real(number)


def within(name: str, number: object) -> float:
    """A number in [0, 1], both included."""
    if not 0 <= real(number) <= 1:
        raise ConfigError(f"{name} must lie in [0, 1]: got {shown(number)}.")
    return real(number)


def fraction(name: str, number: object) -> float:
    """A number in [0, 1), such as how much of an average is kept in each step."""
    if not 0 <= real(number) < 1:
        raise ConfigError(f"{name} must lie in [0, 1): got {shown(number)}.")
    return real(number)


def between(name: str, number: object, low: float = 0.0, high: float = 1.0) -> float:
    """A number in (low, high), both excluded."""
    if not low < real(number) < high:
        raise ConfigError(f"{name} must lie between {low:g} and {high:g}: got {shown(number)}.")
    return real(number)


def whole(name: str, number: object, least: int = 0, of: str = "", other: str = "") -> int:
    """A whole number of at least `least`; `other` says what may stand there besides.

    ```python
    whole("the batch size", batch_size, 1, " of rows", ", or None for all")
    ```
    """
    found = real(number)
    if not (least <= found < np.inf and found == int(found)):
        raise ConfigError(
            f"{name} must be a whole number{of} ≥ {least}{other}: got {shown(number)}."
        )
    return int(number)  # type: ignore[call-overload]  # real is finite, so this is a number


def one_of(name: str, choice: Choice, choices: Sequence[Choice]) -> Choice:
    """One of the words, or of other plain values.

    ```python
    one_of("kernel", kernel, ("squared-exponential", "matern52"))
    ```
    """
    if not (isinstance(choice, Hashable) and choice in tuple(choices)):
        known = ", ".join(map(str, choices))
        raise ConfigError(f"unknown {name} {shown(choice)}: choose one of {known}.")
    return choice


def real(value: object) -> float:
    """A single real number as a float; NaN, which no range contains, for anything else."""
    given = any_array(value)
    if given.ndim or given.dtype.kind not in "fiuO":
        return np.nan
    try:
        return float(value)  # type: ignore[arg-type]  # what cannot is caught
    except (TypeError, ValueError, OverflowError):
        return np.nan


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
