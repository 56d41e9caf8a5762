"""Another value on each part of a boundary, put together exactly."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import ClassVar

import numpy as np
from jaxtyping import Float

from sobolev._base.errors import ConfigError
from sobolev.networks.architecture import Frame, settle
from sobolev.networks.wrappers.hard.boundary import Boundary, Inputs, Numbers
from sobolev.networks.wrappers.hard.given import Given, Outputs
from sobolev.networks.wrappers.hard.traces import place, trace

APART = 1e-9  # in scaled units: how much two values differ that contradict each other


@dataclass(frozen=True)
class Transfinite(Given):
    """g = Σ w_i g_i with w_i = ∏_{j≠i} φ_j² / Σ_k ∏_{j≠k} φ_j²: g_i on the i-th boundary.

    Exactly so: on part i every other weight has the factor φ_i = 0, and w_i is a number divided by
    itself. The weights have no slope there, so that under `Clamped` the slope of u is that of g_i
    too. Where two parts meet, their values must agree; the weights have no limit there, and g has,
    with second derivatives ~ 1/ρ. Source: Rvachev, Sheiko, Shapiro & Tsukanov, Comput. Aided Geom.
    Des. 18 (2001) 195, with exponent 2; Sukumar & Srivastava, arXiv 2104.08426.

    **Arguments:** `values`, one for each boundary of the `HardBoundary`, in their order. Raises
    `ConfigError`, also for values that contradict each other where boundaries meet.

    ```python
    start, ends = Clamped(Face("t", 0.0)), Between("x", 0.0, 1.0)
    HardBoundary(MLP(), (start, ends), Transfinite((Formula("sin(pi*x)"), Affine(0.0))))
    ```
    """

    name: ClassVar[str] = "transfinite"

    values: tuple[Given, ...]

    def __post_init__(self):
        values = tuple(self.values) if isinstance(self.values, tuple | list) else ()
        if len(values) < 2 or not all(isinstance(value, Given) for value in values):
            raise ConfigError(
                f"Transfinite takes a value for each boundary, two or more: got {self.values!r}."
            )
        settle(self, values=values)

    def within(self, frame: Frame) -> "Transfinite":
        """The same from scaled inputs to scaled outputs."""
        return Transfinite(tuple(value.within(frame) for value in self.values))

    def at(self, x: Inputs, distances: Sequence[Numbers]) -> Outputs:
        """g(x)."""
        xp, k = x.__array_namespace__(), len(self.values)
        squares = [φ**2 for φ in distances]
        shares = xp.stack([prod(squares[:i] + squares[i + 1 :]) for i in range(k)])
        # Where two parts meet all shares are 0, and the values that meet are equal.
        apart = shares.sum(0) > 0
        shares = xp.where(apart, shares, xp.stack([φ == 0 for φ in squares]))
        g = xp.stack([value.at(x, distances) for value in self.values])
        return ((shares / shares.sum(0))[:, None] * g).sum(0)

    def check(self, boundaries: tuple[Boundary, ...], frame: Frame, bound: Sequence[int]) -> None:
        """As many values as boundaries, equal where two of these meet in the range."""
        if len(boundaries) != len(self.values):
            raise ConfigError(
                f"there are {len(self.values)} values for {len(boundaries)} boundaries: give one "
                "for each, in their order."
            )
        for value, part in zip(self.values, boundaries, strict=True):
            value.check((part,), frame, bound)
        scaled = [value.within(frame) for value in self.values]
        for i, part in enumerate(boundaries):
            points = trace(part, boundaries, frame)
            for j in range(len(boundaries)):
                if i != j and len(points):
                    _compare(boundaries, scaled, (i, j), points, frame, bound)


def _compare(
    boundaries: tuple[Boundary, ...],
    values: list[Given],
    pair: tuple[int, int],
    points: Float[np.ndarray, "n d"],
    frame: Frame,
    bound: Sequence[int],
) -> None:
    """Raise `ConfigError` where points of one boundary are on another with another value."""
    one, other = (boundaries[k] for k in pair)
    # A clamped one has a square. What is on both has the values that are compared.
    met = points[np.abs(np.asarray(other.distance(points.T))) < APART**2]
    found, wanted = (np.asarray(values[k].at(met.T, ())) for k in pair)
    for row, x in enumerate(met):
        for k in bound:
            a, b = found[k, row], wanted[k, row]
            if not abs(a - b) <= APART * (1 + abs(b)):
                a, b = (float(frame.y_shift[k] + frame.y_scale[k] * value) for value in (a, b))
                raise ConfigError(
                    f"two boundaries meet at {place(frame, x)} and contradict each other: "
                    f"'{frame.outputs[k]}' is {a:.6g} on {one.called} and {b:.6g} on "
                    f"{other.called}; give values that agree there."
                )
