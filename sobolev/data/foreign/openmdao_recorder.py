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
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sobolev._base.atomic import read_bytes
from sobolev._base.errors import CorruptFile, DataError
from sobolev.data.dataset import Dataset
from sobolev.data.foreign.openmdao_parts import PART, Parts, parts_of
from sobolev.data.foreign.openmdao_variables import Variable, chosen, variables_of
from sobolev.data.format import Format
from sobolev.data.unused import Unused

_SIGNATURE = b"SQLite format 3\0"
_DAMAGE = (
    AttributeError, EOFError, IndexError, KeyError, MemoryError, OverflowError, RecursionError,
    SyntaxError, TypeError, ValueError, sqlite3.Error, tokenize.TokenError, zlib.error,
)  # fmt: skip
# Drivers that evaluate given points: what they record is in the units of the driver, unscaled.
_UNSCALED = "DOEDriver", "AnalysisDriver"


def read_openmdao(
    path: str | os.PathLike,
    inputs: Sequence[str] | None = None,
    outputs: Sequence[str] | None = None,
) -> Dataset:
    """Read the cases that a driver recorded (`driver.add_recorder(SqliteRecorder(path))`).

    Inputs are the design variables, outputs the objectives and constraints, or those of them that
    `inputs` and `outputs` name; an array becomes entries `b[0]`, `b[1]`, a part of it (`indices`)
    those that the driver knows. All in model units. The
    Jacobian is there where `recording_options["record_derivatives"]` was on and a gradient was
    taken, NaN elsewhere; a failed case has no labels. Without driver cases, those of `problem
    .record` are read. Of a recording by several processes `cases.sql_meta` stands for all cases,
    `cases.sql_0` for those of one. Raises `DataError`, `CorruptFile`.

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
    parts = parts_of(path)
    settings, meta = _metadata(parts)
    variables = variables_of(settings, meta)
    by, _ = chosen("inputs", inputs, [v for v in variables if v.is_input])
    of, left = chosen("outputs", outputs, [v for v in variables if not v.is_input])
    cases = [case for part in parts.cases for case in _with(part, _cases)]
    if not cases:
        raise DataError("no driver and no problem case was recorded.")
    return _dataset(cases, by, of, Unused(tuple(left), parts.remarks))


def _with(path: Path, ask: Callable[[sqlite3.Connection], Any]) -> Any:
    """What a database in memory answers: a recorder file is never written to."""
    content = read_bytes(path)
    if not content.startswith(_SIGNATURE):
        raise DataError(f"{path} is no SQLite database, hence no recorder file of OpenMDAO.")
    database = sqlite3.connect(":memory:")
    try:
        database.deserialize(content)
        return ask(database)
    finally:
        database.close()


def _metadata(parts: Parts) -> tuple[dict, dict]:
    row = _with(parts.metadata, _metadata_row)
    if row is None:
        raise DataError("it has no metadata: was the problem set up before it was recorded?")
    return _unpacked(row[0]), _unpacked(row[1])


def _metadata_row(database: sqlite3.Connection) -> Any:
    tables = {name for (name,) in database.execute("select name from sqlite_master")}
    if "metadata" not in tables and "driver_iterations" in tables:
        raise DataError(
            "it is a part of a parallel recording, of one process: its metadata are in another "
            "file, give both the names that OpenMDAO gave them, cases.sql_0 and cases.sql_meta."
        )
    return database.execute("select var_settings, abs2meta from metadata").fetchone()


def _unpacked(blob: Any) -> dict:
    if not isinstance(blob, bytes):
        raise DataError("it has no metadata: record with a released OpenMDAO 3.")
    text = zlib.decompressobj().decompress(blob, 2**28)  # what grows beyond that was not recorded
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError("its metadata is not a table")
    return found


@dataclass
class _Case:
    values: dict[str, Any]
    success: bool
    derivatives: dict[tuple[str, str], np.ndarray]
    scaled: bool


def _cases(database: sqlite3.Connection) -> list[_Case]:
    tables = {name for (name,) in database.execute("select name from sqlite_master")}
    if "driver_iterations" not in tables and "metadata" in tables:
        raise DataError(
            "it holds the metadata of a parallel recording, no cases: put it beside the cases, "
            "all with the names that OpenMDAO gave them, cases.sql_meta and cases.sql_0."
        )
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


def _dataset(cases: list[_Case], by: list[Variable], of: list[Variable], unused: Unused) -> Dataset:
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
        unused=unused,
    )


def _fill(row: np.ndarray, case: _Case, variables: list[Variable]) -> None:
    at = 0
    for variable in variables:
        if variable.source in case.values:
            row[at : at + variable.size] = variable.of(case.values[variable.source])
        elif variable.is_input:
            raise DataError(f"'{variable.name}' was not recorded: include it in the recording.")
        at += variable.size


def _fill_slopes(block: np.ndarray, case: _Case, by: list[Variable], of: list[Variable]) -> None:
    row = 0
    for y in of:
        column = 0
        for x in by:
            names = [(a, b) for a in (y.name, y.source) for b in (x.name, x.source)]
            found = next((case.derivatives[n] for n in names if n in case.derivatives), None)
            if found is not None:
                scales = (v.total_scale if case.scaled else v.unit_scale for v in (x, y))
                scale = np.divide.outer(*scales).T  # [of, by]
                block[row : row + y.size, column : column + x.size] = found * scale
            column += x.size
        row += y.size


OPENMDAO = Format(
    "a recorder file of OpenMDAO", (".sql", ".db"), read_openmdao, asks=("inputs", "outputs"),
    parts=PART,
)  # fmt: skip
