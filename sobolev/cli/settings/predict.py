"""Settings of `sobolev predict`."""

from typing import Annotated

from sobolev.cli.settings.strict import Option, Order, Strict


class PredictSettings(Strict):
    """What is written of each point."""

    order: Annotated[Order, Option("Highest derivative: 0, 1 or 2.")] = 1
    ignore_extra: Annotated[bool, Option("Ignore columns that are not inputs.")] = False
