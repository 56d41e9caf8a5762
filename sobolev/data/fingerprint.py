"""One SHA-256 over everything that a data set says, whatever file it lies in."""

import json

import numpy as np

from sobolev._base.identity import sha256
from sobolev.data.dataset import Dataset
from sobolev.data.kinds import LABELS, VECTORS

NAMES = "inputs", "outputs", "input_units", "output_units"
BESIDE = "noise", "estimated"


def arrays_of(data: Dataset) -> dict[str, np.ndarray]:
    """Every array by name: x, labels, vectors, `noise/y`, `estimated/y` and so on, group."""
    every = {name: getattr(data, name) for name in ("x", *LABELS, *VECTORS, "group")}
    arrays = {name: array for name, array in every.items() if array is not None}
    for beside in BESIDE:
        arrays |= {f"{beside}/{kind}": array for kind, array in getattr(data, beside).items()}
    return arrays


def fingerprint(data: Dataset) -> str:
    """SHA-256 over names, units and every array; NaN is NaN, whatever its payload."""
    header = {name: list(getattr(data, name)) for name in NAMES}
    digests = {name: _digest(array) for name, array in arrays_of(data).items()}
    return sha256(json.dumps([header, digests], sort_keys=True))


def _digest(array: np.ndarray) -> str:
    if array.dtype.kind == "U":
        content = json.dumps(array.tolist())
    else:
        content = np.where(np.isnan(array), np.nan, array) if array.dtype.kind == "f" else array
    return sha256(json.dumps(array.shape), content)
