"""Inverse Dirichlet: equal standard deviations of the entries of the weighted gradients."""

from collections.abc import Sequence

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from sobolev.weighting.maths.ratios import ratios
from sobolev.weighting.scheme import Scheme, Statistics
from sobolev.weighting.settings import fraction, number_of, numbered, term


class InverseDirichlet(Scheme):
    """w_k ← decay·w_k + (1 − decay)·ŵ_k with ŵ_k = max_j std(∇L_j) / std(∇L_k).

    **Arguments:** `decay` in [0, 1) (default 0.5); `reference` the name or the number of a term
    whose deviation stands in the numerator instead of the largest one (default None: the largest,
    all weights ≥ 1 in the long run). The deviation is that of the entries of ∇_θ L_k over all
    parameters. w starts at 1. Raises `ConfigError`.

    A deviation below 1e-6 of the largest is floored there; a term without slope keeps its weight.
    Weights that go with 1/‖∇L_k‖ lead residuals that have a trivial solution into it: see
    `Every`. Source: Maddu et al., Inverse Dirichlet weighting enables reliable training of physics
    informed neural networks, arXiv 2107.00940; decay 0.5 in every fifth epoch as in its code.

    ```python
    fit(surrogate, train, weighting=Every(InverseDirichlet(), 5))
    ```
    """

    name = "inverse-dirichlet"
    needs = frozenset({"moments"})

    decay: Array
    reference: int | str | None = eqx.field(static=True)

    def __init__(self, decay: float = 0.5, reference: int | str | None = None):
        self.decay = fraction("decay", decay)
        self.reference = None if reference is None else term(reference)

    def told(self, names: Sequence[str]) -> Scheme:
        """With the number of the reference in place of its name."""
        if self.reference is None:
            return self
        return self.changed(reference=numbered(self.reference, names))

    def init(self, energies: Float[Array, " K"]) -> Float[Array, " K"]:
        """w = 1."""
        if self.reference is not None:
            number_of(self.reference, len(energies))
        return jnp.ones_like(energies)

    def update(
        self, statistics: Statistics, state: Float[Array, " K"]
    ) -> tuple[Float[Array, " K"], Float[Array, " K"]]:
        """The averaged weights, this step's included."""
        assert statistics.moments is not None
        deviation = statistics.moments.deviation
        r = None if self.reference is None else number_of(self.reference, len(deviation))
        top = jnp.max(deviation) if r is None else deviation[r]
        estimate = ratios(top, deviation, state)
        w = self.decay * state + (1 - self.decay) * estimate
        return w, w
