"""Datasets of xarray: every array by name, with its axes."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from sobolev._base.errors import DataError
from sobolev._base.optional import optional
from sobolev.data.dataset import Dataset
from sobolev.data.fingerprint import arrays_of
from sobolev.data.kinds import LABELS, VECTORS

DIMENSIONS = {
    "n": "row",
    "q": "output",
    "d": "input",
    "k": "direction",
    "l": "cotangent",
}
_LETTERS = {"x": "nd", "group": "n", **LABELS, **VECTORS}


def to_xarray(data: Dataset) -> Any:
    """An `xarray.Dataset` with everything that `data` holds.

    Variables x, y, jacobian, hessian, jvp, …, `noise_y`, `estimated_y`, … over the dimensions row,
    output, input (and input2 for second derivatives), direction, cotangent; the coordinates input
    and output hold the names, `input_units` and `output_units` the units. Needs xarray.

    ```python
    to_xarray(data).jacobian.sel(output="eta", input="a")
    ```
    """
    xarray = optional("xarray", "to_xarray", "xarray")
    variables = {
        name.replace("/", "_"): (_dimensions(name), array)
        for name, array in arrays_of(data).items()
    }
    second = any("input2" in dimensions for dimensions, _ in variables.values())
    coordinates = {
        "input": list(data.inputs),
        "output": list(data.outputs),
        "input_units": ("input", list(data.input_units)),
        "output_units": ("output", list(data.output_units)),
    } | ({"input2": list(data.inputs)} if second else {})
    return xarray.Dataset(variables, coordinates)


def from_xarray(dataset: Any) -> Dataset:
    """A data set from an `xarray.Dataset` with the names and dimensions of `to_xarray`.

    Dimensions may stand in any order; `x` and one kind of label have to be there. Other variables
    are refused. Raises `DataError`.

    ```python
    data = from_xarray(xarray.open_dataset("plate.nc"))
    ```
    """
    if not hasattr(dataset, "data_vars"):
        raise DataError(f"an xarray.Dataset is needed: got {type(dataset).__name__}.")
    fields: dict[str, Any] = {"noise": {}, "estimated": {}}
    for name in dataset.data_vars:
        array = _array(dataset, str(name))
        field, _, kind = str(name).partition("_")
        if kind and field in ("noise", "estimated"):
            fields[field][kind] = array
        else:
            fields[str(name)] = array
    if "x" not in fields:
        raise DataError("there is no variable 'x' over the dimensions row and input: add it.")
    for axis in ("input", "output"):
        if axis in dataset.coords:
            fields[f"{axis}s"] = tuple(str(name) for name in dataset[axis].values)
        if f"{axis}_units" in dataset.coords:
            fields[f"{axis}_units"] = tuple(str(unit) for unit in dataset[f"{axis}_units"].values)
    return Dataset(**fields)


def _array(dataset: Any, name: str) -> np.ndarray:
    try:
        wanted = _dimensions(name.replace("_", "/", 1))
    except KeyError as error:
        raise DataError(
            f"the variable '{name}' is none of {', '.join(_LETTERS)}, noise_… or estimated_…: "
            "rename it or leave it out."
        ) from error
    array = dataset[name]
    if set(array.dims) != set(wanted):
        raise DataError(f"'{name}' has the dimensions {array.dims}: {wanted} are needed.")
    if "input2" in wanted:
        _check_second(dataset)
    return np.asarray(array.transpose(*wanted).values)


def _check_second(dataset: Any) -> None:
    names: Mapping = dataset.coords
    if "input" in names and "input2" in names:
        first, second = (dataset[name].values.tolist() for name in ("input", "input2"))
        if first != second:
            raise DataError(f"input2 names {second}, input {first}: give both in the same order.")


def _dimensions(name: str) -> tuple[str, ...]:
    kind = name.partition("/")[2] or name
    found = [DIMENSIONS[letter] for letter in _LETTERS[kind]]
    return tuple("input2" if i and found[i - 1] == d else d for i, d in enumerate(found))
