"""What the families share: dense layers, the last one linear, and one activation."""

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import ClassVar

import equinox as eqx
from jaxtyping import Array, Float, PRNGKeyArray

from sobolev.networks.activations import activation as function
from sobolev.networks.dense import Dense, chain, draw, one_width, widths


class Layered(eqx.Module):
    """A network of dense `layers`, the last one linear."""

    layers: eqx.AbstractVar[tuple[Dense, ...]]

    @abstractmethod
    def __call__(self, x: Float[Array, " d"]) -> Float[Array, " q"]:
        """The output for one input vector."""

    @property
    def hidden(self) -> tuple[int, ...]:
        """Widths of the hidden layers."""
        return tuple(layer.weight.shape[0] for layer in self.layers[:-1])


class Activated(Layered):
    """A `Layered` network that is known by its widths and its activation.

    **Arguments:** `hidden` are the widths between `inputs` and `outputs`; `init`, "glorot" or
    "orthogonal", says how `key` draws the weights; biases are zero. Raises `ConfigError`.
    """

    SETTINGS: ClassVar = ("hidden", "activation")
    ONE_WIDTH: ClassVar[str] = ""  # the name of a family whose hidden widths have to be equal

    layers: tuple[Dense, ...]
    activation: str = eqx.field(static=True)

    def __init__(
        self,
        inputs: int,
        hidden: Sequence[int],
        outputs: int,
        *,
        key: PRNGKeyArray,
        activation: str = "tanh",
        init: str = "glorot",
    ):
        function(activation)
        sizes = widths(inputs, hidden, outputs)
        if self.ONE_WIDTH:
            one_width(self.ONE_WIDTH, sizes)
        self.layers = draw(key, chain(sizes), init)
        self.activation = activation


def forward(layers: tuple[Dense, ...], σ: Callable, h: Float[Array, " d"]) -> Float[Array, " q"]:
    """W_L σ(… σ(W_1 h + b_1) …) + b_L."""
    for layer in layers[:-1]:
        h = σ(layer(h))
    return layers[-1](h)
