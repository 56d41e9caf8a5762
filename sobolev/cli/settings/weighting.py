"""Settings of who decides the weights of the loss terms."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator

from sobolev.cli.settings.strict import Count, Option, Positive, Strict

if TYPE_CHECKING:
    from sobolev.weighting import Scheme


def _known(name: str) -> str:
    """A name of the registry, looked up when one is given: it is JAX that takes the time."""
    from sobolev.weighting.registry import check_name

    return check_name(name)


_DEFAULT = "inverse-energy"  # its weights stay, and it has no settings


class WeightingSettings(Strict):
    """The scheme, and what lies around it."""

    weighting: Annotated[
        str,
        AfterValidator(_known),
        Option(
            "Who decides the weight of each value and derivative: inverse-energy, inverse-norm, "
            "relobralo, config, ... (an unknown name lists all)."
        ),
    ] = _DEFAULT
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
        scheme = self._with_defaults()
        if self._is_trained():
            self._default(bound="none", weight_rate=0.01)
        else:
            self._refuse(("bound", "weight_rate"), because)
        if scheme is None or scheme.constant:
            self._refuse(("balanced", "update_every"), f"{because}, whose weights stay")
        if self._looks_back():
            self._refuse(("balanced",), f"{because}, which no unit of a term changes")

    def chosen_scheme(self) -> "Scheme | None":
        """The scheme; None for the default, of which noisy labels make another training."""
        return None if self.weighting == _DEFAULT else self.scheme()

    def _is_trained(self) -> bool:
        """Whether the weights are trained, with a rate and a bound."""
        if self.weighting == _DEFAULT:
            return False
        from sobolev.weighting.registry import settings_of

        return "parametrisation" in settings_of(self.weighting)

    def _looks_back(self) -> bool:
        """Whether the weighting asks for the losses after the step."""
        scheme = self._with_defaults()
        return scheme is not None and scheme.looks_back

    def _with_defaults(self) -> "Scheme | None":
        """What the registry says of the name; None for the default, which needs no JAX to tell."""
        if self.weighting == _DEFAULT:
            return None
        from sobolev.weighting import by_name

        return by_name(self.weighting)

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
        return scheme
