"""Settings of the network that is trained."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from sobolev.cli.settings.strict import Count, Kebab, Option, Positive, Share, Strict

if TYPE_CHECKING:
    from sobolev.data import Dataset
    from sobolev.surrogate import Surrogate

Widths = Annotated[tuple[Count, ...], Field(min_length=1)]


class NetworkSettings(Strict):
    """Family, widths and what the family takes; None: as the family has it."""

    network: Annotated[
        Annotated[
            Literal["auto", "mlp", "mixed", "modified-mlp", "fourier", "residual", "sine"], Kebab
        ]
        | None,
        Option(
            "auto compares mixed networks, with and without periodic units, in short trainings.",
            default="auto; mlp with an activation or init",
        ),
    ] = None
    hidden: Annotated[
        Widths | None,
        Option(
            "Widths of hidden layers, 16,16 for modified-mlp, fourier, residual and sine.",
            metavar="W,W",
            default="24,24",
        ),
    ] = None
    activation: Annotated[
        Literal["tanh", "softplus", "sin", "swish", "gelu", "relu"] | None, Option(default="swish")
    ] = None
    init: Annotated[Literal["glorot", "orthogonal"] | None, Option(default="glorot")] = None
    frequency: Annotated[Positive | None, Option("Of sine and fourier.", default="2, 0.1")] = None
    periodic: Annotated[
        Share | None, Option("Share of periodic units of mixed.", default="0.5")
    ] = None

    def _complete_network(self) -> None:
        """Fill in the defaults of the family; `ConfigError` for what it does not take."""
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

    def surrogate(self, train: "Dataset", seed: int) -> tuple["Surrogate", str]:
        """The network in the frame of the data, and in words what it is; not for `auto`."""
        from sobolev.surrogate import Surrogate

        names = "activation", "init", "frequency", "periodic"
        given = {name: getattr(self, name) for name in names}
        made = {name: value for name, value in given.items() if value is not None}
        surrogate = Surrogate.new(train, self.network or "", self.hidden or (), seed, **made)
        return surrogate, ", ".join(map(str, [self.network, *made.values()]))
