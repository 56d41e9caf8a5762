"""A comparison of weightings as it lies on disk: read, checked, aligned over initialisations."""

import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import BaseModel, Field

from sobolev._base.errors import DataError
from sobolev.reports.json_file import parsed, validated

FILE = "comparison.json"
FORMAT = 1
PLAIN = "plain"  # the variant to which nothing is done; the others control for the step's length
Says = Literal["better", "worse", "not told apart"]


class Record(BaseModel):
    """One training; `error` is null when it ended badly, `result` says how."""

    problem: str
    scheme: str
    variant: str
    rate: float = Field(gt=0)
    seed: int
    error: float | None = Field(ge=0)
    tuning: bool
    result: str = ""


class Verdict(BaseModel):
    """One scheme in one variant on one problem against the baseline, as the study decided."""

    problem: str
    scheme: str
    variant: str
    median: float | None
    low: float | None
    high: float | None
    ratio: float | None
    p: float = Field(ge=0, le=1)
    says: Says
    rate: float = Field(gt=0)
    failed: int = Field(ge=0)
    baseline: str = "inverse_energy"


class _Content(BaseModel):
    format: int = FORMAT
    version: str = ""
    settings: dict = Field(default_factory=dict)
    budgets: dict = Field(default_factory=dict)
    records: list[Record] = Field(min_length=1)
    verdicts: list[Verdict] = Field(min_length=1)


@dataclass(frozen=True, eq=False)  # one is equal to itself only: what is found out can be kept
class Weightings:
    """Everything that the page of a comparison is made of."""

    content: _Content

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
    def _records(self) -> dict[tuple[str, str, str], list[Record]]:
        found: dict[tuple[str, str, str], list[Record]] = {}
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


def number(value: float | None) -> float:
    """JSON's null, and anything else that is not finite, is a training that failed."""
    return math.inf if value is None or not math.isfinite(value) else float(value)


def read_weightings(folder: str | Path) -> Weightings:
    """Read `comparison.json`.

    Raises `DataError`, one sentence, when it is missing, cut off or contradicts itself.
    """
    path = Path(folder) / FILE
    content = validated(_Content, path, parsed(path))
    if content.format != FORMAT:
        raise DataError(
            f"{path} has format {content.format}, this program reads {FORMAT}: update sobolev."
        )
    _check_records(path, content)
    _check_verdicts(path, content)
    return Weightings(content)


def _check_records(path: Path, content: _Content) -> None:
    seen = set()
    for r in content.records:
        key = (r.problem, r.scheme, r.variant, r.rate, r.seed, r.tuning)
        if key in seen:
            raise DataError(
                f"{path}: the training of {r.scheme}, {r.variant} on {r.problem} from seed "
                f"{r.seed} is there twice. Keep one."
            )
        seen.add(key)


def _check_verdicts(path: Path, content: _Content) -> None:
    seeds: dict[tuple, list[int]] = {}
    for r in content.records:
        if not r.tuning:
            seeds.setdefault((r.problem, r.variant, r.scheme), []).append(r.seed)
    places = [(v.problem, v.variant, v.scheme) for v in content.verdicts]
    for v, place in zip(content.verdicts, places, strict=True):
        where = f"{path}: the verdict of {v.scheme}, {v.variant} on {v.problem}"
        base = (v.problem, v.variant, v.baseline)
        if places.count(place) > 1:
            raise DataError(f"{where} is there twice. Keep one.")
        if base not in places:
            raise DataError(f"{where} is against {v.baseline}, which has none. Run it again.")
        if not seeds.get(place) or sorted(seeds[place]) != sorted(seeds.get(base, [])):
            raise DataError(
                f"{where} does not rest on trainings from the same seeds as {v.baseline}. Run the "
                "study again."
            )
