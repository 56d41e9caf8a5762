"""Which scheme is compared with which, and at which level: one place for claims and tables."""

import math
from dataclasses import dataclass

from sobolev.reports import statistics
from sobolev.reports.results import Cell, Results, Scheme
from sobolev.reports.statistics import Comparison, Decomposition, Interval


@dataclass(frozen=True)
class Contest:
    """All adaptive schemes of a cell against one baseline, at a level that holds for all of them.

    Picking the best of M schemes on the same runs flatters it; intervals at level 1 − 0.05/M stay
    valid whichever is picked.
    """

    cell: Cell
    baseline: Scheme
    comparisons: dict[str, Comparison]
    best: str
    level: float

    @property
    def winners(self) -> list[str]:
        """Adaptive schemes with a clearly smaller error than the baseline."""
        return [n for n, c in self.comparisons.items() if c.verdict == "smaller"]

    @property
    def losers(self) -> list[str]:
        """Adaptive schemes with a clearly larger error than the baseline."""
        return [n for n, c in self.comparisons.items() if c.verdict == "larger"]

    @property
    def verdict(self) -> str:
        """`smaller` if any adaptive scheme clearly wins, else what holds for the best of them."""
        if self.winners:
            return "smaller"
        return self.comparisons[self.best].verdict


def pair(results: Results, cell: Cell, scheme: str, reference: str) -> Comparison | None:
    """Compare two schemes of a cell at 95 %, or None when one of them was not run."""
    if not (results.has(cell, scheme) and results.has(cell, reference)):
        return None
    result = statistics.compare(results.errors(cell, scheme), results.errors(cell, reference))
    return result if result.n else None


def ranked(results: Results, cell: Cell, *kinds: str) -> list[str]:
    """Schemes of these kinds in this cell, smallest median error first."""
    names = [scheme.name for scheme in results.of_kind(*kinds) if results.has(cell, scheme.name)]
    medians = {n: statistics.summarise(results.errors(cell, n)).median for n in names}
    return sorted(names, key=lambda name: medians[name])


def best_adaptive(results: Results, cell: Cell, control: str | None = None) -> str | None:
    """The adaptive scheme with the smallest median error; None if none finished.

    With `control`, the best among the controls of this kind.
    """
    names = _challengers(results, cell, control)
    if not names or math.isinf(statistics.summarise(results.errors(cell, names[0])).median):
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
    level = statistics.shared_level(len(names))
    reference = results.errors(cell, baseline)
    compared = {
        name: statistics.compare(results.errors(cell, name), reference, level) for name in names
    }
    if not compared[best].n:
        return None
    return Contest(cell, results.schemes[baseline], compared, best, level)


def _challengers(results: Results, cell: Cell, control: str | None) -> list[str]:
    if control is None:
        return ranked(results, cell, "adaptive")
    names = ranked(results, cell, "control")
    return [name for name in names if results.schemes[name].control == control]


def decomposition(results: Results, cell: Cell, scheme: str) -> Decomposition | None:
    """Gain of an adaptive scheme over SNN, split by its controls; None without SNN."""
    if not (results.has(cell, "snn") and results.has(cell, scheme)):
        return None

    def control(kind: str):
        found = results.control(scheme, kind)
        if found is None or not results.has(cell, found.name):
            return None
        return results.errors(cell, found.name)

    snn, errors = results.errors(cell, "snn"), results.errors(cell, scheme)
    return statistics.decompose(snn, errors, control("replay"), control("normalised"))


def spread(results: Results, cell: Cell, scheme: str, relative: bool = False) -> Interval | None:
    """Interquartile range of a scheme against that of SNN, as a log ratio."""
    if not (results.has(cell, "snn") and results.has(cell, scheme)):
        return None
    a, b = results.errors(cell, scheme), results.errors(cell, "snn")
    return statistics.spread_ratio(a, b, relative)


def wall_ratio(results: Results, cell: Cell, scheme: str) -> float:
    """Median wall seconds of a scheme over those of SNN."""
    a, b = (_median(results.cost(cell, name, "wall_s")) for name in (scheme, "snn"))
    return a / b if b > 0 else math.nan


def _median(values) -> float:
    return statistics.quantile(values[values == values], 0.5)
