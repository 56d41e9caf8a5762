"""What may be chosen: for each design variable a list of values."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
from jaxtyping import Bool, Float, Int

from sobolev._base.arguments import array_of, shown, whole
from sobolev._base.errors import ConfigError


@dataclass(frozen=True)
class Catalogue:
    """The values that each of n design variables may take: m of them, or fewer.

    **Arguments:** `entries`, one list of numbers for each variable, each of two or more different
    ones; `Catalogue.same(numbers, n)` for one list for all. A design is n numbers of entries,
    counted from 0. Raises `ConfigError`.

    ```python
    Catalogue(((0.0, 1.0), (10.0, 20.0, 40.0)))
    Catalogue.same((1.62, 7.97, 19.9, 33.5), 10)
    ```
    """

    entries: tuple[tuple[float, ...], ...]

    def __post_init__(self):
        lists = [array_of(each) for each in self.entries]
        for number, each in enumerate(lists):
            good = each.ndim == 1 and len(each) > 1 and np.isfinite(each).all()
            if not good or len(set(each.tolist())) < len(each):
                raise ConfigError(
                    "a catalogue has a list of two or more different finite numbers for each "
                    f"variable: got {shown(self.entries[number])} for variable {number}."
                )
        if not lists:
            raise ConfigError("a catalogue has a list for each variable: got none.")
        object.__setattr__(self, "entries", tuple(tuple(each.tolist()) for each in lists))

    @classmethod
    def same(cls, numbers: Sequence[float], count: int) -> "Catalogue":
        """The same list for `count` variables."""
        return cls(
            (tuple(array_of(numbers).tolist()),) * whole("the number of variables", count, 1)
        )

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many entries each variable has."""
        return tuple(map(len, self.entries))

    @property
    def designs(self) -> int:
        """How many designs there are."""
        return prod(self.sizes)

    @property
    def values(self) -> Float[np.ndarray, "n m"]:
        """The entries, short lists filled up with their last one."""
        most = max(self.sizes)
        return np.array([(*each, *each[-1:] * (most - len(each))) for each in self.entries])

    @property
    def present(self) -> Bool[np.ndarray, "n m"]:
        """Which of them are entries."""
        return np.arange(max(self.sizes)) < np.array(self.sizes)[:, None]

    def at(self, design: Int[np.ndarray, "... n"]) -> Float[np.ndarray, "... n"]:
        """The values of designs."""
        return self.values[np.arange(len(self.sizes)), design]

    def nearest(self, x: Float[np.ndarray, "... n"]) -> Int[np.ndarray, "... n"]:
        """The entries nearest to points."""
        far = np.where(self.present, np.abs(np.asarray(x)[..., None] - self.values), np.inf)
        return far.argmin(-1)

    def every(self, block: int = 1 << 16) -> Iterator[Int[np.ndarray, "b n"]]:
        """All designs, so many at a time; the first variable changes fastest."""
        for start in range(0, self.designs, block):
            number = np.arange(start, min(start + block, self.designs))
            yield np.stack(np.unravel_index(number, self.sizes, order="F"), axis=-1)
