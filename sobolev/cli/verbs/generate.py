"""`sobolev generate`: from a problem to a table of values and derivatives."""

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from sobolev.cli.settings.generate import GenerateSettings


def generate(
    problem: Annotated[
        str,
        typer.Argument(
            metavar="PROBLEM",
            help="Such as plate-with-hole or cantilever (an unknown name lists them all), or your "
            "own Problem, or Function with a box, as module:object or path/to/file.py:object, or "
            "a model on a server, as umbridge:http://localhost:4242/model.",
        ),
    ],
    out: Annotated[Path, typer.Option(help="Table to write: .csv, .parquet, .npz or .h5.")],
    *,
    settings: "GenerateSettings",
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing table.")] = False,
):
    """Make a table of values and exact derivatives.

    The problem is solved at each point of a design. Finished rows are kept in a journal beside
    the table (data.csv.journal) until the table is written: after an interruption the same
    command continues, on another executor if you like. A row whose worker fails is tried again; in
    the end it is an error, or empty, and then the journal stays.
    The settings are written beside the table as well (data.generate.toml).
    """
    from sobolev.cli import record
    from sobolev.cli.display import Display
    from sobolev.cli.exit_codes import warn
    from sobolev.cli.outputs import check_output
    from sobolev.cli.problem_names import find_problem
    from sobolev.cli.start import start_jax
    from sobolev.data.files import check_writable
    from sobolev.data.registry import writable

    clock = record.Clock()
    check_output(out, writable(), fresh=not force)
    check_writable(out)
    beside = record.beside(out, "generate")
    start_jax()
    from sobolev.data import write
    from sobolev.generation import failures
    from sobolev.generation import generate as solve_all
    from sobolev.generation.rows import Why
    from sobolev.work import Retries

    found = find_problem(problem, settings.params)
    journal = out.with_name(f"{out.name}.journal")
    with Display("rows") as display, warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # told below, in words of the command line
        data = solve_all(
            found,
            _design(settings),
            order=settings.order,
            journal=journal,
            executor=_executor(settings, found),
            retries=Retries(settings.retries, settings.patience, settings.again),
            progress=display.show,
            on_diverged=settings.on_diverged,
        )
    write(out, data)
    about = {"problem": problem, "settings": repr(found), "out": str(out), "rows": len(data)}
    record.write_config(beside, "generate", settings.model_dump(), about, clock)
    faults = {row: f for row, f in failures(journal).items() if f.why is not Why.DIVERGED}
    if faults:
        row = min(faults)
        warn(
            f"{len(faults)} of {len(data)} rows failed and are empty: row {row}: "
            f"{faults[row].reason.rstrip('.')}. They are kept in {journal}: give the same command "
            "with --force --again faults to try them anew."
        )
    else:
        journal.unlink(missing_ok=True)
    print(f"{out}: {_summary(data)}")


def _executor(settings, problem) -> Any:
    from sobolev.generation.generate import processes
    from sobolev.work import Dask, Serial

    if settings.executor == "dask":
        return Dask(settings.scheduler or settings.workers)
    return processes(problem, settings.workers) if settings.executor == "processes" else Serial()


def _design(settings) -> Any:
    from sobolev import designs

    recipe = getattr(designs, settings.design.replace("-", "_"))
    chosen = {"train": settings.train, "seed": settings.seed}
    return recipe(settings.n, **{k: v for k, v in chosen.items() if v is not None})


def _summary(data) -> str:
    import numpy as np

    what = f"{len(data)} rows of {', '.join(data.outputs)} against {', '.join(data.inputs)}"
    if data.group is not None:
        valid = int((data.group == "valid").sum())
        what += f", {len(data) - valid} for training and {valid} for validation"
    absent = int(np.isnan(data.y).any(axis=1).sum())
    return what + (f", {absent} without a solution" if absent else "")
