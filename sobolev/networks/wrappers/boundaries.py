"""Where a value is known: parts of a boundary, each with a smooth function that is zero on it."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Self

from jaxtyping import Array, Float

from sobolev._base.errors import ConfigError
from sobolev.networks.architecture import Frame, settle
from sobolev.networks.as_json import Saved


class Boundary(Saved, ABC):
    """Part of a boundary, a frozen dataclass with a `name` like an architecture."""

    @abstractmethod
    def distance(self, x: Float[Array, " d"]) -> Float[Array, ""]:
        """φ(x): zero on this part, with a slope there that is not, and at most about 1 inside.

        It is smooth, since networks are trained on its derivatives too.
        """

    @abstractmethod
    def within(self, frame: Frame) -> Self:
        """The same in scaled inputs, which are given by numbers."""


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
        settle(self, at=_finite(self, self.at))

    def distance(self, x: Float[Array, " d"]) -> Float[Array, ""]:
        """φ(x)."""
        return (x[_number(self.input)] - self.at) / (1 + abs(self.at))

    def within(self, frame: Frame) -> "Face":
        """The same in scaled inputs."""
        place = frame.place("input", self.input)
        return Face(place, frame.scaled_input(place, self.at))


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
        settle(self, lower=_finite(self, self.lower), upper=_finite(self, self.upper))
        if not self.lower < self.upper:
            raise ConfigError(f"lower must be less than upper: got {self!r}.")

    def distance(self, x: Float[Array, " d"]) -> Float[Array, ""]:
        """φ(x)."""
        z = x[_number(self.input)]
        return 4 * (z - self.lower) * (self.upper - z) / (self.upper - self.lower) ** 2

    def within(self, frame: Frame) -> "Between":
        """The same in scaled inputs."""
        place = frame.place("input", self.input)
        ends = (frame.scaled_input(place, end) for end in (self.lower, self.upper))
        return Between(place, *ends)


def _number(place: str | int) -> int:
    assert not isinstance(place, str), "a network knows inputs by number: call within(frame) before"
    return place


def _finite(of: object, value: float) -> float:
    if not abs(value) < float("inf"):
        raise ConfigError(f"a boundary lies at finite numbers: got {of!r}.")
    return float(value)
