"""What a boundary is: a smooth function that is zero on it, and points of it for checks."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from itertools import product
from typing import Any, Self

import numpy as np
from jaxtyping import Float

from sobolev._base.errors import ConfigError
from sobolev.networks.architecture import Frame
from sobolev.networks.as_json import Saved

# One point [d], or many as columns [d, n], of JAX or of NumPy: checks need no compilation.
Inputs = Float[Any, "d *n"]
Numbers = Float[Any, "*n"]
REACH = 2.0  # how far from the middle of the range, in half ranges, a boundary may begin
Marks = Sequence[Sequence[float]]  # for each input some of its scaled values


class Boundary(Saved, ABC):
    """Part of a boundary, a frozen dataclass with a `name` like an architecture."""

    @abstractmethod
    def distance(self, x: Inputs) -> Numbers:
        """φ(x): zero on this part, with a slope there that is not, and at most about 1 inside.

        It is smooth, since networks are trained on its derivatives too. Arithmetic and
        `x.__array_namespace__()` make it work on columns of NumPy too.
        """

    @abstractmethod
    def within(self, frame: Frame) -> Self:
        """The same in scaled inputs, which are given by numbers."""

    def inward(self, x: Inputs) -> Numbers:
        """φ(x) with the sign that makes it positive inside."""
        return self.distance(x)

    @property
    def called(self) -> str:
        """What it is called in sentences."""
        return f"the {self.name}"

    def levels(self) -> Sequence[tuple[int, float]]:
        """(number of an input, its scaled value) of every face of the box that is part of it."""
        return ()

    def trace(self, marks: Marks) -> Float[np.ndarray, "n d"]:
        """Points of it where the inputs that it leaves free are at their `marks`; none by default.

        Where boundaries meet, the values on them are compared at such points.
        """
        return np.empty((0, len(marks)))


def grid(marks: Marks) -> Float[np.ndarray, "n d"]:
    """All combinations of the marks."""
    return np.array(list(product(*marks)), float).reshape(-1, len(marks))


def number_of(place: str | int) -> int:
    """An input that is known by number."""
    assert not isinstance(place, str), "a network knows inputs by number: call within(frame) before"
    return place


def finite(of: object, *values: float) -> tuple[float, ...]:
    """These numbers; `ConfigError` when one is none."""
    try:
        numbers = tuple(float(value) for value in values)
    except (TypeError, ValueError):
        numbers = (np.nan,)
    if not np.isfinite(numbers).all():
        raise ConfigError(f"a boundary lies at finite numbers: got {of!r}.")
    return numbers
