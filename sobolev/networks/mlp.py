"""The multilayer perceptron, from dense layers in plain `jax.numpy`."""

from collections.abc import Callable, Sequence
from functools import partial
from math import prod
from numbers import Integral

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from sobolev._errors import ConfigError

# Smooth ones only: a derivative term needs an activation that is differentiable once more.
ACTIVATIONS: dict[str, Callable] = {"tanh": jnp.tanh, "softplus": jax.nn.softplus, "sin": jnp.sin}


class Dense(eqx.Module):
    """x ↦ W x + b with `weight [out, in]` and `bias [out]`."""

    weight: Float[Array, "out in"]
    bias: Float[Array, " out"]

    def __call__(self, x: Float[Array, " in"]) -> Float[Array, " out"]:
        """Apply the layer to one vector."""
        return self.weight @ x + self.bias


class MLP(eqx.Module):
    """f(x) = W_L σ(… σ(W_1 x + b_1) …) + b_L: hidden layers with activation σ, linear output.

    **Arguments:** `hidden` are the widths between input and output, so that (5, 3, 3) with two
    inputs and one output has 49 parameters. Weights are drawn from Glorot's uniform law
    U(±√(6/(in+out))), biases are zero (Glorot & Bengio, AISTATS 2010). Raises `ConfigError`.

    ```python
    network = MLP(2, (10, 5, 5, 3), 1, key=jax.random.key(0))
    y = network(x)          # x [2] -> y [1]; jax.vmap(network)(X) for rows
    ```
    """

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
    ):
        if activation not in ACTIVATIONS:
            raise ConfigError(
                f"unknown activation '{activation}': choose one of {', '.join(ACTIVATIONS)}."
            )
        sizes = (inputs, *hidden, outputs) if isinstance(hidden, Sequence) else ()
        if len(sizes) < 3 or not all(isinstance(w, Integral) and w >= 1 for w in sizes):
            raise ConfigError(
                "the widths of a network are whole numbers ≥ 1, with at least one hidden layer, "
                f"like (5, 3, 3): got {hidden!r} between {inputs} inputs and {outputs} outputs."
            )
        self.layers = _glorot(key, tuple(map(int, sizes)))
        self.activation = activation

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, " q"]:
        """The output for one input vector."""
        σ = ACTIVATIONS[self.activation]
        for layer in self.layers[:-1]:
            x = σ(layer(x))
        return self.layers[-1](x)

    @property
    def hidden(self) -> tuple[int, ...]:
        """Widths of the hidden layers."""
        return tuple(layer.weight.shape[0] for layer in self.layers[:-1])

    @property
    def inputs(self) -> int:
        """Number of inputs d."""
        return self.layers[0].weight.shape[1]

    @property
    def outputs(self) -> int:
        """Number of outputs q."""
        return self.layers[-1].weight.shape[0]


@partial(jax.jit, static_argnums=1)
def _glorot(key: PRNGKeyArray, sizes: tuple[int, ...]) -> tuple[Dense, ...]:
    """All layers from one draw: one small compilation instead of one for each layer."""
    shapes = list(zip(sizes[1:], sizes[:-1], strict=True))
    drawn = jax.random.uniform(key, (sum(map(prod, shapes)),), minval=-1.0)
    ends = np.cumsum([prod(shape) for shape in shapes])[:-1]
    return tuple(
        Dense((6 / sum(shape)) ** 0.5 * part.reshape(shape), jnp.zeros(shape[0], part.dtype))
        for shape, part in zip(shapes, jnp.split(drawn, ends), strict=True)
    )
