"""The multilayer perceptron whose hidden layers are mixed by two gates."""

from dataclasses import dataclass
from typing import ClassVar

import equinox as eqx
from jaxtyping import Array, Float, PRNGKeyArray

from sobolev.networks.activations import Activation
from sobolev.networks.families.dense import Dense, chain, one_width, widths
from sobolev.networks.families.layered import Activated, Layered


@dataclass(frozen=True)
class ModifiedMLP(Activated):
    """U = σ(W_U x + b_U), V = σ(W_V x + b_V); each hidden layer is h ← (1 − z)⊙U + z⊙V.

    Here z = σ(W h + b), h starts as x, the output is linear in the last h. Products of the input
    reach every layer. All hidden widths are equal; `activation` and `init` as in `MLP`. Source:
    Wang, Teng & Perdikaris, arXiv 2001.04536 (the improved fully-connected architecture). Raises
    `ConfigError`.

    ```python
    network = ModifiedMLP((16, 16)).build(2, 1, jax.random.key(0))
    ```
    """

    name: ClassVar[str] = "modified-mlp"

    def __post_init__(self):
        super().__post_init__()
        one_width("modified MLP", self.hidden)

    def build(self, inputs: int, outputs: int, key: PRNGKeyArray) -> "ModifiedModule":
        """The network with weights drawn from `key`."""
        sizes = widths(inputs, self.hidden, outputs)
        gate = (sizes[1], sizes[0])
        drawn = self.init(key, (gate, gate, *chain(sizes)))
        return ModifiedModule(drawn[:2], drawn[2:], self.activation)


class ModifiedModule(Layered):
    """What `ModifiedMLP` builds."""

    gates: tuple[Dense, ...]
    layers: tuple[Dense, ...]
    activation: Activation = eqx.field(static=True)

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, " q"]:
        """The output for one input vector."""
        σ = self.activation
        u, v = (σ(gate(x)) for gate in self.gates)
        for layer in self.layers[:-1]:
            x = u + σ(layer(x)) * (v - u)
        return self.layers[-1](x)
