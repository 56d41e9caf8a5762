"""The network whose layers multiply what the whole field says by what is at a point."""

from dataclasses import dataclass
from typing import ClassVar

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from sobolev._base.arguments import whole
from sobolev._base.errors import ConfigError
from sobolev.networks.activations import Activation
from sobolev.networks.architecture import settle
from sobolev.networks.families.dense import Dense, Shapes
from sobolev.networks.families.fields.field_network import FieldNetwork
from sobolev.networks.families.fields.local_convolution import (
    Convolution,
    Difference,
    at_points,
)
from sobolev.networks.families.fields.spectral_convolution import SpectralConvolution

STEP = 2.0  # λ at the start: a step of 0.88; published 1 to eleven digits, where it has no slope


@dataclass(frozen=True)
class LocalGlobalNetwork(FieldNetwork):
    """F_l = σ(A Σ G(h) ⊙ L(h) + C h + D h), h ← h + sigmoid(λ) F_l; out comes h_0 + Σ α_l F_l.

    G is a spectral convolution, L and C convolutions with a small kernel, D a learnt difference,
    which is 0 of a constant; A goes over twice the channels at each point. The product of a smooth
    and a local field is what u ∂u/∂x is made of. λ is one number, α one for each layer.

    **Arguments:** `pairs` ≥ 1, how many products are added; `kernel`, odd, of L and C; fields and
    the others as in `FieldNetwork`. Raises `ConfigError`. Source: DyMixOp, arXiv 2508.13490, and
    its published code; here A has the activation between its two layers, and no layer is told where
    a point is.

    ```python
    made = LocalGlobalNetwork(channels=24, modes=12)               # of [256] -> [256]
    surrogate = Surrogate.new(data, made)
    ```
    """

    name: ClassVar[str] = "local-global"

    pairs: int = 1
    kernel: int = 1

    def __post_init__(self):
        super().__post_init__()
        settle(self, pairs=whole("pairs", self.pairs, 1), kernel=whole("kernel", self.kernel, 1))
        if self.kernel % 2 == 0:
            raise ConfigError(f"a kernel has a middle, its size is odd: got {self.kernel}.")

    def inside(self, modes: int) -> Shapes:
        """For each layer G and L of all pairs, A, C and D."""
        c, local = self.channels, (self.channels, self.kernel * self.channels)
        pair = (*SpectralConvolution.shapes(c, modes), local)
        return (*pair * self.pairs, (2 * c, c), (c, 2 * c), local, (c, 2 * c)) * self.layers

    def body(self, drawn: list[Dense]) -> "LocalGlobalBody":
        """The layers, λ and α."""
        size = len(drawn) // self.layers
        layers = [self._layer(drawn[k : k + size]) for k in range(0, len(drawn), size)]
        return LocalGlobalBody(
            tuple(layers), jnp.asarray(STEP), jnp.ones(self.layers), self.activation
        )

    def _layer(self, drawn: list[Dense]) -> "LocalGlobalLayer":
        *of_pairs, up, down, same, steps = drawn
        size = len(of_pairs) // self.pairs
        pairs = [of_pairs[k : k + size] for k in range(0, len(of_pairs), size)]
        mixed = tuple((SpectralConvolution.of(p[:-1]), Convolution(p[-1])) for p in pairs)
        return LocalGlobalLayer(
            mixed, (up, down), Convolution(same), Difference(steps.weight), self.activation
        )


class LocalGlobalLayer(eqx.Module):
    """h ↦ A Σ G(h) ⊙ L(h) + C h + D h, `[points, c]`."""

    pairs: tuple[tuple[SpectralConvolution, Convolution], ...]
    mixing: tuple[Dense, Dense]
    same: Convolution
    difference: Difference
    activation: Activation = eqx.field(static=True)

    def __call__(self, h: Float[Array, "n c"]) -> Float[Array, "n c"]:
        """Apply the layer to a field."""
        product = jnp.zeros_like(h)
        for waves, local in self.pairs:
            product = product + waves(h) * local(h)
        up, down = self.mixing
        mixed = at_points(down, self.activation(at_points(up, product)))
        return mixed + self.same(h) + self.difference(h)


class LocalGlobalBody(eqx.Module):
    """The layers of a `LocalGlobalNetwork`, λ and α."""

    layers: tuple[LocalGlobalLayer, ...]
    step: Float[Array, ""]
    shares: Float[Array, " L"]
    activation: Activation = eqx.field(static=True)

    def __call__(self, h: Float[Array, "n c"]) -> Float[Array, "n c"]:
        """What the layers make of a field."""
        found, step = h, jax.nn.sigmoid(self.step)
        for layer, share in zip(self.layers, self.shares, strict=True):
            change = self.activation(layer(h))
            found = found + share * change
            h = h + step * change
        return found
