"""Evaluations in an HDF5 file that Dakota or somebody else wrote in Dakota's layout."""

from typing import Any

import numpy as np

from sobolev._base.errors import DataError
from sobolev.data.dataset import Dataset
from sobolev.data.hdf5.layout import (
    ASV_BITS,
    PROPERTIES,
    RESPONSES,
    X,
    evaluations,
    labels,
    numbers,
)

_AXES = {"y": "nq", "jacobian": "nqd", "hessian": "nqdd"}


def read_evaluations(file: Any, group: str | None) -> Dataset:
    """Variables and responses as a data set; what was not asked for is absent (NaN)."""
    root = file[evaluations(file, group) or "/"]
    x = root[X]
    if x.ndim != 2:
        raise DataError(f"'{X}' has shape {x.shape}: rows and variables are needed.")
    other = [
        k for k in root["variables"] if k != "continuous" and 0 not in root["variables"][k].shape
    ]
    if other:
        raise DataError(
            f"there are variables of the kind '{other[0]}', with which nothing smooth can be "
            "learnt: export the evaluations of one of their values, without these columns."
        )
    inputs = labels(x, 1) or [f"x{j + 1}" for j in range(x.shape[1])]
    outputs = _outputs(root)
    arrays: dict[str, Any] = {
        kind: _spread(root, kind, inputs, outputs)
        for kind, path in RESPONSES.items()
        if path in root
    }
    if not arrays:
        raise DataError("there are no responses/functions, gradients or hessians.")
    return Dataset(_finite(x, "variables"), **arrays, inputs=tuple(inputs), outputs=tuple(outputs))


def _outputs(root: Any) -> list[str]:
    """The descriptors of all responses; gradients alone may name fewer."""
    for path in ("responses/functions", *(f"{p}/active_set_vector" for p in PROPERTIES)):
        if path in root:
            return labels(root[path], 1) or [f"y{k + 1}" for k in range(root[path].shape[1])]
    for path in RESPONSES.values():
        if path in root:
            return labels(root[path], 1) or [f"y{k + 1}" for k in range(root[path].shape[1])]
    return []


def _spread(root: Any, kind: str, inputs: list[str], outputs: list[str]) -> np.ndarray:
    """Labels of a kind at their places among all responses and variables, NaN elsewhere."""
    dataset, n = root[RESPONSES[kind]], root[X].shape[0]
    rank = len(_AXES[kind])
    if dataset.ndim != rank or dataset.shape[0] != n:
        raise DataError(
            f"'{RESPONSES[kind]}' has shape {dataset.shape}, but {n} rows and {rank} axes are "
            "needed: was the file closed while it was written?"
        )
    values = _finite(dataset, RESPONSES[kind])
    which = _responses(root, kind, outputs)
    by = _variables(root, dataset, inputs)
    sizes = {"n": n, "q": len(outputs), "d": len(inputs)}
    whole = np.full([sizes[letter] for letter in _AXES[kind]], np.nan)
    whole[np.ix_(*(index for index in (np.arange(n), which, by, by)[:rank]))] = values
    return _asked(root, kind, whole, by)


def _responses(root: Any, kind: str, outputs: list[str]) -> list[int]:
    """Which responses the second axis counts: all, or by name, or by what could be asked for."""
    dataset = root[RESPONSES[kind]]
    if dataset.shape[1] == len(outputs):
        return list(range(len(outputs)))
    named = labels(dataset, 1)
    if named and set(named) <= set(outputs) and len(set(named)) == len(named):
        return [outputs.index(name) for name in named]
    asked = _property(root, "active_set_vector")
    default = None if asked is None else numbers(asked, 1, "default_active_set_vector")
    if default is not None:
        able = np.flatnonzero(default & ASV_BITS[kind])
        if len(able) == dataset.shape[1]:
            return able.tolist()
    raise DataError(
        f"'{RESPONSES[kind]}' has {dataset.shape[1]} of {len(outputs)} responses and does not say "
        "which: attach their descriptors as a dimension scale."
    )


def _variables(root: Any, dataset: Any, inputs: list[str]) -> list[int]:
    """By which variables the last axis differentiates: all, or the ones that the file names."""
    if dataset.ndim == 2 or dataset.shape[-1] == len(inputs):
        return list(range(len(inputs)))
    vector = _property(root, "derivative_variables_vector")
    ids = numbers(root[X], 1, "ids")
    by = None if vector is None else numbers(vector, 1, "variable_ids")
    if ids is not None and by is not None and len(by) == dataset.shape[-1]:
        order = ids.tolist()
        if set(by.tolist()) <= set(order):
            return [order.index(number) for number in by.tolist()]
    raise DataError(
        f"'{dataset.name}' has {dataset.shape[-1]} of {len(inputs)} variables and the "
        "derivative_variables_vector does not say which."
    )


def _asked(root: Any, kind: str, labels_: np.ndarray, by: list[int]) -> np.ndarray:
    """NaN where the active set did not ask for the label, or not by this variable."""
    n, q, d = labels_.shape[0], labels_.shape[1], labels_.shape[-1]
    active = _property(root, "active_set_vector")
    if active is not None and active.shape == (n, q):
        labels_[(active[()] & ASV_BITS[kind]) == 0] = np.nan
    vector = _property(root, "derivative_variables_vector")
    if kind == "y" or vector is None or vector.shape[0] != n:
        return labels_
    by_row = np.ones((n, d), bool)
    if vector.shape[1] == len(by):
        by_row[:, by] = vector[()] != 0
    wanted = by_row[:, None, :]
    if kind == "hessian":
        wanted = by_row[:, None, :, None] & by_row[:, None, None, :]
    return np.where(wanted, labels_, np.nan)


def _property(root: Any, name: str) -> Any:
    for group in PROPERTIES:
        found = root.get(f"{group}/{name}")
        if found is not None and found.dtype.kind in "iu":
            return found
    return None


def _finite(dataset: Any, name: str) -> np.ndarray:
    if dataset.dtype.kind not in "fiu":
        raise DataError(f"'{name}' holds {dataset.dtype}, not numbers.")
    return np.array(dataset[()], np.float64)
