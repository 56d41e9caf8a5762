"""Boundaries where one input has a given value, and the sides of a box."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Float

from sobolev._base.errors import ConfigError
from sobolev.networks.architecture import Frame, settle
from sobolev.networks.wrappers.hard.boundary import (
    REACH,
    Boundary,
    Inputs,
    Marks,
    Numbers,
    finite,
    grid,
    number_of,
)


@dataclass(frozen=True)
class Face(Boundary):
    """Where one input has one value: φ = (x − c)/w, w its largest value in the range of the data.

    **Arguments:** `input`, its name or number; `at`, c in its unit.

    ```python
    Face("t", 0.0)   # the beginning
    ```
    """

    name: ClassVar[str] = "face"

    input: str | int
    at: float

    def __post_init__(self):
        settle(self, at=finite(self, self.at)[0])

    def distance(self, x: Inputs) -> Numbers:
        """φ(x)."""
        return (x[number_of(self.input)] - self.at) / (1 + abs(self.at))

    def inward(self, x: Inputs) -> Numbers:
        """|x − c|/w in the range of the data, unless c lies inside of it."""
        return -self.distance(x) if self.at > 0 else self.distance(x)

    def within(self, frame: Frame) -> "Face":
        """The same in scaled inputs."""
        place = frame.place("input", self.input)
        (at,) = _in_range(self, frame, place, self.at)
        return Face(place, at)

    def levels(self) -> Sequence[tuple[int, float]]:
        """Itself."""
        return ((number_of(self.input), self.at),)

    def trace(self, marks: Marks) -> Float[np.ndarray, "n d"]:
        """Its points at the marks of the other inputs."""
        return _on_levels(self.levels(), marks)


@dataclass(frozen=True)
class Between(Boundary):
    """Where one input has one of two values: φ = 4 (x − l)(u − x)/(u − l)², 1 halfway.

    **Arguments:** `input`, its name or number; `lower` l < `upper` u in its unit.

    ```python
    Between("x", 0.0, 1.0), Between("y", 0.0, 1.0)   # all sides of the unit square
    ```
    """

    name: ClassVar[str] = "between"

    input: str | int
    lower: float
    upper: float

    def __post_init__(self):
        lower, upper = finite(self, self.lower, self.upper)
        settle(self, lower=lower, upper=upper)
        if not self.lower < self.upper:
            raise ConfigError(f"lower must be less than upper: got {self!r}.")

    def distance(self, x: Inputs) -> Numbers:
        """φ(x)."""
        z = x[number_of(self.input)]
        return 4 * (z - self.lower) * (self.upper - z) / (self.upper - self.lower) ** 2

    def within(self, frame: Frame) -> "Between":
        """The same in scaled inputs."""
        place = frame.place("input", self.input)
        return Between(place, *_in_range(self, frame, place, self.lower, self.upper))

    def levels(self) -> Sequence[tuple[int, float]]:
        """Both."""
        place = number_of(self.input)
        return ((place, self.lower), (place, self.upper))

    def trace(self, marks: Marks) -> Float[np.ndarray, "n d"]:
        """Points of both at the marks of the other inputs."""
        return _on_levels(self.levels(), marks)


def _in_range(of: Boundary, frame: Frame, place: int, *at: float) -> list[float]:
    """Values of an input, scaled; `ConfigError` where all of them are far outside of a box."""
    scaled = [frame.scaled_input(place, each) for each in at]
    if frame.of_box and min(map(abs, scaled)) > REACH:
        middle, half = float(frame.x_shift[place]), float(frame.x_scale[place])
        raise ConfigError(
            f"{of!r} lies outside of the range of '{frame.inputs[place]}', {middle - half:g} to "
            f"{middle + half:g}: give it in its unit, or a box that it is in."
        )
    return scaled


def _on_levels(levels: Sequence[tuple[int, float]], marks: Marks) -> Float[np.ndarray, "n d"]:
    parts = []
    for place, at in levels:
        held = [(at,) if number == place else values for number, values in enumerate(marks)]
        parts.append(grid(held))
    return np.concatenate(parts)
