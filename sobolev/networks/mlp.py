"""The multilayer perceptron."""

from jaxtyping import Array, Float

from sobolev.networks.activations import activation as function
from sobolev.networks.layered import Activated, forward


class MLP(Activated):
    """f(x) = W_L σ(… σ(W_1 x + b_1) …) + b_L: hidden layers with activation σ, linear output.

    **Arguments:** `hidden` are the widths between input and output, so that (5, 3, 3) with two
    inputs and one output has 49 parameters. `init` is "glorot" or "orthogonal"; biases are zero.
    Raises `ConfigError`.

    ```python
    network = MLP(2, (10, 5, 5, 3), 1, key=jax.random.key(0))
    y = network(x)          # x [2] -> y [1]; jax.vmap(network)(X) for rows
    ```
    """

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, " q"]:
        """The output for one input vector."""
        return forward(self.layers, function(self.activation), x)

    @property
    def inputs(self) -> int:
        """Number of inputs d."""
        return self.layers[0].weight.shape[1]

    @property
    def outputs(self) -> int:
        """Number of outputs q."""
        return self.layers[-1].weight.shape[0]
