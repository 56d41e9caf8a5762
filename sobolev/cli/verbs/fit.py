"""`sobolev fit`: from a table of values and derivatives to a surrogate."""

import warnings
from pathlib import Path
from typing import Annotated, Any

import typer


def fit(
    table: Annotated[
        Path, typer.Argument(metavar="TABLE", help="CSV, Parquet, NPZ or HDF5 with x, y and dy/dx.")
    ],
    out: Annotated[Path, typer.Option(help="Surrogate to write, .npz.")],
    inputs: Annotated[
        str | None, typer.Option(metavar="A,B", help="Input columns, when dy/dx do not say it.")
    ] = None,
    outputs: Annotated[str | None, typer.Option(metavar="Y,Z", help="Output columns.")] = None,
    network: Annotated[
        str | None,
        typer.Option(
            metavar="auto|mlp|mixed|modified-mlp|fourier|residual|sine",
            help="auto compares mixed networks, with and without periodic units, in short "
            "trainings. [default: auto; mlp with an activation or init]",
        ),
    ] = None,
    hidden: Annotated[
        str | None,
        typer.Option(
            metavar="W,W",
            help="Widths of hidden layers, 16,16 for modified-mlp, fourier, residual and sine. "
            "[default: 24,24]",
        ),
    ] = None,
    activation: Annotated[
        str | None,
        typer.Option(metavar="tanh|softplus|sin|swish|gelu|relu", help="[default: swish]"),
    ] = None,
    init: Annotated[
        str | None, typer.Option(metavar="glorot|orthogonal", help="[default: glorot]")
    ] = None,
    frequency: Annotated[
        str | None, typer.Option(metavar="X", help="Of sine and fourier. [default: 2, 0.1]")
    ] = None,
    periodic: Annotated[
        str | None,
        typer.Option(metavar="X", help="Share of periodic units of mixed. [default: 0.5]"),
    ] = None,
    order: Annotated[
        str | None,
        typer.Option(
            metavar="N", help="Highest derivative to train on: 0, 1 or 2 (all that the table has)."
        ),
    ] = None,
    weighting: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Who decides the weight of each value and derivative: inverse-energy, "
            "inverse-norm, relobralo, config, ... (an unknown name lists all). "
            "[default: inverse-energy]",
        ),
    ] = None,
    balanced: Annotated[
        bool | None,
        typer.Option(
            "--balanced/--not-balanced",
            help="Weight the terms by their inverse energy first, then by the scheme.",
            show_default=False,
        ),
    ] = None,
    update_every: Annotated[
        str | None,
        typer.Option(metavar="N", help="Ask the scheme in each N-th step only. [default: 1]"),
    ] = None,
    unit_length: Annotated[
        bool | None,
        typer.Option(
            "--unit-length/--own-length",
            help="Give the combined gradient the length 1, for adam and soap.",
            show_default=False,
        ),
    ] = None,
    bound: Annotated[
        str | None,
        typer.Option(
            metavar="none|clip|erf|log",
            help="How loss-max and cosine weights are bounded. [default: none]",
        ),
    ] = None,
    weight_rate: Annotated[
        str | None,
        typer.Option(metavar="X", help="Learning rate of these weights. [default: 0.01]"),
    ] = None,
    optimiser: Annotated[
        str | None,
        typer.Option(
            metavar="auto|ssbroyden|lm|lbfgs|adam|soap",
            help="auto chooses by the cost of a step; lm is Levenberg-Marquardt. [default: auto; "
            "adam with a learning rate or batch size, lm with a damping]",
        ),
    ] = None,
    learning_rate: Annotated[
        str | None, typer.Option(metavar="X", help="Of adam and soap. [default: 0.001, 0.003]")
    ] = None,
    batch_size: Annotated[
        str | None,
        typer.Option(metavar="N|all", help="Rows a step of adam and soap. [default: 32]"),
    ] = None,
    damping: Annotated[
        str | None,
        typer.Option(metavar="X", help="First damping of lm, relative. [default: 0.001]"),
    ] = None,
    epochs: Annotated[
        str | None,
        typer.Option(metavar="N", help="Passes over the rows, or steps. [default: 1000]"),
    ] = None,
    records: Annotated[
        str | None, typer.Option(metavar="N", help="Records in the history. [default: 100]")
    ] = None,
    seed: Annotated[
        str | None,
        typer.Option(
            metavar="N", help="Of initial weights, batches and random split. [default: 0]"
        ),
    ] = None,
    fraction: Annotated[
        str | None,
        typer.Option(
            metavar="X", help="Share of rows for validation, 0 for none (0.2 without group column)."
        ),
    ] = None,
    keep: Annotated[
        str | None,
        typer.Option(
            metavar="best|last",
            help="Write the surrogate with the smallest validation error, or the last one. "
            "[default: best]",
        ),
    ] = None,
    patience: Annotated[
        str | None,
        typer.Option(
            metavar="N", help="Stop when the validation error has not fallen for N epochs."
        ),
    ] = None,
    seconds: Annotated[
        str | None,
        typer.Option(metavar="X", help="Stop after so many seconds of training."),
    ] = None,
    config: Annotated[Path | None, typer.Option(help="Settings as a TOML file.")] = None,
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
):
    """Train a surrogate on values and derivatives.

    The table is your own or a generated one. Rows are for training or validation as a column
    'group' says (train, valid), else at random. Beside the surrogate (model.npz) stand its
    settings (model.fit.toml) and the course of the training (model.history.csv). The errors
    that are printed are those of the validation rows. When the training ends badly, the exit
    code is 3 and nothing is written at --out. Until the surrogate is written, the training is
    kept beside it (model.checkpoint.npz): after an interruption the same command continues.
    """
    from sobolev.cli import record
    from sobolev.cli.config import resolve
    from sobolev.cli.outputs import check_output
    from sobolev.cli.settings import FitSettings
    from sobolev.cli.start import start_jax
    from sobolev.cli.tables import names, read_table, split_table

    clock = record.Clock()
    options = {
        "inputs": names(inputs), "outputs": names(outputs), "network": network,
        "hidden": _widths(hidden), "activation": activation, "init": init,
        "frequency": frequency, "periodic": periodic, "order": order,
        "weighting": weighting, "balanced": balanced, "update_every": update_every,
        "unit_length": unit_length, "bound": bound,
        "weight_rate": weight_rate, "optimiser": optimiser, "learning_rate": learning_rate,
        "batch_size": batch_size, "damping": damping, "epochs": epochs,
        "records": records, "seed": seed, "fraction": fraction, "keep": keep, "patience": patience,
        "seconds": seconds,
    }  # fmt: skip
    settings = resolve(FitSettings, config, options)
    check_output(out, (".npz",), inputs=[table])
    history = out.with_suffix(".history.csv")
    check_output(history, (".csv",), inputs=[table])
    beside = record.beside(out, "fit")
    checkpoint = out.with_suffix(".checkpoint.npz")
    check_output(checkpoint, (".npz",), inputs=[table])
    if restart:
        checkpoint.unlink(missing_ok=True)
    data = read_table(table, settings.inputs, settings.outputs, settings.columns)
    train, valid, settings.fraction = split_table(data, settings.fraction, settings.seed)
    about: dict[str, object] = {
        "table": str(table), "table_sha256": record.sha256(table), "out": str(out),
        "rows": len(train), "validation_rows": 0 if valid is None else len(valid),
    }  # fmt: skip
    start_jax()
    surrogate, network = _network(settings, train)
    fitted = _train(settings, surrogate, train, valid, checkpoint)
    if not fitted.good:
        checkpoint.unlink(missing_ok=True)
        raise _unfinished(fitted, out, keep_unfinished)
    evaluation = _evaluated(fitted.surrogate, train, valid)
    about |= {
        "result": fitted.result, "network": network, "optimiser": fitted.optimiser,
        "notes": [str(note) for note in fitted.notes],
        "best_epoch": fitted.best_epoch, "relative_h1": evaluation.relative_h1,
    }  # fmt: skip
    fitted.surrogate.save(out)
    _write_history(history, fitted.history)
    record.write_config(beside, "fit", settings.model_dump(), about, clock)
    checkpoint.unlink(missing_ok=True)
    _tell(fitted, network, evaluation, out, valid)


def _widths(text: str | None) -> list | None:
    from sobolev.cli.config import number
    from sobolev.cli.tables import names

    parts = names(text)
    return None if parts is None else [number(part) for part in parts]


def _network(settings, train) -> tuple[Any, str]:
    """The surrogate to be trained, and in words what it is and why."""
    from sobolev.cli.display import Display
    from sobolev.losses import SobolevLoss
    from sobolev.selection.network import choose_network
    from sobolev.surrogate import Surrogate

    if settings.network != "auto":
        made = settings.network_settings()
        surrogate = Surrogate.new(train, settings.network, settings.hidden, settings.seed, **made)
        return surrogate, ", ".join([settings.network, *map(str, made.values())])
    with Display("networks") as display:
        return choose_network(
            train,
            hidden=settings.hidden,
            key=settings.seed,
            loss=SobolevLoss.of(train, settings.order),
            optimiser=_optimiser(settings),
            progress=display.show,
        )


def _train(settings, surrogate, train, valid, checkpoint: Path):
    from sobolev._base.errors import WrongDerivativeWarning
    from sobolev.cli.display import Display
    from sobolev.losses import SobolevLoss
    from sobolev.training import fit as train_network
    from sobolev.work.progress import Progress

    loss = SobolevLoss.of(train, settings.order)
    with Display("epochs") as display, warnings.catch_warnings():
        # What the check of the derivatives says is told by `_tell`, in one line.
        warnings.simplefilter("ignore", WrongDerivativeWarning)
        return train_network(
            surrogate,
            train,
            valid,
            loss=loss,
            weighting=_weighting(settings),
            optimiser=_optimiser(settings),
            epochs=settings.epochs,
            records=min(settings.records, settings.epochs),
            seed=settings.seed,
            keep=settings.keep,
            patience=settings.patience,
            seconds=settings.seconds,
            checkpoint=checkpoint,
            progress=lambda p: display.show(
                Progress("epochs", p.epoch, p.epochs, _progress_text(p))
            ),
        )


def _weighting(settings) -> Any:
    from sobolev import weighting as w

    trained = {}
    if settings.bound is not None:
        bounds = {"none": w.Identity, "clip": w.Clip, "erf": w.ErrorFunction, "log": w.Exponential}
        trained = {"rate": settings.weight_rate, "parametrisation": bounds[settings.bound]()}
    scheme = w.by_name(settings.weighting, **trained)
    if settings.update_every is not None:
        scheme = w.Every(scheme, settings.update_every)
    if settings.balanced:
        scheme = w.Chain(w.InverseEnergy(), scheme)
    return w.UnitLength(scheme) if settings.unit_length else scheme


def _optimiser(settings) -> Any:
    from sobolev import optimisers as o

    if settings.optimiser == "auto":
        return None
    if settings.optimiser == "lm":
        return o.LevenbergMarquardt(settings.damping)
    if settings.optimiser in ("ssbroyden", "lbfgs"):
        return {"ssbroyden": o.SSBroyden, "lbfgs": o.LBFGS}[settings.optimiser]()
    batch = None if settings.batch_size == "all" else settings.batch_size
    first_order = {"adam": o.Adam, "soap": o.SOAP}[settings.optimiser]
    return first_order(settings.learning_rate, batch)


def _progress_text(progress, most: int = 4) -> str:
    """Validation error, then loss and weight of the first terms."""
    error = progress.valid_error
    said = [] if error != error else [f"validation error {error:.2%}"]
    terms = list(zip(progress.terms, progress.loss, progress.weight, strict=True))
    said += [f"{name} {loss:.1e} x {weight:.3g}" for name, loss, weight in terms[:most]]
    return " | ".join(said + (["..."] if len(terms) > most else []))


def _evaluated(surrogate, train, valid):
    from sobolev.evaluation import evaluate

    return evaluate(surrogate, train if valid is None else valid)


def _unfinished(fitted, out: Path, keep: bool):
    from sobolev.cli.errors import NotConverged

    kept = "--keep-unfinished would keep the last state"
    if keep:
        path = out.with_suffix(".unfinished.npz")
        fitted.surrogate.save(path)
        kept = f"the last state is in {path}"
    return NotConverged(
        f"the training ended badly: {fitted.result}; nothing was written to {out}, {kept}."
    )


def _write_history(path: Path, history) -> None:
    """One row a record; a column for each quantity, for that of each term, or each two terms."""
    import csv
    import io
    from dataclasses import fields
    from itertools import combinations

    pairs = list(combinations(range(len(history.terms)), 2))
    header, columns = [], []
    for field in fields(history):
        values = getattr(history, field.name)
        if field.name == "terms":
            continue
        if values.ndim == 1:
            header.append(field.name)
            columns.append(values.tolist())
        elif values.ndim == 2:
            header += [f"{field.name} {term}" for term in history.terms]
            columns += values.T.tolist()
        else:  # symmetric: what is above the diagonal
            header += [f"{field.name} {history.terms[j]}|{history.terms[k]}" for j, k in pairs]
            columns += [values[:, j, k].tolist() for j, k in pairs]
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(zip(*columns, strict=True))
    from sobolev._base.files import write_atomically

    write_atomically(path, text.getvalue().encode())


def _tell(fitted, network: str, evaluation, out: Path, valid) -> None:
    from sobolev.cli.errors import warn

    print(evaluation)
    for note in fitted.notes:
        (warn if note.alarming else print)(str(note))
    print(f"network: {network}")
    print(f"trained by {fitted.optimiser}")
    rows = "the training rows themselves" if valid is None else "rows not trained on"
    last = fitted.history.epoch[-1]
    best = "" if fitted.best_epoch == last else f"; best at epoch {fitted.best_epoch} of {last}"
    print(f"{out}: {fitted.result}{best}; the errors are on {rows}")
    if not evaluation.relative_h1 < 1:
        warn("the surrogate is no better than a constant: train longer, or with other settings.")
