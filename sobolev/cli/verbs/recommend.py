"""`sobolev recommend`: network, network with values only, or kriging, for this table?"""

from pathlib import Path
from typing import Annotated

import typer


def recommend(
    table: Annotated[
        Path, typer.Argument(metavar="TABLE", help="CSV, Parquet, NPZ or HDF5 with x, y and dy/dx.")
    ],
    inputs: Annotated[
        str | None, typer.Option(metavar="A,B", help="Input columns, when dy/dx do not say it.")
    ] = None,
    outputs: Annotated[str | None, typer.Option(metavar="Y,Z", help="Output columns.")] = None,
    epochs: Annotated[
        str | None, typer.Option(metavar="N", help="Of the networks' trainings. [default: 1000]")
    ] = None,
    seed: Annotated[
        str | None, typer.Option(metavar="N", help="Of networks and random split. [default: 0]")
    ] = None,
    fraction: Annotated[
        str | None,
        typer.Option(metavar="X", help="Share of rows that decide (0.2 without group column)."),
    ] = None,
    config: Annotated[Path | None, typer.Option(help="Settings as a TOML file.")] = None,
):
    """Say which kind of surrogate suits a table.

    A network on values and derivatives, a network on values alone and exact gradient-enhanced
    kriging are trained on part of the rows; the relative H1 error of each on the other rows, its
    CPU seconds and the recommendation are printed. Nothing is written.
    """
    from sobolev.cli.config import resolve
    from sobolev.cli.settings import RecommendSettings
    from sobolev.cli.start import start_jax
    from sobolev.cli.tables import names, read_table, split_table

    options = {
        "inputs": names(inputs), "outputs": names(outputs), "epochs": epochs, "seed": seed,
        "fraction": fraction,
    }  # fmt: skip
    settings = resolve(RecommendSettings, config, options)
    data = read_table(table, settings.inputs, settings.outputs, settings.columns)
    train, valid, _ = split_table(data, settings.fraction, settings.seed)
    if valid is None:
        from sobolev._base.errors import ConfigError

        raise ConfigError("fraction = 0 leaves no rows that decide: give a share like 0.2.")
    start_jax()
    from sobolev.cli.display import Display
    from sobolev.selection.model import recommend as compare

    with Display("candidates") as display:
        found = compare(
            train, valid, epochs=settings.epochs, seed=settings.seed, progress=display.show
        )
    for candidate in found.candidates:
        error = candidate.reason if candidate.model is None else f"{candidate.relative_h1:.3e}"
        print(f"{candidate.name:28s} {error}  {candidate.seconds:.1f} CPU s")
    print(found)
