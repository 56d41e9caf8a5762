"""A study's result folder, read and checked: records, schemes, histories, surfaces."""

import io
import math
import tomllib
import zipfile
import zlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from pydantic import BaseModel, Field

from sobolev import naming
from sobolev._base.errors import DataError
from sobolev.reports.json_file import parsed, validated

FORMAT = 1


class Cell(NamedTuple):
    """One network trained for one number of epochs; all schemes in a cell are comparable."""

    network: str
    budget: int

    def __str__(self) -> str:
        return f"{self.network}, {self.budget} epochs"


class Scheme(BaseModel):
    """A way to weight or to train; `of` names the adaptive scheme that a control belongs to."""

    name: str
    label: str
    kind: Literal["baseline", "adaptive", "control"]
    of: str | None = None
    control: str | None = None  # "normalised", "replay", "tuned", or one of a newer study
    description: str = ""


class Record(BaseModel):
    """One training run."""

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
    result: str = "finished"

    @property
    def finished(self) -> bool:
        """Whether the run ended as planned; otherwise `result` says why not."""
        return self.result == "finished"


class Tuning(BaseModel):
    """One learning rate of the sweep behind the tuned baseline."""

    network: str
    budget: int
    learning_rate: float
    median_relative_h1: float | None = None
    seeds: int = 0


class DataFacts(BaseModel):
    """What the networks were trained on."""

    source: str = ""
    inputs: list[str] = Field(default_factory=list)
    outputs: list[str] = Field(default_factory=list)
    input_units: list[str] = Field(default_factory=list)
    output_units: list[str] = Field(default_factory=list)
    train: int | None = None
    valid: int | None = None


class _Content(BaseModel):
    format: int
    study: str
    created: str = ""
    command: str = ""
    versions: dict[str, str] = Field(default_factory=dict)
    machine: dict[str, str | int | float | None] = Field(default_factory=dict)
    settings: dict = Field(default_factory=dict)
    data: DataFacts = Field(default_factory=DataFacts)
    terms: list[str] = Field(min_length=1)
    schemes: list[Scheme] = Field(min_length=1)
    records: list[Record]
    tuning: list[Tuning] = Field(default_factory=list)


@dataclass(frozen=True)
class Results:
    """Everything that a report is made of; errors come as arrays aligned over seeds."""

    content: _Content
    histories: dict[str, np.ndarray]
    surfaces: dict[str, np.ndarray]

    @cached_property
    def cells(self) -> list[Cell]:
        """Networks in order of appearance, budgets ascending."""
        return [
            Cell(network, budget)
            for network in self.networks
            for budget in sorted({r.budget for r in self.content.records if r.network == network})
        ]

    @cached_property
    def networks(self) -> list[str]:
        """Network names in order of appearance."""
        return list(dict.fromkeys(r.network for r in self.content.records))

    @cached_property
    def schemes(self) -> dict[str, Scheme]:
        """Schemes that were run, baselines first, by name."""
        rank = {"baseline": 0, "adaptive": 1, "control": 2}
        run = {record.scheme for record in self.content.records}
        ordered = sorted(self.content.schemes, key=lambda s: rank[s.kind])
        return {scheme.name: scheme for scheme in ordered if scheme.name in run}

    @cached_property
    def not_run(self) -> list[Scheme]:
        """Schemes that are announced but have no record."""
        return [scheme for scheme in self.content.schemes if scheme.name not in self.schemes]

    @cached_property
    def _by_key(self) -> dict[tuple, Record]:
        return {(r.network, r.budget, r.scheme, r.seed): r for r in self.content.records}

    @cached_property
    def seeds(self) -> list[int]:
        """All initialisations, sorted; position in every error array."""
        return sorted({record.seed for record in self.content.records})

    def of_kind(self, *kinds: str) -> list[Scheme]:
        """Schemes that were run and are of one of these kinds."""
        return [scheme for scheme in self.schemes.values() if scheme.kind in kinds]

    def control(self, scheme: str, control: str) -> Scheme | None:
        """The control of an adaptive scheme that was run, if any."""
        for other in self.of_kind("control"):
            if other.of == scheme and other.control == control:
                return other
        return None

    def records(self, cell: Cell, scheme: str) -> list[Record | None]:
        """One record per seed, None where there is none."""
        return [self._by_key.get((*cell, scheme, seed)) for seed in self.seeds]

    def errors(self, cell: Cell, scheme: str, metric: str = "relative_h1") -> np.ndarray:
        """Errors [seeds]: `relative_h1` or a term's RMSE. NaN: not run; infinity: failed."""
        return np.array([_error(record, metric) for record in self.records(cell, scheme)])

    def has(self, cell: Cell, scheme: str) -> bool:
        """Whether any run of this scheme exists in this cell."""
        return scheme in self.schemes and any(r is not None for r in self.records(cell, scheme))

    def cost(self, cell: Cell, scheme: str, name: str = "cpu_s") -> np.ndarray:
        """Seconds [seeds] (`cpu_s` or `wall_s`) of the runs that finished, NaN elsewhere."""
        return np.array(
            [
                math.nan if r is None or not r.finished else _number(getattr(r, name))
                for r in self.records(cell, scheme)
            ]
        )

    @cached_property
    def _derivatives(self) -> dict[str, tuple[str, str]]:
        """Term names of first and second derivatives: how they are written, and their unit."""
        data, found = self.content.data, {}
        units = dict(zip(data.inputs, data.input_units, strict=False))
        of_output = dict(zip(data.outputs, data.output_units, strict=False))
        for y in data.outputs:
            unit = of_output.get(y, "")
            found[naming.derivative_name(y)] = (naming.symbol(y), unit)
            for a in data.inputs:
                per = _per(unit, units.get(a, ""))
                for name in (naming.derivative_name(y, a), naming.spaced_name(y, a)):
                    found[name] = (naming.symbol(y, a), per)
                for b in data.inputs:
                    unit_of_both = _per(per, units.get(b, ""))
                    name = naming.derivative_name(y, a, b)
                    found[name] = (naming.symbol(y, a, b), unit_of_both)
        return found

    def term(self, name: str) -> str:
        """A term as it is written on the page: ∂eta/∂a for `deta/da`."""
        return self._derivatives.get(name, (name, ""))[0]

    def unit(self, name: str) -> str:
        """The physical unit of a term, as far as units were given."""
        return self._derivatives.get(name, (name, ""))[1]

    def history(self, network: str, scheme: str, name: str) -> np.ndarray | None:
        """One array of histories.npz, or None."""
        return self.histories.get(f"{network}/{scheme}/{name}")


def read_results(folder: str | Path) -> Results:
    """Read `results.json` and, where they are, `histories.npz` and `surfaces.npz`.

    Raises `DataError`, one sentence, when anything is missing, cut off or contradicts itself.
    """
    folder = Path(folder)
    path = folder / "results.json"
    content = validated(_Content, path, _of_this_format(path))
    _check_schemes(path, content)
    _check_records(path, content)
    content.command = content.command or _command(folder)
    return Results(content, _arrays(folder / "histories.npz"), _arrays(folder / "surfaces.npz"))


def _of_this_format(path: Path) -> object:
    content = parsed(path)
    version = content.get("format") if isinstance(content, dict) else None
    if version != FORMAT:
        raise DataError(
            f"{path} has format {version!r}, this program reads {FORMAT}: update sobolev, or run "
            "the study again."
        )
    return content


def _check_schemes(path: Path, content: _Content) -> None:
    names = [scheme.name for scheme in content.schemes]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise DataError(f"{path}: scheme '{twice}' is defined twice. Keep one of them.")


def _check_records(path: Path, content: _Content) -> None:
    if not content.records:
        raise DataError(f"{path} holds no runs: let the study finish at least one.")
    known, seen = {scheme.name for scheme in content.schemes}, set()
    for row, record in enumerate(content.records):
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


def _arrays(path: Path) -> dict[str, np.ndarray]:
    if not path.exists():
        return {}
    try:
        # From memory: given a path, numpy leaves a damaged file open.
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(
            f"{path} is cut off or is not an .npz archive ({error}): run the study again, or "
            "remove the file to get a report without these figures."
        ) from error


def _error(record: Record | None, metric: str) -> float:
    if record is None:
        return math.nan
    if not record.finished:
        return math.inf
    if metric == "relative_h1":
        return _number(record.relative_h1)
    return _number((record.rmse or {}).get(metric))


def _per(unit: str, other: str) -> str:
    return f"{unit or 1}/{other}" if other else unit


def _command(folder: Path) -> str:
    """How the study was started, if the command line wrote it down."""
    try:
        settings = tomllib.loads((folder / "study.config.toml").read_text(encoding="utf-8"))
        source = settings["record"]["source"]
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    return f"sobolev study {source} --config {folder.name}/study.config.toml --out FOLDER"


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)
