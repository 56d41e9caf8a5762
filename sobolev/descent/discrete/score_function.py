"""The score-function estimator, REINFORCE."""

from dataclasses import dataclass
from typing import ClassVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from sobolev._base.arguments import one_of
from sobolev._base.errors import ConfigError
from sobolev.descent.discrete.gate import Draw, Gate, chosen

BASELINES = ("leave-one-out", "none")


@dataclass(frozen=True)
class ScoreFunction(Gate):
    """(f − b) ∂log p/∂l = (f − b)(z_ij − p_ij), z the choice: unbiased, from values of f alone.

    **Arguments:** `baseline` b: "leave-one-out", the mean of f over the other samples, which is
    independent of the sample and so leaves the mean as it is, or "none"; `antithetic`, samples in
    pairs with noises U and 1 − U, of which a baseline leaves out both. Raises `ConfigError`.
    Source: R. J. Williams, Mach. Learn. 8 (1992) 229, 10.1007/BF00992696; the baseline: W. Kool,
    H. van Hoof, M. Welling, Buy 4 REINFORCE samples, get a baseline for free!, ICLR workshop 2019.

    ```python
    choose(task, ScoreFunction(antithetic=True), samples=16)
    ```
    """

    baseline: str = "leave-one-out"
    antithetic: bool = False

    needs_derivatives: ClassVar[bool] = False
    unbiased: ClassVar[bool] = True

    def __post_init__(self):
        one_of("baseline", self.baseline, BASELINES)

    @property
    def least(self) -> int:
        """One, or two that are independent."""
        return (2 if self.antithetic else 1) * (2 if self.baseline == "leave-one-out" else 1)

    def draw(
        self,
        key: PRNGKeyArray,
        logits: Float[Array, "n m"],
        values: Float[Array, "n m"],
        count: int,
        progress: float | Float[Array, ""] = 1.0,
    ) -> Draw:
        """Independent choices, or pairs of opposite ones."""
        if not self.antithetic:
            return super().draw(key, logits, values, count, progress)
        if count % 2:
            raise ConfigError(f"antithetic samples come in pairs: {count} is no even number.")
        tiny = jnp.finfo(logits.dtype).tiny
        U = jax.random.uniform(key, (count // 2, *logits.shape), logits.dtype, minval=tiny)
        both = jnp.concatenate([-jnp.log(U), -jnp.log1p(-U)])
        return chosen(logits[None] - jnp.log(both), values)

    def estimate(
        self,
        draw: Draw,
        logits: Float[Array, "n m"],
        values: Float[Array, "n m"],
        f: Float[Array, " k"],
        slopes: Float[Array, "k n"],
    ) -> Float[Array, "s n m"]:
        """How much better than the others, times the score."""
        if self.baseline == "leave-one-out":
            f = f - others(f, 2 if self.antithetic else 1)
        return f[:, None, None] * (draw.weights - jax.nn.softmax(logits)[None])


def others(f: Float[Array, " s"], together: int = 1) -> Float[Array, " s"]:
    """The mean over the samples that are independent of each: all but itself, or but its pair."""
    groups = f.reshape(together, -1)
    count = groups.shape[1]
    left = (groups.sum() - groups.sum(axis=0)) / (together * (count - 1))
    return jnp.tile(left, together)
