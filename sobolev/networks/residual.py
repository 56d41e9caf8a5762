"""The multilayer perceptron whose hidden layers add to what came before."""

from collections.abc import Sequence
from typing import ClassVar

import equinox as eqx
from jaxtyping import Array, Float, PRNGKeyArray

from sobolev.networks.activations import activation as function
from sobolev.networks.dense import Dense, chain, draw, hidden_widths, one_width, widths


class ResidualMLP(eqx.Module):
    """h_1 = σ(W_1 x + b_1), h_{k+1} = h_k + σ(W_k h_k + b_k), linear output.

    The identity that passes every layer keeps the gradients of deep networks alive. All hidden
    widths are equal; `activation` and `init` as in `MLP`. Source: He, Zhang, Ren & Sun, arXiv
    1512.03385, here with one layer in a block and dense instead of convolution. Raises
    `ConfigError`.

    ```python
    network = ResidualMLP(2, (16, 16, 16), 1, key=jax.random.key(0))
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
        sizes = widths(inputs, hidden, outputs)
        one_width("residual", sizes)
        self.layers = draw(key, chain(sizes), init)
        self.activation = activation

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, " q"]:
        """The output for one input vector."""
        σ = function(self.activation)
        h = σ(self.layers[0](x))
        for layer in self.layers[1:-1]:
            h = h + σ(layer(h))
        return self.layers[-1](h)

    @property
    def hidden(self) -> tuple[int, ...]:
        """Widths of the hidden layers."""
        return hidden_widths(self.layers)
