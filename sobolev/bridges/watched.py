"""A function that says where it is asked outside of its box; what every bridge begins with."""

import os
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Float

from sobolev._base.arguments import one_of, real, shown
from sobolev._base.errors import DataError
from sobolev._base.types import Points, Values
from sobolev.function.around import Around
from sobolev.function.function import Function, required
from sobolev.function.outside import OUTSIDE


@dataclass(frozen=True)
class Watched(Around):
    """The same function, which warns of points outside of its box, refuses or answers them.

    Other tools do not look at a box: an optimiser walks out of it and finds an optimum there.
    `outside` is "warn" (a `RuntimeWarning`), "refuse" (`DataError`) or "answer". Without a box
    there is nothing to watch. Of many such points not each is told: the first, second, fourth, …

    ```python
    Watched(surrogate, "refuse").value([99.0, 0.0])  # DataError
    ```
    """

    function: Function
    outside: str = "warn"
    _told: list[int] = field(default_factory=lambda: [0], init=False, repr=False, compare=False)

    def __post_init__(self):
        required("function", self.function)
        one_of("outside", self.outside, OUTSIDE)

    @property
    def inner(self) -> Function:
        """The function that is watched."""
        return self.function

    @property
    def order(self) -> int:  # type: ignore[override] - that of the function
        """The highest derivative that it knows."""
        return self.function.order

    def as_function(self) -> Callable[[Any], Any]:
        """The pure JAX function, which watches nothing."""
        return self.function.as_function()

    def compute(self, rows: Points, order: int) -> Sequence[np.ndarray]:
        """What the function says."""
        return self._seen(rows).compute(rows, order)

    def compute_jvp(self, rows: Points, v: Points) -> tuple[np.ndarray, np.ndarray]:
        """What the function says."""
        return self._seen(rows).compute_jvp(rows, v)

    def compute_jvps(self, rows: Points, v: Float[np.ndarray, "n k d"]) -> Sequence[np.ndarray]:
        """What the function says."""
        return self._seen(rows).compute_jvps(rows, v)

    def compute_vjp(self, rows: Points, w: Values) -> tuple[np.ndarray, np.ndarray]:
        """What the function says."""
        return self._seen(rows).compute_vjp(rows, w)

    def compute_hvp(self, rows: Points, v: Points) -> tuple[np.ndarray, np.ndarray]:
        """What the function says."""
        return self._seen(rows).compute_hvp(rows, v)

    def _seen(self, rows: Points) -> Function:
        if self.outside == "answer" or self.function.box is None:
            return self.function
        inside = self.function.inside(rows)
        if np.all(inside):
            return self.function
        row, box = rows[int(np.argmin(inside))], self.function.box
        limits = zip(box.names, row, box.lower, box.upper, strict=True)
        name, number, low, high = max(
            limits, key=lambda each: abs(2 * each[1] - each[2] - each[3]) / (each[3] - each[2])
        )
        sentence = (
            f"{np.sum(~inside)} of {len(rows)} points lie outside of the box, one has {name} = "
            f"{number:.6g} and the box is [{low:.6g}, {high:.6g}]: do not trust what is said there."
        )
        if self.outside == "refuse":
            raise DataError(sentence)
        before, now = self._told[0], self._told[0] + int(np.sum(~inside))
        self._told[0] = now
        if before.bit_length() < now.bit_length():  # a sampler has thousands of such points
            so_far = f" So far {now} such points were asked." if before else ""
            warnings.warn(sentence + so_far, RuntimeWarning, stacklevel=2)
        return self.function


def watched(model: Function | str | os.PathLike, outside: str = "warn") -> Watched:
    """A function, or the file of a saved one, as a bridge takes it; `DataError`, `ConfigError`."""
    if isinstance(model, str | os.PathLike):
        from sobolev.loading import load  # whoever has a problem does not wait for JAX

        return Watched(load(model), outside)
    return Watched(required("model", model), outside)


def number_of(what: str, name: str | int, names: Sequence[str]) -> int:
    """The place of an input or output that is given by its name or place; `DataError`."""
    if isinstance(name, str) and name in names:
        return tuple(names).index(name)
    place = real(name)  # NaN for what is no number
    if 0 <= place < len(names) and place == int(place):
        return int(place)
    raise DataError(f"there is no {what} {shown(name)}: there are {', '.join(names)}.")
