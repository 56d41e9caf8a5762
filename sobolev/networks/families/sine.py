"""The sine network with its own initialisation."""

from dataclasses import dataclass
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

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
from sobolev.networks.families.layered import Layered, forward


@dataclass(frozen=True)
class SineNetwork(CalledAsBefore, Architecture):
    """h ← sin(ω (W h + b)) for each hidden layer, linear output; ω = `frequency`.

    First weights U(±1/d), all others U(±√(6/in)/ω), so that the law of the activations does not
    depend on the depth; biases U(±1/√in). Its derivatives are sine networks too. The paper draws
    images with ω = 30; between the few samples of a surrogate that is noise, hence the smaller
    default. Source: Sitzmann et al., arXiv 2006.09661, section 3.2. Raises `ConfigError`.

    ```python
    network = SineNetwork((16, 16), frequency=2.0).build(2, 1, jax.random.key(0))
    ```
    """

    name: ClassVar[str] = "sine"
    plain = True

    hidden: tuple[int, ...] = (16, 16)
    frequency: float = 2.0

    def __post_init__(self):
        settle(self, hidden=hidden_widths(self.hidden))
        if not 0 < self.frequency < np.inf:
            raise ConfigError(f"the frequency of a sine network is > 0: got {self.frequency!r}.")
        settle(self, frequency=float(self.frequency))

    def build(self, inputs: int, outputs: int, key: PRNGKeyArray) -> "SineModule":
        """The network with weights drawn from `key`."""
        shapes = chain(widths(inputs, self.hidden, outputs))
        return SineModule(_siren(key, shapes, self.frequency), self.frequency)


class SineModule(Layered):
    """What `SineNetwork` builds."""

    layers: tuple[Dense, ...]
    frequency: float = eqx.field(static=True)

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, " q"]:
        """The output for one input vector."""
        return forward(self.layers, lambda z: jnp.sin(self.frequency * z), x)


@compiled(SELDOM)
def _siren(key: PRNGKeyArray, shapes: Shapes, ω: float) -> tuple[Dense, ...]:
    weights, biases = jax.random.split(key)
    parts = split(jax.random.uniform(weights, (count(shapes),), minval=-1.0), shapes)
    columns = tuple((out, 1) for out, _ in shapes)
    shifts = split(jax.random.uniform(biases, (count(columns),), minval=-1.0), columns)
    bounds = [1 / shapes[0][1], *((6 / into) ** 0.5 / ω for _, into in shapes[1:])]
    return tuple(
        Dense(bound * part, shift[:, 0] / part.shape[1] ** 0.5)
        for bound, part, shift in zip(bounds, parts, shifts, strict=True)
    )
