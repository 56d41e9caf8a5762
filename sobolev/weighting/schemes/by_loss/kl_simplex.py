"""L_max that has a maximum inside: weights on the simplex, held back by a prior."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from sobolev._base.errors import ConfigError
from sobolev.weighting.maths.ratios import mean_one, tempered
from sobolev.weighting.scheme import Scheme, Statistics
from sobolev.weighting.settings import PerTerm, as_many, per_term, positive


class KLSimplex(Scheme):
    """w = K π, where π ∝ π₀ exp(L/τ) maximises Σ_k π_k L_k − τ KL(π ‖ π₀) over the simplex.

    L_max repaired. In a box (`LossMax` with `Clip` or `ErrorFunction`) the ascent on the weights
    saturates: ∂L/∂w_k = L_k ≥ 0, the only maximiser is every weight at its upper bound, which is
    the unweighted network. On a simplex alone the worst term takes everything; the divergence from
    a prior gives a maximum in between, in closed form, so nothing is trained.

    **Arguments:** `temperature` τ (1); `prior` π₀ > 0, one for each term, its sum does not matter
    (default uniform); `relative` (False) measures τ in mean losses Σ_j L_j/K, so that the weights
    do not become uniform as all losses fall. Raises `ConfigError`.

    Pitfalls: depends on the units of the terms, chain it behind `InverseEnergy`; without `relative`
    losses well below τ are not balanced, and with a uniform prior the weights are those of
    `SmoothTchebycheff(τ)`. Source: mirror ascent of this form is known as AdaBGDA;
    the closed form is that of Gibbs.

    ```python
    weighting = Chain(InverseEnergy(), KLSimplex(0.5, relative=True))
    fit(surrogate, train, weighting=weighting, optimiser=Adam(5e-3))
    ```
    """

    name = "kl-simplex"

    temperature: Array
    prior: Array
    relative: bool = eqx.field(static=True)

    def __init__(
        self,
        temperature: float = 1.0,
        prior: PerTerm = 1.0,
        relative: bool = False,
    ):
        self.temperature = positive("the temperature", temperature)
        self.prior = per_term("the prior", prior)
        if not jnp.all(self.prior > 0):
            raise ConfigError(f"the prior must be positive for every term: got {prior}.")
        self.relative = bool(relative)

    def init(self, energies: Float[Array, " K"]) -> tuple[()]:
        """Nothing to remember."""
        as_many("the prior", self.prior, energies)
        return ()

    def update(
        self, statistics: Statistics, state: tuple[()]
    ) -> tuple[Float[Array, " K"], tuple[()]]:
        """The maximiser, times K."""
        L = statistics.losses
        if self.relative:
            mean = jnp.mean(L)
            L = L / jnp.where(mean > 0, mean, 1.0)
        return mean_one(jnp.log(self.prior) + tempered(L, self.temperature)), state
