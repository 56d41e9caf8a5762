"""The terms among which a law is looked for."""

from abc import abstractmethod
from itertools import combinations_with_replacement

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from sobolev._base.arguments import whole
from sobolev._base.compiled import SELDOM, compiled
from sobolev.function.by_jax import padded


class Library(eqx.Module):
    """Θ(x): m functions of a point, each with a name.

    An own one writes `names` and `terms`, the latter in `jax.numpy`; its fields are numbers and
    texts.

    ```python
    class Waves(Library):
        def names(self, inputs):
            return tuple(f"sin {name}" for name in inputs)

        def terms(self, x):
            return jnp.sin(x)
    ```
    """

    @abstractmethod
    def names(self, inputs: tuple[str, ...]) -> tuple[str, ...]:
        """One for each term, made of the names of the inputs."""

    @abstractmethod
    def terms(self, x: Float[Array, " d"]) -> Float[Array, " m"]:
        """Θ(x) at one point."""

    def at(
        self, rows: Float[np.ndarray, "n d"]
    ) -> tuple[Float[np.ndarray, "n m"], Float[np.ndarray, "n m d"]]:
        """Θ and ∂Θ/∂x at rows."""
        values, slopes = _at(self, padded(rows))
        return np.asarray(values)[: len(rows)], np.asarray(slopes)[: len(rows)]


class Polynomials(Library):
    """All products of inputs up to a degree: 1, x, v, x^2, x v, v^2, … Raises `ConfigError`.

    ```python
    Polynomials(3)
    ```
    """

    degree: int = eqx.field(default=3, static=True)

    def __check_init__(self):
        whole("the degree", self.degree, 0)

    def names(self, inputs: tuple[str, ...]) -> tuple[str, ...]:
        """Powers written x^2, products x v."""
        return tuple(
            " ".join(
                inputs[i] if which.count(i) == 1 else f"{inputs[i]}^{which.count(i)}"
                for i in sorted(set(which))
            )
            or "1"
            for which in self._products(len(inputs))
        )

    def terms(self, x: Float[Array, " d"]) -> Float[Array, " m"]:
        """Each product is a shorter one times an input: there are slopes at 0, too."""
        found: dict[tuple[int, ...], Array] = {(): jnp.ones_like(x[0])}
        for which in self._products(len(x))[1:]:
            found[which] = found[which[:-1]] * x[which[-1]]
        return jnp.stack(list(found.values()))

    def _products(self, inputs: int) -> list[tuple[int, ...]]:
        return [
            which
            for degree in range(self.degree + 1)
            for which in combinations_with_replacement(range(inputs), degree)
        ]


@compiled(SELDOM)
def _at(library: Library, x: Array) -> tuple[Array, Array]:
    return jax.vmap(lambda row: (library.terms(row), jax.jacfwd(library.terms)(row)))(x)
