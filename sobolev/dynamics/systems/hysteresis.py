"""Responses that remember: Bouc and Wen's oscillator, and a viscoelastic bar."""

import equinox as eqx
import jax.numpy as jnp
from jaxtyping import Array, Float

from sobolev._base.arguments import positive
from sobolev.box import Box
from sobolev.dynamics.history import History
from sobolev.dynamics.system import System


class BoucWen(System):
    """x'' + 2ζω x' + ω² (α x + (1 − α) z) = u(t), z' = x' − β|x'||z|^{n−1}z − γ x'|z|^n.

    A mass on a spring that yields: z remembers, with |z| ≤ (β + γ)^{−1/n}. Parameters are ω, ζ, α,
    β, γ; u is given per mass. |x'| is taken as √(x'² + s²) with s the `smooth` speed, whose
    derivatives exist where the motion turns back. Source: Y.-K. Wen, J. Eng. Mech. Div. 102
    (1976) 249; R. Bouc (1967).

    ```python
    system = BoucWen(Waves.noise(3.0, (0.5, 20.0), 40, seed=0))
    ```
    """

    load: History
    n: float = eqx.field(default=2.0, static=True)
    smooth: float = eqx.field(default=1e-2, static=True)
    box: Box = Box(
        ("frequency", "damping", "hardening", "beta", "gamma"),
        (5.0, 0.02, 0.05, 1.0, 1.0),
        (8.0, 0.05, 0.5, 4.0, 4.0),
        ("rad/s", "", "", "", ""),
    )
    states: tuple[str, ...] = ("x", "v", "z")

    def __check_init__(self):
        positive("the exponent", self.n)
        positive("the smooth speed", self.smooth)

    def start(self, p: Float[Array, " d"]) -> Float[Array, " s"]:
        """At rest."""
        return jnp.zeros(3)

    def rate(
        self, t: Float[Array, ""], x: Float[Array, " s"], p: Float[Array, " d"]
    ) -> Float[Array, " s"]:
        """Velocity, acceleration, and how z follows."""
        ω, ζ, α, β, γ = p
        u, v, z = x
        size = jnp.sqrt(z**2 + 1e-12)  # |z|^(n - 1) has slopes at 0, too
        speed = jnp.sqrt(v**2 + self.smooth**2)
        remembers = v - β * speed * size ** (self.n - 1) * z - γ * v * size**self.n
        force = self.load(t) - 2 * ζ * ω * v - ω**2 * (α * u + (1 - α) * z)
        return jnp.stack([v, force, remembers])


class Viscoelastic(System):
    """σ = E∞ ε + Σ E_i h_i, h_i' = ε' − h_i/τ_i: a bar of springs and dashpots under a strain ε(t).

    Parameters: E∞, then each E_i, then each τ_i of `arms` Maxwell elements, E in MPa, τ in seconds.
    States are the h_i, stresses are `stress(t, x, p)`. Along straight lines
    h(t + Δ) = e^{−Δ/τ} h + τ (1 − e^{−Δ/τ}) ε'.

    ```python
    system = Viscoelastic(Corners([0.0, 1.0, 10.0], [0.0, 0.02, 0.02]), arms=2)
    ```
    """

    strain: History
    arms: int = eqx.field(default=2, static=True)
    box: Box = eqx.field(static=True)
    states: tuple[str, ...] = eqx.field(static=True)

    def __init__(self, strain: History, arms: int = 2):
        self.strain, self.arms = strain, arms
        stiff, slow = (tuple(f"{a}{i + 1}" for i in range(arms)) for a in ("E", "tau"))
        times = tuple(0.1 * 10.0**i for i in range(arms))
        self.box = Box(
            ("E", *stiff, *slow),
            (1.0,) + (1.0,) * arms + times,
            (5.0,) + (20.0,) * arms + tuple(5 * t for t in times),
            ("MPa",) * (arms + 1) + ("s",) * arms,
        )
        self.states = tuple(f"h{i + 1}" for i in range(arms))

    def start(self, p: Float[Array, " d"]) -> Float[Array, " s"]:
        """Nothing is remembered."""
        return jnp.zeros(self.arms)

    def rate(
        self, t: Float[Array, ""], x: Float[Array, " s"], p: Float[Array, " d"]
    ) -> Float[Array, " s"]:
        """Each follows the strain and forgets."""
        return self.strain.rate(t) - x / p[1 + self.arms :]

    def stress(
        self, t: Float[Array, ""], x: Float[Array, " s"], p: Float[Array, " d"]
    ) -> Float[Array, ""]:
        """σ in MPa."""
        return p[0] * self.strain(t) + p[1 : 1 + self.arms] @ x
