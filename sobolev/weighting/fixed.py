"""Weights that do not change during training: the baselines."""

from collections.abc import Callable

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from sobolev.weighting.cosine import inverse_with_floor
from sobolev.weighting.protocol import Statistics


class Fixed(eqx.Module):
    """The weights that `rule` makes of the terms' energies, from the first step to the last."""

    rule: Callable[[Float[Array, " K"]], Float[Array, " K"]] = eqx.field(static=True)
    needs: frozenset[str] = eqx.field(default=frozenset(), static=True)
    unit_free: bool = eqx.field(default=False, static=True)

    def init(self, energies: Float[Array, " K"]) -> Float[Array, " K"]:
        """The weights themselves."""
        return self.rule(energies)

    def update(self, statistics: Statistics, state: Array) -> tuple[Array, Array]:
        """The same weights for ever."""
        del statistics
        return state, state


def Unweighted() -> Fixed:
    """w_k = 1: the plain Sobolev network (SNN).

    ```python
    fit(surrogate, train, weighting=Unweighted())
    ```
    """
    return Fixed(jnp.ones_like)


def InverseEnergy() -> Fixed:
    """w_k ∝ 1/E_k with E_k = ½ mean (label of term k)², mean weight 1: every term counts alike.

    The static baseline that an adaptive scheme has to beat; it costs one pass over the data. A term
    whose labels are all but zero is floored at 1e-6 of the largest energy. Source: Huge & Savine,
    Differential machine learning, arXiv 2005.02347 (λ_j = 1/rms ∂y/∂x_j).
    """
    return Fixed(inverse_with_floor, unit_free=True)
