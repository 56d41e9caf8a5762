"""Design variables and responses of a recorder file of OpenMDAO: entries, units, scales."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sobolev._base.errors import DataError


@dataclass(frozen=True)
class Variable:
    """A design variable or response: which entries of its source, and the driver's two scales.

    `indices [size]` are those of the flat source, None for all of them; `unit_scale [size]` and
    `total_scale [size]` are what the driver multiplies a value by, for its units and for all.
    `odd` says why it cannot be read, empty for nothing.
    """

    name: str
    source: str
    size: int
    unit: str
    is_input: bool
    unit_scale: np.ndarray
    total_scale: np.ndarray
    indices: np.ndarray | None = None
    odd: str = ""

    def entries(self) -> list[str]:
        """The names of its entries: `b`, or `b[0]`, `b[2]` as they stand in the source."""
        if self.indices is None and self.size == 1:
            return [self.name]
        numbers = range(self.size) if self.indices is None else self.indices.tolist()
        return [f"{self.name}[{i}]" for i in numbers]

    def of(self, values: object) -> np.ndarray:
        """Its entries `[size]` of the recorded source; `ValueError` for another number."""
        flat = np.asarray(values, np.float64).ravel()
        chosen = flat if self.indices is None else flat[self.indices]
        if len(chosen) != self.size:
            raise ValueError(f"'{self.name}' has {len(chosen)} entries")
        return chosen


def variables_of(settings: Mapping[str, Any], meta: Mapping[str, Any]) -> list[Variable]:
    """Every variable that the driver knows, from the recorded settings and metadata."""
    return [
        _variable(name, about, meta[about["source"]])
        for name, about in settings.items()
        if isinstance(about, dict)  # else it is the order of execution
    ]


def _variable(name: str, about: Mapping[str, Any], source: Mapping[str, Any]) -> Variable:
    size = int(about["global_size"])
    indices, odd = _indices(about, size, int(np.prod(source.get("shape") or [1])))
    if about.get("discrete"):
        odd = "discrete"
    units = _entries(about.get("unit_scaler"), size)
    return Variable(
        name, str(about["source"]), size, str(source["units"] or ""), "type" not in about,
        units, units * _entries(about.get("total_scaler"), size), indices, odd,
    )  # fmt: skip


def _entries(scale: Any, size: int) -> np.ndarray:
    """A scale for each entry: none is 1, one number is that of all."""
    given = np.asarray(1.0 if scale is None else scale, np.float64).ravel()
    return np.array(np.broadcast_to(given, size))


def _indices(about: Mapping[str, Any], size: int, whole: int) -> tuple[np.ndarray | None, str]:
    """Positions in the flat source, and why there are none."""
    given = about.get("indices")
    if given is None:
        return None, ""
    array = np.asarray(given)
    if array.dtype.kind != "i" or array.size != size or not (-whole <= array).all():
        return None, "a part of an array that is not given by a list of indices"
    flat = array.ravel()
    if not (flat < whole).all():
        return None, "a part of an array that is not given by a list of indices"
    return np.where(flat < 0, flat + whole, flat), ""


def chosen(
    what: str, names: Sequence[str] | None, variables: Sequence[Variable]
) -> tuple[list[Variable], list[str]]:
    """The variables that are asked for, by default all, and the names of those that are left out.

    Raises `DataError` for a name that is not there and for a variable that cannot be read. A
    response that cannot be read is left out where none was asked for.
    """
    there = {variable.name: variable for variable in variables}
    if names is None and not variables:
        kind = "design variables" if what == "inputs" else "objectives or constraints"
        raise DataError(f"no {kind} were declared in the model: there are no {what}.")
    for name in names or ():
        if name not in there:
            raise DataError(f"{what} names '{name}', but there are {', '.join(there)}.")
    asked = list(variables) if names is None else [there[name] for name in names]
    odd = [variable for variable in asked if variable.odd]
    readable = [variable for variable in asked if not variable.odd]
    if odd and (names is not None or what == "inputs" or not readable):
        raise DataError(
            f"'{odd[0].name}' is {odd[0].odd}, which cannot be read: name other {what}, or make it "
            "a variable of its own."
        )
    return readable, [v.name for v in variables if v not in readable]
