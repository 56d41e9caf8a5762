"""The weights of another scheme between a floor and a ceiling."""

import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from sobolev._base.arguments import real, shown
from sobolev._base.errors import ConfigError
from sobolev.weighting.scheme import Scheme, Statistics
from sobolev.weighting.wrappers.wrapper import Wrapper


class Bounded(Wrapper):
    """w ← min(max(w, lower), upper): no term is forgotten, none takes over.

    Weights of the kind 1/‖g‖ or 1/L explode for a term whose gradient or loss vanishes; the inner
    scheme's own state is not touched. **Arguments:** 0 ≤ `lower` < `upper`, infinity allowed.
    Raises `ConfigError`.

    ```python
    Bounded(InverseNorm(), 1e-3, 1e3)
    ```
    """

    inner: Scheme
    lower: Array
    upper: Array

    def __init__(self, inner: Scheme, lower: float = 0.0, upper: float = float("inf")):
        if not 0 <= real(lower) < real(upper):
            raise ConfigError(
                f"bounds of weights need 0 ≤ lower < upper: got [{shown(lower)}, {shown(upper)}]."
            )
        self.inner = inner
        self.lower, self.upper = jnp.asarray(float(lower)), jnp.asarray(float(upper))

    @property
    def unit_free(self) -> bool:  # pyright: ignore
        """No: the bounds are those of the weights."""
        return False

    def update(self, statistics: Statistics, state: PyTree) -> tuple[Float[Array, " K"], PyTree]:
        """Inner weights, put between the bounds."""
        weights, state = self.inner.update(statistics, state)
        return jnp.clip(weights, self.lower, self.upper), state
