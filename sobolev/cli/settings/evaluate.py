"""Settings of `sobolev evaluate`."""

from typing import Annotated, Literal

from sobolev.cli.settings.strict import Option, Strict
from sobolev.cli.settings.table import Columns


class EvaluateSettings(Strict):
    """Which rows are compared, and how they are read."""

    columns: Columns | None = None
    rows: Annotated[
        Literal["all", "train", "valid"], Option("Rows to compare, by the column 'group'.")
    ] = "all"
