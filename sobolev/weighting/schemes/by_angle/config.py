"""ConFIG: the direction that has the same angle with the gradient of every term."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from sobolev.weighting.maths.angles import Angles, equal_angles
from sobolev.weighting.schemes.by_angle.gram_scheme import GramScheme


class ConFIG(GramScheme):
    """w_k ∝ (C⁻¹1)_k/‖g_k‖, C the cosines of the gradients: equal, positive cosines with all.

    The direction û ∝ U⁺1 of the rows u_k = g_k/‖g_k‖ of U, by the Gram matrix alone, and the length
    ‖d‖ = Σ_k g_k·û as published. It is the closed form of `CosineDistance("max")`; that of "sum" is
    `InverseNorm`. Weights can be negative. Dependent gradients, or more terms than parameters, may
    leave no such direction: then the least-squares one, without a promise of descent. The length
    follows the largest gradient: see `UnitLength` before Adam. Source: Liu, Chu & Thuerey, arXiv
    2408.11104 (eq. 2, 3).

    ```python
    fit(surrogate, train, weighting=ConFIG(), optimiser=UnitLength(Adam(5e-3)))
    ```
    """

    name = "config"
    unit_free = True

    def parts(self, angles: Angles, losses: Float[Array, " K"]) -> Float[Array, " K"]:
        """C⁺1 with the length Σ_k g_k·û."""
        del losses
        x = equal_angles(angles)
        along = angles.cosines @ x  # u_k·d
        squared = x @ along
        sound = squared > float(jnp.finfo(x.dtype).eps) * jnp.sum(jnp.abs(x)) ** 2
        length = angles.sizes @ along / jnp.where(sound, squared, 1.0)
        return x * jnp.where(sound, length, 1.0)
