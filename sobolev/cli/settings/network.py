"""Settings of the network that is trained."""

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from sobolev.cli.settings.strict import Count, Kebab, Option, Positive, Share, Strict, one_of

if TYPE_CHECKING:
    from sobolev.data import Dataset
    from sobolev.surrogate import Surrogate

Widths = Annotated[tuple[Count, ...], Field(min_length=1)]
OF_SOME = "activation", "init", "frequency", "periodic", "width"  # what some architectures have


class NetworkSettings(Strict):
    """Family, widths and what the family takes; None: as the family has it."""

    network: Annotated[
        Annotated[str, Kebab, one_of("networks", "ARCHITECTURES", "auto")] | None,
        Option(
            "auto compares mixed networks, with and without periodic units, in short trainings.",
            metavar="auto|mlp|mixed|modified-mlp|fourier|residual|sine|gaussian",
            default="auto; mlp with an activation or init",
        ),
    ] = None
    hidden: Annotated[
        Widths | None,
        Option(
            "Widths of hidden layers, 16,16 for modified-mlp, fourier, residual and sine; of "
            "gaussian first the number of Gaussians, 100; with auto by the number of labels.",
            metavar="W,W",
            default="24,24",
        ),
    ] = None
    activation: Annotated[
        Annotated[str, one_of("networks", "ACTIVATIONS")] | None,
        Option(metavar="tanh|softplus|sin|swish|gelu|relu", default="swish"),
    ] = None
    init: Annotated[
        Annotated[str, one_of("networks", "INITS")] | None,
        Option(
            "How weights are drawn.", metavar="glorot|glorot_normal|orthogonal", default="glorot"
        ),
    ] = None
    frequency: Annotated[Positive | None, Option("Of sine and fourier.", default="2, 0.1")] = None
    periodic: Annotated[
        Share | None, Option("Share of periodic units of mixed.", default="0.5")
    ] = None
    width: Annotated[
        Positive | None,
        Option("Of gaussian: of its bumps at the start; inputs are 2 wide.", default="0.1"),
    ] = None

    def _complete_network(self) -> None:
        """Fill in the defaults of the family; `ConfigError` for what it does not take."""
        if self.network is None:  # what is said about one kind of network chooses it
            plain = self.activation is not None or self.init is not None
            self._default(network="mlp" if plain else "auto")
        because = f"with network = '{self.network}'"
        takes = {} if self.network == "auto" else _fields(self.network or "")
        for key in OF_SOME:
            if key in takes:
                self._default(**{key: takes[key]})
            else:
                self._refuse((key,), because)
        if takes:  # else the data decide
            self._default(hidden=takes["hidden"])

    def surrogate(self, train: "Dataset", seed: int) -> tuple["Surrogate", str]:
        """The network in the frame of the data, and in words what it is; not for `auto`."""
        from sobolev.networks.registry import of_strings
        from sobolev.surrogate import Surrogate

        given = {name: getattr(self, name) for name in OF_SOME}
        made = {name: value for name, value in given.items() if value is not None}
        architecture = of_strings(self.network or "", hidden=self.hidden, **made)
        surrogate = Surrogate.new(train, architecture, key=seed)
        return surrogate, ", ".join(map(str, [self.network, *made.values()]))


def _fields(network: str) -> dict[str, Any]:
    """The fields of an architecture with their defaults, as a file writes them."""
    from sobolev.networks.as_json import Named
    from sobolev.networks.registry import fields_of

    defaults = fields_of(network).items()
    return {name: d.name if isinstance(d, Named) else d for name, d in defaults}
