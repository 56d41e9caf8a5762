"""What the families share: hidden widths, an activation, how weights are drawn; a forward pass."""

from collections.abc import Callable
from dataclasses import dataclass

import equinox as eqx
from jaxtyping import Array, Float, PyTree

from sobolev._base.errors import ConfigError
from sobolev.networks.activations import Activation, swish
from sobolev.networks.architecture import Architecture, settle
from sobolev.networks.as_before import CalledAsBefore
from sobolev.networks.as_json import Named
from sobolev.networks.families.dense import Dense, Initialisation, glorot, hidden_widths
from sobolev.networks.last_layer import WithLastLayer


@dataclass(frozen=True)
class Activated(CalledAsBefore, Architecture):
    """Dense layers, the last one linear, known by their widths and their activation.

    **Arguments:** `hidden` are the widths between inputs and outputs; `activation` is one of
    `sobolev.networks`, like `networks.tanh`; `init`, `networks.glorot`, `glorot_normal` or
    `orthogonal`, says how weights are drawn; biases are zero. Raises `ConfigError`.
    """

    plain = True

    hidden: tuple[int, ...] = (16, 16)
    activation: Activation = swish
    init: Initialisation = glorot

    def __post_init__(self):
        settle(self, hidden=hidden_widths(self.hidden))
        of_kind("activation", self.activation, Activation, "networks.tanh")
        of_kind("init", self.init, Initialisation, "networks.glorot")


def of_kind(what: str, value: object, kind: type[Named], like: str) -> None:
    """`ConfigError` for what is no value of this kind, as the name of one is."""
    if not isinstance(value, kind):
        raise ConfigError(
            f"{what} = {value!r} is a {type(value).__name__}: give a value of "
            f"{kind.__name__}, like {like}."
        )


class Layered(WithLastLayer):
    """A network of dense `layers`, the last one linear."""

    layers: eqx.AbstractVar[tuple[Dense, ...]]

    @property
    def last_layer(self) -> PyTree:
        """The last of the layers."""
        return self.layers[-1]

    @property
    def inputs(self) -> int:
        """Number of inputs of the first layer."""
        return self.layers[0].weight.shape[1]

    @property
    def hidden(self) -> tuple[int, ...]:
        """Widths of the hidden layers."""
        return tuple(layer.weight.shape[0] for layer in self.layers[:-1])

    @property
    def outputs(self) -> int:
        """Number of outputs q."""
        return self.layers[-1].weight.shape[0]


def forward(layers: tuple[Dense, ...], σ: Callable, h: Float[Array, " d"]) -> Float[Array, " q"]:
    """W_L σ(… σ(W_1 h + b_1) …) + b_L."""
    for layer in layers[:-1]:
        h = σ(layer(h))
    return layers[-1](h)
