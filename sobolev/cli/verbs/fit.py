"""`sobolev fit`: from a table of values and derivatives to a surrogate."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sobolev.cli.settings.fit import FitSettings


def fit(
    table: Annotated[
        Path, typer.Argument(metavar="TABLE", help="CSV, Parquet, NPZ or HDF5 with x, y and dy/dx.")
    ],
    out: Annotated[Path, typer.Option(help="Surrogate to write, .npz.")],
    *,
    settings: "FitSettings",
    restart: Annotated[
        bool,
        typer.Option("--restart", help="Start anew, whatever an interrupted command has left."),
    ] = False,
    keep_unfinished: Annotated[
        bool,
        typer.Option(
            "--keep-unfinished",
            help="When training ends badly, write the last state as model.unfinished.npz.",
        ),
    ] = False,
    no_page: Annotated[
        bool, typer.Option("--no-page", help="Do not write the page model.html.")
    ] = False,
):
    """Train a surrogate on values and derivatives.

    The table is your own or a generated one. Rows are for training or validation as a column
    'group' says (train, valid), else at random. Beside the surrogate (model.npz) stand its
    settings (model.fit.toml), the course of the training (model.history.csv), and a page for a
    browser that says and shows what the surrogate is worth (model.html). The errors
    that are printed are those of the validation rows. When the training ends badly, the exit
    code is 3 and nothing is written at --out. Until the surrogate is written, the training is
    kept beside it (model.checkpoint.npz): after an interruption the same command continues.
    """
    from sobolev.cli import record
    from sobolev.cli.start import start_jax
    from sobolev.cli.tables import read_table, split_table

    clock = record.Clock()
    beside = _outputs(out, table, not no_page)
    if restart:
        beside["checkpoint"].unlink(missing_ok=True)
    data = read_table(table, settings.inputs, settings.outputs, settings.columns)
    train, valid, settings.fraction = split_table(data, settings.fraction, settings.seed)
    about: dict[str, object] = {
        "table": str(table), "table_sha256": record.sha256(table), "out": str(out),
        "rows": len(train), "validation_rows": 0 if valid is None else len(valid),
    }  # fmt: skip
    start_jax()
    from sobolev.cli.history import write_history
    from sobolev.cli.training import make, trained
    from sobolev.evaluation import evaluate

    surrogate, network = make(settings, train)
    fitted = trained(settings, surrogate, train, valid, beside["checkpoint"])
    if not fitted.good:
        beside["checkpoint"].unlink(missing_ok=True)
        raise _unfinished(fitted, out, keep_unfinished)
    evaluation = evaluate(fitted.surrogate, train if valid is None else valid)
    about |= {
        "result": fitted.result, "network": network, "optimiser": fitted.optimiser,
        "notes": [str(note) for note in fitted.notes],
        "best_epoch": fitted.best_epoch, "relative_h1": evaluation.relative_h1,
    }  # fmt: skip
    fitted.surrogate.save(out)
    write_history(beside["history"], fitted.history)
    record.write_config(beside["settings"], "fit", settings.model_dump(), about, clock)
    beside["checkpoint"].unlink(missing_ok=True)
    _tell(fitted, network, evaluation, out, valid)
    if not no_page:
        from sobolev.cli.page import draw_page

        draw_page(beside["page"], fitted, (train, valid), out, table)


def _outputs(out: Path, table: Path, page: bool) -> dict[str, Path]:
    """Where what stands beside the surrogate is written; `OutputError` when it cannot be."""
    from sobolev.cli import record
    from sobolev.cli.outputs import check_output

    files = {"history": out.with_suffix(".history.csv"),
             "checkpoint": out.with_suffix(".checkpoint.npz")}  # fmt: skip
    check_output(out, (".npz",), inputs=[table])
    check_output(files["history"], (".csv",), inputs=[table])
    files["settings"] = record.beside(out, "fit")
    check_output(files["checkpoint"], (".npz",), inputs=[table])
    if page:
        from sobolev.cli.page import check_page

        files["page"] = check_page(out.with_suffix(".html"), table)
    return files


def _unfinished(fitted, out: Path, keep: bool):
    from sobolev.cli.exit_codes import NotConverged

    kept = "--keep-unfinished would keep the last state"
    if keep:
        path = out.with_suffix(".unfinished.npz")
        fitted.surrogate.save(path)
        kept = f"the last state is in {path}"
    return NotConverged(
        f"the training ended badly: {fitted.result}; nothing was written to {out}, {kept}."
    )


def _tell(fitted, network: str, evaluation, out: Path, valid) -> None:
    from dataclasses import replace

    from sobolev._base.errors import in_options
    from sobolev.cli.exit_codes import warn

    print(replace(evaluation, notes=()))  # the notes of the training say it
    for note in fitted.notes:
        (warn if note.alarming else print)(in_options(note.sentence))
    print(f"network: {network}")
    print(f"trained by {fitted.optimiser}")
    rows = "the training rows themselves" if valid is None else "rows not trained on"
    last = fitted.history.epoch[-1]
    best = "" if fitted.best_epoch == last else f"; best at epoch {fitted.best_epoch} of {last}"
    print(f"{out}: {fitted.result}{best}; the errors are on {rows}")
    if not evaluation.relative_h1 < 1:
        warn("the surrogate is no better than a constant: train longer, or with other settings.")
