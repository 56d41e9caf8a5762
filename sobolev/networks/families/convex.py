"""The network that is convex and non-decreasing in every input, whatever its weights."""

from dataclasses import dataclass
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from sobolev._base.compiled import SELDOM, compiled
from sobolev._base.errors import ConfigError
from sobolev.networks.activations import Activation, softplus
from sobolev.networks.architecture import Architecture, settle
from sobolev.networks.families.dense import (
    Dense,
    Shapes,
    count,
    hidden_widths,
    split,
    widths,
)
from sobolev.networks.families.layered import Layered, of_kind


@dataclass(frozen=True)
class ConvexMLP(Architecture):
    """h₁ = σ(W₁ x + b₁), h ← σ(W [h, x] + b), a last linear layer; no weight is negative.

    A sum of convex non-decreasing functions with weights ≥ 0 is one, and so is a convex
    non-decreasing σ of it: by induction each output is convex and non-decreasing in every input.
    Weights are ln(1 + eᵛ) of the parameters v that are trained; biases are free. Every layer sees
    the inputs again, so that what is linear need not pass through σ.

    A response that is not convex and non-decreasing cannot be learnt with it. Its use is inside a
    `Potential`, which is then polyconvex.

    **Arguments:** `hidden` as in `MLP`; `activation`, convex and non-decreasing. Raises
    `ConfigError`. Source: Amos, Xu & Kolter, Input convex neural networks, ICML 2017, arXiv
    1609.07152; non-decreasing as in Linden et al., arXiv 2302.02403, section 3.

    ```python
    network = ConvexMLP((8, 8)).build(2, 1, jax.random.key(0))
    ```
    """

    name: ClassVar[str] = "convex"
    plain = True

    hidden: tuple[int, ...] = (16, 16)
    activation: Activation = softplus

    def __post_init__(self):
        settle(self, hidden=hidden_widths(self.hidden))
        of_kind("activation", self.activation, Activation, "networks.softplus")
        if self.activation != softplus:
            _check_convex(self.activation)

    def build(self, inputs: int, outputs: int, key: PRNGKeyArray) -> "ConvexModule":
        """The network with weights drawn from `key`."""
        first, *others = widths(inputs, self.hidden, outputs)
        shapes, into = [], first
        for out in others:
            shapes.append((out, into))
            into = out + first
        return ConvexModule(_positive(key, tuple(shapes)), self.activation)


class ConvexModule(Layered):
    """What `ConvexMLP` builds; a weight is ln(1 + eᵛ) of what its `layers` hold."""

    layers: tuple[Dense, ...]
    activation: Activation = eqx.field(static=True)

    @property
    def last_layer(self) -> Array:
        """The bias of the last of the layers: it is not linear in what makes its weights."""
        return self.layers[-1].bias

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, " q"]:
        """The output for one input vector."""
        h = x
        for number, layer in enumerate(self.layers):
            if number:
                h = jnp.concatenate([self.activation(h), x])
            h = jax.nn.softplus(layer.weight) @ h + layer.bias
        return h


@compiled(SELDOM)
def _positive(key: PRNGKeyArray, shapes: Shapes) -> tuple[Dense, ...]:
    """Weights U(0, 2/in), so that a layer takes the mean of what it sees; biases U(±1)."""
    weights, biases = jax.random.split(key)
    columns = tuple((out, 1) for out, _ in shapes)
    drawn = split(jax.random.uniform(weights, (count(shapes),), minval=0.01), shapes)
    shifts = split(jax.random.uniform(biases, (count(columns),), minval=-1.0), columns)
    # ln(eʷ - 1) is the parameter whose softplus is w
    return tuple(
        Dense(jnp.log(jnp.expm1(2 / part.shape[1] * part)), shift[:, 0])
        for part, shift in zip(drawn, shifts, strict=True)
    )


def _check_convex(activation: Activation) -> None:
    z = np.linspace(-10, 10, 401)
    rise = np.diff(np.asarray(activation(jnp.asarray(z)), float))
    least = -1e-6 * np.abs(rise).max()
    if rise.min() < least or np.diff(rise).min() < least:
        raise ConfigError(
            f"the activation of a convex network is convex and non-decreasing, and "
            f"'{activation.name}' is not: take networks.softplus."
        )
