"""Derivatives of the stress by differences, as sharp as they can be, with what they are worth."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from sobolev.fem.verification.subject import Situation, Subject

LEVELS = 4
WIDEST = 1e-2  # of the size of the strain; each level is half of the one before
SHARP = 1e-9  # a doubt, relative to the largest entry, that needs no other step
JUMP = 1e-5  # of the slope at the point itself, relative to the largest entry


class Slopes(NamedTuple):
    """∂ stresses / ∂ columns `[m, n]`, the doubt in each entry, why they say nothing, or "".

    `widest`: the step, within which there is no branch.
    """

    value: np.ndarray
    doubt: np.ndarray
    problem: str = ""
    widest: float = 0.0

    @property
    def size(self) -> float:
        """The largest entry."""
        return float(np.abs(self.value).max())


def slopes_at(subject: Subject, at: Situation) -> Slopes:
    """Differences of the stress, with a smaller step where one crosses a branch of the law.

    Of a step h all of ±h, ±h/2, ±h/4, ±h/8 are asked, and extrapolated as Ridders does. `problem`
    is "no stress" (NaN), "kink" (the slope jumps at the point itself) or "branch" (it lies so near
    to one that no step avoids it).

    Source: C. J. F. Ridders, Adv. Eng. Software 4 (1982) 75, 10.1016/S0141-1195(82)80057-0.
    """
    best: Slopes | None = None
    for shrink in (1.0, 0.1, 0.01, 0.001):
        found = _with_step(subject, at, WIDEST * at.scale * shrink)
        if best is None or _worth(found) < _worth(best):
            best = found
        elif not best.problem:  # round-off, or the noise of a local iteration, takes over
            break
        if best.problem in ("no stress", "kink") or best.doubt.max() <= SHARP * best.size:
            break
    assert best is not None
    if not best.problem and best.doubt.max() > 1e-4 * best.size:
        return best._replace(problem="branch")
    return best


def _worth(found: Slopes) -> float:
    return np.inf if found.problem else float(found.doubt.max())


def _with_step(subject: Subject, at: Situation, widest: float) -> Slopes:
    point, n = subject.point(at.strain, at.start), len(subject.columns)
    steps = widest / 2.0 ** np.arange(LEVELS)
    points = [point]
    for h in steps:
        points += [subject.moved(point, j, sign * h) for sign in (1, -1) for j in range(n)]
    stresses, states = subject.respond(np.array(points), at.start, at.step)
    m = stresses.shape[1]
    if not np.isfinite(stresses).all():
        return Slopes(np.full((m, n), np.nan), np.full((m, n), np.inf), "no stress")
    moved = stresses[1:].reshape(LEVELS, 2, n, m).transpose(0, 1, 3, 2)
    value, doubt = extrapolated((moved[:, 0] - moved[:, 1]) / (2 * steps[:, None, None]))
    # two numbers of a table of noise agree by chance: an entry is no surer than most of its row
    doubt = np.maximum(doubt, np.median(doubt, axis=1, keepdims=True))
    bends = (moved[:, 0] + moved[:, 1] - 2 * stresses[0][:, None]) / steps[:, None, None]
    jump = np.abs(2 * bends[-1] - bends[-2]).max()
    # which numbers of the state a step changes says what branch it takes
    changed = subject.branch(states[1:], at.start).reshape(LEVELS * 2, n, -1)
    problem = ""
    if (changed != changed[0]).any():
        problem = "branch"
    elif jump > JUMP * np.abs(value).max():
        # half of it on each side of a kink: of a mere branch nearby a smaller step knows nothing
        problem = "kink" if np.abs(bends[-1]).max() > 0.9 * np.abs(bends[0]).max() else "branch"
    return Slopes(value, doubt, problem, widest)


def extrapolated(coarse: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The limit of central differences `[levels, ...]` with steps h, h/2, …, and its doubt."""
    best, doubt = coarse[-1], np.full(coarse.shape[1:], np.inf)
    before = coarse
    for i in range(1, len(coarse)):
        finer = (4.0**i * before[1:] - before[:-1]) / (4.0**i - 1)
        gap = np.maximum(np.abs(finer - before[1:]), np.abs(finer - before[:-1]))
        for value, error in zip(finer, gap, strict=True):
            better = error < doubt
            best, doubt = np.where(better, value, best), np.where(better, error, doubt)
        before = finer
    return best, doubt


def along_line(f: Callable[[float], np.ndarray], widest: float) -> tuple[np.ndarray, np.ndarray]:
    """d f(s) / ds at 0 of an array, and the doubt in it."""
    steps = widest / 2.0 ** np.arange(LEVELS)
    return extrapolated(np.array([(f(h) - f(-h)) / (2 * h) for h in steps]))
