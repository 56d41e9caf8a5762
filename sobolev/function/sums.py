"""The sum of functions: what is known of an answer, and what one has learnt beyond it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sobolev._base.arguments import shown
from sobolev._base.errors import ConfigError
from sobolev._base.types import Points
from sobolev.function.around import Around
from sobolev.function.function import Function

_SAME = "inputs", "outputs", "input_units", "output_units"


@dataclass(frozen=True)
class Sum(Around):
    """y(x) = Σ y_k(x), with derivatives as high as all parts know; names and domain of the first.

    Raises `ConfigError` for no parts, and parts with other names or units.

    ```python
    both = Sum((coarse, correction))
    y, dy = both.derivatives(x, 1)
    ```
    """

    parts: Sequence[Function]

    def __post_init__(self):
        parts = self.parts
        if not parts or not all(isinstance(part, Function) for part in parts):
            raise ConfigError(f"a Sum has functions as parts, one at least: got {shown(parts)}.")
        object.__setattr__(self, "parts", tuple(parts))
        for number, part in enumerate(parts):
            for name in _SAME:
                here, first = tuple(getattr(part, name)), tuple(getattr(parts[0], name))
                if here != first:
                    raise ConfigError(
                        f"part {number} of a Sum has the {name} {here}, the first has {first}: "
                        "make them the same, in the same order."
                    )

    @property
    def inner(self) -> Function:
        """The first."""
        return self.parts[0]

    @property
    def order(self) -> int:  # type: ignore[override] - that of its parts
        """The highest derivative that all parts know."""
        return min(part.order for part in self.parts)

    def compute(self, rows: Points, order: int) -> list[np.ndarray]:
        """The sum of each."""
        made = [part.compute(rows, order) for part in self.parts]
        return [sum(each[1:], start=np.asarray(each[0])) for each in zip(*made, strict=True)]
