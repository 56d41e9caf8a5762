"""`results.json`: what a study of schemes × networks × budgets × initialisations found."""

import json
import math
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

from sobolev._base.atomic import write_atomically
from sobolev._base.errors import DataError
from sobolev.records.json_file import of_format, parsed, some, validated

FILE, FORMAT = "results.json", 1
FINISHED = "finished"


@dataclass(frozen=True)
class Contender:
    """A way to weight or to train: one row of the study's table.

    `kind` is "baseline", "adaptive" or "control"; a control names the adaptive scheme it belongs
    to (`of`) and what it does (`control`: "normalised", "replay", "tuned", or a newer one).
    """

    name: str
    label: str
    kind: Literal["baseline", "adaptive", "control"]
    description: str = ""
    of: str | None = None
    control: str | None = None


@dataclass(frozen=True)
class Record:
    """One training at one budget.

    `relative_h1`: error of values and derivatives on the validation rows, `rmse` of each term in
    physical units, both null where the training went wrong and `result` says how; `steps`,
    `weights`: at the budget.
    """

    network: str
    budget: int
    scheme: str
    seed: int
    rmse: dict[str, float | None] | None = None
    relative_h1: float | None = None
    wall_s: float | None = None
    cpu_s: float | None = None
    steps: int | None = None
    learning_rate: float | None = None
    weights: list[float | None] | None = None
    result: str = FINISHED

    @property
    def finished(self) -> bool:
        """Whether the run ended as planned; otherwise `result` says why not."""
        return self.result == FINISHED

    def error(self, metric: str = "relative_h1") -> float:
        """`relative_h1` or the RMSE of a term; infinite where the run failed, NaN: not known."""
        if not self.finished:
            return math.inf
        value = self.relative_h1 if metric == "relative_h1" else (self.rmse or {}).get(metric)
        return math.nan if value is None else float(value)


@dataclass(frozen=True)
class Tuning:
    """One learning rate of the sweep behind the tuned baseline."""

    network: str
    budget: int
    learning_rate: float
    median_relative_h1: float | None = None
    seeds: int = 0


@dataclass(frozen=True)
class DataFacts:
    """What the networks were trained on."""

    source: str = ""
    inputs: list[str] = field(default_factory=list)
    outputs: list[str] = field(default_factory=list)
    input_units: list[str] = field(default_factory=list)
    output_units: list[str] = field(default_factory=list)
    train: int | None = None
    valid: int | None = None


@dataclass(frozen=True, kw_only=True)
class Study:
    """Everything in the file; records have network, budget, scheme and seed as their key."""

    study: str
    created: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    machine: dict[str, str | int | float | None] = field(default_factory=dict)
    settings: dict = field(default_factory=dict)
    data: DataFacts = field(default_factory=DataFacts)
    terms: list[str] = field(metadata=some())
    schemes: list[Contender] = field(metadata=some())
    records: list[Record]
    tuning: list[Tuning] = field(default_factory=list)

    def write(self, folder: Path) -> None:
        """Write `results.json` into the folder; raises `OutputError`."""
        content = {"format": FORMAT, **asdict(self)}
        write_atomically(folder / FILE, json.dumps(content, indent=1).encode())


def read_study(folder: str | Path) -> Study:
    """Read `results.json`.

    Raises `DataError`, one sentence, when it is missing, cut off or contradicts itself.
    """
    path = Path(folder) / FILE
    content = parsed(path)
    of_format(path, content, FORMAT)
    found = validated(Study, path, content)
    _check_schemes(path, found)
    _check_records(path, found)
    return found


def _check_schemes(path: Path, study: Study) -> None:
    names = [scheme.name for scheme in study.schemes]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise DataError(f"{path}: scheme '{twice}' is defined twice. Keep one of them.")


def _check_records(path: Path, study: Study) -> None:
    if not study.records:
        raise DataError(f"{path} holds no runs: let the study finish at least one.")
    known, seen = {scheme.name for scheme in study.schemes}, set()
    for row, record in enumerate(study.records):
        where = f"{path}: record {row} ({record.network}, {record.scheme}, seed {record.seed})"
        if record.scheme not in known:
            raise DataError(f"{where} belongs to a scheme that is not listed in 'schemes'.")
        key = (record.network, record.budget, record.scheme, record.seed)
        if key in seen:
            raise DataError(f"{where} is there twice for {record.budget} epochs. Keep one.")
        seen.add(key)
        if record.finished:
            _check_finished(where, record)


def _check_finished(where: str, record: Record) -> None:
    errors = {"relative_h1": record.relative_h1, **(record.rmse or {})}
    for name, value in errors.items():
        missing = value is None and name == "relative_h1"
        if missing or (value is not None and not (math.isfinite(value) and value >= 0)):
            raise DataError(
                f"{where} says that it finished, but its error '{name}' is {value}: a failed run "
                "must say why in 'result'."
            )
