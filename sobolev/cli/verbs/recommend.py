"""`sobolev recommend`: network, network with values only, or kriging, for this table?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from sobolev.cli.settings.recommend import RecommendSettings


def recommend(
    table: Annotated[
        Path, typer.Argument(metavar="TABLE", help="CSV, Parquet, NPZ or HDF5 with x, y and dy/dx.")
    ],
    *,
    settings: "RecommendSettings",
):
    """Say which kind of surrogate suits a table.

    A network on values and derivatives, a network on values alone and exact gradient-enhanced
    kriging are trained on part of the rows; the relative H1 error of each on the other rows, its
    CPU seconds and the recommendation are printed. Nothing is written.
    """
    from sobolev.cli.start import start_jax
    from sobolev.cli.tables import read_table, split_table

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
