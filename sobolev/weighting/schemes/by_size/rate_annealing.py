"""Learning-rate annealing: each term's mean slope against the largest slope of one of them."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from sobolev._base.arguments import one_of
from sobolev.weighting.maths.ratios import ratios
from sobolev.weighting.scheme import Scheme, Statistics
from sobolev.weighting.settings import check_there, fraction, term_number

FIXED_POINTS = "ratio", "root"
NUMERATORS = "max", "mean"


class RateAnnealing(Scheme):
    """λ_k ← decay·λ_k + (1 − decay)·λ̂_k with λ̂_k = max|∇L_r| / mean|∇L_k|, and λ_r = 1.

    **Arguments:** `reference` the number r of the term that keeps weight 1 (default 0, a value);
    `decay` in [0, 1) (default 0.9); `fixed_point` "ratio" (default) or "root"; `numerator` "max"
    (default) or "mean", mean|∇L_r|, which is less noisy. With "ratio" λ_k tends to the ratio c of
    the unweighted slopes, as the paper writes it; with "root" the slopes are those of the weighted
    terms λ_k L_k, as in the code published with it, and λ_k tends to √c. Max and mean run over all
    parameters. λ starts at 1. Raises `ConfigError`.

    A mean below 1e-6 of the largest is floored there; a term without slope, and every term while
    the reference has none, keeps its weight. The ratio of a maximum to a mean is large (10 to
    1000), so the length of the step grows: see `UnitLength`. With a differential equation among the
    terms take that as the reference, as published: with a label as the reference the equation
    outweighs everything, and a trivial solution fulfils it. Source: Wang, Teng & Perdikaris,
    Understanding and mitigating gradient flow pathologies, arXiv 2001.04536, eq. 40 and its code.

    ```python
    fit(surrogate, train, weighting=Every(RateAnnealing(reference=0), 10))
    ```
    """

    name = "rate-annealing"
    needs = frozenset({"moments"})

    reference: int = eqx.field(static=True)
    decay: Array
    fixed_point: str = eqx.field(static=True)
    numerator: str = eqx.field(static=True)

    def __init__(
        self,
        reference: int = 0,
        decay: float = 0.9,
        fixed_point: str = "ratio",
        numerator: str = "max",
    ):
        self.reference, self.decay = term_number(reference), fraction("decay", decay)
        self.fixed_point = one_of("fixed_point", fixed_point, FIXED_POINTS)
        self.numerator = one_of("numerator", numerator, NUMERATORS)

    def init(self, energies: Float[Array, " K"]) -> Float[Array, " K"]:
        """λ = 1."""
        check_there(self.reference, len(energies))
        return jnp.ones_like(energies)

    def update(
        self, statistics: Statistics, state: Float[Array, " K"]
    ) -> tuple[Float[Array, " K"], Float[Array, " K"]]:
        """The averaged weights, this step's included."""
        assert statistics.moments is not None
        largest, mean, _ = statistics.moments
        top = (largest if self.numerator == "max" else mean)[self.reference]
        estimate = ratios(top, mean * state if self.fixed_point == "root" else mean, state)
        λ = self.decay * state + (1 - self.decay) * estimate
        λ = λ.at[self.reference].set(1.0)
        return λ, λ
