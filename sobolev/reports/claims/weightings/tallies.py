"""Outcomes of many schemes taken together."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, TypeVar

import numpy as np

from sobolev.records.paired import Says
from sobolev.reports.read.weightings import Verdict, number


class Outcome(Protocol):
    """A verdict of the study, or one of the report."""

    @property
    def scheme(self) -> str:
        """Name."""
        ...

    @property
    def ratio(self) -> float | None:
        """Error over that of the baseline."""
        ...

    @property
    def says(self) -> Says:
        """`better`, `worse` or `not told apart`."""
        ...


Each = TypeVar("Each", bound=Outcome)


def by_scheme(outcomes: Iterable[Each]) -> dict[str, list[Each]]:
    """In order of appearance."""
    found: dict[str, list[Each]] = {}
    for outcome in outcomes:
        found.setdefault(outcome.scheme, []).append(outcome)
    return found


def never_worse(found: Mapping[str, Sequence[Outcome]]) -> list[str]:
    """Better in some and worse in none: most often better first, then by the mean ratio."""
    ranks = {}
    for name, outcomes in found.items():
        said = [o.says for o in outcomes]
        if Says.BETTER in said and Says.WORSE not in said:
            mean = float(np.mean(np.log([number(o.ratio) for o in outcomes])))
            ranks[name] = (-said.count(Says.BETTER), mean)
    return sorted(ranks, key=lambda name: ranks[name])


def tallied(name: str, outcomes: Sequence[Outcome]) -> str:
    """`config (2 of 3)`: how often it is better."""
    return f"{name} ({sum(o.says is Says.BETTER for o in outcomes)} of {len(outcomes)})"


def challengers(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """All but the baseline."""
    return [v for v in verdicts if v.scheme != v.baseline]
