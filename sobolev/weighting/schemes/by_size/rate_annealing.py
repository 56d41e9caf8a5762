"""Learning-rate annealing: each term's mean slope against the largest slope of one of them."""

from collections.abc import Sequence

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from sobolev._base.arguments import one_of
from sobolev.weighting.maths.ratios import ratios
from sobolev.weighting.scheme import Scheme, Statistics
from sobolev.weighting.settings import fraction, number_of, numbered, term

FIXED_POINTS = "root", "ratio"
NUMERATORS = "max", "mean"


class RateAnnealing(Scheme):
    """λ_k ← decay·λ_k + (1 − decay)·λ̂_k with λ̂_k = max|∇L_r| / mean|∇L_k|, and λ_r = 1.

    **Arguments:** `reference` the name of the term r that keeps weight 1, or its number (default 0,
    a value); `decay` in [0, 1) (default 0.9); `fixed_point` "root" (default) or "ratio";
    `numerator` "max" (default) or "mean", mean|∇L_r|, which is less noisy. With "root" the slopes
    of the other terms are those of the weighted terms λ_k L_k, as in the code published with the
    paper, and λ_k tends to √c, c the ratio of the unweighted slopes; with "ratio" it tends to c, as
    the paper writes it. Max and mean run over all parameters. λ starts at 1. Raises `ConfigError`.

    "ratio" runs away: a term that is fulfilled better has a smaller slope and gets a larger weight
    yet, up to 1e7 on Klein–Gordon's equation, where the equation is then not solved at all. It was
    the default in version 0.1. The published figures are those of "root".

    A mean below 1e-6 of the largest is floored there; a term without slope, and every term while
    the reference has none, keeps its weight. The ratio of a maximum to a mean is large (10 to
    1000), so the length of the step grows: see `UnitLength`. With a differential equation among the
    terms take that as the reference, as published: with a label as the reference the equation
    outweighs everything, and a trivial solution fulfils it. Source: Wang, Teng & Perdikaris,
    Understanding and mitigating gradient flow pathologies, arXiv 2001.04536, eq. 40 and its code.

    ```python
    fit(surrogate, [train, equation], weighting=Every(RateAnnealing("equation"), 10))
    ```
    """

    name = "rate-annealing"
    needs = frozenset({"moments"})

    reference: int | str = eqx.field(static=True)
    decay: Array
    fixed_point: str = eqx.field(static=True)
    numerator: str = eqx.field(static=True)

    def __init__(
        self,
        reference: int | str = 0,
        decay: float = 0.9,
        fixed_point: str = "root",
        numerator: str = "max",
    ):
        self.reference, self.decay = term(reference), fraction("decay", decay)
        self.fixed_point = one_of("fixed_point", fixed_point, FIXED_POINTS)
        self.numerator = one_of("numerator", numerator, NUMERATORS)

    def told(self, names: Sequence[str]) -> Scheme:
        """With the number of the reference in place of its name."""
        return self.changed(reference=numbered(self.reference, names))

    def init(self, energies: Float[Array, " K"]) -> Float[Array, " K"]:
        """λ = 1."""
        number_of(self.reference, len(energies))
        return jnp.ones_like(energies)

    def update(
        self, statistics: Statistics, state: Float[Array, " K"]
    ) -> tuple[Float[Array, " K"], Float[Array, " K"]]:
        """The averaged weights, this step's included."""
        assert statistics.moments is not None
        largest, mean, _ = statistics.moments
        r = number_of(self.reference, len(mean))
        top = (largest if self.numerator == "max" else mean)[r]
        estimate = ratios(top, mean * state if self.fixed_point == "root" else mean, state)
        λ = self.decay * state + (1 - self.decay) * estimate
        λ = λ.at[r].set(1.0)
        return λ, λ
