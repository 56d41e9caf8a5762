"""One schedule for all weights: the control that tells growth from balance."""

from collections.abc import Sequence
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from sobolev._base.arguments import array_of
from sobolev._base.errors import ConfigError
from sobolev.weighting.scheme import Scheme, Statistics


class ReplayState(NamedTuple):
    """Steps done so far, and a vector of ones as long as there are terms."""

    step: Float[Array, ""]
    ones: Float[Array, " K"]


class Replay(Scheme):
    """One scalar schedule for all weights, w_k(t) = s(t): growth without balance.

    **Arguments:** `steps [T]` (increasing) and `values [T]`: s is linear in between and constant
    beyond. Feed it the recorded mean weight of a scheme to see what its common growth alone does.
    Raises `ConfigError`.
    """

    name = "replay"
    told_about_terms = True

    steps: Float[Array, " T"]
    values: Float[Array, " T"]

    def __init__(self, steps: Sequence[float] | Array, values: Sequence[float] | Array):
        t, s = array_of(steps), array_of(values)
        if t.ndim != 1 or t.shape != s.shape or t.size == 0:
            raise ConfigError(
                f"Replay needs as many values as steps, one or more: {s.shape} and {t.shape}."
            )
        if not (np.all(np.diff(t) > 0) and np.isfinite(t).all() and np.isfinite(s).all()):
            raise ConfigError("Replay needs finite numbers, and steps that increase.")
        self.steps, self.values = jnp.asarray(t), jnp.asarray(s)

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
