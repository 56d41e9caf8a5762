"""Named, bounded, unit-carrying parameters."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sobolev._errors import ConfigError
from sobolev._types import Points


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
        d = len(self.names)
        object.__setattr__(self, "names", tuple(str(n) for n in self.names))
        object.__setattr__(self, "lower", tuple(float(v) for v in self.lower))
        object.__setattr__(self, "upper", tuple(float(v) for v in self.upper))
        object.__setattr__(self, "units", tuple(self.units) or ("",) * d)
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
        """Map points of the unit cube, `[n, d]`, into the box."""
        low, high = np.array(self.lower), np.array(self.upper)
        return low + (high - low) * np.asarray(unit, float)
