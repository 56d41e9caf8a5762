"""A comparison of weightings as a report looks at it: by place, aligned over initialisations."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from sobolev.records.comparison import Comparison, Run, Verdict, number, read_comparison

PLAIN = "plain"  # the variant to which nothing is done; the others control for the step's length


@dataclass(frozen=True, eq=False)  # one is equal to itself only: what is found out can be kept
class Weightings:
    """Everything that the page of a comparison is made of."""

    content: Comparison

    @cached_property
    def problems(self) -> list[str]:
        """In order of appearance."""
        return list(dict.fromkeys(v.problem for v in self.content.verdicts))

    @cached_property
    def variants(self) -> list[str]:
        """The plain one first, the others in the order of the settings or of appearance."""
        found = list(dict.fromkeys(v.variant for v in self.content.verdicts))
        asked = self.content.settings.get("variants")
        order = [PLAIN, *(asked if isinstance(asked, list | tuple) else [])]
        return sorted(found, key=lambda v: order.index(v) if v in order else len(order))

    @cached_property
    def schemes(self) -> list[str]:
        """All schemes, in order of appearance."""
        return list(dict.fromkeys(v.scheme for v in self.content.verdicts))

    @cached_property
    def _by_place(self) -> dict[tuple[str, str, str], Verdict]:
        return {(v.problem, v.variant, v.scheme): v for v in self.content.verdicts}

    @cached_property
    def _records(self) -> dict[tuple[str, str, str], list[Run]]:
        found: dict[tuple[str, str, str], list[Run]] = {}
        for record in self.content.records:
            found.setdefault((record.problem, record.variant, record.scheme), []).append(record)
        return found

    def verdict(self, problem: str, variant: str, scheme: str) -> Verdict | None:
        """The study's verdict, None where the scheme has no such variant."""
        return self._by_place.get((problem, variant, scheme))

    def group(self, problem: str, variant: str) -> list[Verdict]:
        """All verdicts that were corrected together, smallest median first."""
        here = [v for v in self.content.verdicts if (v.problem, v.variant) == (problem, variant)]
        return sorted(here, key=lambda v: number(v.median))

    def groups(self) -> list[tuple[str, str]]:
        """Every (problem, variant) that has verdicts."""
        return [(p, v) for p in self.problems for v in self.variants if self.group(p, v)]

    def baseline(self, problem: str) -> str:
        """What the schemes are compared with on this problem."""
        return next(v.baseline for v in self.content.verdicts if v.problem == problem)

    @cached_property
    def baselines(self) -> list[str]:
        """Of all problems, each once."""
        return list(dict.fromkeys(self.baseline(problem) for problem in self.problems))

    def against(self, baseline: str) -> list[str]:
        """The problems on which this is the baseline."""
        return [problem for problem in self.problems if self.baseline(problem) == baseline]

    def errors(self, problem: str, variant: str, scheme: str) -> dict[int, float]:
        """Error of every compared initialisation by seed; infinity: failed."""
        records = self._records.get((problem, variant, scheme), [])
        return {r.seed: number(r.error) for r in records if not r.tuning}

    def tuning(self, problem: str, variant: str, scheme: str) -> dict[float, float]:
        """Median error of the tuning runs by learning rate, ascending."""
        records = [r for r in self._records.get((problem, variant, scheme), []) if r.tuning]
        rates = sorted({r.rate for r in records})
        return {
            rate: float(np.median([number(r.error) for r in records if r.rate == rate]))
            for rate in rates
        }


def read_weightings(folder: str | Path) -> Weightings:
    """Read `comparison.json`.

    Raises `DataError`, one sentence, when it is missing, cut off or contradicts itself.
    """
    return Weightings(read_comparison(folder))
