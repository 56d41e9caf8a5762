"""Named, bounded, unit-carrying parameters."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sobolev._base.errors import ConfigError
from sobolev._base.types import Points


@dataclass(frozen=True)
class Box:
    """A rectangular parameter domain, `lower ≤ x ≤ upper`, with a name and a unit for each axis.

    **Arguments:** `names` (d), `lower` (d) and `upper` (d) in the units of `units` (d; empty
    strings when not given). Raises `ConfigError` when lengths differ, a name repeats, a bound is
    not finite or `lower ≥ upper`.

    ```python
    Box(("a", "b"), (1.0, 1.0), (5.0, 5.0), ("mm", "mm"))
    ```
    """

    names: tuple[str, ...]
    lower: tuple[float, ...]
    upper: tuple[float, ...]
    units: tuple[str, ...] = ()

    def __post_init__(self):
        object.__setattr__(self, "names", _words("names", self.names))
        object.__setattr__(self, "lower", _numbers("lower", self.lower))
        object.__setattr__(self, "upper", _numbers("upper", self.upper))
        d = len(self.names)
        object.__setattr__(self, "units", _words("units", self.units) or ("",) * d)
        if d == 0 or not (len(self.lower) == len(self.upper) == len(self.units) == d):
            raise ConfigError(
                f"a Box needs as many lower and upper bounds and units as names: got {d} names, "
                f"{len(self.lower)} lower, {len(self.upper)} upper, {len(self.units)} units."
            )
        if len(set(self.names)) != d:
            raise ConfigError(f"the names of a Box must differ: got {self.names}.")
        for name, low, high in zip(self.names, self.lower, self.upper, strict=True):
            if not (np.isfinite(low) and np.isfinite(high) and low < high):
                raise ConfigError(
                    f"the bounds of '{name}' must be finite with lower < upper: got "
                    f"[{low}, {high}]."
                )

    @property
    def dimension(self) -> int:
        """Number of parameters d."""
        return len(self.names)

    def from_unit(self, unit: Sequence[Sequence[float]] | np.ndarray) -> Points:
        """Map points of the unit cube, `[n, d]`, into the box; 0 and 1 give its bounds exactly."""
        unit = np.asarray(unit, float)
        if unit.ndim != 2 or unit.shape[1] != self.dimension:
            raise ConfigError(
                f"points of the unit cube must have shape (n, {self.dimension}), one column for "
                f"each of {self.names}: got {unit.shape}."
            )
        return np.array(self.lower) * (1 - unit) + np.array(self.upper) * unit


def _words(field: str, words: Sequence[str]) -> tuple[str, ...]:
    if isinstance(words, str):  # a tuple of its letters is never meant
        raise ConfigError(f"{field} of a Box is the text '{words}': give a tuple, ('{words}',).")
    return tuple(str(word) for word in words)


def _numbers(field: str, numbers: Sequence[float]) -> tuple[float, ...]:
    try:
        if isinstance(numbers, str):
            raise TypeError
        return tuple(float(number) for number in numbers)
    except (TypeError, ValueError) as error:
        raise ConfigError(
            f"{field} of a Box must hold one number for each name: got {numbers!r}."
        ) from error
