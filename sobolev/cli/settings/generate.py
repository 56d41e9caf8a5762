"""Settings of `sobolev generate`."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from sobolev._base.errors import ConfigError
from sobolev.cli.settings.strict import Count, Kebab, Option, Order, Positive, Seed, Strict


class GenerateSettings(Strict):
    """Where a problem is solved, and how."""

    design: Annotated[
        Literal["staggered-grid", "grid", "latin-hypercube", "sobol"],
        Kebab,
        Option("Where to solve; staggered-grid also says which rows are for validation."),
    ] = "staggered-grid"
    n: Annotated[
        Count | None, Option("Points along each axis of a grid (25), or in all (256).")
    ] = None
    train: Annotated[
        Count | None, Option("Training points of a staggered grid (about one half).")
    ] = None
    seed: Annotated[Seed | None, Option("Of latin-hypercube and sobol.", default="0")] = None
    order: Annotated[Order, Option("Highest derivative: 0, 1 or 2.")] = 1
    workers: Annotated[Count, Option("Processes at work.")] = 1
    executor: Annotated[
        Literal["serial", "processes", "dask"] | None,
        Option("Who solves the rows; with several workers processes do.", default="serial"),
    ] = None
    scheduler: Annotated[
        str | None, Option("Of Dask, which then has the workers.", metavar="ADDRESS")
    ] = None
    retries: Annotated[
        int, Field(ge=0), Option("How often a row is tried again whose worker fails.")
    ] = 3
    patience: Annotated[
        Positive | None, Option("Seconds that a row may take before its worker is ended.")
    ] = None
    again: Annotated[
        Literal["none", "faults", "all"],
        Option(
            "Failures in the journal that are tried anew; faults: all but points without a "
            "solution."
        ),
    ] = "none"
    on_diverged: Annotated[
        Literal["raise", "absent"],
        Option("Points without a solution: an error, or empty cells."),
    ] = "raise"
    params: Annotated[
        dict[str, Any],
        Option("Parameter of the problem; repeat for more.", name="param", metavar="NAME=VALUE"),
    ] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _complete(self):
        because = f"with design = '{self.design}'"
        if self.design != "staggered-grid":
            self._refuse(("train",), because)
        if self.design in ("latin-hypercube", "sobol"):
            self._default(n=256, seed=0)
        else:
            self._refuse(("seed",), because)
            self._default(n=25)
        self._complete_executor()
        return self

    def _complete_executor(self) -> None:
        if self.executor is None:
            several = "processes" if self.workers > 1 else "serial"
            self._default(executor="dask" if self.scheduler else several)
        because = f"with executor = '{self.executor}'"
        if self.executor != "dask":
            self._refuse(("scheduler",), because)
        if self.executor == "serial":
            self._refuse(("patience",), because)
        if self.workers > 1 and (self.executor == "serial" or self.scheduler):
            raise ConfigError(
                f"workers = {self.workers} has no meaning {because}"
                f"{' and a scheduler' if self.scheduler else ''}: leave it out."
            )
