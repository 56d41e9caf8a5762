"""From trained numbers λ to weights w = φ(λ): none, clipping, error function, exponential."""

import equinox as eqx
import jax.numpy as jnp
from jax.scipy.special import erf
from jaxtyping import Array, Float

from sobolev._base.arguments import real, shown
from sobolev._base.errors import ConfigError


class Parametrisation(eqx.Module):
    """w = φ(λ) and what is kept of λ after a step; w = λ with λ₀ = 1 unless a member says more."""

    def start(self, size: int) -> Float[Array, " K"]:
        """λ₀."""
        return jnp.ones(size)

    def weights(self, λ: Float[Array, " K"]) -> Float[Array, " K"]:
        """φ(λ)."""
        return λ

    def project(self, λ: Float[Array, " K"]) -> Float[Array, " K"]:
        """What is kept of λ after a step."""
        return λ


class Identity(Parametrisation):
    """w = λ: unbounded, may become negative. λ₀ = 1."""


class Clip(Parametrisation):
    """w = λ, put back into [lower, upper] after each step. λ₀ = 1.

    The bounds of the talk are not known; (0.001, 2) are ours. Raises `ConfigError` unless
    0 ≤ lower < upper and the start 1 lies inside.
    """

    lower: Array
    upper: Array

    def __init__(self, lower: float = 1e-3, upper: float = 2.0):
        low, high = real(lower), real(upper)
        if not 0 <= low < high or not low <= 1 <= high:
            raise ConfigError(
                "clipping needs 0 ≤ lower < upper with the starting weight 1 between them: got "
                f"[{shown(lower)}, {shown(upper)}]."
            )
        self.lower, self.upper = jnp.asarray(float(lower)), jnp.asarray(float(upper))

    def project(self, λ: Float[Array, " K"]) -> Float[Array, " K"]:
        """What is kept of λ after a step."""
        return jnp.clip(λ, self.lower, self.upper)


class ErrorFunction(Parametrisation):
    """w = erf(λ) in (−1, 1), dw/dλ = 2/√π exp(−λ²): bounded, saturates. λ₀ = 1, w₀ = 0.843."""

    def weights(self, λ: Float[Array, " K"]) -> Float[Array, " K"]:
        """φ(λ)."""
        return erf(λ)


class Exponential(Parametrisation):
    """w = exp(λ): positive, and the scale of the objective does not matter. λ₀ = 0, w₀ = 1."""

    def start(self, size: int) -> Float[Array, " K"]:
        """λ₀."""
        return jnp.zeros(size)

    def weights(self, λ: Float[Array, " K"]) -> Float[Array, " K"]:
        """φ(λ)."""
        return jnp.exp(λ)
