"""MGDA: the shortest gradient in the convex hull of those of the terms."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from sobolev._base.arguments import one_of
from sobolev.weighting.maths.angles import Angles, inverse_sizes, sharing
from sobolev.weighting.maths.nonnegative import nonnegative_minimum
from sobolev.weighting.schemes.by_angle.gram_scheme import GramScheme

NORMALISATIONS = ("none", "l2", "loss")


class MGDA(GramScheme):
    """min_{p ∈ Δ} ‖Σ_k p_k g_k/s_k‖², weights w_k ∝ p_k/s_k with Σ_k w_k = 1.

    **Arguments:** `normalisation` of the gradients: "none" (default) s_k = 1, "l2" s_k = ‖g_k‖,
    "loss" s_k = L_k. Never ascends a term, and its length goes to 0 where some combination of the
    gradients vanishes: it stops at the first Pareto-stationary point it meets. Without
    normalisation the smallest gradient dominates. The published code puts p_k, not p_k/s_k, on the
    raw gradients and so loses the descent of all terms. A term without gradient is left out: it
    would stop the training of the others. Sources: Désidéri, C. R. Acad. Sci. 350 (2012); Sener &
    Koltun, arXiv 1810.04650. Raises `ConfigError`.

    ```python
    fit(surrogate, train, weighting=MGDA("l2"), optimiser=UnitLength(Adam(5e-3)))
    ```
    """

    name = "mgda"

    normalisation: str = eqx.field(default="none", static=True)

    def __post_init__(self):
        one_of("normalisation", self.normalisation, NORMALISATIONS)

    @property
    def unit_free(self) -> bool:  # pyright: ignore  # a setting decides
        """With a normalisation."""
        return self.normalisation != "none"

    def parts(self, angles: Angles, losses: Float[Array, " K"]) -> Float[Array, " K"]:
        """b ≥ 0 that minimises bᵀCb at Σ_k b_k s_k/‖g_k‖ = 1, on the scale Σ w = 1."""
        if self.normalisation == "none":
            pull = inverse_sizes(angles)
        elif self.normalisation == "l2":
            pull = angles.alive.astype(angles.sizes.dtype)
        else:
            pull = losses / _or_one(jnp.max(losses)) * inverse_sizes(angles)
        # By homogeneity the minimiser of ½bᵀCb − pullᵀb points the same way, for any scale of pull.
        pull = jnp.maximum(pull, 0.0) / _or_one(jnp.max(pull))
        b = nonnegative_minimum(angles.cosines, pull)
        return sharing(jnp.where(jnp.any(b > 0), b, angles.sizes), angles)


def _or_one(size: Array) -> Array:
    return jnp.where(size > 0, size, 1.0)
