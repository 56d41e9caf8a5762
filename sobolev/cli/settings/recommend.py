"""Settings of `sobolev recommend`."""

from typing import Annotated

from sobolev.cli.settings.strict import Count, Option
from sobolev.cli.settings.table import Fraction, TableSettings


class RecommendSettings(TableSettings):
    """How the table is read, and how long the candidates are trained."""

    fraction: Annotated[
        Fraction | None, Option("Share of rows that decide (0.2 without group column).")
    ] = None
    epochs: Annotated[Count, Option("Of the networks' trainings.")] = 1000
