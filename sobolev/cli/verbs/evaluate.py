"""`sobolev evaluate`: how right a surrogate is on a table."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from sobolev.cli.settings.evaluate import EvaluateSettings


def evaluate(
    model: Annotated[
        Path, typer.Argument(metavar="MODEL", help="A saved surrogate, ensemble or kriging, .npz.")
    ],
    table: Annotated[
        Path, typer.Argument(metavar="TABLE", help="CSV, Parquet, NPZ or HDF5 with x, y, dy/dx.")
    ],
    *,
    settings: "EvaluateSettings",
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
):
    """Compare a surrogate with a table of known values.

    Shows the errors of the values, relative to their scatter, and of each derivative, relative to
    its size. Use rows that the surrogate has not been trained on.
    """
    from sobolev.cli.start import start_jax
    from sobolev.cli.tables import read_table, tell_unused

    start_jax()
    from sobolev.data.format import NAMES
    from sobolev.data.registry import formats
    from sobolev.evaluation import evaluate as compare
    from sobolev.loading import load

    surrogate = load(model)
    names = (surrogate.inputs, surrogate.outputs)
    format = formats().get(table.suffix.lower())
    asked = format is not None and set(NAMES) <= set(format.asks)  # else it names its own columns
    inputs, outputs = names if asked else (None, None)
    data = _chosen(read_table(table, inputs, outputs, settings.columns), settings.rows)
    evaluation = compare(surrogate, data)
    if json:
        print(_json(evaluation, {"model": model, "table": table}, settings))
    else:
        print(evaluation)
        tell_unused(data)


def _chosen(data, rows: str):
    from sobolev._base.errors import DataError
    from sobolev.cli.exit_codes import warn

    if rows == "all":
        trained = 0 if data.group is None else int((data.group == "train").sum())
        if trained:
            warn(
                f"{trained} of {len(data)} rows are marked as training rows; --rows valid leaves "
                "them out."
            )
        return data
    if data.group is None or not (data.group == rows).any():
        raise DataError(f"no row of the table has the group '{rows}': give --rows all.")
    return data.rows(data.group == rows)


def _json(evaluation, files: dict[str, Path], settings) -> str:
    import json
    import math
    from dataclasses import asdict

    from sobolev.cli import record

    terms = [asdict(term) for term in evaluation.terms]
    for term in terms:  # an error relative to zero is infinite, which JSON cannot say
        term["relative"] = term["relative"] if math.isfinite(term["relative"]) else None
    h1 = evaluation.relative_h1
    content: dict[str, Any] = {
        "relative_h1": h1 if math.isfinite(h1) else None,
        "terms": terms,
        "notes": list(evaluation.notes),
        "settings": settings.model_dump(),
        **{name: {"path": str(p), "sha256": record.sha256(p)} for name, p in files.items()},
        "versions": record.versions(),
    }
    return json.dumps(content, indent=2, allow_nan=False)
