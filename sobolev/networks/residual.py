"""The multilayer perceptron whose hidden layers add to what came before."""

from typing import ClassVar

from jaxtyping import Array, Float

from sobolev.networks.activations import activation as function
from sobolev.networks.layered import Activated


class ResidualMLP(Activated):
    """h_1 = σ(W_1 x + b_1), h_{k+1} = h_k + σ(W_k h_k + b_k), linear output.

    The identity that passes every layer keeps the gradients of deep networks alive. All hidden
    widths are equal; `activation` and `init` as in `MLP`. Source: He, Zhang, Ren & Sun, arXiv
    1512.03385, here with one layer in a block and dense instead of convolution. Raises
    `ConfigError`.

    ```python
    network = ResidualMLP(2, (16, 16, 16), 1, key=jax.random.key(0))
    ```
    """

    ONE_WIDTH: ClassVar[str] = "residual"

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, " q"]:
        """The output for one input vector."""
        σ = function(self.activation)
        h = σ(self.layers[0](x))
        for layer in self.layers[1:-1]:
            h = h + σ(layer(h))
        return self.layers[-1](h)
