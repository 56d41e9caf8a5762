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
    out: Annotated[
        Path | None, typer.Option(help="Where to keep the recommended one, .npz.")
    ] = None,
):
    """Say which kind of surrogate suits a table.

    A network on values and derivatives, a network on values alone and exact gradient-enhanced
    kriging are trained on part of the rows; the relative H1 error of each on the other rows, its
    CPU seconds and the recommendation are printed. With --out the recommended one is kept, for
    `sobolev evaluate` and `sobolev predict`.
    """
    from sobolev.cli import record
    from sobolev.cli.outputs import check_output
    from sobolev.cli.start import start_jax
    from sobolev.cli.tables import read_table, split_table, tell_unused

    clock = record.Clock()
    beside = None if out is None else record.beside(out, "recommend")
    if out is not None:
        check_output(out, (".npz",), inputs=[table])
    data = read_table(table, settings.inputs, settings.outputs, settings.columns)
    tell_unused(data)
    train, valid, _ = split_table(data, settings.fraction, settings.seed)
    if valid is None:
        from sobolev._base.errors import ConfigError

        raise ConfigError("fraction = 0 leaves no rows that decide: give a share like 0.2.")
    start_jax()
    from sobolev.cli.display import Display
    from sobolev.selection.recommend import recommend as compare

    with Display("candidates") as display:
        found = compare(
            train, valid, epochs=settings.epochs, seed=settings.seed, progress=display.show
        )
    for candidate in found.candidates:
        error = candidate.reason if candidate.model is None else f"{candidate.relative_h1:.3e}"
        print(f"{candidate.name:28s} {error}  {candidate.seconds:.1f} CPU s")
    print(found)
    if out is not None and beside is not None:
        found.save(out)
        about = {
            "table": str(table), "table_sha256": record.sha256(table), "out": str(out),
            "kind": found.best.name, "relative_h1": found.best.relative_h1,
        }  # fmt: skip
        record.write_config(beside, "recommend", settings.model_dump(), about, clock)
        print(f"{out}: the {found.best.name}")
