"""Boundaries made of boundaries: joined as one, and with the slope given too."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float

from sobolev._base.errors import ConfigError
from sobolev.networks.architecture import Frame, settle
from sobolev.networks.wrappers.hard.boundary import Boundary, Inputs, Marks, Numbers
from sobolev.networks.wrappers.hard.planar import ROUNDING, folded, root


@dataclass(frozen=True)
class Joined(Boundary):
    """Several parts as one, by R-equivalence: φ = (Σ φ_i^−m)^(−1/m), a distance near each of them.

    A `HardBoundary` multiplies the φ of its parts, which leaves no singularity where lines meet,
    and a slope that falls to 0 there. Joined parts keep the slope 1 up to their corners, and have
    second derivatives ~ 1/ρ at a distance ρ from them: for an energy and equations of first order
    it is the better one, for the strong form of second order the product is.
    With m = 1 the second derivative normal to the part is not 0, which a network makes up for; with
    m = 2 it is 0, at the price of twice the growth at corners, which no network makes up for:
    hence 1. Source: Sukumar & Srivastava, arXiv 2104.08426, section 5.2.

    **Arguments:** `parts`, two or more; `order` m, 1 or 2. Raises `ConfigError`.

    ```python
    Joined((Segment(plane, (0, 0), (1, 0)), Arc(plane, (1, 0), (0.5, 0.5), (0, 0))))
    ```
    """

    name: ClassVar[str] = "joined"

    parts: tuple[Boundary, ...]
    order: int = 1

    def __post_init__(self):
        parts = tuple(self.parts) if isinstance(self.parts, tuple | list) else ()
        if len(parts) < 2 or not all(isinstance(part, Boundary) for part in parts):
            raise ConfigError(
                f"Joined takes a tuple of two boundaries or more: got {self.parts!r}."
            )
        settle(self, parts=parts)
        check_order(self, self.order)

    def distance(self, x: Inputs) -> Numbers:
        """φ(x)."""
        xp = x.__array_namespace__()
        parts = xp.stack([part.inward(x) for part in self.parts])
        return equivalence(folded(parts, 1.0), self.order)

    def within(self, frame: Frame) -> "Joined":
        """The same in scaled inputs."""
        return Joined(tuple(part.within(frame) for part in self.parts), self.order)

    def levels(self) -> Sequence[tuple[int, float]]:
        """Those of the parts."""
        return [level for part in self.parts for level in part.levels()]

    def trace(self, marks: Marks) -> Float[np.ndarray, "n d"]:
        """Points of the parts."""
        return np.concatenate([part.trace(marks) for part in self.parts])


@dataclass(frozen=True)
class Clamped(Boundary):
    """A part where the slope is given as well as the value: φ².

    u = g + φ² N has the values of g there, and its first derivatives. A start with u and u_t, a
    clamped edge of a plate, a wall that a stream function knows.

    **Arguments:** `part`. Raises `ConfigError`.

    ```python
    HardBoundary(MLP(), (Clamped(Face("t", 0.0)),), Formula("sin(pi*x) + 2*t"))   # u and u_t
    ```
    """

    name: ClassVar[str] = "clamped"

    part: Boundary

    def __post_init__(self):
        if not isinstance(self.part, Boundary):
            raise ConfigError(f"Clamped takes a boundary: got {self.part!r}.")

    @property
    def called(self) -> str:
        """That of the part."""
        return self.part.called

    def distance(self, x: Inputs) -> Numbers:
        """φ(x)², zero with its slope."""
        return self.part.distance(x) ** 2

    def within(self, frame: Frame) -> "Clamped":
        """The same in scaled inputs."""
        return Clamped(self.part.within(frame))

    def levels(self) -> Sequence[tuple[int, float]]:
        """Those of the part."""
        return self.part.levels()

    def trace(self, marks: Marks) -> Float[np.ndarray, "n d"]:
        """Points of the part."""
        return self.part.trace(marks)


def equivalence(parts: Float[Any, "p *n"], order: int) -> Numbers:
    """(Σ φ_i^−m)^(−1/m) of numbers ≥ 0, two by two: a b/(a^m + b^m)^(1/m), 0 at a corner."""
    xp = parts.__array_namespace__()

    def both(a, b):
        under = a + b if order == 1 else root(a**2 + b**2)
        apart = under > ROUNDING**2  # at a corner 0/0, and its derivatives
        return xp.where(apart, a * b / xp.where(apart, under, 1.0), 0.0)

    return folded_up(both, parts)


def folded_up(both: Callable, parts: Float[Any, "p *n"]) -> Numbers:
    """An associative operation over all parts, half of them on the other half: few, long arrays."""
    xp = parts.__array_namespace__()
    while len(parts) > 1:
        half = len(parts) // 2
        left = parts[2 * half :]
        parts = both(parts[:half], parts[half : 2 * half])
        parts = xp.concatenate([parts, left]) if len(left) else parts
    return parts[0]


def check_order(of: object, order: int) -> None:
    """`ConfigError` for an m other than 1 and 2."""
    if order not in (1, 2):
        raise ConfigError(f"the order of an R-equivalence is 1 or 2: got {of!r}.")
