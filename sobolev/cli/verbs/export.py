"""`sobolev export`: a model as a file of another tool."""

import dataclasses
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sobolev.cli.settings.export import ExportSettings

KINDS = "c, casadi, fmu, fortran, jax, latex, matlab, onnx, python, umat, umat-calculix, vumat"


def export(
    model: Annotated[
        Path, typer.Argument(metavar="MODEL", help="A saved surrogate or ensemble, .npz.")
    ],
    kind: Annotated[str, typer.Option("--as", metavar="KIND", help=f"What to write: {KINDS}.")],
    out: Annotated[Path, typer.Option(help="File to write; its functions are called by its name.")],
    *,
    settings: "ExportSettings",
):
    """Write a surrogate with its derivatives as a file of another tool.

    Before anything is written it is compiled, called at points in the box and around it, and
    compared with the surrogate: value, Jacobian, Hessian and products, to 1e-12.
    """
    from sobolev.cli import record
    from sobolev.cli.exit_codes import warn
    from sobolev.cli.outputs import check_output
    from sobolev.cli.start import start_jax

    clock = record.Clock()
    start_jax()
    from sobolev._base.errors import ConfigError
    from sobolev.data.undetermined import said
    from sobolev.exporters import EXPORTERS
    from sobolev.loading import load

    if kind not in EXPORTERS:
        raise ConfigError(f"--as {kind} is not known: take {', '.join(EXPORTERS)}.")
    member = EXPORTERS[kind]
    known = tuple(field.name for field in dataclasses.fields(member))  # type: ignore[arg-type]
    exporter = member(**settings.fields(kind, known))  # type: ignore[call-arg]
    check_output(out, (exporter.suffix,), inputs=[model])
    beside = record.beside(out, "export")
    function = load(model)
    with warnings.catch_warnings(record=True) as notes:
        warnings.simplefilter("always", RuntimeWarning)
        written = exporter.write(function, out)
    about = {
        "model": str(model), "model_sha256": record.sha256(model), "as": kind,
        "out": [str(path) for path in written],
    }  # fmt: skip
    record.write_config(beside, "export", settings.model_dump(), about, clock)
    what = ", ".join(("value", "Jacobian", "Hessian")[: exporter.order + 1])
    print(f"{', '.join(map(str, written))}: {what}{'' if notes else ', verified'}")
    for note in notes:
        warn(str(note.message))
    for sentence in said(function.undetermined, function.outputs):
        warn(sentence)
