"""Cosine distances between the total gradient and the gradients of the terms, from the Gram matrix.

With g_k = ∇_θ L_k, G = Σ_k w_k g_k, c_k = cos(G, g_k) and ρ_jk = cos(g_j, g_k):

    CD_k = 1 − c_k,      ∂CD_k/∂w_j = −(‖g_j‖/‖G‖)(ρ_jk − c_j c_k).

Only the K × K matrix g_j·g_k is needed: no second derivative of the network.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float


def term_norms(gram: Float[Array, "K K"]) -> Float[Array, " K"]:
    """‖g_k‖."""
    return jnp.sqrt(jnp.maximum(jnp.diagonal(gram), 0.0))


def cosine_distances(gram: Float[Array, "K K"], weights: Float[Array, " K"]) -> Float[Array, " K"]:
    """CD_k = 1 − cos(G, g_k); 1 where a gradient vanishes."""
    return 1 - _cosines(gram, weights)


def cosine_distance_gradients(
    gram: Float[Array, "K K"], weights: Float[Array, " K"]
) -> Float[Array, "K K"]:
    """The matrix ∂CD_k/∂w_j with rows k and columns j; zero where a gradient vanishes."""
    norms, total = term_norms(gram), _total_norm(gram, weights)
    c = _cosines(gram, weights)
    ρ = gram * jnp.outer(_inverse(norms), _inverse(norms))
    return -(ρ - jnp.outer(c, c)) * norms[None, :] * _inverse(total)


def inverse_with_floor(sizes: Float[Array, " K"], floor: float = 1e-6) -> Float[Array, " K"]:
    """1/size with mean 1, a size floored at 1e-6 of the largest; all 1 when all sizes are 0."""
    largest = jnp.max(sizes)
    inverse = 1 / jnp.maximum(sizes / jnp.where(largest > 0, largest, 1.0), floor)
    return inverse / jnp.mean(inverse)


def _cosines(gram: Array, weights: Array) -> Float[Array, " K"]:
    return gram @ weights * _inverse(term_norms(gram)) * _inverse(_total_norm(gram, weights))


def _total_norm(gram: Array, weights: Array) -> Float[Array, ""]:
    return jnp.sqrt(jnp.maximum(weights @ gram @ weights, 0.0))


def _inverse(norm: Array) -> Array:
    """1/norm, and 0 for a gradient that vanishes: it has no direction to align with."""
    return jnp.where(norm > 0, 1 / jnp.where(norm > 0, norm, 1.0), 0.0)
