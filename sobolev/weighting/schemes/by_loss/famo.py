"""Fast adaptive multitask optimisation: balance by what the last step has really gained."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, PyTree

from sobolev.weighting.maths.descent import Descent
from sobolev.weighting.maths.ratios import mean_one
from sobolev.weighting.scheme import Scheme, Statistics
from sobolev.weighting.settings import PerTerm, as_many, not_negative, per_term

FLOOR = 1e-8  # of L − b, as share of the largest loss


class FAMOState(NamedTuple):
    """The trained ξ and the state of their optimiser; log(L − b) before the step and its floor."""

    ξ: Float[Array, " K"]
    optimiser: PyTree
    before: Float[Array, " K"]
    least: Float[Array, ""]


class FAMO(Scheme):
    """w_k = K c z_k/(L_k − b_k), z = softmax(ξ), c = 1/Σ_j z_j/(L_j − b_j): equal relative gains.

    After the step the losses are taken again, on the same batch, and with δ_k = log(L_k − b_k)
    before minus after, ξ ← ξ − η T(∂(z·δ)/∂ξ + γ ξ): a term that has gained more than the
    others loses weight. Without the trained part it is `LogSum` with mean 1.

    **Arguments:** `rate` η (0.025) and `optimiser` T, an optax transformation without learning rate
    (default `optax.scale_by_adam()`); `decay` γ (1e-3) draws ξ back to equal weights; `ideal` b, a
    lower bound of each loss (0, or one for each term). L − b is floored at 1e-8 of the largest
    loss. Raises `ConfigError`.

    Pitfalls: costs one more forward pass, about a third of a step; first-order optimisers only,
    others take no step after which the losses of a batch could be taken; with mini-batches δ is of
    the batch. In a chain it comes first. Times K of the published weights.
    Source: Liu, Feng, Stone & Liu, NeurIPS 2023, arXiv 2306.03792, algorithm 1.

    ```python
    weighting = FAMO()
    fit(surrogate, train, weighting=weighting, optimiser=Adam(5e-3))
    ```
    """

    name = "famo"

    descent: Descent
    decay: Array
    ideal: Array

    def __init__(
        self,
        rate: float = 0.025,
        decay: float = 1e-3,
        ideal: PerTerm = 0.0,
        optimiser: optax.GradientTransformation | None = None,
    ):
        self.descent = Descent(rate, optimiser)
        self.decay = not_negative("the decay", decay)
        self.ideal = per_term("the lower bound", ideal)

    @property
    def unit_free(self) -> bool:  # pyright: ignore  # a setting decides
        """Where the lower bounds are 0: others have the unit of their terms."""
        return not jnp.any(self.ideal)

    def init(self, energies: Float[Array, " K"]) -> FAMOState:
        """ξ = 0."""
        as_many("the lower bound", self.ideal, energies)
        ξ = jnp.zeros_like(energies)
        least = jnp.asarray(jnp.finfo(ξ.dtype).tiny, ξ.dtype)
        return FAMOState(ξ, self.descent.init(ξ), jnp.zeros_like(ξ), least)

    def update(
        self, statistics: Statistics, state: FAMOState
    ) -> tuple[Float[Array, " K"], FAMOState]:
        """c z/(L − b), which is a softmax of ξ − log(L − b)."""
        L = statistics.losses
        least = jnp.maximum(FLOOR * jnp.max(L), jnp.finfo(L.dtype).tiny)
        before = self._distance(L, least)
        return mean_one(state.ξ - before), state._replace(before=before, least=least)

    def after(self, losses: Float[Array, " K"], state: FAMOState) -> FAMOState:
        """ξ moved on by the gains of the step."""
        δ = state.before - self._distance(losses, state.least)
        z = jax.nn.softmax(state.ξ)
        slope = z * (δ - z @ δ) + self.decay * state.ξ
        ξ, optimiser = self.descent.moved(state.ξ, slope, state.optimiser)
        return state._replace(ξ=ξ, optimiser=optimiser)

    def _distance(self, losses: Float[Array, " K"], least: Array) -> Float[Array, " K"]:
        return jnp.log(jnp.maximum(losses - self.ideal, least))
