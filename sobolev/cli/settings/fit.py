"""Settings of `sobolev fit`: those of network, weighting and optimiser, and how long."""

from typing import Annotated, Literal

from pydantic import model_validator

from sobolev._base.errors import ConfigError
from sobolev.cli.settings.network import NetworkSettings
from sobolev.cli.settings.optimiser import OptimiserSettings
from sobolev.cli.settings.strict import Count, Option, Order, Positive
from sobolev.cli.settings.table import TableSettings
from sobolev.cli.settings.weighting import WeightingSettings


class FitSettings(OptimiserSettings, WeightingSettings, NetworkSettings, TableSettings):
    """What is trained, on what, how and how long; in the order from the last base to here."""

    order: Annotated[
        Order | None,
        Option("Highest derivative to train on: 0, 1 or 2 (all that the table has)."),
    ] = None
    epochs: Annotated[Count, Option("Passes over the rows, or steps.")] = 1000
    records: Annotated[Count, Option("Records in the history.")] = 100
    keep: Annotated[
        Literal["best", "last"],
        Option("Write the surrogate with the smallest validation error, or the last one."),
    ] = "best"
    patience: Annotated[
        Count | None, Option("Stop when the validation error has not fallen for N epochs.")
    ] = None
    seconds: Annotated[Positive | None, Option("Stop after so many seconds of training.")] = None

    @model_validator(mode="after")
    def _complete(self):
        self._complete_network()
        self._complete_weighting()
        self._complete_optimiser()
        self._check_first_order()
        return self

    @property
    def decides(self) -> bool:
        """Whether something is named that says how to train; else `best_fit` decides."""
        named = self.network != "auto" or self.optimiser != "auto" or self.keep == "last"
        limits = self.patience is not None or self.seconds is not None
        return named or limits or self.chosen_scheme() is not None

    def _check_first_order(self) -> None:
        """Refuse, with another optimiser, what only a first-order one can do."""
        if not (self.unit_length or self._looks_back()):
            return
        method = self.method()
        if method is None or not method.first_order:
            asks = "unit_length = true" if self.unit_length else f"weighting = '{self.weighting}'"
            other = "no optimiser is named" if method is None else f"'{self.optimiser}' is none"
            raise ConfigError(
                f"{asks} works with first-order optimisers only, and {other}: give "
                "optimiser = 'adam' or 'soap'."
            )
