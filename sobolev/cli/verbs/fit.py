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

    The table is your own or a generated one. Several starts are tried while a fifth of the rows
    is held out, the errors there are measured, and the best is trained on all rows. Name a network,
    an optimiser, a weighting or an end of the training, and it is one training as you say, with a
    fifth of the rows held out for good. Rows that a column 'group' calls valid, or a --fraction
    of them, are never trained on. Beside the surrogate (model.npz) stand its
    settings (model.fit.toml), the course of the training (model.history.csv), and a page for a
    browser that says and shows what the surrogate is worth (model.html). The errors
    that are printed are those of rows held out. When the training ends badly, the exit
    code is 3 and nothing is written at --out. Until the surrogate is written, the training is
    kept beside it (model.checkpoint.npz): after an interruption the same command continues.
    """
    from sobolev.cli import record
    from sobolev.cli.start import start_jax
    from sobolev.cli.tables import read_table, split_table

    clock = record.Clock()
    beside = _outputs(out, table, not no_page)
    if restart:
        _forget(beside)
    data = read_table(table, settings.inputs, settings.outputs, settings.columns)
    if settings.decides or data.group is not None or settings.fraction:
        train, valid, settings.fraction = split_table(data, settings.fraction, settings.seed)
    else:
        train, valid = data, None  # rows are held out for a while only
    about: dict[str, object] = {
        "table": str(table), "table_sha256": record.sha256(table), "out": str(out),
        "rows": len(train), "validation_rows": 0 if valid is None else len(valid),
    }  # fmt: skip
    start_jax()
    from sobolev.cli.history import write_history
    from sobolev.cli.training import best, make, trained

    if settings.decides:
        surrogate, network = make(settings, train)
        fitted = trained(settings, surrogate, train, valid, beside["checkpoint"])
    else:
        fitted = best(settings, train, valid, beside["checkpoint"])
        network = fitted.network
    if not fitted.good:
        _forget(beside)
        raise _unfinished(fitted, out, keep_unfinished)
    worth = _worth(fitted, train, valid)
    about |= {
        "result": fitted.result, "network": network, "optimiser": fitted.optimiser,
        "notes": [str(note) for note in fitted.notes],
        "best_epoch": fitted.best_epoch, "relative_h1": worth[0].relative_h1,
    }  # fmt: skip
    fitted.surrogate.save(out)
    write_history(beside["history"], fitted.history)
    record.write_config(beside["settings"], "fit", settings.model_dump(), about, clock)
    _forget(beside)
    _tell(fitted, network, worth, out)
    if not no_page:
        from sobolev.cli.page import draw_page

        draw_page(beside["page"], fitted, (train, valid), out, table)


def _worth(fitted, train, valid) -> tuple:
    """`(errors, on which rows)`: rows never trained on, or not yet, or the training rows."""
    from sobolev.evaluation import evaluate
    from sobolev.selection.decided import BestFit

    if valid is not None:
        return evaluate(fitted.surrogate, valid), "rows not trained on"
    if isinstance(fitted, BestFit) and fitted.judges:
        found = evaluate(fitted.judged, train.rows(fitted.rows_held_out))
        return found, "rows held out before they were trained on"
    return evaluate(fitted.surrogate, train), "the training rows themselves"


def _forget(beside: dict[str, Path]) -> None:
    """Remove what was kept of the training."""
    for name in ("checkpoint", "all_rows"):
        beside[name].unlink(missing_ok=True)


def _outputs(out: Path, table: Path, page: bool) -> dict[str, Path]:
    """Where what stands beside the surrogate is written; `OutputError` when it cannot be."""
    from sobolev.cli import record
    from sobolev.cli.outputs import check_output

    files = {"history": out.with_suffix(".history.csv"),
             "checkpoint": out.with_suffix(".checkpoint.npz"),
             "all_rows": out.with_suffix(".checkpoint.all.npz")}  # fmt: skip
    check_output(out, (".npz",), inputs=[table])
    check_output(files["history"], (".csv",), inputs=[table])
    files["settings"] = record.beside(out, "fit")
    for name in ("checkpoint", "all_rows"):
        check_output(files[name], (".npz",), inputs=[table])
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


def _tell(fitted, network: str, worth: tuple, out: Path) -> None:
    from dataclasses import replace

    from sobolev._base.errors import in_options
    from sobolev.cli.exit_codes import warn
    from sobolev.selection.decided import BestFit

    evaluation, rows = worth
    print(replace(evaluation, notes=()))  # the notes of the training say it
    for note in fitted.notes:
        (warn if note.alarming else print)(in_options(note.sentence))
    if isinstance(fitted, BestFit):
        print(*fitted.said, sep="\n")
    print(f"network: {network}")
    print(f"trained by {fitted.optimiser}")
    last = fitted.history.epoch[-1]
    best = "" if fitted.best_epoch == last else f"; best at epoch {fitted.best_epoch} of {last}"
    print(f"{out}: {fitted.result}{best}; the errors are on {rows}")
    if not evaluation.relative_h1 < 1:
        warn("the surrogate is no better than a constant: train longer, or with other settings.")
