"""Closed cycles of strain: elastic laws give back all the work, others never more than it."""

from typing import NamedTuple

import numpy as np

from sobolev.fem.verification.subject import Subject

POINTS = 128
PATH = 64


class Work(NamedTuple):
    """Net work of a closed cycle over the work to and fro, and the doubt in it."""

    share: float
    doubt: float


def conserved(subject: Subject, size: float, step: float, rng: np.random.Generator) -> Work:
    """∮ P : dF of a law without history along a smooth cycle, by the trapezoidal rule.

    On periodic functions the rule is exact to round-off with few points; where a law has a kink on
    the way, each quarter of the points says something else. The cycle encloses an area: one that
    retraces itself finds nothing.
    """
    A, B, C = (size * rng.uniform(-1, 1, subject.shape) for _ in range(3))
    s = 2 * np.pi * np.arange(POINTS) / POINTS
    strains = np.array([A * np.sin(a) + B * (np.cos(a) - 1) + C * np.sin(2 * a) / 2 for a in s])
    rates = np.array([A * np.cos(a) - B * np.sin(a) + C * np.cos(2 * a) for a in s])
    points = np.array([subject.point(g, subject.start) for g in strains])
    stresses, _ = subject.respond(points, subject.start, step)
    forces, _ = subject.conjugate(points, stresses)
    along = [_rate(subject, g, rate) for g, rate in zip(strains, rates, strict=True)]
    power = (forces * np.array(along)).sum(1)
    size = np.abs(power).mean()
    quarters = power.reshape(-1, 4).mean(0)
    return Work(power.mean() / size, np.abs(quarters - power.mean()).max() / size)


def _rate(subject, g, rate):
    """d z / ds of the conjugate place: it is affine in the displacement gradient."""
    points = np.array([subject.point(each, subject.start) for each in (g, g + rate)])
    _, (here, there) = subject.conjugate(points, np.zeros((2, len(subject.rows))))
    return there - here


def dissipated(subject: Subject, size: float, step: float, rng: np.random.Generator) -> Work:
    """∮ P : dF of a law with history from the start along a closed cycle, walked twice."""
    A, B = (size * rng.uniform(-1, 1, subject.shape) for _ in range(2))
    s = 4 * np.pi * np.arange(PATH + 1) / PATH
    state, work, moved, before = subject.start, 0.0, 0.0, None
    for a in s:
        point = subject.point(A * np.sin(a) + B * (1 - np.cos(a)), state)
        stresses, states = subject.respond(point[None], state, step)
        state = states[0]
        force, place = (each[0] for each in subject.conjugate(point[None], stresses))
        if before is not None:
            done = (force + before[0]) / 2 * (place - before[1])
            work, moved = work + done.sum(), moved + abs(done.sum())
        before = force, place
    return Work(work / max(moved, 1e-300), 0.0)


def flows_again(subject: Subject, strain: np.ndarray, step: float) -> float | None:
    """How much the stress changes when the same strain is asked for again; None: rates matter."""
    start = subject.start
    point = subject.point(strain, start)
    (one,), (state,) = subject.respond(point[None], start, step)
    (other,), (later,) = subject.respond(point[None], start, 2 * step)
    for a, b in ((one, other), (state, later)):  # an explicit law shows the time in its state
        if not np.allclose(a, b, rtol=1e-12, atol=1e-12 * np.abs(a).max(initial=0.0)):
            return None
    again = subject.respond(subject.point(strain, state)[None], state, step)[0][0]
    return float(np.abs(again - one).max() / np.abs(one).max())
