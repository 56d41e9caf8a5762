"""The multilayer perceptron behind random Fourier features."""

from dataclasses import dataclass, replace
from numbers import Integral
from typing import ClassVar

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from sobolev._base.errors import ConfigError
from sobolev.networks.activations import Activation
from sobolev.networks.architecture import settle
from sobolev.networks.families.dense import Dense, chain, widths
from sobolev.networks.families.layered import Activated, Layered, forward

Frequencies = tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class FourierMLP(Activated):
    """MLP([cos 2πBx, sin 2πBx]) with a fixed matrix `B [features, d]`, B_ij ~ N(0, frequency²).

    Learns fine detail sooner than an MLP does; too high a `frequency` (periods per unit of scaled
    input, which spans [−1, 1]) makes it rough between the samples. B is a constant of the network,
    not one of its parameters: it depends on `features`, `frequency` and `draw_seed`, never on
    the key, and may be given as `frequencies`. `activation` and `init` as in `MLP`. Source: Tancik
    et al., arXiv 2006.10739. Raises `ConfigError`.

    ```python
    network = FourierMLP((16, 16), features=16, frequency=0.1).build(2, 1, jax.random.key(0))
    ```
    """

    name: ClassVar[str] = "fourier"

    features: int = 16
    frequency: float = 0.1
    draw_seed: int = 0
    frequencies: Frequencies | None = None

    def __post_init__(self):
        super().__post_init__()
        whole = isinstance(self.features, Integral) and self.features >= 1
        if not (whole and 0 < self.frequency < np.inf):
            raise ConfigError(
                "random Fourier features need a whole number of features ≥ 1 and a frequency > 0: "
                f"got features = {self.features!r}, frequency = {self.frequency!r}."
            )
        settle(self, frequency=float(self.frequency))
        if self.frequencies is not None:
            settle(self, frequencies=_checked(self.frequencies))

    def explicit(self, inputs: int, outputs: int) -> "FourierMLP":
        """The same with B written out."""
        return replace(self, frequencies=self._matrix(inputs))

    def build(self, inputs: int, outputs: int, key: PRNGKeyArray) -> "FourierModule":
        """The network with weights drawn from `key`."""
        frequencies = self._matrix(inputs)
        _, *sizes = widths(inputs, self.hidden, outputs)
        layers = self.init(key, chain((2 * len(frequencies), *sizes)))
        return FourierModule(layers, self.activation, frequencies)

    def _matrix(self, inputs: int) -> Frequencies:
        if self.frequencies is None:
            drawn = np.random.default_rng(self.draw_seed).standard_normal((self.features, inputs))
            return tuple(map(tuple, (self.frequency * drawn).tolist()))
        shape = np.shape(self.frequencies)
        if shape[1] != inputs:
            raise ConfigError(
                f"the frequencies of a Fourier network are finite numbers [features, {inputs}]: "
                f"got shape {shape}."
            )
        return self.frequencies


def _checked(frequencies: Frequencies) -> Frequencies:
    matrix = np.asarray(frequencies, float)
    if matrix.ndim != 2 or 0 in matrix.shape or not np.isfinite(matrix).all():
        raise ConfigError(
            "the frequencies of a Fourier network are finite numbers [features, inputs]: got "
            f"shape {matrix.shape}."
        )
    return tuple(map(tuple, matrix.tolist()))


class FourierModule(Layered):
    """What `FourierMLP` builds."""

    layers: tuple[Dense, ...]
    activation: Activation = eqx.field(static=True)
    # Static, not a leaf: no optimiser, weight decay or parameter count ever sees it.
    frequencies: Frequencies = eqx.field(static=True)

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, " q"]:
        """The output for one input vector."""
        phase = 2 * np.pi * (jnp.asarray(self.frequencies, x.dtype) @ x)
        features = jnp.concatenate([jnp.cos(phase), jnp.sin(phase)])
        return forward(self.layers, self.activation, features)
