"""How a user's table is read and split into rows for training and validation."""

from typing import Annotated

from pydantic import Field

from sobolev.cli.settings.strict import Option, Seed, Strict

Names = Annotated[tuple[str, ...], Field(min_length=1)]
Columns = dict[str, dict[str, str]]
Fraction = Annotated[float, Field(ge=0, lt=1)]


class ColumnSettings(Strict):
    """Which column is what."""

    inputs: Annotated[
        Names | None, Option("Input columns, when dy/dx do not say it.", metavar="A,B")
    ] = None
    outputs: Annotated[Names | None, Option("Output columns.", metavar="Y,Z")] = None
    columns: Columns | None = None


class TableSettings(ColumnSettings):
    """Which column is what, and which row is for validation."""

    fraction: Annotated[
        Fraction | None,
        Option("Share of rows for validation, 0 for none (0.2 without group column)."),
    ] = None
    seed: Annotated[Seed, Option("Of networks, batches and random split.")] = 0
