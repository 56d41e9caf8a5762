"""Weightings made from weightings: the controls that tell balance from step length."""

from typing import NamedTuple

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from sobolev.weighting.protocol import Statistics, Weighting


class Normalised(eqx.Module):
    """The weights of another scheme, divided by their mean magnitude: balance without growth.

    w_k ← w_k / mean_j |w_j|; the inner scheme's own state is not touched.

    ```python
    Normalised(CosineDistance("own"))
    ```
    """

    inner: Weighting

    @property
    def needs_gram(self) -> bool:
        """As the inner scheme."""
        return self.inner.needs_gram

    def init(self, energies: Float[Array, " K"]) -> PyTree:
        """As the inner scheme."""
        return self.inner.init(energies)

    def update(self, statistics: Statistics, state: PyTree) -> tuple[Float[Array, " K"], PyTree]:
        """Inner weights over their mean magnitude."""
        weights, state = self.inner.update(statistics, state)
        return weights / jnp.mean(jnp.abs(weights)), state


class ReplayState(NamedTuple):
    """Steps done so far, and a vector of ones as long as there are terms."""

    step: Float[Array, ""]
    ones: Float[Array, " K"]


class Replay(eqx.Module):
    """One scalar schedule for all weights, w_k(t) = s(t): growth without balance.

    **Arguments:** `steps [T]` (increasing) and `values [T]`: s is linear in between. Feed it the
    recorded mean weight of a scheme to see what its common growth alone does.
    """

    steps: Float[Array, " T"]
    values: Float[Array, " T"]
    needs_gram: bool = eqx.field(default=False, static=True)

    def init(self, energies: Float[Array, " K"]) -> ReplayState:
        """Step 0."""
        return ReplayState(jnp.zeros((), energies.dtype), jnp.ones_like(energies))

    def update(
        self, statistics: Statistics, state: ReplayState
    ) -> tuple[Float[Array, " K"], ReplayState]:
        """s(t) for every term."""
        del statistics
        value = jnp.interp(state.step, self.steps, self.values)
        return value * state.ones, ReplayState(state.step + 1, state.ones)
