"""Where a law is tried: at rest and far from it, before and after it has flowed."""

import numpy as np

from sobolev.fem.verification.subject import Situation, Subject

SMALL, FINITE = 0.02, 0.2  # strains, unless a law yields earlier or it is said


def situations(
    subject: Subject, strain: float | None, step: float, rng: np.random.Generator
) -> tuple[list[Situation], float | None]:
    """The states to be tried, and the strain where it begins to flow, None if it always does.

    Without history: at rest, at random strains, and near what it can bear (stretched, squeezed,
    turned). With history: at rest, before and beyond yield, back again, beyond it the other way,
    and along another direction.
    """
    usual = strain or (FINITE if subject.finite else SMALL)
    if not subject.history:
        return _elastic(subject, usual, step, rng), None
    way = _direction(subject, rng)
    limit = yield_strain(subject, way, step)
    return _with_history(subject, way, limit, strain, usual, step, rng), limit


def _direction(subject, rng):
    way = rng.uniform(-1, 1, subject.shape)
    return way / np.abs(way).max()


def _elastic(subject, size, step, rng):
    def at(name, strain):
        return Situation(name, strain, subject.start, size, step)

    found = [
        at("at rest", np.zeros(subject.shape)),
        at("slightly strained", 0.05 * size * rng.uniform(-1, 1, subject.shape)),
        *(at("strained", size * rng.uniform(-1, 1, subject.shape)) for _ in range(2)),
    ]
    if not subject.finite:
        return [*found, at("strained far", 5 * size * rng.uniform(-1, 1, subject.shape))]
    d, far = subject.shape[0], 1 + 4 * size
    for name, low, high in (("stretched far", 1 / far, far), ("squeezed", 0.5, 0.9)):
        stretch = np.diag(np.exp(rng.uniform(np.log(low), np.log(high), d)))
        F = rotation(d, rng) @ stretch @ rotation(d, rng)
        found.append(at(name, F - np.eye(d)))
    turned = rotation(d, rng) @ (np.eye(d) + size / 2 * rng.uniform(-1, 1, subject.shape))
    return [*found, at("strained and turned", turned - np.eye(d))]


def _with_history(subject, way, limit, strain, usual, step, rng):
    yields = limit is not None
    size = limit if yields else usual / 2.5
    far = 2.5 * size if strain is None else strain
    other = (way + rng.uniform(-1, 1, subject.shape)) / 2
    flowing = "plastic" if yields else "flowing"

    def at(name, g, start=subject.start):
        return Situation(name, g, start, size, step)

    found = [at("at rest", np.zeros(subject.shape))]
    if yields:
        found.append(at("elastic", 0.5 * size * way))
    found += [at(flowing, far * way), at(flowing, 2 * far * other / np.abs(other).max())]
    g, flowed = _flowed(subject, far * way, step)
    return [
        *found,
        at("unloading", g - 0.4 * size * way, flowed),
        at(f"{flowing} the other way", -g, flowed),
        at(f"{flowing} on, along another direction", g + far * other, flowed),
    ]


def _flowed(subject, g, step):
    """The strain, and the state there: less far out where the law has no stress."""
    state = subject.start
    for _ in range(6):
        _, (state,) = subject.respond(subject.point(g, subject.start)[None], subject.start, step)
        if np.isfinite(state).all():
            break
        g = g / 2
    return g, state


def yield_strain(subject: Subject, way: np.ndarray, step: float) -> float | None:
    """The strain along a direction where it begins to flow; None if it always does, or never.

    Told by which numbers of the state a step changes: others than at a tiny strain.
    """
    strains = 10.0 ** np.arange(-6.0, 0.01, 0.05)
    points = np.array([subject.point(s * way, subject.start) for s in strains])
    stresses, states = subject.respond(points, subject.start, step)
    usable = np.isfinite(stresses).all(1) & np.isfinite(states).all(1)
    changed = subject.branch(states, subject.start)
    differs = usable & (changed != changed[0]).any(1)
    return float(strains[np.argmax(differs)]) if differs.any() else None


def rotation(d: int, rng: np.random.Generator) -> np.ndarray:
    """A random rotation `[d, d]`, every one as likely."""
    Q, R = np.linalg.qr(rng.standard_normal((d, d)))
    Q = Q * np.sign(np.diag(R))
    if np.linalg.det(Q) < 0:
        Q[:, 0] = -Q[:, 0]
    return Q
