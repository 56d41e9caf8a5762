"""What a stress must be, whatever its tangent: none at rest, objective, symmetric, of an energy."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from sobolev.fem.verification.differences import LEVELS, extrapolated
from sobolev.fem.verification.states import rotation
from sobolev.fem.verification.subject import Subject
from sobolev.fem.verification.tangents import FLOOR, SURE, Compared

SAME = 1e-9  # of the largest stress: two ways to the same number
ROTATIONS = 20


class Gap(NamedTuple):
    """The largest difference, relative to what it is compared with, and where: a flat index."""

    size: float
    where: int
    factor: float = np.nan


def at_rest(subject: Subject, scale: float, stiff: float) -> Gap:
    """The stress without strain, over what a strain of this scale makes."""
    point = subject.point(np.zeros(subject.shape), subject.start)
    stress = np.abs(subject.respond(point[None], subject.start, 1.0)[0][0])
    return Gap(float(stress.max() / (stiff * scale)), int(np.argmax(stress)))


def objectivity(subject: Subject, seen: Compared, rng: np.random.Generator) -> Gap:
    """P(QF) = Q P(F), τ(QF) = Q τ(F) Qᵀ, over random rotations; from the start."""
    one = np.eye(subject.shape[0])
    Qs = [rotation(len(one), rng) for _ in range(ROTATIONS)]
    F = one + seen.at.strain
    points = [subject.point(Q @ F - one, subject.start) for Q in (one, *Qs)]
    first, *turned = _stresses(subject, points, seen)
    nominal = subject.measure == "nominal"
    return _largest(turned, [Q @ first if nominal else Q @ first @ Q.T for Q in Qs])


def isotropy(subject: Subject, seen: Compared, rng: np.random.Generator) -> Gap:
    """P(FQ) = P(F) Q, τ(FQ) = τ(F); σ(QεQᵀ) = Q σ(ε) Qᵀ of small strain; from the start."""
    one = np.eye(subject.shape[0])
    Qs = [rotation(len(one), rng) for _ in range(ROTATIONS)]
    H = seen.at.strain
    if subject.finite:
        points = [subject.point((one + H) @ Q - one, subject.start) for Q in (one, *Qs)]
        first, *turned = _stresses(subject, points, seen)
        nominal = subject.measure == "nominal"
        return _largest(turned, [first @ Q if nominal else first for Q in Qs])
    points = [subject.point(Q @ H @ Q.T, subject.start) for Q in (one, *Qs)]
    first, *turned = _stresses(subject, points, seen)
    return _largest(turned, [Q @ first @ Q.T for Q in Qs])


def angular_momentum(subject: Subject, seen: Compared) -> Gap:
    """P Fᵀ is symmetric, and so is σ."""
    stress = subject.stress(seen.stress)
    if subject.measure == "nominal":
        stress = stress @ subject.deformation(seen.point).T
    gap = stress - stress.T
    return Gap(float(np.abs(gap).max() / max(np.abs(stress).max(), 1e-300)), int(np.argmax(gap)))


def repeats(subject: Subject, seen: Compared) -> bool:
    """Whether it says the same twice, with another point asked in between."""
    at = seen.at
    between = subject.point(at.nearer(0.5).strain, at.start)
    points = np.array([seen.point, between, seen.point])
    stresses, states = subject.respond(points, at.start, at.step)
    pairs = ((stresses[0], stresses[2]), (states[0], states[2]))
    return all(np.array_equal(one, other, equal_nan=True) for one, other in pairs)


def potential(subject: Subject, seen: Compared) -> tuple[np.ndarray, np.ndarray]:
    """∂ψ/∂ columns and which stresses are off it; of a law with an energy."""
    steps = seen.slopes.widest / 2.0 ** np.arange(LEVELS)
    n = len(subject.columns)
    points = [
        subject.moved(seen.point, j, sign * h) for h in steps for sign in (1, -1) for j in range(n)
    ]
    psi = subject.energies(np.array(points)).reshape(LEVELS, 2, n)
    slope, doubt = extrapolated((psi[:, 0] - psi[:, 1]) / (2 * steps[:, None]))
    stress = seen.stress
    # one number is differentiated along all columns: its round-off is the same in each
    limit = np.maximum(SURE * doubt.max(), FLOOR * np.abs(stress).max())
    if subject.finite or subject.measure == "other":  # det F is rounded as a number near 1
        limit = limit + np.finfo(float).eps * seen.slopes.size / steps[-1]
    return slope, ~(np.abs(stress - slope) <= limit)


def _stresses(subject, points, seen) -> Iterator[np.ndarray]:
    stresses, _ = subject.respond(np.array(points), subject.start, seen.at.step)
    return map(subject.stress, stresses)


def _largest(found, wanted) -> Gap:
    gaps = np.abs(np.array(found) - np.array(wanted)).max(0)
    size = np.abs(np.array(wanted)).max()
    return Gap(float(gaps.max() / max(size, 1e-300)), int(np.argmax(gaps)))
