"""The layers that see a point and its neighbours on a periodic grid."""

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from sobolev.networks.families.dense import Dense


def at_points(dense: Dense, h: Float[Array, "n in"]) -> Float[Array, "n out"]:
    """One dense layer at every point: a convolution with a kernel of size 1."""
    return h @ dense.weight.T + dense.bias[None]


def neighbour(h: Float[Array, "n c"], s: int) -> Float[Array, "n c"]:
    """u_{i+s}, around the circle; by places, whose slopes compile to less than those of a roll."""
    return h[(np.arange(len(h)) + s) % len(h)]


class Convolution(eqx.Module):
    """y_i = Σ_s W_s u_{i+s} + b, |s| ≤ (kernel − 1)/2, around the circle.

    `dense.weight [c, kernel·c]` holds the W_s from left to right. Fields are `[points, c]`.
    """

    dense: Dense

    def __call__(self, h: Float[Array, "n in"]) -> Float[Array, "n out"]:
        """Apply the layer to a field."""
        half = self.dense.weight.shape[1] // h.shape[1] // 2
        seen = [neighbour(h, s) for s in range(-half, half + 1)]
        return at_points(self.dense, jnp.concatenate(seen, axis=1))


class Difference(eqx.Module):
    """y_i = W₋ (u_{i−1} − u_i) + W₊ (u_{i+1} − u_i): a learnt difference, exactly 0 of a constant.

    It is the convolution with a kernel of size 3 whose entries have the sum 0; `weight [c, 2c]`
    holds W₋, W₊. Fields are `[points, c]`. Source: DyMixOp, arXiv 2508.13490, whose published code
    has a third matrix that cancels.
    """

    weight: Float[Array, "out both"]

    def __call__(self, h: Float[Array, "n in"]) -> Float[Array, "n out"]:
        """Apply the layer to a field."""
        steps = [neighbour(h, s) - h for s in (-1, 1)]
        return jnp.concatenate(steps, axis=1) @ self.weight.T
