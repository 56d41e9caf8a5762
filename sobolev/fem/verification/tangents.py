"""The tangent against differences of the stress, entry by entry."""

from typing import NamedTuple

import numpy as np

from sobolev.fem.verification.differences import Slopes, along_line, slopes_at
from sobolev.fem.verification.subject import Situation, Subject

FLOOR = 5e-8  # of the largest entry: 0.1 % of an entry of 1e-4 of it is 1e-7
SURE = 10.0  # a doubt is an estimate: so many of them are a difference
MOVES = {"no stress": (0.5, 0.25, 0.1), "branch": (0.93, 1.11, 0.81), "kink": (0.93, 1.11, 0.81)}
ROUND_OFF = 1e-13  # of the stiffest state
SECOND = 1e-6  # of the largest entry of the derivative of the tangent


class Compared(NamedTuple):
    """A state, the `tangent [m, n]` that the law says there, and that of differences."""

    at: Situation
    point: np.ndarray
    stress: np.ndarray
    tangent: np.ndarray
    slopes: Slopes
    state: np.ndarray  # the new one
    round_off: float = 0.0  # of a law that is stiffer at other states: what is left of failed ones

    @property
    def limit(self) -> np.ndarray:
        """How far an entry may be off `[m, n]`."""
        least = max(FLOOR * self.slopes.size, self.round_off)
        return np.maximum(SURE * self.slopes.doubt, least)

    @property
    def sharp(self) -> float:
        """The least error that is seen in every entry, relative to the largest.

        That is the largest of all states where this one has next to no stiffness left.
        """
        if self.slopes.problem:
            return np.inf
        failed = self.slopes.size < self.round_off / FLOOR
        size = self.round_off / ROUND_OFF if failed else self.slopes.size
        return float(self.limit.max() / max(size, np.finfo(float).tiny))

    def wrong(self, tangent: np.ndarray | None = None) -> np.ndarray:
        """Which entries of the tangent, or of another, are off `[m, n]`."""
        tangent = self.tangent if tangent is None else tangent
        return ~(np.abs(tangent - self.slopes.value) <= self.limit)


def compare(subject: Subject, at: Situation) -> Compared:
    """The state, or one near it where it lies on a branch or there is no stress."""
    tried = _at(subject, at)
    for factor in MOVES.get(tried.slopes.problem, ()):
        again = _at(subject, at.nearer(factor))
        if not again.slopes.problem:
            return again
    return tried


def _at(subject, at):
    slopes = slopes_at(subject, at)
    point = subject.point(at.strain, at.start)
    (stress,), (state,) = subject.respond(point[None], at.start, at.step)
    tangent = subject.tangent(point, at.start, at.step)
    return Compared(at, point, stress, tangent, slopes, state)


class Bend(NamedTuple):
    """The derivative of the tangent along a direction, said and by differences; what is `wrong`."""

    said: np.ndarray
    slopes: Slopes
    wrong: np.ndarray


def bend_of(subject: Subject, seen: Compared, rng: np.random.Generator) -> Bend | None:
    """Second derivatives at a state; None where there is nothing to see but round-off."""
    way = rng.uniform(-1, 1, len(subject.columns))
    bend = _bend_of(subject, seen, way, seen.slopes.widest)
    if bend is not None and bend.wrong.any():  # near a point where it is singular, steps tell
        finer = _bend_of(subject, seen, way, seen.slopes.widest / 10)
        return finer and Bend(bend.said, bend.slopes, bend.wrong & finer.wrong)
    return bend


def _bend_of(subject: Subject, seen: Compared, way: np.ndarray, h: float) -> Bend | None:
    at = seen.at

    def tangent(h):
        return subject.tangent(seen.point + h * way, at.start, at.step)

    value, doubt = along_line(tangent, h)
    said = subject.bend(seen.point, way, at.start, at.step)
    round_off = 1e-11 * np.abs(seen.tangent).max() / h
    if max(np.abs(value).max(), np.abs(said).max()) < 10 * round_off:
        return None
    doubt = np.maximum(doubt, round_off)
    size = SECOND * max(np.abs(value).max(), np.abs(said).max())
    wrong = ~(np.abs(said - value) <= np.maximum(SURE * doubt, size))
    return Bend(said, Slopes(value, doubt), wrong)
