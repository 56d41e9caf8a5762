"""The multilayer perceptron."""

from dataclasses import dataclass
from typing import ClassVar

import equinox as eqx
from jaxtyping import Array, Float, PRNGKeyArray

from sobolev.networks.activations import Activation
from sobolev.networks.families.dense import Dense, chain, widths
from sobolev.networks.families.layered import Activated, Layered, forward


@dataclass(frozen=True)
class MLP(Activated):
    """f(x) = W_L σ(… σ(W_1 x + b_1) …) + b_L: hidden layers with activation σ, linear output.

    **Arguments:** `hidden` are the widths between input and output, so that (5, 3, 3) with two
    inputs and one output has 49 parameters; `activation`; `init`, how the weights are drawn,
    biases are zero. Raises `ConfigError`.

    ```python
    network = MLP((10, 5, 5, 3), activation=networks.tanh).build(2, 1, jax.random.key(0))
    y = network(x)          # x [2] -> y [1]; jax.vmap(network)(X) for rows
    ```
    """

    name: ClassVar[str] = "mlp"

    hidden: tuple[int, ...] = (24, 24)

    def build(self, inputs: int, outputs: int, key: PRNGKeyArray) -> "MLPModule":
        """The network with weights drawn from `key`."""
        layers = self.init(key, chain(widths(inputs, self.hidden, outputs)))
        return MLPModule(layers, self.activation)


class MLPModule(Layered):
    """What `MLP` builds."""

    layers: tuple[Dense, ...]
    activation: Activation = eqx.field(static=True)

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, " q"]:
        """The output for one input vector."""
        return forward(self.layers, self.activation, x)
