"""Tensors at a point, 2 x 2 or 3 x 3, in forms that vectorise over points."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from sobolev.fem._arrays import AnyArray

# Everything here is sums over whole arrays, without picking components and without matrix products:
# that vectorises over the points and compiles in half the time, above all the derivatives.


def product(A: Float[AnyArray, "d e"], B: Float[AnyArray, "e f"]) -> Float[AnyArray, "d f"]:
    """A B."""
    return (A[:, :, None] * B[None]).sum(1)


def trace(A: Float[AnyArray, "d d"]) -> Float[AnyArray, ""]:
    """tr A."""
    return jnp.sum(A * np.eye(len(A)))


def determinant(A: Float[AnyArray, "d d"]) -> Float[AnyArray, ""]:
    """det A: (tr²A - tr A²) / 2 in the plane, columns A₁ · (A₂ x A₃) in space."""
    if len(A) == 2:
        return (trace(A) ** 2 - jnp.sum(A * A.T)) / 2
    return jnp.sum(A[:, 0] * _cross(A[:, 1], A[:, 2]))


def adjugate(A: Float[AnyArray, "d d"]) -> Float[AnyArray, "d d"]:
    """adj A, so that A⁻¹ = adj A / det A."""
    if len(A) == 2:
        return trace(A) * np.eye(2) - A
    a, b, c = A.T
    return jnp.stack([_cross(b, c), _cross(c, a), _cross(a, b)])


def inverse(A: Float[AnyArray, "d d"]) -> Float[AnyArray, "d d"]:
    """A⁻¹."""
    return adjugate(A) / determinant(A)


def symmetric(A: Float[AnyArray, "d d"]) -> Float[AnyArray, "d d"]:
    """(A + Aᵀ) / 2."""
    return (A + A.T) / 2


def deviator(A: Float[AnyArray, "3 3"]) -> Float[AnyArray, "3 3"]:
    """A - tr A / 3."""
    return A - trace(A) / 3 * np.eye(3)


def green(H: Float[AnyArray, "d d"]) -> Float[AnyArray, "d d"]:
    """Green's strain (FᵀF - 1) / 2 of H = F - 1, which keeps the digits of a small strain."""
    return (H + H.T + product(H.T, H)) / 2


def in_space(A: Float[AnyArray, "2 2"], out_of_plane: AnyArray | float = 0.0) -> AnyArray:
    """A plane tensor as a 3 x 3 one with this component 33."""
    return jnp.pad(A, (0, 1)) + out_of_plane * np.diag([0.0, 0.0, 1.0])


def where(condition: AnyArray, yes: AnyArray | float, no: AnyArray | float) -> AnyArray:
    """`yes` where the condition holds, else `no`; both are computed, and so must be sound."""
    return jnp.asarray(jnp.where(condition, yes, no))


def norm(A: Float[AnyArray, "d d"]) -> Float[AnyArray, ""]:
    """√(A : A), with slope 0 where A = 0 instead of NaN."""
    square = jnp.sum(A * A)
    # where computes both branches: the argument of the root must be sound in the one not taken
    return where(square > 0, jnp.sqrt(where(square > 0, square, 1.0)), 0.0)


def _cross(a, b):
    # a roll each way is what a vectoriser likes, components one by one are not
    return jnp.roll(a, -1) * jnp.roll(b, -2) - jnp.roll(a, -2) * jnp.roll(b, -1)


def elastic_energy(E, nu, strain: Float[AnyArray, "3 3"]) -> Float[AnyArray, ""]:
    """μ e : e + K/2 (tr ε)² of the elastic strain ε with deviator e, isotropic and linear."""
    mu, bulk = E / (1 + nu) / 2, E / (1 - 2 * nu) / 3
    return mu * jnp.sum(deviator(strain) ** 2) + bulk / 2 * trace(strain) ** 2
