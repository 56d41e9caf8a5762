"""DualProj: the mean gradient, turned until it descends every term."""

from jaxtyping import Array, Float

from sobolev.weighting.maths.angles import Angles
from sobolev.weighting.maths.nonnegative import dual_cone_projection
from sobolev.weighting.schemes.by_angle.gram_scheme import GramScheme


class DualProj(GramScheme):
    """d = π(Σ_k g_k/K), π the projection on the dual cone {d : g_j·d ≥ 0 for all j}.

    d = Σ_k v_k g_k with v = argmin_{v ≥ 1/K} vᵀGv: the descending direction nearest to the mean
    gradient, which it is unless there is a conflict. Solved for unit gradients with relative
    tolerances. Source: Lopez-Paz & Ranzato, arXiv 1706.08840 (eq. 8, 11).

    ```python
    fit(surrogate, train, weighting=Chain(InverseEnergy(), DualProj()))
    ```
    """

    name = "dualproj"

    def parts(self, angles: Angles, losses: Float[Array, " K"]) -> Float[Array, " K"]:
        """The projection of the mean."""
        del losses
        return dual_cone_projection(angles.cosines, angles.sizes / len(angles.sizes))
