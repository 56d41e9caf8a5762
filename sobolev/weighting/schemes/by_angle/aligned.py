"""Aligned-MTL: the gradients replaced by the nearest ones that are orthogonal and equally long."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from sobolev._base.arguments import one_of
from sobolev.weighting.maths.angles import Angles, eigen
from sobolev.weighting.schemes.by_angle.gram_scheme import GramScheme

SCALES = {"min": jnp.nanmin, "median": jnp.nanmedian, "rmse": jnp.nanmean}


class AlignedMTL(GramScheme):
    """w = σ V Λ^(−½) Vᵀ 1/K with G = VΛVᵀ: the mean of the aligned gradients.

    They are the orthonormal rows nearest to the gradients, times σ.

    **Arguments:** `scale`: σ² is the "min" (default, as published), the "median" or the mean
    ("rmse") of the eigenvalues Λ. Those below rounding of the largest are left out, and with them
    terms whose gradient is below about 1e-7 of the largest (1e-3 in single precision): normalise
    the terms first. Can ascend a term; units of the terms matter. Source: Senushkin et al., arXiv
    2305.19000 (section 3). Raises `ConfigError`.

    ```python
    fit(surrogate, train, weighting=Chain(InverseEnergy(), AlignedMTL()))
    ```
    """

    name = "aligned"

    scale: str = eqx.field(default="min", static=True)

    def __post_init__(self):
        one_of("scale", self.scale, tuple(SCALES))

    def parts(self, angles: Angles, losses: Float[Array, " K"]) -> Float[Array, " K"]:
        """The weights times the lengths."""
        del losses
        r, alive = angles.sizes, angles.alive.astype(angles.sizes.dtype)
        K = len(r)
        λ, V = eigen(r[:, None] * angles.cosines * r[None, :])
        keep = λ > 4 * K * float(jnp.finfo(λ.dtype).eps) * jnp.maximum(λ[-1], 0.0)
        σ = jnp.sqrt(SCALES[self.scale](jnp.where(keep, λ, jnp.nan)))
        inverse = jnp.where(keep, σ / jnp.sqrt(jnp.where(keep, λ, 1.0)), 0.0)
        parts = r * (V @ (inverse * (V.T @ alive))) / K
        return jnp.where(jnp.any(parts != 0), parts, r / K)  # opposite ones: what cancels as well
