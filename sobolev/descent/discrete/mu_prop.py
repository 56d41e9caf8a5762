"""The score function with a baseline that is linear in the design: MuProp."""

from dataclasses import dataclass
from typing import ClassVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from sobolev.descent.discrete.gate import Draw, Gate, through_softmax
from sobolev.descent.discrete.score_function import others


@dataclass(frozen=True)
class MuProp(Gate):
    """(f − h − b)(z_ij − p_ij) + ∂h/∂l with h = f(x̄) + f′(x̄)·(x − x̄), x̄_i = Σ_j p_ij c_ij.

    Derivatives at the mean design take out what is linear in f, whose gradient is known: unbiased
    like `ScoreFunction`, and the less noisy the more linear f is. x̄ lies between the entries; b is
    the mean of f − h over the other samples. Source: S. Gu, S. Levine, I. Sutskever, A. Mnih, ICLR
    2016, arXiv 1511.05176.

    ```python
    choose(task, MuProp())
    ```
    """

    needs_derivatives: ClassVar[bool] = True
    unbiased: ClassVar[bool] = True

    @property
    def least(self) -> int:
        """Two, which are compared."""
        return 2

    def draw(
        self,
        key: PRNGKeyArray,
        logits: Float[Array, "n m"],
        values: Float[Array, "n m"],
        count: int,
        progress: float | Float[Array, ""] = 1.0,
    ) -> Draw:
        """Designs, and the mean one behind them."""
        draw = super().draw(key, logits, values, count, progress)
        mean = jnp.sum(jax.nn.softmax(logits) * values, axis=-1)
        return draw._replace(points=jnp.concatenate([draw.points, mean[None]]))

    def estimate(
        self,
        draw: Draw,
        logits: Float[Array, "n m"],
        values: Float[Array, "n m"],
        f: Float[Array, " k"],
        slopes: Float[Array, "k n"],
    ) -> Float[Array, "s n m"]:
        """What is not linear by the score, what is through the probabilities."""
        p = jax.nn.softmax(logits)[None]
        left = f[:-1] - f[-1] - (draw.points[:-1] - draw.points[-1:]) @ slopes[-1]
        left = left - others(left)
        return left[:, None, None] * (draw.weights - p) + through_softmax(p, values, slopes[-1:])
