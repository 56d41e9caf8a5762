"""The weights of another scheme without their common growth."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from sobolev._base.arguments import one_of
from sobolev.weighting.scheme import Scheme, Statistics
from sobolev.weighting.wrappers.wrapper import Wrapper

TO = {
    "mean": lambda w: jnp.mean(jnp.abs(w)),
    "sum": lambda w: jnp.sum(jnp.abs(w)),
    "max": lambda w: jnp.max(jnp.abs(w)),
    "first": lambda w: jnp.abs(w[0]),
}


class Normalised(Wrapper):
    """The weights of another scheme, divided by their mean magnitude: balance without growth.

    w_k ← w_k / mean_j |w_j|, or with `to` "sum", "max" or "first" instead of "mean": what is 1
    afterwards. The inner scheme's own state is not touched. Raises `ConfigError`.

    ```python
    Normalised(CosineDistance("own"))
    ```
    """

    inner: Scheme
    to: str = eqx.field(default="mean", static=True)

    def __post_init__(self):
        one_of("size", self.to, tuple(TO))

    def update(self, statistics: Statistics, state: PyTree) -> tuple[Float[Array, " K"], PyTree]:
        """Inner weights over their size."""
        weights, state = self.inner.update(statistics, state)
        size = TO[self.to](weights)
        return weights / jnp.where(size > 0, size, 1.0), state
