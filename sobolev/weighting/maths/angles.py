"""The Gram matrix of the terms' gradients as lengths and angles, and back from there to weights.

With unit gradients u_k = g_k/‖g_k‖ a direction d = Σ_k w_k g_k is d = s Σ_k a_k u_k, where s is the
largest ‖g_k‖ and a_k = w_k ‖g_k‖/s. In these *parts* a_k a scheme sees numbers of size 1 whatever
the units of the terms, so that its tolerances are relative ones.
"""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from sobolev.weighting.maths.cosine import term_norms


class Angles(NamedTuple):
    """Of K gradients: `cosines [K, K]`, `sizes [K]` = ‖g_k‖/s, `alive [K]`, `largest` s.

    A term whose gradient vanishes (exactly, or beyond the range of the numbers against the
    largest) is not alive: its size is 0 and its row of cosines that of the identity.
    """

    cosines: Float[Array, "K K"]
    sizes: Float[Array, " K"]
    alive: Bool[Array, " K"]
    largest: Float[Array, ""]


def angles_of(gram: Float[Array, "K K"]) -> Angles:
    """Lengths and angles. Products that overflow count as the largest number there is."""
    number = jnp.finfo(gram.dtype)
    gram = jnp.clip(gram, -number.max, number.max)
    norms = term_norms(gram)
    largest = jnp.max(norms)
    sizes = norms / jnp.where(largest > 0, largest, 1.0)
    alive = sizes > number.tiny
    inverse = jnp.where(alive, 1 / jnp.where(alive, norms, 1.0), 0.0)
    cosines = jnp.clip(gram * inverse[:, None] * inverse[None, :], -1, 1)
    cosines = jnp.where(jnp.eye(len(gram), dtype=bool), 1.0, cosines)
    return Angles(cosines, jnp.where(alive, sizes, 0.0), alive, largest)


def weights_of(parts: Float[Array, " K"], angles: Angles) -> Float[Array, " K"]:
    """w_k = a_k s/‖g_k‖; without gradient the mean |w| of the others, 1 when no term has one.

    The weight of a vanished gradient changes nothing in this step; it is there for what comes
    after: an average, or weights that are frozen.
    """
    limit = jnp.finfo(parts.dtype).max
    weights = jnp.where(angles.alive, parts * inverse_sizes(angles), 0.0)
    weights = jnp.clip(weights, -limit, limit)
    number = jnp.sum(angles.alive)
    others = jnp.sum(jnp.abs(weights) / jnp.maximum(number, 1))
    return jnp.where(number > 0, jnp.where(angles.alive, weights, others), 1.0)


def inverse_sizes(angles: Angles) -> Float[Array, " K"]:
    """s/‖g_k‖, and 0 where there is no gradient."""
    return jnp.where(angles.alive, 1 / jnp.where(angles.alive, angles.sizes, 1.0), 0.0)


def sharing(parts: Float[Array, " K"], angles: Angles) -> Float[Array, " K"]:
    """The parts on a common scale such that Σ_k |w_k| = 1."""
    total = jnp.sum(jnp.abs(parts) * inverse_sizes(angles))
    return parts / jnp.where(total > 0, total, 1.0)


def eigen(matrix: Float[Array, "K K"]) -> tuple[Float[Array, " K"], Float[Array, "K K"]]:
    """Eigenvalues, ascending, and orthonormal eigenvectors of a symmetric matrix."""
    return jnp.linalg.eigh(matrix)


def equal_angles(angles: Angles) -> Float[Array, " K"]:
    """Parts x = C⁺1 of the direction that has the same cosine with every gradient.

    C⁺ leaves out eigenvalues of C below rounding. Where no such direction exists (gradients that
    are opposite), the parts are all 1: the sum of the unit gradients, which then cancel.
    """
    C, alive = angles.cosines, angles.alive.astype(angles.cosines.dtype)
    ε, K = float(jnp.finfo(C.dtype).eps), len(C)
    λ, V = eigen(C)
    keep = λ > 4 * K * ε * λ[-1]
    ones = jnp.where(keep, V.T @ alive, 0.0)
    x = alive * (V @ (ones / jnp.where(keep, λ, 1.0)))
    return jnp.where(ones @ ones > K * ε, x, alive)
