"""Random weights: what an adaptive scheme has to beat."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from sobolev._base.arguments import one_of
from sobolev.weighting.maths.ratios import mean_one
from sobolev.weighting.scheme import Scheme, Statistics
from sobolev.weighting.settings import whole

DISTRIBUTIONS = "normal", "dirichlet"


class RandomWeights(Scheme):
    """w = K softmax(ξ) with ξ ~ N(0, I), or w/K ~ Dirichlet(1), drawn anew in each step.

    **Arguments:** `distribution` "normal" (default, as published) or "dirichlet" (uniform on the
    simplex); `seed` (0). The expectation is 1 for every term. Raises `ConfigError`.

    Pitfalls: noise in the gradient, so a constant learning rate ends further from the minimum; a
    line search sees another loss each time the weights are asked. Times K of the published weights.
    Source: Lin, Ye, Zhang & Tsang, TMLR 2022, arXiv 2111.10603.

    ```python
    weighting = Chain(InverseEnergy(), RandomWeights(seed=1))
    fit(surrogate, train, weighting=weighting, optimiser=Adam(5e-3))
    ```
    """

    name = "random"

    seed: Array
    distribution: str = eqx.field(static=True)

    def __init__(self, distribution: str = "normal", seed: int = 0):
        self.distribution = one_of("distribution", distribution, DISTRIBUTIONS)
        self.seed = whole("the seed", seed)

    def init(self, energies: Float[Array, " K"]) -> Int[Array, ""]:
        """Steps done."""
        del energies
        return jnp.zeros((), int)

    def update(
        self, statistics: Statistics, state: Int[Array, ""]
    ) -> tuple[Float[Array, " K"], Int[Array, ""]]:
        """This step's draw."""
        L = statistics.losses
        key = jax.random.fold_in(jax.random.key(self.seed), state)
        if self.distribution == "normal":
            scores = jax.random.normal(key, L.shape, L.dtype)
        else:  # independent exponentials over their sum
            scores = jnp.log(jax.random.exponential(key, L.shape, L.dtype))
        return mean_one(scores), state + 1
