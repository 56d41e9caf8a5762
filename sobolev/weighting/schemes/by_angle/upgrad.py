"""UPGrad: the mean of the gradients after each has been turned until it descends every term."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from sobolev.weighting.maths.angles import Angles
from sobolev.weighting.maths.nonnegative import dual_cone_projection
from sobolev.weighting.schemes.by_angle.gram_scheme import GramScheme


class UPGrad(GramScheme):
    """d = (1/K) Σ_k π(g_k), π the projection on the dual cone {d : g_j·d ≥ 0 for all j}.

    π(g_k) = Σ_j v_j g_j with v = argmin_{v ≥ e_k} vᵀGv. No term ascends, also none whose gradient
    is tiny against the others: the problem is solved for unit gradients, which is the same, with
    relative tolerances. The direction is linear in the length of each gradient, so a large term
    stays large. Source: Quinton & Rey, arXiv 2406.16232 (eq. 6).

    ```python
    fit(surrogate, train, weighting=Chain(InverseEnergy(), UPGrad()))
    ```
    """

    name = "upgrad"

    def parts(self, angles: Angles, losses: Float[Array, " K"]) -> Float[Array, " K"]:
        """The mean of the K projections, each of a unit gradient times its length."""
        del losses
        r, C = angles.sizes, angles.cosines
        unit = jnp.eye(len(r), dtype=r.dtype)
        return r @ jax.vmap(dual_cone_projection, (None, 0))(C, unit) / len(r)
