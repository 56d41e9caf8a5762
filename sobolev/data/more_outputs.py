"""Data of some of the outputs, as data of all of them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from sobolev.data.dataset import Dataset
from sobolev.data.kinds import LABELS, VECTORS


def with_outputs(data: Dataset, outputs: Sequence[str], units: Sequence[str]) -> Dataset:
    """The same rows with these outputs, which are those of the data and others without a label.

    `units` of all of them, of which those of the data win.

    ```python
    wide = with_outputs(data, ("u", "nu"), ("m/s", "m^2/s"))
    ```
    """
    if data.outputs == tuple(outputs):
        return data
    place = [outputs.index(name) for name in data.outputs]
    own = dict(zip(data.outputs, data.output_units, strict=True))
    changed: dict[str, Any] = {}
    for name, array in (data.labels() | data.vectors()).items():
        fill = np.nan if name in LABELS else 0.0  # cotangents of what is not known are 0
        changed[name] = _spread(name, array, place, len(outputs), fill)
    for about, fill in (("noise", np.nan), ("estimated", False)):
        changed[about] = {
            kind: _spread(kind, array, place, len(outputs), fill)
            for kind, array in getattr(data, about).items()
        }
    named = [own.get(name, unit) for name, unit in zip(outputs, units, strict=True)]
    return replace(data, outputs=tuple(outputs), output_units=tuple(named), **changed)


def _spread(
    name: str, array: np.ndarray, place: Sequence[int], size: int, fill: float
) -> np.ndarray:
    """The array with its axis of outputs, if it has one, spread over all of them."""
    letters = (LABELS | VECTORS)[name]
    if "q" not in letters:
        return array
    axis = letters.index("q")
    shape = (*array.shape[:axis], size, *array.shape[axis + 1 :])
    found = np.full(shape, fill, array.dtype)
    found[(slice(None),) * axis + (list(place),)] = array
    return found
