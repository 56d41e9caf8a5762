"""Settings of `sobolev export`."""

from typing import Annotated

from sobolev.cli.settings.strict import Option, Order, Strict


class ExportSettings(Strict):
    """What is written of the model."""

    order: Annotated[Order, Option("Highest derivative: 0, 1 or 2.")] = 2
