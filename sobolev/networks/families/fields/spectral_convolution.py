"""The layer that sees the whole field: a matrix over the channels for each of the first waves."""

from collections.abc import Sequence
from functools import lru_cache

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from sobolev.networks.families.dense import Dense, Shapes


class SpectralConvolution(eqx.Module):
    """û_k ↦ R_k û_k for the waves k < m, 0 for the others; R_k is complex, R_0 real.

    It is a convolution with a smooth kernel as wide as the domain, so a shifted field gives the
    shifted result. `weight [2m − 1, c, c]` holds R_0, the real parts and the imaginary parts.
    Fields are `[points, c]`. Source: Li et al., arXiv 2010.08895, section 4.
    """

    weight: Float[Array, "w out in"]

    @classmethod
    def shapes(cls, channels: int, modes: int) -> Shapes:
        """What is to be drawn for m waves."""
        return ((channels, channels),) * (2 * modes - 1)

    @classmethod
    def of(cls, drawn: Sequence[Dense]) -> "SpectralConvolution":
        """The layer of what was drawn."""
        return cls(jnp.stack([dense.weight for dense in drawn]))

    def __call__(self, h: Float[Array, "n in"]) -> Float[Array, "n out"]:
        """Apply the layer to a field."""
        m = (len(self.weight) + 1) // 2
        mean, real, imaginary = self.weight[0], self.weight[1:m], self.weight[m:]
        # Products with few waves cost less than a fast transform of all of them.
        waves = jnp.asarray(_waves(len(h), m), h.dtype)
        found = waves.T @ h
        # R (a − ib) = (Pa + Qb) − i (Pb − Qa) for R = P + iQ.
        top = jnp.concatenate([real, imaginary], axis=2)
        bottom = jnp.concatenate([-imaginary, real], axis=2)
        matrix = jnp.concatenate([top, bottom], axis=1)
        pairs = jnp.concatenate([found[1:m], found[m:]], axis=1)
        turned = jnp.einsum("koi,ki->ko", matrix, pairs)
        a, b = jnp.split(turned, 2, axis=1)
        return waves @ jnp.concatenate([found[:1] @ mean.T, a, b])


@lru_cache(maxsize=32)
def _waves(points: int, modes: int) -> Float[np.ndarray, "n w"]:
    """1, cos 2πkx/L and sin 2πkx/L at the points of the grid, k < modes, of length 1."""
    phase = 2 * np.pi * np.outer(np.arange(points), np.arange(1, modes)) / points
    both = (2 / points) ** 0.5 * np.concatenate([np.cos(phase), np.sin(phase)], axis=1)
    return np.concatenate([np.full((points, 1), points**-0.5), both], axis=1)
