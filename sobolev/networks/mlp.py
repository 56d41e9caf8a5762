"""The multilayer perceptron."""

from collections.abc import Sequence
from typing import ClassVar

import equinox as eqx
from jaxtyping import Array, Float, PRNGKeyArray

from sobolev.networks.activations import activation as function
from sobolev.networks.dense import Dense, chain, draw, hidden_widths, widths


class MLP(eqx.Module):
    """f(x) = W_L σ(… σ(W_1 x + b_1) …) + b_L: hidden layers with activation σ, linear output.

    **Arguments:** `hidden` are the widths between input and output, so that (5, 3, 3) with two
    inputs and one output has 49 parameters. `init` is "glorot" or "orthogonal"; biases are zero.
    Raises `ConfigError`.

    ```python
    network = MLP(2, (10, 5, 5, 3), 1, key=jax.random.key(0))
    y = network(x)          # x [2] -> y [1]; jax.vmap(network)(X) for rows
    ```
    """

    SETTINGS: ClassVar = ("hidden", "activation")

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
        self.layers = draw(key, chain(widths(inputs, hidden, outputs)), init)
        self.activation = activation

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, " q"]:
        """The output for one input vector."""
        σ = function(self.activation)
        for layer in self.layers[:-1]:
            x = σ(layer(x))
        return self.layers[-1](x)

    @property
    def hidden(self) -> tuple[int, ...]:
        """Widths of the hidden layers."""
        return hidden_widths(self.layers)

    @property
    def inputs(self) -> int:
        """Number of inputs d."""
        return self.layers[0].weight.shape[1]

    @property
    def outputs(self) -> int:
        """Number of outputs q."""
        return self.layers[-1].weight.shape[0]
