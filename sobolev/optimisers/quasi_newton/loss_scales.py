"""On what scale a loss is minimised: as it is, its square root, or its logarithm."""

import abc
from dataclasses import dataclass

import jax.numpy as jnp
from jaxtyping import Array, Float

SMALLEST = 1e-300  # of a loss: what is 0 has neither a root that can be differentiated nor a log


class LossScale(abc.ABC):
    """φ = T(L) with T rising: the minimum is the same, the curvature that is learnt is another.

    The gradient T′∇L and the line search belong to φ.
    """

    positive = True  # whether L must be a sum of squares

    @abc.abstractmethod
    def at(self, L: Float[Array, ""]) -> tuple[Array, Array]:
        """`(φ, T′)`."""

    @abc.abstractmethod
    def unit(self, φ: Float[Array, ""]) -> Float[Array, ""]:
        """L T′: by how much φ changes where L changes by as much as itself.

        In units of it round-off is the same on every scale, and so is a step that gains nothing:
        the gradient would not tell, that of √L does not vanish where L does.
        """


@dataclass(frozen=True)
class Linear(LossScale):
    """φ = L."""

    positive = False

    def at(self, L: Float[Array, ""]) -> tuple[Array, Array]:
        """L, 1."""
        return L, jnp.ones_like(L)

    def unit(self, φ: Float[Array, ""]) -> Float[Array, ""]:
        """|φ|."""
        return jnp.abs(φ)


@dataclass(frozen=True)
class SquareRoot(LossScale):
    """φ = √L: for sums of squares only.

    ```python
    fit(surrogate, equation, optimiser=SSBroyden(scale=SquareRoot()), epochs=5000)
    ```
    """

    def at(self, L: Float[Array, ""]) -> tuple[Array, Array]:
        """√L, 1/(2√L)."""
        root = jnp.sqrt(jnp.maximum(L, SMALLEST))
        return root, 0.5 / root

    def unit(self, φ: Float[Array, ""]) -> Float[Array, ""]:
        """φ/2."""
        return 0.5 * φ


@dataclass(frozen=True)
class Logarithm(LossScale):
    """φ = log L: for sums of squares only.

    ```python
    fit(surrogate, equation, optimiser=SSBroyden(scale=Logarithm()), epochs=5000)
    ```
    """

    def at(self, L: Float[Array, ""]) -> tuple[Array, Array]:
        """log L, 1/L."""
        held = jnp.maximum(L, SMALLEST)
        return jnp.log(held), 1 / held

    def unit(self, φ: Float[Array, ""]) -> Float[Array, ""]:
        """1."""
        return jnp.ones_like(φ)
