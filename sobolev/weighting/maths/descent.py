"""How the numbers of a scheme move beside the network: by an optimiser of their own."""

from functools import lru_cache

import equinox as eqx
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, PyTree

from sobolev.weighting.settings import positive, transformation


class Descent(eqx.Module):
    """x ← x − η T(slope), with `rate` η > 0 and an optax transformation T (default Adam).

    Raises `ConfigError`.
    """

    rate: Array
    transform: optax.GradientTransformation = eqx.field(static=True)

    def __init__(self, rate: float, optimiser: optax.GradientTransformation | None = None):
        self.rate = positive("the rate of the weights", rate)
        self.transform = transformation("the optimiser of the weights", optimiser, _adam())

    def init(self, x: Float[Array, " K"]) -> PyTree:
        """The state of T."""
        return self.transform.init(x)

    def moved(
        self, x: Float[Array, " K"], slope: Float[Array, " K"], state: PyTree
    ) -> tuple[Float[Array, " K"], PyTree]:
        """`(x after the step, next state of T)`."""
        step, state = self.transform.update(slope, state, x)
        return x - self.rate * jnp.asarray(step), state


@lru_cache(maxsize=1)
def _adam() -> optax.GradientTransformation:
    """One object for ever: compiled code is found again by its identity."""
    return optax.scale_by_adam()
