"""The multilayer perceptron in which some units are periodic."""

from dataclasses import dataclass
from typing import ClassVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PRNGKeyArray

from sobolev._base.compiled import SELDOM, compiled
from sobolev._base.errors import ConfigError
from sobolev.networks.architecture import Architecture, settle
from sobolev.networks.as_before import CalledAsBefore
from sobolev.networks.families.dense import (
    Dense,
    Shapes,
    chain,
    count,
    hidden_widths,
    split,
    widths,
)
from sobolev.networks.families.layered import Layered

GAIN = 2**0.5


@dataclass(frozen=True)
class MixedMLP(CalledAsBefore, Architecture):
    """An MLP whose hidden units are swish z/(1 + e⁻ᶻ), but a share `periodic` of them z + sin² z.

    The first units of a layer are the periodic ones; `waves` says how many, an integer array that
    no optimiser sees: networks of different shares run through the same compiled code. Hidden
    weights are Glorot's with gain √2, biases U(±1) in the first layer, on inputs in [−1, 1], and
    U(±1/√in) in the next ones: then the units differ from the start.

    **Arguments:** `hidden` as in `MLP`; 0 ≤ `periodic` ≤ 1. Raises `ConfigError`. Source of
    z + sin² z: Ziyin, Hartwig & Ueda, NeurIPS 2020, arXiv 2006.08195, eq. 3 with a = 1.

    ```python
    network = MixedMLP((24, 24), periodic=0.5).build(2, 1, jax.random.key(0))
    ```
    """

    name: ClassVar[str] = "mixed"
    plain = True

    hidden: tuple[int, ...] = (24, 24)
    periodic: float = 0.5

    def __post_init__(self):
        settle(self, hidden=hidden_widths(self.hidden))
        if not 0 <= self.periodic <= 1:
            raise ConfigError(
                f"periodic is a share of the units, from 0 to 1: got {self.periodic!r}."
            )
        settle(self, periodic=float(self.periodic))

    @property
    def waves(self) -> tuple[int, ...]:
        """How many units of each hidden layer are periodic."""
        return tuple(round(self.periodic * width) for width in self.hidden)

    def build(self, inputs: int, outputs: int, key: PRNGKeyArray) -> "MixedModule":
        """The network with weights drawn from `key`."""
        layers = _drawn(key, chain(widths(inputs, self.hidden, outputs)))
        return MixedModule(layers, jnp.asarray(self.waves))


class MixedModule(Layered):
    """What `MixedMLP` builds."""

    layers: tuple[Dense, ...]
    waves: Int[Array, " L"]

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, " q"]:
        """The output for one input vector."""
        for layer, waves in zip(self.layers[:-1], self.waves, strict=True):
            z = layer(x)
            x = jnp.where(jnp.arange(len(z)) < waves, z + jnp.sin(z) ** 2, jax.nn.swish(z))
        return self.layers[-1](x)


@compiled(SELDOM)
def _drawn(key: PRNGKeyArray, shapes: Shapes) -> tuple[Dense, ...]:
    weights, biases = jax.random.split(key)
    parts = split(jax.random.uniform(weights, (count(shapes),), minval=-1.0), shapes)
    columns = tuple((out, 1) for out, _ in shapes)
    shifts = split(jax.random.uniform(biases, (count(columns),), minval=-1.0), columns)
    last = len(shapes) - 1
    layers = []
    for number, (part, shift) in enumerate(zip(parts, shifts, strict=True)):
        gain = 1.0 if number == last else GAIN
        spread = 0.0 if number == last else 1.0 if number == 0 else part.shape[1] ** -0.5
        layers.append(Dense(gain * (6 / sum(part.shape)) ** 0.5 * part, spread * shift[:, 0]))
    return tuple(layers)
