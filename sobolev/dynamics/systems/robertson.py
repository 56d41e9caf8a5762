"""Robertson's reaction: three species, rates that differ by nine decades."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from sobolev.box import Box
from sobolev.dynamics.system import System

RATES = 0.04, 3e7, 1e4


class Robertson(System):
    """A → B (k₁), 2B → B + C (k₂), B + C → A + C (k₃), from A alone; parameters are ln k.

    A' = −k₁A + k₃BC, B' = k₁A − k₃BC − k₂B², C' = k₂B²; A + B + C = 1. B is of the size 1e-5 and
    falls to 1e-14: give `Implicit` a tolerance of its own for it. Source: H. H. Robertson, in
    J. Walsh (ed.), Numerical Analysis: An Introduction (1966) 178; at t = 40: 7.158270687194e-1,
    9.185534764558e-6, 2.841637457458e-1.

    ```python
    Trajectory(Robertson(), Sampled([40.0]), Implicit(atol=(1e-10, 1e-14, 1e-10)))
    ```
    """

    box: Box = Box(
        ("ln k1", "ln k2", "ln k3"),
        tuple(np.log(np.multiply(RATES, 0.5))),
        tuple(np.log(np.multiply(RATES, 2.0))),
    )
    states: tuple[str, ...] = ("A", "B", "C")

    def start(self, p: Float[Array, " d"]) -> Float[Array, " s"]:
        """All of it is A."""
        return jnp.array([1.0, 0.0, 0.0])

    def rate(
        self, t: Float[Array, ""], x: Float[Array, " s"], p: Float[Array, " d"]
    ) -> Float[Array, " s"]:
        """By the law of mass action."""
        k1, k2, k3 = jnp.exp(p)
        A, B, C = x
        first, second, third = k1 * A, k2 * B**2, k3 * B * C
        return jnp.stack([third - first, first - third - second, second])
