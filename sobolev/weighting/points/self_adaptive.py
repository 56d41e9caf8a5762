"""Self-adaptive weights: each point's weight ascends the loss."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from sobolev._base.arguments import one_of, real, shown
from sobolev._base.errors import ConfigError
from sobolev.weighting.points.point_rule import PointWeighting, is_real, put, taken
from sobolev.weighting.settings import fraction, positive

MASKS = {"square": jnp.square, "sigmoid": jax.nn.sigmoid}


class Ascent(NamedTuple):
    """Of each point: λ, Adam's two moments, and how often it was in a batch."""

    λ: Float[Array, " N"]
    mean: Float[Array, " N"]
    square: Float[Array, " N"]
    times: Int[Array, " N"]


class SelfAdaptive(PointWeighting):
    """w_n = m(λ_n), and λ ascends ½ mean_n m(λ_n) r_n² by Adam: stubborn points gain weight.

    **Arguments:** `rate` > 0 of the ascent (default 0.005); `mask` m "square", λ² (default), or
    "sigmoid", bounded by 1; `start` λ at the beginning (default 1); `b1`, `b2` in [0, 1) of Adam
    (defaults 0.99, 0.999), which has no ε here: its steps do not depend on the unit of r. A point
    that is not in the batch stays as it is. Raises `ConfigError`.

    λ only grows, and with it the weighted loss: watch the unweighted one. Adam makes the steps of
    all points about `rate`, so the start matters. Freeze the weights before L-BFGS. Source:
    McClenny & Braga-Neto, Self-adaptive physics-informed neural networks, arXiv 2009.04544, where λ
    starts at random.

    ```python
    weights, state = SelfAdaptive().update(residuals, index, state)
    ```
    """

    rate: Array
    start: Array
    b1: Array
    b2: Array
    mask: str = eqx.field(static=True)

    def __init__(
        self,
        rate: float = 5e-3,
        mask: str = "square",
        start: float = 1.0,
        b1: float = 0.99,
        b2: float = 0.999,
    ):
        if not np.isfinite(real(start)) or (mask == "square" and start <= 0):
            raise ConfigError(
                f"start must be finite, and positive for the square, flat at 0: got {shown(start)}."
            )
        self.rate = positive("the rate of the weights", rate)
        self.start, self.mask = jnp.asarray(float(start)), one_of("mask", mask, tuple(MASKS))
        self.b1, self.b2 = fraction("b1", b1), fraction("b2", b2)

    def init(self, n: int) -> Ascent:
        """λ at its start for all points."""
        zero = jnp.zeros(n)
        return Ascent(zero + self.start, zero, zero, jnp.zeros(n, int))

    def update(
        self, residuals: Float[Array, " n"], index: Int[Array, " n"], state: Ascent
    ) -> tuple[Float[Array, " n"], Ascent]:
        """The weights of this step, and λ of these points moved on."""
        r = jax.lax.stop_gradient(residuals)
        real = is_real(index, len(state.λ))
        here = jax.tree.map(lambda a: taken(a, index), state)
        weights, chain = jax.vjp(MASKS[self.mask], here.λ)
        (slope,) = chain(0.5 * r**2 / jnp.maximum(jnp.sum(real), 1))
        count = here.times + 1
        mean = self.b1 * here.mean + (1 - self.b1) * slope
        square = self.b2 * here.square + (1 - self.b2) * slope**2
        size = jnp.sqrt(square / (1 - self.b2**count))
        step = jnp.where(size > 0, mean / jnp.where(size > 0, size, 1.0), 0.0)
        λ = here.λ + self.rate * step / (1 - self.b1**count)
        moved = Ascent(λ, mean, square, count)
        state = jax.tree.map(lambda old, new: put(old, index, new), state, moved)
        return jnp.where(real, jnp.asarray(weights), 0.0), state
