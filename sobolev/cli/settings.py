"""What can be set in the TOML file of each verb; options of the same name override it."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from sobolev._base.errors import ConfigError

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1)]
Names = Annotated[tuple[str, ...], Field(min_length=1)]
Columns = dict[str, dict[str, str]]
_Kebab = BeforeValidator(lambda v: v.replace("_", "-") if isinstance(v, str) else v)


def _known_weighting(name: str) -> str:
    """A name of the registry, looked up when one is given: it is JAX that takes the time."""
    from sobolev.weighting.registry import check_name

    return check_name(name)


class Strict(BaseModel):
    """A table without unknown keys and without guesses about types."""

    model_config = ConfigDict(extra="forbid", strict=True)

    def _refuse(self, keys: tuple[str, ...], because: str) -> None:
        for key in keys:
            if getattr(self, key) not in (None, False):
                raise ConfigError(
                    f"{key} = {getattr(self, key)!r} has no meaning {because}: leave it out."
                )

    def _default(self, **defaults: object) -> None:
        for key, value in defaults.items():
            if getattr(self, key) is None:
                setattr(self, key, value)


class GenerateSettings(Strict):
    """`sobolev generate`."""

    design: Annotated[Literal["staggered-grid", "grid", "latin-hypercube", "sobol"], _Kebab] = (
        "staggered-grid"
    )
    n: Count | None = None
    train: Count | None = None
    seed: Annotated[int, Field(ge=0)] | None = None
    order: Annotated[int, Field(ge=0, le=2)] = 1
    workers: Count = 1
    on_diverged: Literal["raise", "absent"] = "raise"
    params: dict[str, Any] = {}

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


class TableSettings(Strict):
    """How a user's table is read and split."""

    inputs: Names | None = None
    outputs: Names | None = None
    columns: Columns | None = None
    fraction: Annotated[float, Field(ge=0, lt=1)] | None = None
    seed: Annotated[int, Field(ge=0)] = 0


class CheckSettings(Strict):
    """`sobolev check`."""

    inputs: Names | None = None
    outputs: Names | None = None
    columns: Columns | None = None


class FitSettings(TableSettings):
    """`sobolev fit`."""

    network: Annotated[
        Literal["auto", "mlp", "mixed", "modified-mlp", "fourier", "residual", "sine"], _Kebab
    ] | None = None  # fmt: skip
    hidden: Annotated[tuple[Count, ...], Field(min_length=1)] | None = None
    activation: Literal["tanh", "softplus", "sin", "swish", "gelu", "relu"] | None = None
    init: Literal["glorot", "orthogonal"] | None = None
    frequency: Positive | None = None
    periodic: Annotated[float, Field(ge=0, le=1)] | None = None
    order: Annotated[int, Field(ge=0, le=2)] | None = None
    weighting: Annotated[str, AfterValidator(_known_weighting)] = "inverse-energy"
    balanced: bool = False
    update_every: Count | None = None
    unit_length: bool = False
    bound: Literal["none", "clip", "erf", "log"] | None = None
    weight_rate: Positive | None = None
    optimiser: Literal["auto", "adam", "soap", "ssbroyden", "lbfgs", "lm"] | None = None
    learning_rate: Positive | None = None
    batch_size: Count | Literal["all"] | None = None
    damping: Positive | None = None
    epochs: Count = 1000
    records: Count = 100
    keep: Literal["best", "last"] = "best"
    patience: Count | None = None
    seconds: Positive | None = None

    @model_validator(mode="after")
    def _complete(self):
        self._complete_network()
        because = f"with weighting = '{self.weighting}'"
        if self.weighting in ("loss-max", "cosine-own", "cosine-sum", "cosine-max"):
            self._default(bound="none", weight_rate=0.01)
        else:
            self._refuse(("bound", "weight_rate"), because)
        if self.weighting in ("unweighted", "inverse-energy"):
            self._refuse(("balanced", "update_every"), f"{because}, whose weights stay")
        if self._looks_back():
            self._refuse(("balanced",), f"{because}, which no unit of a term changes")
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
            self._check_first_order()
        return self

    def _looks_back(self) -> bool:
        """Whether the weighting asks for the losses after the step."""
        if self.weighting in ("unweighted", "inverse-energy"):
            return False
        from sobolev.weighting import SCHEMES

        return hasattr(SCHEMES[self.weighting], "after")

    def _check_first_order(self):
        """Refuse, with another optimiser, what only a first-order one can do."""
        asks = "unit_length = true" if self.unit_length else f"weighting = '{self.weighting}'"
        if self.unit_length or self._looks_back():
            named = self.optimiser != "auto"
            other = f"'{self.optimiser}' is none" if named else "no optimiser is named"
            raise ConfigError(
                f"{asks} works with first-order optimisers only, and {other}: give "
                "optimiser = 'adam' or 'soap'."
            )

    def _complete_network(self):
        if self.network is None:  # what is said about one kind of network chooses it
            plain = self.activation is not None or self.init is not None
            self._default(network="mlp" if plain else "auto")
        because = f"with network = '{self.network}'"
        if self.network in ("auto", "mixed", "sine"):
            self._refuse(("activation", "init"), because)
        else:
            self._default(activation="swish", init="glorot")
        if self.network == "mixed":
            self._default(periodic=0.5)
        else:
            self._refuse(("periodic",), because)
        if self.network in ("sine", "fourier"):
            self._default(frequency=2.0 if self.network == "sine" else 0.1)
        else:
            self._refuse(("frequency",), because)
        self._default(hidden=(24, 24) if self.network in ("auto", "mlp", "mixed") else (16, 16))

    def network_settings(self) -> dict[str, Any]:
        """What the network takes beside widths and key."""
        names = "activation", "init", "frequency", "periodic"
        settings = {name: getattr(self, name) for name in names}
        return {name: value for name, value in settings.items() if value is not None}


class RecommendSettings(TableSettings):
    """`sobolev recommend`."""

    epochs: Count = 1000


class EvaluateSettings(Strict):
    """`sobolev evaluate`."""

    columns: Columns | None = None
    rows: Literal["all", "train", "valid"] = "all"


class PredictSettings(Strict):
    """`sobolev predict`."""

    order: Annotated[int, Field(ge=0, le=2)] = 1
    ignore_extra: bool = False
