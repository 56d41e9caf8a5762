"""Settings of who decides the weights of the loss terms."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator

from sobolev.cli.settings.strict import Count, Option, Positive, Strict


def _known(name: str) -> str:
    """A name of the registry, looked up when one is given: it is JAX that takes the time."""
    from sobolev.weighting.registry import check_name

    return check_name(name)


class WeightingSettings(Strict):
    """The scheme, and what lies around it."""

    weighting: Annotated[
        str,
        AfterValidator(_known),
        Option(
            "Who decides the weight of each value and derivative: inverse-energy, inverse-norm, "
            "relobralo, config, ... (an unknown name lists all)."
        ),
    ] = "inverse-energy"
    balanced: Annotated[
        bool,
        Option(
            "Weight the terms by their inverse energy first, then by the scheme.",
            off="not-balanced",
        ),
    ] = False
    update_every: Annotated[
        Count | None, Option("Ask the scheme in each N-th step only.", default="1")
    ] = None
    unit_length: Annotated[
        bool,
        Option("Give the combined gradient the length 1, for adam and soap.", off="own-length"),
    ] = False
    bound: Annotated[
        Literal["none", "clip", "erf", "log"] | None,
        Option("How loss-max and cosine weights are bounded.", default="none"),
    ] = None
    weight_rate: Annotated[
        Positive | None, Option("Learning rate of these weights.", default="0.01")
    ] = None

    def _complete_weighting(self) -> None:
        """Fill in the defaults of the scheme; `ConfigError` for what it does not take."""
        because = f"with weighting = '{self.weighting}'"
        if self.weighting in ("loss-max", "cosine-own", "cosine-sum", "cosine-max"):
            self._default(bound="none", weight_rate=0.01)
        else:
            self._refuse(("bound", "weight_rate"), because)
        if self.weighting in ("unweighted", "inverse-energy"):
            self._refuse(("balanced", "update_every"), f"{because}, whose weights stay")
        if self._looks_back():
            self._refuse(("balanced",), f"{because}, which no unit of a term changes")

    def _looks_back(self) -> bool:
        """Whether the weighting asks for the losses after the step."""
        if self.weighting in ("unweighted", "inverse-energy"):
            return False
        from sobolev.weighting import SCHEMES

        return hasattr(SCHEMES[self.weighting], "after")

    def scheme(self) -> Any:
        """The weighting that is meant, with what lies around it."""
        from sobolev import weighting as w

        trained = {}
        if self.bound is not None:
            bounds = {
                "none": w.Identity, "clip": w.Clip, "erf": w.ErrorFunction, "log": w.Exponential,
            }  # fmt: skip
            trained = {"rate": self.weight_rate, "parametrisation": bounds[self.bound]()}
        scheme = w.by_name(self.weighting, **trained)
        if self.update_every is not None:
            scheme = w.Every(scheme, self.update_every)
        if self.balanced:
            scheme = w.Chain(w.InverseEnergy(), scheme)
        return w.UnitLength(scheme) if self.unit_length else scheme
