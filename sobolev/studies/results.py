"""The files that a study leaves: records, histories, and surfaces to look at."""

import os
import platform
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from sobolev._base import provenance
from sobolev.data.dataset import Dataset
from sobolev.losses.sobolev_loss import SobolevLoss
from sobolev.records.curves import HISTORIES, SURFACES, curve_key, write_arrays
from sobolev.records.study import DataFacts, Record, Study, Tuning
from sobolev.studies.job import Bench, Outcome, surrogate_with
from sobolev.studies.settings import StudySettings, network_name

PACKAGES = "sobolev jax jaxlib equinox optax numpy scipy scikit-fem python".split()


def write_results(
    folder: Path,
    settings: StudySettings,
    described: str,
    benches: list[Bench],
    tuning: dict[str, list[dict]],
    outcomes: dict[str, list[Outcome]],
) -> None:
    """Write `results.json`, `histories.npz` and, for two inputs on a grid, `surfaces.npz`."""
    first = benches[0]
    study = Study(
        study=described,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        versions=provenance.versions(*PACKAGES),
        machine={
            "cpu": provenance.processor(),
            "cores": os.cpu_count(),
            "system": platform.system(),
        },
        settings=asdict(settings),
        data=_described(described, first.train, first.valid),
        terms=list(SobolevLoss.of(first.train).names),
        schemes=[o.scheme for o in outcomes[network_name(first.hidden)]],
        records=[
            Record(network=network, **record)
            for network, found in outcomes.items()
            for outcome in found
            for record in outcome.records
        ],
        tuning=[Tuning(network=n, **row) for n, rows in tuning.items() for row in rows],
    )
    arrays = {
        curve_key(network, outcome.scheme.name, name): array
        for network, found in outcomes.items()
        for outcome in found
        for name, array in outcome.histories.items()
    }
    write_arrays(folder, HISTORIES, arrays)
    surfaces = _surfaces(benches[-1], outcomes[network_name(benches[-1].hidden)])
    if surfaces:
        write_arrays(folder, SURFACES, surfaces)
    study.write(folder)


_POINTWISE = "y", "jacobian", "hessian"


def _described(described: str, train: Dataset, valid: Dataset) -> DataFacts:
    names = ("inputs", "outputs", "input_units", "output_units")
    known = {name: list(getattr(train, name)) for name in names}
    return DataFacts(source=described, **known, train=len(train), valid=len(valid))


def _surfaces(bench: Bench, outcomes: list[Outcome]) -> dict[str, np.ndarray]:
    """Model and surrogates on the grid of the data; nothing unless the data are a full 2-D grid.

    For each scheme the initialisation with the median error is shown, neither the best nor the
    worst. Schemes: the baselines and the adaptive scheme with the smallest median error.
    """
    x = np.concatenate([bench.train.x, bench.valid.x])
    axes = [np.unique(column) for column in x.T]
    if len(axes) != 2 or len(x) != len(axes[0]) * len(axes[1]):
        return {}
    order = np.lexsort((x[:, 1], x[:, 0]))
    shape = (len(axes[0]), len(axes[1]))
    terms = [t for t in SobolevLoss.of(bench.train).terms if t.entries[0].kind in _POINTWISE]
    labels = {
        kind: np.concatenate([array, bench.valid.labels()[kind]])
        for kind, array in bench.train.labels().items()
        if kind in bench.valid.labels()
    }
    found = {"x1": axes[0], "x2": axes[1]}
    for term in terms:
        entry = term.entries[0]
        if entry.kind in labels:
            array = labels[entry.kind][(order, *entry.index)]
            found[f"model/{term.name}"] = array.reshape(shape)
    shown = _shown(outcomes, max(bench.settings.budgets))
    for outcome, place in shown:
        surrogate = surrogate_with(bench, outcome.parameters[place])
        arrays = surrogate.derivatives(x[order], max(t.order for t in terms))
        for term in terms:
            key = f"surrogate/{outcome.scheme.name}/{term.name}"
            index = (slice(None), *term.entries[0].index)
            found[key] = arrays[term.order][index].reshape(shape)
    seeds = ", ".join(f"{o.scheme.name}: {bench.settings.seeds[i]}" for o, i in shown)
    text = f"network {network_name(bench.hidden)}, median initialisation (seed of {seeds})"
    return {**found, "label": np.array(text)}


def _shown(outcomes: list[Outcome], budget: int) -> list[tuple[Outcome, int]]:
    def errors(outcome: Outcome) -> np.ndarray:
        rows = [r for r in outcome.records if r["budget"] == budget]
        return np.array([np.inf if r["relative_h1"] is None else r["relative_h1"] for r in rows])

    adaptive = [o for o in outcomes if o.scheme.kind == "adaptive"]
    best = min(adaptive, key=lambda o: float(np.median(errors(o))), default=None)
    shown = [o for o in outcomes if o.scheme.name in ("nn", "snn", "lm")]
    shown += [best] if best is not None else []
    return [(o, int(np.argsort(errors(o))[(len(errors(o)) - 1) // 2])) for o in shown]
