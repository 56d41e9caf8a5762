"""Settings of how the loss is reduced."""

from typing import Annotated, Any, Literal

from sobolev.cli.settings.strict import Count, Option, Positive, Strict


class OptimiserSettings(Strict):
    """The optimiser and its numbers; None: as the optimiser has them."""

    optimiser: Annotated[
        Literal["auto", "ssbroyden", "lm", "lbfgs", "adam", "soap"] | None,
        Option(
            "auto chooses by the cost of a step; lm is Levenberg-Marquardt.",
            default="auto; adam with a learning rate or batch size, lm with a damping",
        ),
    ] = None
    learning_rate: Annotated[
        Positive | None, Option("Of adam and soap.", default="0.001, 0.003")
    ] = None
    batch_size: Annotated[
        Count | Literal["all"] | None, Option("Rows a step of adam and soap.", default="32")
    ] = None
    damping: Annotated[
        Positive | None, Option("First damping of lm, relative.", default="0.001")
    ] = None

    def _complete_optimiser(self) -> None:
        """Fill in the defaults of the optimiser; `ConfigError` for what it does not take."""
        if self.optimiser is None:  # what is said about one kind of optimiser chooses it
            batches = self.learning_rate is not None or self.batch_size is not None
            kind = "adam" if batches else "lm" if self.damping is not None else "auto"
            self._default(optimiser=kind)
        because = f"with optimiser = '{self.optimiser}'"
        if self.optimiser == "lm":
            self._default(damping=1e-3)
        else:
            self._refuse(("damping",), because)
        if self.optimiser in ("adam", "soap"):
            rate = 1e-3 if self.optimiser == "adam" else 3e-3
            self._default(learning_rate=rate, batch_size=32)
        else:
            self._refuse(("learning_rate", "batch_size"), because)

    def method(self) -> Any:
        """The optimiser that is meant; None where the cost of a step chooses it."""
        from sobolev import optimisers as o

        if self.optimiser == "auto":
            return None
        if self.optimiser == "lm":
            return o.LevenbergMarquardt(self.damping or 0)
        if self.optimiser in ("ssbroyden", "lbfgs"):
            return {"ssbroyden": o.SSBroyden, "lbfgs": o.LBFGS}[self.optimiser]()
        batch = None if self.batch_size == "all" else self.batch_size
        first_order: Any = {"adam": o.Adam, "soap": o.SOAP}[self.optimiser or ""]
        return first_order(self.learning_rate, batch)
