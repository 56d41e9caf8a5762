"""Relative loss balancing with random look-back."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from sobolev.weighting.maths.ratios import mean_one, ratio, tempered
from sobolev.weighting.scheme import Scheme, Statistics
from sobolev.weighting.settings import positive, whole, within


class LookBack(NamedTuple):
    """The last weights λ(t − 1), the last and the first losses, and steps done."""

    weights: Float[Array, " K"]
    previous: Float[Array, " K"]
    first: Float[Array, " K"]
    step: Int[Array, ""]


class ReLoBRaLo(Scheme):
    """Weights that rise where a loss has fallen little, since the last step and since the first.

    λ̂(t; t′) = K softmax(L(t)/(τ L(t′))),
    λ(t) = α (ρ λ(t − 1) + (1 − ρ) λ̂(t; 0)) + (1 − α) λ̂(t; t − 1),   λ(0) = 1,

    with ρ ∈ {0, 1} drawn anew in each step, P(ρ = 1) = `look_back`; Σ_k λ_k = K.

    **Arguments:** `memory` α (0.999), `temperature` τ (0.1), `look_back` E[ρ] (0.999), those tuned
    in the paper; `seed` of the draws (0). Raises `ConfigError`.

    Pitfalls: as Σ λ = K, it cannot bridge decades between terms: chain it behind `InverseEnergy`.
    A term with L(0) = 0 that rises takes all the weight. The authors' code begins with α = 1, then
    0; this is the recursion as it is printed. Source: Bischof & Kraus, arXiv 2110.09813.

    ```python
    weighting = Chain(InverseEnergy(), ReLoBRaLo(seed=1))
    fit(surrogate, train, weighting=weighting, optimiser=Adam(5e-3))
    ```
    """

    name = "relobralo"

    memory: Array
    temperature: Array
    look_back: Array
    seed: Array

    def __init__(
        self,
        memory: float = 0.999,
        temperature: float = 0.1,
        look_back: float = 0.999,
        seed: int = 0,
    ):
        self.memory = within("the memory", memory)
        self.temperature = positive("the temperature", temperature)
        self.look_back = within("the share of looking back", look_back)
        self.seed = whole("the seed", seed)

    def init(self, energies: Float[Array, " K"]) -> LookBack:
        """λ(0) = 1; no loss seen yet."""
        ones = jnp.ones_like(energies)
        return LookBack(ones, ones, ones, jnp.zeros((), int))

    def update(
        self, statistics: Statistics, state: LookBack
    ) -> tuple[Float[Array, " K"], LookBack]:
        """The recursion, with this step's losses."""
        L, α = statistics.losses, self.memory
        start = state.step == 0
        first = jnp.where(start, L, state.first)
        key = jax.random.fold_in(jax.random.key(self.seed), state.step)
        keep = jax.random.bernoulli(key, self.look_back)
        past = jnp.where(keep, state.weights, self._balanced(L, first))
        weights = α * past + (1 - α) * self._balanced(L, state.previous)
        weights = jnp.where(start, state.weights, weights)
        return weights, LookBack(weights, L, first, state.step + 1)

    def _balanced(self, now: Float[Array, " K"], then: Float[Array, " K"]) -> Float[Array, " K"]:
        return mean_one(tempered(ratio(now, then), self.temperature))
