"""Settings of `sobolev generate`."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from sobolev.cli.settings.strict import Count, Kebab, Option, Order, Seed, Strict


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
        return self
