"""What the weights are trained for: the direction in which an objective pushes each weight."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from sobolev.weighting.maths.cosine import cosine_distance_gradients, cosine_distances
from sobolev.weighting.scheme import Statistics


def loss_ascent(statistics: Statistics, weights: Float[Array, " K"]) -> Float[Array, " K"]:
    """−∂L/∂w_k = −L_k for max_w L: descent along it makes every weight grow by η L_k."""
    del weights
    return -statistics.losses


def own_distance(statistics: Statistics, weights: Float[Array, " K"]) -> Float[Array, " K"]:
    """∂CD_k/∂w_k, each weight minimising its own distance: −(‖g_k‖/‖G‖) sin² α_k ≤ 0."""
    return jnp.diagonal(cosine_distance_gradients(_gram(statistics), weights))


def summed_distance(statistics: Statistics, weights: Float[Array, " K"]) -> Float[Array, " K"]:
    """∂/∂w_j Σ_k CD_k: of degree 0 in w, so w·gradient = 0; the minimum is w_k ∝ 1/‖g_k‖."""
    return jnp.sum(cosine_distance_gradients(_gram(statistics), weights), axis=0)


def largest_distance(statistics: Statistics, weights: Float[Array, " K"]) -> Float[Array, " K"]:
    """∂/∂w_j max_k CD_k (a subgradient): the minimum is the direction with equal angles to all."""
    gram = _gram(statistics)
    worst = jnp.argmax(cosine_distances(gram, weights))
    return cosine_distance_gradients(gram, weights)[worst]


def _gram(statistics: Statistics) -> Float[Array, "K K"]:
    assert statistics.gram is not None  # the engine computes it when it is needed
    return statistics.gram
