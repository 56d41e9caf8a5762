"""The files that the study of the talk leaves: records, histories, and surfaces to look at."""

import os
import platform
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from sobolev._base import provenance
from sobolev.data.dataset import Dataset
from sobolev.losses.labelled.sobolev_loss import SobolevLoss
from sobolev.records.curves import CURVES, HISTORIES, SURFACES, curve_key, write_arrays
from sobolev.records.study import Contender, DataFacts, Record, Study, Tuning
from sobolev.studies.cells import Run
from sobolev.studies.engine import Found
from sobolev.studies.presets.talk.preset import Talk
from sobolev.studies.presets.talk.schemes import described
from sobolev.studies.presets.talk.surfaces import surfaces

PACKAGES = "sobolev jax jaxlib equinox optax numpy scipy scikit-fem python".split()


@dataclass(frozen=True, eq=False)
class Outcome:
    """The runs of one scheme on one network that the settings ask for."""

    scheme: Contender
    records: list[Record]
    curves: dict[str, np.ndarray]
    parameters: np.ndarray


def write_results(folder: Path, talk: Talk, found: Found) -> None:
    """Write `results.json`, `histories.npz` and, for two inputs on a grid, `surfaces.npz`."""
    outcomes = {network: _outcomes(talk, network, found) for network in talk.networks}
    first, last = next(iter(talk.networks)), list(talk.networks)[-1]
    study = Study(
        study=talk.source,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        versions=provenance.versions(*PACKAGES),
        machine={
            "cpu": provenance.processor(),
            "cores": os.cpu_count(),
            "system": platform.system(),
        },
        settings=asdict(talk.settings),
        data=_facts(talk.source, talk.train_rows, talk.valid_rows),
        terms=list(SobolevLoss.of(talk.train_rows).names),
        schemes=[outcome.scheme for outcome in outcomes[first]],
        records=[r for here in outcomes.values() for outcome in here for r in outcome.records],
        tuning=[
            Tuning(network=network, **row)
            for network in talk.networks
            for row in talk.sweep(network, found)
        ],
    )
    arrays = {
        curve_key(network, outcome.scheme.name, name): array
        for network, here in outcomes.items()
        for outcome in here
        for name, array in outcome.curves.items()
    }
    write_arrays(folder, HISTORIES, arrays)
    shown = {o.scheme.name: (o.scheme.kind, o.records, o.parameters) for o in outcomes[last]}
    fields = surfaces(talk, last, shown)
    if fields:
        write_arrays(folder, SURFACES, fields)
    study.write(folder)


def _outcomes(talk: Talk, network: str, found: Found) -> list[Outcome]:
    """Baselines, then adaptive schemes, each followed by its controls."""
    made = []
    for name in talk.names(network):
        group = []
        for cell in talk.cells(network, name):
            won = talk.won(network, found)
            asked = talk.trainings(cell, found)
            kept = {run.training: run for run in found[cell]}
            runs = [kept[training] for training in asked]
            tuned = cell.variant == "tuned" or cell.scheme == "snn_tuned"
            budgets = {run.training: won[run.training.rate or 0] for run in runs} if tuned else None
            group.append(_outcome(described(cell.scheme, cell.variant), network, runs, budgets))
        made += sorted(group, key=lambda outcome: outcome.scheme.name)
    return made


def _outcome(scheme: Contender, network: str, runs: list[Run], budgets: dict | None) -> Outcome:
    """`budgets`: those for which each training was made, None for all; curves are of the last."""
    records = [
        Record(network=network, scheme=scheme.name, **record)
        for run in runs
        for record in run.record["budgets"]
        if budgets is None or record["budget"] in budgets[run.training]
    ]
    longest = max(run.training.epochs for run in runs)
    last = [run for run in runs if run.training.epochs == longest]
    return Outcome(scheme, records, _stacked(last), np.stack([_parameters(run) for run in last]))


def _stacked(runs: list[Run]) -> dict[str, np.ndarray]:
    """Over initialisations; a run that converged early keeps its last record."""
    epochs = max((run.curves["epoch"] for run in runs), key=len)
    others = [name for name in CURVES if name != "epoch"]
    return {"epoch": epochs} | {
        name: np.stack([_extended(run.curves[name], len(epochs)) for run in runs])
        for name in others
    }


def _extended(array: np.ndarray, size: int) -> np.ndarray:
    return np.concatenate([array, np.repeat(array[-1:], size - len(array), axis=0)])


def _parameters(run: Run) -> np.ndarray:
    assert run.parameters is not None
    return run.parameters


def _facts(source: str, train: Dataset, valid: Dataset) -> DataFacts:
    names: Iterable[str] = ("inputs", "outputs", "input_units", "output_units")
    known = {name: list(getattr(train, name)) for name in names}
    return DataFacts(source=source, **known, train=len(train), valid=len(valid))
