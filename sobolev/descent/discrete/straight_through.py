"""The straight-through estimator."""

from dataclasses import dataclass
from typing import ClassVar

import jax
from jaxtyping import Array, Float

from sobolev.descent.discrete.gate import Draw, Gate, through_softmax


@dataclass(frozen=True)
class StraightThrough(Gate):
    """∂f/∂x_i p_ij (c_ij − Σ_k p_ik c_ik): the slope at the design drawn, as if that were the mean.

    Right where f is linear in each variable between its entries; otherwise biased, with a small
    variance. Source: Y. Bengio, N. Léonard, A. Courville, arXiv 1308.3432, section 5, here with the
    derivative of the probabilities.

    ```python
    choose(task, StraightThrough())
    ```
    """

    needs_derivatives: ClassVar[bool] = True

    def estimate(
        self,
        draw: Draw,
        logits: Float[Array, "n m"],
        values: Float[Array, "n m"],
        f: Float[Array, " k"],
        slopes: Float[Array, "k n"],
    ) -> Float[Array, "s n m"]:
        """Slopes at the samples through the softmax at the logits."""
        return through_softmax(jax.nn.softmax(logits)[None], values, slopes)
