"""How steep a critic is: held near a slope, or below one."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from sobolev._base.arguments import not_negative
from sobolev.losses.equations.derivatives_along import OfOnePoint
from sobolev.losses.equations.points import Points
from sobolev.losses.penalties.penalty import Penalty

LEAST = 1e-12  # added to |∇u|², so that the norm has a derivative where the function is flat


class GradientPenalty(Penalty):
    """L = w ½ mean (|∇u| − c)², or of max(0, |∇u| − c)² if one-sided: how steep a function is.

    |∇u| is taken over all outputs and inputs, in physical units. Two-sided with c = 1 and w = 2λ it
    is the penalty λ E(|∇D| − 1)² of a Wasserstein critic D, at points `BetweenSamples`; one-sided
    it holds a Lipschitz constant and leaves alone what is flatter; with c = 0 and w = γ at the true
    samples it is the penalty (γ/2) E|∇D|². The loss of the critic itself, E D(fake) − E D(real), is
    no sum of squares: a `Functional`.

    **Arguments:** `name`; `points` as of an `Equation`; `weight` w ≥ 0; `target` c ≥ 0;
    `one_sided`. Raises `ConfigError`, `DataError`.

    Sources: I. Gulrajani et al., Improved training of Wasserstein GANs, arXiv 1704.00028; H.
    Petzka, A. Fischer & D. Lukovnikov, On the regularization of Wasserstein GANs, arXiv 1709.08894
    (one-sided); L. Mescheder, A. Geiger & S. Nowozin, arXiv 1801.04406 (c = 0).

    ```python
    GradientPenalty("slope", BetweenSamples(real, fake, 256), weight=20.0)
    ```
    """

    def __init__(
        self,
        name: str,
        points: Points | Float[np.ndarray, "m d"],
        weight: float = 1.0,
        target: float = 1.0,
        one_sided: bool = False,
    ):
        slope = jnp.asarray(not_negative(f"the slope of '{name}'", target))
        super().__init__(name, Steepness(slope, bool(one_sided)), points, weight, order=1)


class Steepness(eqx.Module):
    """|∇u| − c, or what it is above c."""

    target: Float[Array, ""]
    one_sided: bool = eqx.field(static=True)

    def __call__(self, u: OfOnePoint, x: Float[Array, " d"]) -> Float[Array, ""]:
        """At one point."""
        slope = jax.jacrev(u)(x)  # a critic has few outputs and many inputs
        above = jnp.sqrt(jnp.sum(slope**2) + LEAST) - self.target
        return jnp.maximum(above, 0.0) if self.one_sided else above
