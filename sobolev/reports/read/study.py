"""A study's results as a report looks at them: aligned over seeds, terms by their names."""

import math
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np

from sobolev.derivative_names import derivative_name, spaced_name, symbol
from sobolev.records.curves import HISTORIES, SURFACES, curve_key, read_arrays
from sobolev.records.study import Contender, Record, Study, read_study


class Cell(NamedTuple):
    """One network trained for one number of epochs; all schemes in a cell are comparable."""

    network: str
    budget: int

    def __str__(self) -> str:
        return f"{self.network}, {self.budget} epochs"


@dataclass(frozen=True)
class Results:
    """Everything that a report is made of; errors come as arrays aligned over seeds."""

    content: Study
    histories: dict[str, np.ndarray]
    surfaces: dict[str, np.ndarray]
    command: str = ""  # how the study was started, if that was written down

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
    def schemes(self) -> dict[str, Contender]:
        """Schemes that were run, baselines first, by name."""
        rank = {"baseline": 0, "adaptive": 1, "control": 2}
        run = {record.scheme for record in self.content.records}
        ordered = sorted(self.content.schemes, key=lambda s: rank[s.kind])
        return {scheme.name: scheme for scheme in ordered if scheme.name in run}

    @cached_property
    def not_run(self) -> list[Contender]:
        """Schemes that are announced but have no record."""
        return [scheme for scheme in self.content.schemes if scheme.name not in self.schemes]

    @cached_property
    def _by_key(self) -> dict[tuple, Record]:
        return {(r.network, r.budget, r.scheme, r.seed): r for r in self.content.records}

    @cached_property
    def seeds(self) -> list[int]:
        """All initialisations, sorted; position in every error array."""
        return sorted({record.seed for record in self.content.records})

    def of_kind(self, *kinds: str) -> list[Contender]:
        """Schemes that were run and are of one of these kinds."""
        return [scheme for scheme in self.schemes.values() if scheme.kind in kinds]

    def control(self, scheme: str, control: str) -> Contender | None:
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
        records = self.records(cell, scheme)
        return np.array([math.nan if r is None else r.error(metric) for r in records])

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
            found[derivative_name(y)] = (symbol(y), unit)
            for a in data.inputs:
                per = _per(unit, units.get(a, ""))
                for name in (derivative_name(y, a), spaced_name(y, a)):
                    found[name] = (symbol(y, a), per)
                for b in data.inputs:
                    unit_of_both = _per(per, units.get(b, ""))
                    name = derivative_name(y, a, b)
                    found[name] = (symbol(y, a, b), unit_of_both)
        return found

    def term(self, name: str) -> str:
        """A term as it is written on the page: ∂eta/∂a for `deta/da`."""
        return self._derivatives.get(name, (name, ""))[0]

    def unit(self, name: str) -> str:
        """The physical unit of a term, as far as units were given."""
        return self._derivatives.get(name, (name, ""))[1]

    def history(self, network: str, scheme: str, name: str) -> np.ndarray | None:
        """A curve of `records.curves.CURVES`, or None."""
        return self.histories.get(curve_key(network, scheme, name))


def read_results(folder: str | Path) -> Results:
    """Read `results.json` and, where they are, `histories.npz` and `surfaces.npz`.

    Raises `DataError`, one sentence, when anything is missing, cut off or contradicts itself.
    """
    folder = Path(folder)
    study = read_study(folder)
    histories, surfaces = (read_arrays(folder, name) for name in (HISTORIES, SURFACES))
    return Results(study, histories, surfaces, _command(folder))


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
