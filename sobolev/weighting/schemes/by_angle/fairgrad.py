"""FairGrad: between the sum of the terms and the worst of them, by one number."""

from jaxtyping import Array, Float

from sobolev.weighting.maths.angles import Angles
from sobolev.weighting.maths.power_balance import power_balance
from sobolev.weighting.schemes.by_angle.gram_scheme import GramScheme
from sobolev.weighting.settings import positive


class FairGrad(GramScheme):
    """The positive solution of G w = w^(−1/α): max_d Σ_k (g_k·d)^(1−α)/(1−α), ‖d‖ given.

    **Arguments:** `α` > 0: 1 (default) is `NashMTL`; smaller ones favour the sum of the descents,
    larger ones the smallest descent. All g_k·d are positive. Unless α = 1 the units of the terms
    matter. Source: Ban & Ji, arXiv 2402.15638 (eq. 8). Raises `ConfigError`.

    ```python
    fit(surrogate, train, weighting=FairGrad(2.0), optimiser=UnitLength(Adam(5e-3)))
    ```
    """

    name = "fairgrad"

    α: Array

    def __init__(self, α: float = 1.0):
        self.α = positive("the fairness α", α)

    def parts(self, angles: Angles, losses: Float[Array, " K"]) -> Float[Array, " K"]:
        """The balance of descent and weight to the power −1/α."""
        del losses
        return power_balance(angles, 1 / self.α)
