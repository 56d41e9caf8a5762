"""The Gumbel-softmax, or concrete, relaxation."""

from dataclasses import dataclass
from typing import ClassVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from sobolev._base.arguments import positive
from sobolev.descent.discrete.gate import Draw, Gate, chosen, through_softmax


@dataclass(frozen=True)
class GumbelSoftmax(Gate):
    """y = softmax((l + G)/τ), G of Gumbel's distribution: a choice that is softened by τ.

    The function is asked at x_i = Σ_j y_ij c_ij, between the entries, and with `hard` at the entry
    of the largest y_ij, which is drawn with probability p_ij; its slopes go through y. The gradient
    is that of the mean over softened choices, whose bias goes to 0 with τ while the variance grows
    as 1/τ. **Arguments:** `temperature` τ at the start and at the `end` of a search, in
    between geometric; `hard`. Source: E. Jang, S. Gu, B. Poole, arXiv 1611.01144; C. J. Maddison,
    A. Mnih, Y. W. Teh, arXiv 1611.00712.

    ```python
    choose(task, GumbelSoftmax(1.0, end=0.1))
    ```
    """

    temperature: float = 1.0
    hard: bool = False
    end: float | None = None

    needs_derivatives: ClassVar[bool] = True

    def __post_init__(self):
        positive("the temperature", self.temperature)
        if self.end is not None:
            positive("the temperature at the end", self.end)

    @property
    def among_designs(self) -> bool:
        """Only hard choices."""
        return self.hard

    def draw(
        self,
        key: PRNGKeyArray,
        logits: Float[Array, "n m"],
        values: Float[Array, "n m"],
        count: int,
        progress: float | Float[Array, ""] = 1.0,
    ) -> Draw:
        """Softened choices, or those that they are nearest to."""
        start, end = self.temperature, self.end or self.temperature
        τ = jnp.asarray(start * (end / start) ** progress)
        scores = logits[None] + jax.random.gumbel(key, (count, *logits.shape), logits.dtype)
        share = jax.nn.softmax(scores / τ)
        soft = jnp.sum(share * values[None], axis=-1)
        return Draw(chosen(scores, values).points if self.hard else soft, share, τ)

    def estimate(
        self,
        draw: Draw,
        logits: Float[Array, "n m"],
        values: Float[Array, "n m"],
        f: Float[Array, " k"],
        slopes: Float[Array, "k n"],
    ) -> Float[Array, "s n m"]:
        """Slopes through the softmax of each sample."""
        return through_softmax(draw.weights, values, slopes) / draw.temperature
