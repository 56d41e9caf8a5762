"""Cases in a recorder file of OpenMDAO: values, and total derivatives where they were recorded.

The file is an SQLite database. We read it without OpenMDAO, because OpenMDAO's own reader pairs
derivatives with values by the name of an iteration, and optimisers record a gradient under the name
of the *next* one; the counter of the records pairs them rightly. Derivatives of an optimiser are
scaled by its ref, ref0 and units, those of a design of experiments by the units only.
"""

import io
import json
import os
import sqlite3
import tokenize
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sobolev._base.atomic import read_bytes
from sobolev._base.errors import CorruptFile, DataError
from sobolev.data.dataset import Dataset
from sobolev.data.format import Format

_SIGNATURE = b"SQLite format 3\0"
_DAMAGE = (
    AttributeError, EOFError, IndexError, KeyError, MemoryError, OverflowError, RecursionError,
    SyntaxError, TypeError, ValueError, sqlite3.Error, tokenize.TokenError, zlib.error,
)  # fmt: skip
# Drivers that evaluate given points: what they record is in the units of the driver, unscaled.
_UNSCALED = "DOEDriver", "AnalysisDriver"


@dataclass
class _Variable:
    """A design variable or response: its names, entries, unit, and the driver's two scales."""

    name: str
    source: str
    size: int
    unit: str
    is_input: bool
    unit_scale: float
    total_scale: float

    def entries(self) -> list[str]:
        return [self.name] if self.size == 1 else [f"{self.name}[{i}]" for i in range(self.size)]


def read_openmdao(
    path: str | os.PathLike,
    inputs: Sequence[str] | None = None,
    outputs: Sequence[str] | None = None,
) -> Dataset:
    """Read the cases that a driver recorded (`driver.add_recorder(SqliteRecorder(path))`).

    Inputs are the design variables, outputs the objectives and constraints, or those of them that
    `inputs` and `outputs` name; an array becomes entries `b[0]`, `b[1]`. All in model units. The
    Jacobian is there where `recording_options["record_derivatives"]` was on and a gradient was
    taken, NaN elsewhere; a failed case has no labels. Without driver cases, those of `problem
    .record` are read. Raises `DataError`, `CorruptFile`.

    ```python
    data = read_openmdao("cases.sql")
    data = read_openmdao("cases.sql", inputs=("a",), outputs=("f",))
    ```
    """
    try:
        return _read(path, inputs, outputs)
    except DataError as error:
        raise error.at(path) from error
    except _DAMAGE as error:
        raise CorruptFile(
            f"{path} is damaged or no recorder file of OpenMDAO 3 ({error}): record it again."
        ) from error


def _read(path: str | os.PathLike, inputs: Any, outputs: Any) -> Dataset:
    content = read_bytes(path)
    if not content.startswith(_SIGNATURE):
        raise DataError("it is no SQLite database, hence no recorder file of OpenMDAO.")
    database = sqlite3.connect(":memory:")
    try:
        database.deserialize(content)
        variables = _variables(database)
        by = _chosen("inputs", inputs, [v for v in variables if v.is_input])
        of = _chosen("outputs", outputs, [v for v in variables if not v.is_input])
        return _dataset(_cases(database), by, of)
    finally:
        database.close()


def _unpacked(blob: Any) -> dict:
    if not isinstance(blob, bytes):
        raise DataError("it has no metadata: record with a released OpenMDAO 3.")
    text = zlib.decompressobj().decompress(blob, 2**28)  # what grows beyond that was not recorded
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError("its metadata is not a table")
    return found


def _variables(database: sqlite3.Connection) -> list[_Variable]:
    row = database.execute("select var_settings, abs2meta from metadata").fetchone()
    if row is None:
        raise DataError("it has no metadata: was the problem set up before it was recorded?")
    settings, meta = _unpacked(row[0]), _unpacked(row[1])
    found = []
    for name, about in settings.items():
        if not isinstance(about, dict):
            continue  # the order of execution
        if about.get("indices") is not None or about.get("discrete"):
            raise DataError(
                f"'{name}' is a part of an array (indices) or discrete, which cannot be read: make "
                "it a variable of its own."
            )
        unit_scale = float(about.get("unit_scaler") or 1.0)
        size = int(about["global_size"])
        found.append(
            _Variable(
                name, str(about["source"]), size, str(meta[about["source"]]["units"] or ""),
                "type" not in about, unit_scale,
                unit_scale * float(about.get("total_scaler") or 1.0),
            )
        )  # fmt: skip
    return found


def _chosen(what: str, names: Sequence[str] | None, variables: list[_Variable]) -> list[_Variable]:
    there = {variable.name: variable for variable in variables}
    if names is None:
        if not variables:
            kind = "design variables" if what == "inputs" else "objectives or constraints"
            raise DataError(f"no {kind} were declared in the model: there are no {what}.")
        return variables
    for name in names:
        if name not in there:
            raise DataError(f"{what} names '{name}', but there are {', '.join(there)}.")
    return [there[name] for name in names]


@dataclass
class _Case:
    values: dict[str, Any]
    success: bool
    derivatives: dict[tuple[str, str], np.ndarray]
    scaled: bool


def _cases(database: sqlite3.Connection) -> list[_Case]:
    rows = database.execute(
        "select counter, iteration_coordinate, outputs, success from driver_iterations order by id"
    ).fetchall()
    if not rows:
        return _problem_cases(database)
    cases = {
        counter: _Case(
            json.loads(values or "{}"), bool(success), {},
            not str(name).split(":", 1)[-1].startswith(_UNSCALED),
        )
        for counter, name, values, success in rows
    }  # fmt: skip
    derivatives = "select counter, derivatives from driver_derivatives order by id"
    for counter, blob in database.execute(derivatives).fetchall():
        if counter in cases:
            cases[counter].derivatives |= _totals(blob)
    return list(cases.values())


def _problem_cases(database: sqlite3.Connection) -> list[_Case]:
    rows = database.execute("select outputs, success, jacobian from problem_cases").fetchall()
    if not rows:
        raise DataError("no driver and no problem case was recorded.")
    return [
        _Case(json.loads(values or "{}"), bool(success), _totals(blob) if blob else {}, False)
        for values, success, blob in rows
    ]


def _totals(blob: bytes) -> dict[tuple[str, str], np.ndarray]:
    """`of!wrt` -> array, of a structured array in NumPy's own format; never a pickle."""
    array = np.load(io.BytesIO(blob), allow_pickle=False)
    names = array.dtype.names or ()
    pairs = {tuple(name.split("!")): np.array(array[name][0], np.float64) for name in names}
    return {(of, by): values for (of, by), values in pairs.items()}


def _dataset(cases: list[_Case], by: list[_Variable], of: list[_Variable]) -> Dataset:
    d, q = sum(v.size for v in by), sum(v.size for v in of)
    x, y = np.full((len(cases), d), np.nan), np.full((len(cases), q), np.nan)
    jacobian = np.full((len(cases), q, d), np.nan)
    for row, case in enumerate(cases):
        _fill(x[row], case, by)
        if case.success:
            _fill(y[row], case, of)
            _fill_slopes(jacobian[row], case, by, of)
    return Dataset(
        x,
        y,
        None if np.isnan(jacobian).all() else jacobian,
        inputs=tuple(name for v in by for name in v.entries()),
        outputs=tuple(name for v in of for name in v.entries()),
        input_units=tuple(v.unit for v in by for _ in range(v.size)),
        output_units=tuple(v.unit for v in of for _ in range(v.size)),
    )


def _fill(row: np.ndarray, case: _Case, variables: list[_Variable]) -> None:
    at = 0
    for variable in variables:
        if variable.source in case.values:
            values = np.asarray(case.values[variable.source], np.float64).ravel()
            if len(values) != variable.size:
                raise ValueError(f"'{variable.name}' has {len(values)} entries")
            row[at : at + variable.size] = values
        elif variable.is_input:
            raise DataError(f"'{variable.name}' was not recorded: include it in the recording.")
        at += variable.size


def _fill_slopes(block: np.ndarray, case: _Case, by: list[_Variable], of: list[_Variable]) -> None:
    row = 0
    for y in of:
        column = 0
        for x in by:
            names = [(a, b) for a in (y.name, y.source) for b in (x.name, x.source)]
            found = next((case.derivatives[n] for n in names if n in case.derivatives), None)
            if found is not None:
                scale = (
                    x.total_scale / y.total_scale if case.scaled else x.unit_scale / y.unit_scale
                )
                block[row : row + y.size, column : column + x.size] = found * scale
            column += x.size
        row += y.size


OPENMDAO = Format(
    "a recorder file of OpenMDAO", (".sql", ".db"), read_openmdao, asks=("inputs", "outputs")
)
