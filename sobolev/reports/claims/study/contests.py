"""Which scheme is compared with which, and how many at once: one place for claims and tables."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sobolev.records.over_seeds import (
    LEVEL,
    Interval,
    median_interval,
    quantile,
    shared_level,
    spread_ratio,
    summarise,
)
from sobolev.records.paired import Paired, Says, judged, log_ratio
from sobolev.reports.read.study import Cell, Contender, Results


@dataclass(frozen=True)
class Comparison:
    """One scheme against a reference over the initialisations that both have.

    `log_ratio`: log(error / reference error), how large the difference is; `paired`: whether it is
    more than luck.
    """

    log_ratio: Interval
    paired: Paired

    @property
    def n(self) -> int:
        """Number of initialisations that both schemes started from."""
        return self.paired.n

    @property
    def says(self) -> Says:
        """The verdict."""
        return self.paired.says


@dataclass(frozen=True)
class Contest:
    """All adaptive schemes of a cell against one baseline, judged together.

    Picking the best of M schemes on the same runs flatters it: the tests are corrected for M, and
    the intervals at level 1 − 0.05/M hold all together.
    """

    cell: Cell
    baseline: Contender
    comparisons: dict[str, Comparison]
    best: str
    level: float

    @property
    def winners(self) -> list[str]:
        """Adaptive schemes with a clearly smaller error than the baseline."""
        return [n for n, c in self.comparisons.items() if c.says is Says.BETTER]

    @property
    def losers(self) -> list[str]:
        """Adaptive schemes with a clearly larger error than the baseline."""
        return [n for n, c in self.comparisons.items() if c.says is Says.WORSE]

    @property
    def says(self) -> Says:
        """`better` if any adaptive scheme clearly wins, else what holds for the best of them."""
        return Says.BETTER if self.winners else self.comparisons[self.best].says


def compared(errors: Mapping[str, np.ndarray], reference: np.ndarray) -> dict[str, Comparison]:
    """Schemes against one reference, `[seeds]` each (NaN: not run), judged together."""
    level = shared_level(len(errors))
    tested = judged({name: (mine, reference) for name, mine in errors.items()})
    return {
        name: Comparison(median_interval(log_ratio(mine, reference), level), tested[name])
        for name, mine in errors.items()
    }


def pair(results: Results, cell: Cell, scheme: str, reference: str) -> Comparison | None:
    """Compare two schemes of a cell, or None when one of them was not run."""
    if not (results.has(cell, scheme) and results.has(cell, reference)):
        return None
    errors = {scheme: results.errors(cell, scheme)}
    found = compared(errors, results.errors(cell, reference))[scheme]
    return found if found.n else None


def ranked(results: Results, cell: Cell, *kinds: str) -> list[str]:
    """Schemes of these kinds in this cell, smallest median error first."""
    names = [scheme.name for scheme in results.of_kind(*kinds) if results.has(cell, scheme.name)]
    medians = {n: summarise(results.errors(cell, n)).median for n in names}
    return sorted(names, key=lambda name: medians[name])


def best_adaptive(results: Results, cell: Cell, control: str | None = None) -> str | None:
    """The adaptive scheme with the smallest median error; None if none finished.

    With `control`, the best among the controls of this kind.
    """
    names = _challengers(results, cell, control)
    if not names or math.isinf(summarise(results.errors(cell, names[0])).median):
        return None
    return names[0]


def contest(
    results: Results, cell: Cell, baseline: str, control: str | None = None
) -> Contest | None:
    """Every adaptive scheme against a baseline; None when there is nothing to compare.

    With `control`, its controls of this kind in place of each scheme.
    """
    best = best_adaptive(results, cell, control)
    if best is None or not results.has(cell, baseline):
        return None
    names = _challengers(results, cell, control)
    errors = {name: results.errors(cell, name) for name in names}
    found = compared(errors, results.errors(cell, baseline))
    if not found[best].n:
        return None
    return Contest(cell, results.schemes[baseline], found, best, found[best].log_ratio.level)


def _challengers(results: Results, cell: Cell, control: str | None) -> list[str]:
    if control is None:
        return ranked(results, cell, "adaptive")
    names = ranked(results, cell, "control")
    return [name for name in names if results.schemes[name].control == control]


def spread(results: Results, cell: Cell, scheme: str, relative: bool = False) -> Interval | None:
    """Interquartile range of a scheme against that of SNN, as a log ratio."""
    if not (results.has(cell, "snn") and results.has(cell, scheme)):
        return None
    a, b = results.errors(cell, scheme), results.errors(cell, "snn")
    return spread_ratio(a, b, relative, LEVEL)


def wall_ratio(results: Results, cell: Cell, scheme: str) -> float:
    """Median wall seconds of a scheme over those of SNN."""
    a, b = (_median(results.cost(cell, name, "wall_s")) for name in (scheme, "snn"))
    return a / b if b > 0 else math.nan


def _median(values) -> float:
    return quantile(values[values == values], 0.5)
