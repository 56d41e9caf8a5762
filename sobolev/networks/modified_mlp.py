"""The multilayer perceptron whose hidden layers are mixed by two gates."""

from collections.abc import Sequence
from typing import ClassVar

import equinox as eqx
from jaxtyping import Array, Float, PRNGKeyArray

from sobolev.networks.activations import activation as function
from sobolev.networks.dense import Dense, chain, draw, one_width, widths
from sobolev.networks.layered import Layered


class ModifiedMLP(Layered):
    """U = σ(W_U x + b_U), V = σ(W_V x + b_V); each hidden layer is h ← (1 − z)⊙U + z⊙V.

    Here z = σ(W h + b), h starts as x, the output is linear in the last h. Products of the input
    reach every layer. All hidden widths are equal; `activation` and `init` as in `MLP`. Source:
    Wang, Teng & Perdikaris, arXiv 2001.04536 (the improved fully-connected architecture). Raises
    `ConfigError`.

    ```python
    network = ModifiedMLP(2, (16, 16), 1, key=jax.random.key(0))
    ```
    """

    SETTINGS: ClassVar = ("hidden", "activation")

    gates: tuple[Dense, ...]
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
        gate = (one_width("modified MLP", sizes), inputs)
        drawn = draw(key, (gate, gate, *chain(sizes)), init)
        self.gates, self.layers = drawn[:2], drawn[2:]
        self.activation = activation

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, " q"]:
        """The output for one input vector."""
        σ = function(self.activation)
        u, v = (σ(gate(x)) for gate in self.gates)
        for layer in self.layers[:-1]:
            x = u + σ(layer(x)) * (v - u)
        return self.layers[-1](x)
