"""What a search over a catalogue came to, and the bookkeeping on its way."""

from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from sobolev.descent.discrete.task import ROUNDING, Task


class Outcome(Enum):
    """How a search can end; the value is its sentence. Only the first two are good."""

    BEST_OF_ALL = "the best of all {designs} designs"
    FEASIBLE = "the best of {seen} designs that were looked at; {designs} there are"
    NOTHING_FEASIBLE = (
        "none of {seen} designs that were looked at keeps to the limits, the nearest exceeds one "
        "by {excess:.2%}: look at more designs, or give entries that do"
    )


@dataclass(frozen=True, eq=False)
class Chosen:
    """The best design that was found, evaluated at the function itself, and the way there.

    `design [n]` numbers of entries, their values `x [n]`, the answers `y [q]` there, its
    `objective` and `excess`, by which the worst limit is exceeded, as a share of it. `evaluations
    [t]` of the function until each step, `bests [t]` the least feasible objective until then, NaN
    before there is one.
    """

    outcome: Outcome
    result: str
    design: Int[np.ndarray, " n"]
    x: Float[np.ndarray, " n"]
    y: Float[np.ndarray, " q"]
    objective: float
    excess: float
    evaluations: Int[np.ndarray, " t"]
    bests: Float[np.ndarray, " t"]

    @property
    def feasible(self) -> bool:
        """Whether it keeps to every limit."""
        return self.outcome is not Outcome.NOTHING_FEASIBLE

    def __str__(self) -> str:
        return self.result


class _Best(NamedTuple):
    design: Int[np.ndarray, " n"]
    y: Float[np.ndarray, " q"]
    objective: float
    excess: float

    @property
    def order(self) -> tuple[bool, float]:
        broken = self.excess > ROUNDING
        return broken, self.excess if broken else self.objective


@dataclass
class Seen:
    """The best design so far, feasible before not, and how many evaluations it took."""

    task: Task
    best: _Best | None = None
    evaluations: int = 0
    way: list[tuple[int, float]] = field(default_factory=list)

    def ask(self, points: Float[np.ndarray, "r n"], order: int) -> tuple[np.ndarray, ...]:
        """Value and derivatives of the function, counted."""
        self.evaluations += len(points)
        return tuple(self.task.function.derivatives(points, order))

    def look(
        self,
        designs: Int[np.ndarray, "r n"],
        y: Float[np.ndarray, "r q"],
    ) -> None:
        """Take note of the answers at designs."""
        rated = self.task.rated(y)
        first = int(rated.best)
        new = _Best(designs[first], y[first], *(float(each[first]) for each in rated))
        if self.best is None or new.order < self.best.order:
            self.best = new

    def step(self) -> None:
        """A line of the way."""
        found = self.best
        good = found is not None and found.excess <= ROUNDING
        self.way.append((self.evaluations, found.objective if found and good else np.nan))

    def end(self, whole: bool = False) -> Chosen:
        """What it came to."""
        assert self.best is not None
        design, y, objective, excess = self.best
        outcome = Outcome.BEST_OF_ALL if whole else Outcome.FEASIBLE
        if excess > ROUNDING:
            outcome = Outcome.NOTHING_FEASIBLE
        catalogue = self.task.catalogue
        told = {"designs": catalogue.designs, "seen": self.evaluations, "excess": excess}
        evaluations, bests = (np.array(column) for column in zip(*self.way, strict=True))
        return Chosen(
            outcome, outcome.value.format(**told), design, catalogue.at(design), y, objective,
            excess, evaluations.astype(int), bests,
        )  # fmt: skip
