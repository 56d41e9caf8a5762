"""Points on the way from one sample to another: where a critic has to tell them apart."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PRNGKeyArray

from sobolev._base.arguments import any_array, whole
from sobolev._base.errors import DataError
from sobolev.losses.batch import At
from sobolev.losses.equations.points import Points, Size


class BetweenSamples(Points):
    """`count` points η a + (1 − η) b with rows a, b of two samples, all drawn at random, 0 ≤ η ≤ 1.

    They are drawn anew after `every` steps of training.

    **Arguments:** `first [n, d]`, `second [m, d]` in physical units; `count`; `every` (default 1).
    Raises `ConfigError`, `DataError`. Source: Gulrajani et al., arXiv 1704.00028, section 4.

    ```python
    GradientPenalty("slope", BetweenSamples(real, fake, 256))
    ```
    """

    first: Float[Array, "n d"]
    second: Float[Array, "m d"]

    def __init__(
        self,
        first: Float[np.ndarray, "n d"],
        second: Float[np.ndarray, "m d"],
        count: int,
        every: int = 1,
    ):
        a, b = any_array(first), any_array(second)
        numbers = a.dtype.kind in "fiu" and b.dtype.kind in "fiu" and a.size and b.size
        if not numbers or a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1]:
            raise DataError(
                "points between samples need two arrays of numbers [n, d] and [m, d]: got shapes "
                f"{a.shape} and {b.shape}."
            )
        if not (np.isfinite(a).all() and np.isfinite(b).all()):
            raise DataError("points between samples need finite samples.")
        self.first, self.second = jnp.asarray(a.astype(float)), jnp.asarray(b.astype(float))
        self.count = whole("the number of points", count, 1)
        self.every = whole("the steps after which points are drawn anew", every, 1)

    def draw(self, key: PRNGKeyArray | None, size: Size) -> At:
        """Fresh ones."""
        del size
        assert key is not None  # whoever trains has one
        return At.of(self.elsewhere(key, self.count))

    def elsewhere(self, key: PRNGKeyArray, count: int) -> Float[Array, "k d"]:
        """Others of the same kind."""
        return between_samples(key, self.first, self.second, count)

    def check(self, of: str, inputs: tuple[str, ...]) -> None:
        """Refuse samples of another number of inputs."""
        if self.first.shape[1] != len(inputs):
            raise DataError(
                f"the samples of {of} have {self.first.shape[1]} columns: give one for each of "
                f"{', '.join(inputs)}."
            )


def between_samples(
    key: PRNGKeyArray, first: Float[Array, "n d"], second: Float[Array, "m d"], count: int
) -> Float[Array, "k d"]:
    """So many points between rows of both, each pair and place at random."""
    keys = jax.random.split(key, 3)
    a = first[jax.random.randint(keys[0], (count,), 0, len(first))]
    b = second[jax.random.randint(keys[1], (count,), 0, len(second))]
    η = jax.random.uniform(keys[2], (count, 1), first.dtype)
    return η * a + (1 - η) * b
