"""Finished jobs on disk, so that a study that was stopped goes on where it was."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from sobolev._base import files as _files
from sobolev._base.digest import sha256
from sobolev._base.errors import DataError
from sobolev.data.dataset import Dataset
from sobolev.records.study import Scheme
from sobolev.studies.job import Outcome
from sobolev.studies.settings import StudySettings

KIND, FORMAT = "study part", 1


def fingerprint(settings: StudySettings, train: Dataset, valid: Dataset, version: str) -> str:
    """What a part belongs to: the same settings, data and program."""
    arrays = (array for data in (train, valid) for array in (data.x, *data.labels().values()))
    return sha256(json.dumps([asdict(settings), version]), *arrays)


def store(path: Path, belongs: str, outcomes: list[Outcome]) -> None:
    """Keep the outcomes of one job."""
    header = {
        "belongs": belongs,
        "outcomes": [{"scheme": asdict(o.scheme), "records": o.records} for o in outcomes],
    }
    arrays = {}
    for outcome in outcomes:
        name = outcome.scheme.name
        arrays |= {f"{name}/{key}": array for key, array in outcome.histories.items()}
        arrays[f"{name}/parameters"] = outcome.parameters
    _files.write_archive(path, KIND, FORMAT, header, arrays)


def load(path: Path, belongs: str) -> list[Outcome] | None:
    """The outcomes that `store` kept; None when there are none for this study."""
    if not path.exists():
        return None
    try:
        header, arrays = _files.read_archive(path, KIND, FORMAT)
    except DataError:
        return None  # damaged: the job is simply done again
    if header["belongs"] != belongs:
        return None
    return [_outcome(entry, arrays) for entry in header["outcomes"]]


def _outcome(entry: dict, arrays: dict[str, np.ndarray]) -> Outcome:
    name = entry["scheme"]["name"]
    mine = {
        key.removeprefix(f"{name}/"): array
        for key, array in arrays.items()
        if key.startswith(f"{name}/")
    }
    parameters = mine.pop("parameters")
    return Outcome(Scheme(**entry["scheme"]), entry["records"], mine, parameters)
