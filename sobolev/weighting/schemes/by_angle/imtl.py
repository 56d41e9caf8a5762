"""IMTL-G: equal projections of the total gradient on those of the terms."""

from jaxtyping import Array, Float

from sobolev.weighting.maths.angles import Angles, equal_angles, sharing
from sobolev.weighting.schemes.by_angle.gram_scheme import GramScheme


class IMTLG(GramScheme):
    """w = v/Σ_j |v_j| with v = G⁺ diag(G)^½: the direction of `ConFIG` on another scale.

    The paper divides by Σ_j v_j, which is negative for about 1 in 50 sets of three or more
    gradients and then turns the direction round, up the slope of every term; near 0 it explodes.
    Here Σ_j |w_j| = 1, so the direction is always the one with positive cosines. Source: Liu et
    al., Towards impartial multi-task learning, ICLR 2021 (section 3.1).

    ```python
    fit(surrogate, train, weighting=IMTLG(), optimiser=UnitLength(Adam(5e-3)))
    ```
    """

    name = "imtl-g"
    unit_free = True

    def parts(self, angles: Angles, losses: Float[Array, " K"]) -> Float[Array, " K"]:
        """C⁺1 such that Σ |w| = 1."""
        del losses
        return sharing(equal_angles(angles), angles)
