"""`sobolev generate`: from a problem to a table of values and derivatives."""

from pathlib import Path
from typing import Annotated, Any

import typer


def generate(
    problem: Annotated[
        str,
        typer.Argument(
            metavar="PROBLEM",
            help="Such as plate-with-hole or cantilever (an unknown name lists them all), or your "
            "own Problem as module:object or path/to/file.py:object.",
        ),
    ],
    out: Annotated[Path, typer.Option(help="Table to write: .csv, .parquet, .npz or .h5.")],
    design: Annotated[
        str | None,
        typer.Option(
            metavar="staggered-grid|grid|latin-hypercube|sobol",
            help="Where to solve; staggered-grid also says which rows are for validation. "
            "[default: staggered-grid]",
        ),
    ] = None,
    n: Annotated[
        str | None,
        typer.Option(metavar="N", help="Points along each axis of a grid (25), or in all (256)."),
    ] = None,
    train: Annotated[
        str | None,
        typer.Option(metavar="N", help="Training points of a staggered grid (about one half)."),
    ] = None,
    seed: Annotated[
        str | None, typer.Option(metavar="N", help="Of latin-hypercube and sobol. [default: 0]")
    ] = None,
    order: Annotated[
        str | None, typer.Option(metavar="N", help="Highest derivative: 0, 1 or 2. [default: 1]")
    ] = None,
    workers: Annotated[
        str | None, typer.Option(metavar="N", help="Processes at work. [default: 1]")
    ] = None,
    on_diverged: Annotated[
        str | None,
        typer.Option(
            metavar="raise|absent",
            help="Points without a solution: an error, or empty cells. [default: raise]",
        ),
    ] = None,
    param: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Parameter of the problem; repeat for more."),
    ] = None,
    config: Annotated[Path | None, typer.Option(help="Settings as a TOML file.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing table.")] = False,
):
    """Make a table of values and exact derivatives.

    The problem is solved at each point of a design. Finished rows are kept in a journal beside
    the table (data.csv.journal) until the table is written: after an interruption the same
    command continues. The settings are written beside the table as well (data.generate.toml).
    """
    from sobolev.cli import record
    from sobolev.cli.config import resolve
    from sobolev.cli.display import Display
    from sobolev.cli.outputs import check_output
    from sobolev.cli.problem_names import find_problem, parse_params
    from sobolev.cli.settings import GenerateSettings
    from sobolev.cli.start import start_jax
    from sobolev.data.files import WRITABLE, check_writable

    clock = record.Clock()
    options = {
        "design": design, "n": n, "train": train, "seed": seed, "order": order,
        "workers": workers, "on_diverged": on_diverged, "params": parse_params(param),
    }  # fmt: skip
    settings = resolve(GenerateSettings, config, options)
    check_output(out, WRITABLE, fresh=not force)
    check_writable(out)
    beside = record.beside(out, "generate")
    start_jax()
    from sobolev.data import write
    from sobolev.generation import generate as solve_all

    found = find_problem(problem, settings.params)
    journal = out.with_name(f"{out.name}.journal")
    with Display("rows") as display:
        data = solve_all(
            found,
            _design(settings),
            order=settings.order,
            journal=journal,
            workers=settings.workers,
            progress=display.show,
            on_diverged=settings.on_diverged,
        )
    write(out, data)
    about = {"problem": problem, "settings": repr(found), "out": str(out), "rows": len(data)}
    record.write_config(beside, "generate", settings.model_dump(), about, clock)
    journal.unlink(missing_ok=True)
    print(f"{out}: {_summary(data)}")


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
