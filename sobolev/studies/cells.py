"""What a study is made of: cells, their trainings, and a training that is done, as one line."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from sobolev.work.ledger import Kind


@dataclass(frozen=True)
class Cell:
    """One scheme in one variant, with one network on one problem: trained many times.

    The budgets are points of one course: the learning rate does not know where a training ends.
    """

    problem: str
    network: str
    scheme: str
    variant: str


class Training(NamedTuple):
    """One training of a cell: learning rate (None: the optimiser has none), initialisation, length.

    `tuning`: whether it only chooses the rate, from an initialisation that is not compared.
    """

    rate: float | None
    seed: int
    epochs: int
    tuning: bool = False


@dataclass(frozen=True, eq=False)
class Run:
    """A training that is done.

    `record`: what the results say of it, plain values; `curves` over its epochs and the final
    `parameters`, where the study keeps them.
    """

    training: Training
    record: dict[str, Any]
    curves: dict[str, np.ndarray] = field(default_factory=dict)
    parameters: np.ndarray | None = None


Kept = tuple[str, Training]  # the digest of the cell, and which training of it


def _line(key: Kept, run: Run) -> dict:
    arrays = dict(run.curves)
    if run.parameters is not None:
        arrays[_PARAMETERS] = run.parameters
    packed = {name: _packed(array) for name, array in arrays.items()}
    return {"cell": key[0], **key[1]._asdict(), "record": run.record, "arrays": packed}


def _piece(line: dict) -> tuple[Kept, Run]:
    training = Training(*(line[name] for name in Training._fields))
    arrays = {name: _unpacked(packed) for name, packed in line["arrays"].items()}
    parameters = arrays.pop(_PARAMETERS, None)
    assert isinstance(line["record"], dict)
    return (str(line["cell"]), training), Run(training, line["record"], arrays, parameters)


def _packed(array: np.ndarray) -> dict:
    array = np.asarray(array, order="C")
    bits = base64.b64encode(array.tobytes()).decode()
    return {"dtype": array.dtype.str, "shape": array.shape, "base64": bits}


def _unpacked(packed: Mapping) -> np.ndarray:
    bits = base64.b64decode(packed["base64"], validate=True)
    return np.frombuffer(bits, np.dtype(packed["dtype"])).reshape(packed["shape"]).copy()


_PARAMETERS = "parameters"
LEDGER: Kind[Kept, Run] = Kind("study ledger", 1, _line, _piece)
