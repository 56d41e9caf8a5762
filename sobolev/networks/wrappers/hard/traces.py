"""Points of boundaries in the range of the inputs, at which values are looked at beforehand."""

import numpy as np
from jaxtyping import Float

from sobolev.networks.architecture import Frame
from sobolev.networks.wrappers.hard.boundary import Boundary

MARKS = 2000  # about how many points each boundary has
ROUNDING = 1e-9  # of a half range: how far outside a point may lie


def trace(
    part: Boundary, boundaries: tuple[Boundary, ...], frame: Frame
) -> Float[np.ndarray, "n d"]:
    """Scaled points of one boundary, those among them where faces of the others meet it."""
    points = part.trace(_marks(boundaries, len(frame.inputs)))
    return points[(np.abs(points) <= 1 + ROUNDING).all(axis=1)]


def place(frame: Frame, x: Float[np.ndarray, " d"]) -> str:
    """A scaled point as words: `x = 0, t = 1`."""
    physical = frame.x_shift + frame.x_scale * x
    return ", ".join(f"{n} = {z:.4g}" for n, z in zip(frame.inputs, physical, strict=True))


def _marks(boundaries: tuple[Boundary, ...], d: int) -> list[list[float]]:
    """Scaled values of each input: even ones, and those of faces, in which corners lie."""
    count = min(9, int(MARKS ** (1 / d)))
    even = np.linspace(-1, 1, count) if count > 1 else np.zeros(1)
    marks = [set(even.tolist()) for _ in range(d)]
    if d <= 6:  # else there are too many combinations
        for part in boundaries:
            for number, at in part.levels():
                marks[number].add(at)
    return [sorted(values) for values in marks]
