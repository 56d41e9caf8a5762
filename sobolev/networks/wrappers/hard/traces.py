"""Points of boundaries in the range of the inputs, at which values are looked at beforehand."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from sobolev.networks.architecture import Frame
from sobolev.networks.wrappers.hard.boundary import Boundary
from sobolev.networks.wrappers.hard.given import Given

MARKS = 2000  # about how many points each boundary has
STEP = 1e-4  # from a side, in half ranges: there φ shows how often it is zero on it
PIECES = 64  # points of a side: a boundary that is a sixteenth of it is seen
SAME = 1e-6  # of the largest number: what a period that was typed in with a few digits leaves
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


def repeats(
    value: Given, boundaries: Sequence[Boundary], input: int, output: int, d: int
) -> tuple[bool, bool]:
    """Whether g and φ are the same on both sides of an input of [−1, 1]ᵈ; and beyond them, too."""
    x = np.random.default_rng(0).uniform(-0.95, 0.95, (d, PIECES))
    away = np.where(np.arange(PIECES) % 2, 0.0, 0.3 * x[input])
    ends = []
    for side in (-1.0, 1.0):
        x[input] = side + away
        with np.errstate(all="ignore"):
            distances = [np.asarray(part.distance(x)) for part in boundaries]
            g = np.broadcast_to(np.asarray(value.at(x, distances))[output], (PIECES,))
        ends.append(np.stack([g, np.prod(distances, axis=0)]))
    off = np.abs(ends[1] - ends[0]).max(axis=0)  # NaN, beyond a domain of g, is no repetition
    same = off <= SAME * (1 + np.abs(ends[0]).max(initial=0))
    return bool(same[away == 0].all()), bool(same.all())


def zeros_on_sides(boundaries: Sequence[Boundary], d: int) -> Float[np.ndarray, "d 2"]:
    """How often the product of the scaled distances is zero on each side of [−1, 1]ᵈ.

    Where only a piece of a side is on a boundary, as often as there.
    """
    found = np.zeros((d, 2))
    some = np.random.default_rng(0).uniform(-0.95, 0.95, (d, PIECES))
    for place, end in np.ndindex(d, 2):
        φ = []
        for away in (STEP, STEP / 2):  # φ ~ away^m
            some_there = some.copy()
            some_there[place] = (1 - away) * (2 * end - 1)
            with np.errstate(all="ignore"):
                φ.append(np.prod([part.distance(some_there) for part in boundaries], axis=0))
        with np.errstate(all="ignore"):
            powers = np.log2(np.abs(φ[0] / φ[1]))
        seen = np.sort(np.round(np.nan_to_num(powers, nan=0, posinf=0, neginf=0)))
        found[place, end] = seen[-PIECES // 16]
    return np.maximum(found, 0)
