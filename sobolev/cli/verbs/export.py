"""`sobolev export`: a model as a file of another tool."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sobolev.cli.settings.export import ExportSettings


def export(
    model: Annotated[
        Path, typer.Argument(metavar="MODEL", help="A saved surrogate or ensemble, .npz.")
    ],
    kind: Annotated[str, typer.Option("--as", metavar="KIND", help="What to write: c, fortran.")],
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
    check_output(out, (EXPORTERS[kind].suffix,), inputs=[model])
    beside = record.beside(out, "export")
    function = load(model)
    written = EXPORTERS[kind](order=settings.order).write(function, out)  # type: ignore[call-arg]
    about = {
        "model": str(model), "model_sha256": record.sha256(model), "as": kind,
        "out": [str(path) for path in written],
    }  # fmt: skip
    record.write_config(beside, "export", settings.model_dump(), about, clock)
    what = "value", "Jacobian", "Hessian"
    print(f"{', '.join(map(str, written))}: {', '.join(what[: settings.order + 1])}, verified")
    for sentence in said(function.undetermined, function.outputs):
        warn(sentence)
