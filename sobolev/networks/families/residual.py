"""The multilayer perceptron whose hidden layers add to what came before."""

from dataclasses import dataclass
from typing import ClassVar

import equinox as eqx
from jaxtyping import Array, Float, PRNGKeyArray

from sobolev.networks.activations import Activation
from sobolev.networks.families.dense import Dense, chain, one_width, widths
from sobolev.networks.families.layered import Activated, Layered


@dataclass(frozen=True)
class ResidualMLP(Activated):
    """h_1 = σ(W_1 x + b_1), h_{k+1} = h_k + σ(W_k h_k + b_k), linear output.

    The identity that passes every layer keeps the gradients of deep networks alive. All hidden
    widths are equal; `activation` and `init` as in `MLP`. Source: He, Zhang, Ren & Sun, arXiv
    1512.03385, here with one layer in a block and dense instead of convolution. Raises
    `ConfigError`.

    ```python
    network = ResidualMLP((16, 16, 16)).build(2, 1, jax.random.key(0))
    ```
    """

    name: ClassVar[str] = "residual"

    def __post_init__(self):
        super().__post_init__()
        one_width("residual", self.hidden)

    def build(self, inputs: int, outputs: int, key: PRNGKeyArray) -> "ResidualModule":
        """The network with weights drawn from `key`."""
        layers = self.init(key, chain(widths(inputs, self.hidden, outputs)))
        return ResidualModule(layers, self.activation)


class ResidualModule(Layered):
    """What `ResidualMLP` builds."""

    layers: tuple[Dense, ...]
    activation: Activation = eqx.field(static=True)

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, " q"]:
        """The output for one input vector."""
        h = self.activation(self.layers[0](x))
        for layer in self.layers[1:-1]:
            h = h + self.activation(layer(h))
        return self.layers[-1](h)
