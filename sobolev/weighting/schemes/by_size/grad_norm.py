"""GradNorm: the gradients of all terms get sizes that follow how fast each term falls."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Int, PyTree

from sobolev.weighting.maths.cosine import term_norms
from sobolev.weighting.maths.descent import Descent
from sobolev.weighting.scheme import Scheme, Statistics
from sobolev.weighting.settings import not_negative

LARGEST_RATE = 1e100  # of a loss over its first value; beyond it the ratio itself overflows


class GradNormState(NamedTuple):
    """The logarithms s of the weights, the first losses, steps done, and the optimiser's state."""

    s: Float[Array, " K"]
    first: Float[Array, " K"]
    step: Int[Array, ""]
    optimiser: PyTree


class GradNorm(Scheme):
    """One step a time on Σ_k |w_k‖∇L_k‖ − Ḡ r_k^α|, with Σ_k w_k = K.

    Ḡ = mean_j w_j‖∇L_j‖ and r_k = (L_k/L_k(0)) / mean_j (L_j/L_j(0)) are held while w steps; the
    sum is divided by Ḡ, so that it has no unit. w = K·softmax(s) keeps the weights positive.

    **Arguments:** `alpha` α ≥ 0 (default 1.5): how strongly a term that falls slowly is favoured, 0
    gives all terms gradients of one size; `rate` > 0 of the steps on s (default 0.025); `optimiser`
    an optax transformation without learning rate (default `optax.scale_by_adam()`). Raises
    `ConfigError`.

    The norms are those over all shared parameters, not over one layer that somebody has to choose.
    L_k(0) is the loss of the first step and stays for ever: with small batches it is noise. The
    slope is a sign, so the weights end in a zigzag about as large as `rate`. Source: Chen et al.,
    GradNorm, ICML 2018 (arXiv 1711.02257), eq. 2 and algorithm 1; the softmax is ours.

    ```python
    fit(surrogate, train, weighting=Chain(InverseEnergy(), GradNorm(alpha=1.0)))
    ```
    """

    name = "grad-norm"
    needs = frozenset({"gram"})

    alpha: Array
    descent: Descent

    def __init__(
        self,
        alpha: float = 1.5,
        rate: float = 0.025,
        optimiser: optax.GradientTransformation | None = None,
    ):
        self.alpha = not_negative("alpha", alpha)
        self.descent = Descent(rate, optimiser)

    def init(self, energies: Float[Array, " K"]) -> GradNormState:
        """Weights 1; the first losses are not known yet."""
        zero = jnp.zeros_like(energies)
        return GradNormState(zero, zero, jnp.zeros((), int), self.descent.init(zero))

    def update(
        self, statistics: Statistics, state: GradNormState
    ) -> tuple[Float[Array, " K"], GradNormState]:
        """The weights of this step, and s moved on."""
        assert statistics.gram is not None
        losses, norms = statistics.losses, term_norms(statistics.gram)
        first = jnp.where(state.step == 0, losses, state.first)
        weights, chain = jax.vjp(_weights, state.s)
        sizes = weights * norms
        mean = jnp.mean(sizes)
        aim = mean * inverse_training_rates(losses, first) ** self.alpha
        slope = jnp.sign(sizes - aim) * norms / jnp.where(mean > 0, mean, 1.0)
        s, optimiser = self.descent.moved(state.s, chain(slope)[0], state.optimiser)
        return weights, GradNormState(s, first, state.step + 1, optimiser)


def inverse_training_rates(
    losses: Float[Array, " K"], first: Float[Array, " K"]
) -> Float[Array, " K"]:
    """r_k, with mean 1; L_k/L_k(0) counts as 1 for a loss that was 0, and r as 1 when all are 0."""
    ratio = jnp.where(first > 0, losses / jnp.where(first > 0, first, 1.0), 1.0)
    ratio = jnp.minimum(ratio, LARGEST_RATE)
    mean = jnp.mean(ratio)
    return jnp.where(mean > 0, ratio / jnp.where(mean > 0, mean, 1.0), 1.0)


def _weights(s: Float[Array, " K"]) -> Float[Array, " K"]:
    return len(s) * jax.nn.softmax(s)
