"""Oscillators with one degree of freedom: Duffing's and van der Pol's."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from sobolev.box import Box
from sobolev.dynamics.system import System


class Duffing(System):
    """x'' + δ x' + α x + β x³ = γ cos ωt, from x(0) and x'(0).

    Parameters: damping δ, stiffness α, cubic stiffness β, force γ, frequency ω, and where it
    starts. Those that are not asked for are held, see `holding`.

    ```python
    free = holding(Duffing(), {"force": 0.0, "frequency": 1.0, "damping": 0.1})
    ```
    """

    box: Box = Box(
        ("damping", "stiffness", "cubic", "force", "frequency", "x0", "v0"),
        (0.0, 0.5, 0.0, 0.0, 0.5, -2.0, -2.0),
        (0.5, 1.5, 2.0, 1.0, 2.0, 2.0, 2.0),
    )
    states: tuple[str, ...] = ("x", "v")

    def start(self, p: Float[Array, " d"]) -> Float[Array, " s"]:
        """The last two parameters."""
        return p[5:7]

    def rate(
        self, t: Float[Array, ""], x: Float[Array, " s"], p: Float[Array, " d"]
    ) -> Float[Array, " s"]:
        """Velocity and acceleration."""
        δ, α, β, γ, ω = p[:5]
        u, v = x
        return jnp.stack([v, γ * jnp.cos(ω * t) - δ * v - α * u - β * u**3])


class VanDerPol(System):
    """y'' = μ (1 − y²) y' − y, from y(0) and y'(0): a relaxation oscillation, stiff for large μ.

    μ = 1000 from (2, 0): y(2000) = 1.7061677322, y' = −8.928097e-4 (Radau, tolerances 1e-11).

    ```python
    Trajectory(holding(VanDerPol(), {"y0": 2.0, "v0": 0.0}), Sampled([2000.0]), Implicit())
    ```
    """

    box: Box = Box(("mu", "y0", "v0"), (1.0, 1.0, -1.0), (1000.0, 3.0, 1.0))
    states: tuple[str, ...] = ("y", "v")

    def start(self, p: Float[Array, " d"]) -> Float[Array, " s"]:
        """The last two parameters."""
        return p[1:3]

    def rate(
        self, t: Float[Array, ""], x: Float[Array, " s"], p: Float[Array, " d"]
    ) -> Float[Array, " s"]:
        """Velocity and acceleration."""
        y, v = x
        return jnp.stack([v, p[0] * (1 - y**2) * v - y])
