"""`sobolev predict`: values and derivatives at the user's points."""

from itertools import combinations_with_replacement, product
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sobolev.cli.settings.predict import PredictSettings


def predict(
    model: Annotated[
        Path, typer.Argument(metavar="MODEL", help="A saved surrogate, ensemble or kriging, .npz.")
    ],
    points: Annotated[
        Path,
        typer.Argument(metavar="POINTS", help="CSV or any file fit reads, with the inputs."),
    ],
    out: Annotated[Path, typer.Option(help="Table to write, .csv.")],
    *,
    settings: "PredictSettings",
):
    """Evaluate a surrogate at your points, derivatives too.

    The columns of the table that is written are the inputs, the outputs, dy/dx, d2y/dx1dx2, and
    'inside': whether the point lies in the range of the training data. Outside of it, do not
    trust the numbers. A column 'level of y' says that the surrogate was trained on derivatives
    alone, so that y is right up to a constant; a slope that no label decided is left empty.
    """
    from sobolev.cli import record
    from sobolev.cli.exit_codes import warn
    from sobolev.cli.outputs import check_output
    from sobolev.data import read_points
    from sobolev.data.undetermined import said
    from sobolev.plain_network import plain_network

    clock = record.Clock()
    check_output(out, (".csv",), inputs=[model, points])
    beside = record.beside(out, "predict")
    from sobolev._base.atomic import write_atomically

    surrogate = plain_network(model) or _loaded(model)
    x = read_points(points, surrogate.inputs, surrogate.input_units, settings.ignore_extra)
    inside = surrogate.inside(x)
    write_atomically(out, _csv(surrogate, x, settings.order, inside).encode())
    outside = int((~inside).sum())
    about = {
        "model": str(model), "model_sha256": record.sha256(model),
        "points": str(points), "points_sha256": record.sha256(points),
        "out": str(out), "rows": len(x), "outside": outside,
    }  # fmt: skip
    record.write_config(beside, "predict", settings.model_dump(), about, clock)
    print(f"{out}: {len(x)} rows of {', '.join(surrogate.outputs)}")
    for sentence in said(surrogate.undetermined, surrogate.outputs):
        warn(sentence)
    if outside:
        warn(f"{outside} of {len(x)} rows lie outside the range of the training data.")


def _loaded(model: Path):
    from sobolev.cli.start import start_jax

    start_jax()
    from sobolev.loading import load

    return load(model)


def _csv(surrogate, x, order: int, inside) -> str:
    import csv
    import io

    from sobolev.data.tables.csv_table import header_line

    headings, columns = zip(*_columns(surrogate, x, order), strict=True)
    last = "inside"
    while last in {name for name, _ in headings}:  # an input or output has this name
        last += "_"
    text = io.StringIO(newline="")
    text.write(header_line([*headings, (last, "")]))
    writer = csv.writer(text, lineterminator="\n")
    words = ["yes" if there else "no" for there in inside]
    writer.writerows(zip(*(column.tolist() for column in columns), words, strict=True))
    return text.getvalue()


def _columns(surrogate, x, order: int):
    """Heading and numbers of each column, spelled as `sobolev fit` reads them."""
    import numpy as np

    from sobolev.derivative_names import derivative_name

    inputs, outputs = surrogate.inputs, list(enumerate(surrogate.outputs))
    axes = range(len(inputs))
    for j in axes:
        yield (inputs[j], surrogate.input_units[j]), x[:, j]
    y, *more = surrogate.derivatives(x, order)
    for k, name in outputs:
        yield (name, surrogate.output_units[k]), y[:, k]
        if name in surrogate.undetermined:
            yield (f"level of {name}", ""), np.full(len(x), "unknown")
    if order >= 1:
        jacobian = more[0]
        for (k, name), j in product(outputs, axes):
            slope = derivative_name(name, inputs[j])
            known = slope not in surrogate.undetermined
            yield (slope, ""), jacobian[:, k, j] if known else np.full(len(x), "")
    if order >= 2:
        hessian = more[1]
        for (k, name), (i, j) in product(outputs, combinations_with_replacement(axes, 2)):
            yield (derivative_name(name, inputs[i], inputs[j]), ""), hessian[:, k, i, j]
