"""A smooth maximum of the losses instead of their sum."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from sobolev._base.errors import ConfigError
from sobolev.weighting.maths.ratios import mean_one, tempered
from sobolev.weighting.scheme import Scheme, Statistics
from sobolev.weighting.settings import PerTerm, as_many, per_term, positive


class SmoothTchebycheff(Scheme):
    """w = K λ ∘ softmax(λ ∘ (L − z)/μ): K times the gradient of μ log Σ_k exp(λ_k (L_k − z_k)/μ).

    **Arguments:** `smoothing` μ (1): towards 0 the largest λ_k (L_k − z_k) gets everything, for
    large μ the weights are λ; `preference` λ > 0 (1, or one for each term); `ideal` z, the loss
    that each term could have at best (0, or one for each term). Raises `ConfigError`.

    Pitfalls: μ has the unit of the loss. Once all losses are well below it nothing is balanced any
    more, and the largest unit wins before: chain it behind `InverseEnergy`. Source: Lin et al.,
    ICML 2024, arXiv 2402.19078.

    ```python
    weighting = Chain(InverseEnergy(), SmoothTchebycheff(0.01))
    fit(surrogate, train, weighting=weighting, optimiser=Adam(5e-3))
    ```
    """

    name = "tchebycheff"

    smoothing: Array
    preference: Array
    ideal: Array

    def __init__(
        self,
        smoothing: float = 1.0,
        preference: PerTerm = 1.0,
        ideal: PerTerm = 0.0,
    ):
        self.smoothing = positive("the smoothing", smoothing)
        self.preference = per_term("the preference", preference, 0.0)
        if not jnp.all(self.preference > 0):
            raise ConfigError(f"the preference must be positive for every term: got {preference}.")
        self.ideal = per_term("the ideal loss", ideal)

    def init(self, energies: Float[Array, " K"]) -> tuple[()]:
        """Nothing to remember."""
        as_many("the preference", self.preference, energies)
        as_many("the ideal loss", self.ideal, energies)
        return ()

    def update(
        self, statistics: Statistics, state: tuple[()]
    ) -> tuple[Float[Array, " K"], tuple[()]]:
        """The gradient of the smooth maximum by the losses, times K."""
        scores = self.preference * (statistics.losses - self.ideal)
        return self.preference * mean_one(tempered(scores, self.smoothing)), state
