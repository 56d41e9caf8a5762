"""The Fourier neural operator of one space dimension."""

from dataclasses import dataclass
from typing import ClassVar

import equinox as eqx
from jaxtyping import Array, Float

from sobolev.networks.activations import Activation
from sobolev.networks.families.dense import Dense, Shapes
from sobolev.networks.families.fields.field_network import FieldNetwork
from sobolev.networks.families.fields.local_convolution import at_points
from sobolev.networks.families.fields.spectral_convolution import SpectralConvolution


@dataclass(frozen=True)
class SpectralNetwork(FieldNetwork):
    """h ← σ(K h + W h + b): K acts on the first waves of the field, W and b at each point.

    The last layer is without σ. Fields, arguments and their order as in `FieldNetwork`. With
    slopes along directions beside the values it is a derivative-informed neural operator. Source:
    Li et al., arXiv 2010.08895 (a Fourier neural operator that is not told where a point is);
    O'Leary-Roseberry et al., arXiv 2206.10745.

    ```python
    made = SpectralNetwork(channels=24, modes=12)                  # of [256] -> [256]
    surrogate = Surrogate.new(data, made)
    ```
    """

    name: ClassVar[str] = "spectral"

    def inside(self, modes: int) -> Shapes:
        """For each layer what acts on waves, and W."""
        c = self.channels
        return (*SpectralConvolution.shapes(c, modes), (c, c)) * self.layers

    def body(self, drawn: list[Dense]) -> "SpectralBody":
        """The layers one after the other."""
        size = len(drawn) // self.layers
        parts = [drawn[k : k + size] for k in range(0, len(drawn), size)]
        layers = tuple(SpectralLayer(SpectralConvolution.of(p[:-1]), p[-1]) for p in parts)
        return SpectralBody(layers, self.activation)


class SpectralLayer(eqx.Module):
    """h ↦ K h + W h + b, `[points, c]`."""

    waves: SpectralConvolution
    points: Dense

    def __call__(self, h: Float[Array, "n c"]) -> Float[Array, "n c"]:
        """Apply the layer to a field."""
        return self.waves(h) + at_points(self.points, h)


class SpectralBody(eqx.Module):
    """The layers of a `SpectralNetwork`."""

    layers: tuple[SpectralLayer, ...]
    activation: Activation = eqx.field(static=True)

    def __call__(self, h: Float[Array, "n c"]) -> Float[Array, "n c"]:
        """What the layers make of a field."""
        for layer in self.layers[:-1]:
            h = self.activation(layer(h))
        return self.layers[-1](h)
