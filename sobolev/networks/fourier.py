"""The multilayer perceptron behind random Fourier features."""

from collections.abc import Sequence
from numbers import Integral
from typing import ClassVar

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from sobolev._base.errors import ConfigError
from sobolev.networks.activations import activation as function
from sobolev.networks.dense import Dense, chain, draw, widths
from sobolev.networks.layered import Layered, forward

Frequencies = tuple[tuple[float, ...], ...]


class FourierMLP(Layered):
    """MLP([cos 2πBx, sin 2πBx]) with a fixed matrix `B [features, d]`, B_ij ~ N(0, frequency²).

    Learns fine detail sooner than an MLP does; too high a `frequency` (periods per unit of scaled
    input, which spans [−1, 1]) makes it rough between the samples. B is a constant of the network,
    not one of its parameters: it depends on `features`, `frequency` and `draw_seed`, never on
    `key`, and may be given as `frequencies`. `activation` and `init` as in `MLP`. Source: Tancik et
    al., arXiv 2006.10739. Raises `ConfigError`.

    ```python
    network = FourierMLP(2, (16, 16), 1, key=jax.random.key(0), features=16, frequency=0.1)
    ```
    """

    SETTINGS: ClassVar = ("hidden", "activation", "frequencies")

    layers: tuple[Dense, ...]
    activation: str = eqx.field(static=True)
    # Static, not a leaf: no optimiser, weight decay or parameter count ever sees it.
    frequencies: Frequencies = eqx.field(static=True)

    def __init__(
        self,
        inputs: int,
        hidden: Sequence[int],
        outputs: int,
        *,
        key: PRNGKeyArray,
        activation: str = "tanh",
        init: str = "glorot",
        features: int = 16,
        frequency: float = 0.1,
        draw_seed: int = 0,
        frequencies: Frequencies | None = None,
    ):
        function(activation)
        sizes = widths(inputs, hidden, outputs)
        if frequencies is None:
            frequencies = _drawn(inputs, features, frequency, draw_seed)
        self.frequencies = _checked(frequencies, inputs)
        self.layers = draw(key, chain((2 * len(self.frequencies), *sizes[1:])), init)
        self.activation = activation

    def __call__(self, x: Float[Array, " d"]) -> Float[Array, " q"]:
        """The output for one input vector."""
        phase = 2 * np.pi * (jnp.asarray(self.frequencies, x.dtype) @ x)
        features = jnp.concatenate([jnp.cos(phase), jnp.sin(phase)])
        return forward(self.layers, function(self.activation), features)


def _drawn(inputs: int, features: int, frequency: float, seed: int) -> Frequencies:
    if not (isinstance(features, Integral) and features >= 1 and 0 < frequency < np.inf):
        raise ConfigError(
            "random Fourier features need a whole number of features ≥ 1 and a frequency > 0: got "
            f"features = {features!r}, frequency = {frequency!r}."
        )
    drawn = frequency * np.random.default_rng(seed).standard_normal((features, inputs))
    return tuple(map(tuple, drawn.tolist()))


def _checked(frequencies: Frequencies, inputs: int) -> Frequencies:
    matrix = np.asarray(frequencies, float)
    if matrix.ndim != 2 or matrix.shape[1] != inputs or not np.isfinite(matrix).all():
        raise ConfigError(
            f"the frequencies of a Fourier network are finite numbers [features, {inputs}]: got "
            f"shape {matrix.shape}."
        )
    return tuple(map(tuple, matrix.tolist()))
