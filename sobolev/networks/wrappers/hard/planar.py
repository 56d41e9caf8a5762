"""Boundaries in the plane of two inputs: curves and what they share."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Bool, Float

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

Point = tuple[float, float]

ROUNDING = 1e-12  # of the length of a curve: what lies so little behind it lies on it


class Planar(Boundary):
    """Part of a boundary in the plane of two `inputs` of one unit."""

    inputs: tuple[str | int, str | int]

    @abstractmethod
    def gap(self, x: Numbers, y: Numbers) -> Numbers:
        """φ in the unit of the inputs: on the curve 0 with a slope of 1 into the body."""

    @abstractmethod
    def outline(self) -> Float[np.ndarray, "n 2"]:
        """Points of the curve, its ends and corners among them."""

    def inside(self, x: Numbers, y: Numbers) -> Bool[Any, "*n"]:
        """Whether a point lies on the side where the body is; everywhere by default."""
        return x == x

    def distance(self, x: Inputs) -> Numbers:
        """`gap` at the two inputs."""
        return self.gap(*(x[number_of(name)] for name in self.inputs))

    def within(self, frame: Frame) -> "Placed":  # type: ignore[override]
        """The same in scaled inputs; `ConfigError` where it is outside of their range."""
        places = [frame.place("input", name) for name in self.inputs]
        shift, scale = frame.x_shift[places], frame.x_scale[places]
        near = np.abs((self.outline() - shift) / scale).max(axis=1).min()
        if near > REACH:
            ranges = " and ".join(
                f"{frame.inputs[place]} from {a - b:g} to {a + b:g}"
                for place, a, b in zip(places, shift, scale, strict=True)
            )
            raise ConfigError(
                f"{self!r} lies outside of the range of the inputs, {ranges}: give it in their "
                "units, or a box that it is in."
            )
        return Placed(
            self, (places[0], places[1]), _pair(shift), _pair(scale), self._size(shift, scale)
        )

    def _size(self, middle: np.ndarray, half: np.ndarray) -> float:
        """The largest |φ| in the body, as far as the range goes."""
        x, y = (grid([np.linspace(-1, 1, 33).tolist()] * 2) * half + middle).T
        size, inside = np.abs(self.gap(x, y)), self.inside(x, y)
        return float(size[inside].max() if inside.any() else size.max())


@dataclass(frozen=True)
class Placed(Boundary):
    """A curve in scaled inputs: φ/`size` at `shift` + `scale` x̂. Built, never saved."""

    name: ClassVar[str] = "placed"

    part: Planar
    places: tuple[int, int]
    shift: Point
    scale: Point
    size: float

    @property
    def called(self) -> str:
        """That of the curve."""
        return self.part.called

    def distance(self, x: Inputs) -> Numbers:
        """φ(x)."""
        x1, x2 = (
            a + b * x[place]
            for place, a, b in zip(self.places, self.shift, self.scale, strict=True)
        )
        return self.part.gap(x1, x2) / self.size

    def within(self, frame: Frame) -> "Placed":
        """The same in inputs that are scaled once more."""
        places = [frame.place("input", place) for place in self.places]
        shift = np.array(self.shift) + np.array(self.scale) * frame.x_shift[places]
        scale = np.array(self.scale) * frame.x_scale[places]
        return Placed(self.part, (places[0], places[1]), _pair(shift), _pair(scale), self.size)

    def trace(self, marks: Marks) -> Float[np.ndarray, "n d"]:
        """Points of the curve in the range, with the marks of the other inputs."""
        curve = (self.part.outline() - self.shift) / np.array(self.scale)
        others = [(0.0,) if k in self.places else values for k, values in enumerate(marks)]
        rest = grid(others)
        points = np.repeat(rest, len(curve), axis=0)
        points[:, self.places] = np.tile(curve, (len(rest), 1))
        return points


def folded(f: Numbers, length: float | np.ndarray) -> Numbers:
    """|f|, whose derivatives at 0 are those of +f, also where rounding has made it less than 0."""
    xp = f.__array_namespace__()
    return xp.where(f > -ROUNDING * length, f, -f)


def root(z: Numbers) -> Numbers:
    """√z, and at 0 the slope 0 instead of infinity."""
    xp = z.__array_namespace__()
    return xp.where(z > 0, xp.sqrt(xp.where(z > 0, z, 1.0)), 0.0)


def trimmed(f: Numbers, t: Numbers, length: float | np.ndarray) -> Numbers:
    """√(f² + g²) with g = (√(t² + f⁴) − t)/2: the zeros of f where t ≥ 0, of a slope of 1.

    Where t > 0 it is |f| √(1 + (g/f)²) with g/f = f³/(2 (√(t² + f⁴) + t)): no difference of equal
    numbers, and on the curve all derivatives, those from the body. It is not smooth at the ends.
    Source: Sukumar & Srivastava, arXiv 2104.08426, section 5.1; Biswas & Shapiro, Graph. Models 66
    (2004) 133.
    """
    xp = f.__array_namespace__()
    f, along = folded(f, length), t > 0
    r = root(t**2 + f**4)
    on = f * xp.sqrt(1 + (f**3 / (2 * (r + xp.where(along, t, 1.0)))) ** 2)
    return xp.where(along, on, root(f**2 + ((r - t) / 2) ** 2))


def point(of: object, place: object) -> Point:
    """Two finite numbers; `ConfigError`."""
    if not isinstance(place, tuple | list | np.ndarray) or len(place) != 2:
        raise ConfigError(f"a point of a plane has two numbers, (x, y): got {place!r} in {of!r}.")
    x, y = finite(of, *place)
    return x, y


def settle_inputs(of: "Planar") -> None:
    """Two different inputs; `ConfigError`."""
    inputs = of.inputs
    pair = isinstance(inputs, tuple | list) and len(inputs) == 2
    if not pair or inputs[0] == inputs[1]:
        raise ConfigError(f"a curve lies in the plane of two inputs, ('x', 'y'): got {inputs!r}.")
    settle(of, inputs=tuple(inputs))


def _pair(numbers: np.ndarray) -> Point:
    return float(numbers[0]), float(numbers[1])
