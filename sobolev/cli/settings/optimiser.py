"""Settings of how the loss is reduced."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from sobolev.cli.settings.strict import Count, Option, Positive, Strict, names_in, one_of

if TYPE_CHECKING:
    from sobolev.optimisers import Optimiser

OF_SOME = "learning_rate", "batch_size", "damping"  # what some optimisers take


class OptimiserSettings(Strict):
    """The optimiser and its numbers; None: as the optimiser has them."""

    optimiser: Annotated[
        Annotated[str, one_of("optimisers", "OPTIMISERS", "auto")] | None,
        Option(
            "auto chooses by the cost of a step; lm is Levenberg-Marquardt.",
            metavar="|".join(("auto", *names_in("optimisers", "OPTIMISERS"))),
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
        takes = self._takes()
        for key in OF_SOME:
            if key in takes:
                self._default(**{key: takes[key]})
            else:
                self._refuse((key,), f"with optimiser = '{self.optimiser}'")

    def _takes(self) -> dict[str, Any]:
        """What the optimiser takes, with its defaults."""
        if self.optimiser == "auto":
            return {}
        from sobolev.optimisers.registry import settings_of

        return settings_of(self.optimiser or "")

    def method(self) -> "Optimiser | None":
        """The optimiser that is meant; None where the cost of a step chooses it."""
        if self.optimiser == "auto":
            return None
        from sobolev.optimisers import by_name

        given = {key: getattr(self, key) for key in OF_SOME if key in self._takes()}
        if given.get("batch_size") == "all":
            given["batch_size"] = None
        return by_name(self.optimiser or "", **given)
