"""Linear transport and diffusion, mode by mode."""

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from sobolev.box import Box
from sobolev.equations.along_inputs import partials
from sobolev.equations.boundary_value_problem import INNER, BoundaryValueProblem
from sobolev.equations.condition import Condition, periodic, walls
from sobolev.function import Function, of_jax
from sobolev.losses.equations.derivatives_along import OfOnePoint
from sobolev.networks import Architecture, Between, Face, Formula, HardBoundary, Periodic


@dataclass(frozen=True)
class Heat(BoundaryValueProblem):
    """u_t = κ u_xx on [0, 1]², u(x, 0) = sin πx, u(0, t) = u(1, t) = 0.

    Source: Müller & Zeinhofer, ICML 2023, arXiv 2302.13163, with κ = 1/4.
    """

    conductivity: float = 0.25

    hard = "start", "x = 0", "x = 1"
    shape = 101, 101

    @property
    def scale(self) -> float:
        """κ π²."""
        return self.conductivity * np.pi**2

    @property
    def statement(self) -> str:
        """Equation, domain, conditions."""
        return (
            f"u_t = {self.conductivity:g} u_xx on [0, 1]², u(x, 0) = sin πx, u(0, t) = u(1, t) = 0"
        )

    @property
    def box(self) -> Box:
        """[0, 1]²."""
        return Box(("x", "t"), (0.0, 0.0), (1.0, 1.0))

    def pose(self) -> tuple[Condition, ...]:
        """Start and walls."""
        start = Condition("start", 1, 0.0, lambda u, x: u(x)[0] - jnp.sin(jnp.pi * x[0]))
        return (start, *walls(("x",), (0.0,), (1.0,)))

    def residual(self, u: OfOnePoint, x: Float[Array, " 2"]) -> Array:
        """u_t − κ u_xx."""
        return partials(u, x, 1, 1)[1] - self.conductivity * partials(u, x, 0, 2)[2]

    def network(self, inner: Architecture = INNER) -> Architecture:
        """sin πx + 4x(1 − x) t N."""
        sides = Face("t", 0.0), Between("x", 0.0, 1.0)
        return HardBoundary(inner, sides, Formula("sin(pi*x)"))

    def solve(self) -> Function:
        """One mode."""

        def u(x: Float[Array, " 2"]) -> Float[Array, " 1"]:
            decay = jnp.exp(-self.conductivity * jnp.pi**2 * x[1])
            return (jnp.sin(jnp.pi * x[0]) * decay)[None]

        return of_jax(u, self.box, self.outputs)


@dataclass(frozen=True)
class Transport(BoundaryValueProblem):
    """u_t + c u_x = ν u_xx, periodic on [0, 2π], u(x, 0) = sin x, to t = 1.

    With c = 50 the wave goes around eight times. Source: Krishnapriyan, Gholami, Zhe, Kirby &
    Mahoney, NeurIPS 2021, arXiv 2109.01050; Mojgani, Balajewicz & Hassanzadeh, Comput. Methods
    Appl. Mech. Engrg. 404 (2023) 115810.
    """

    speed: float = 50.0
    viscosity: float = 0.0

    hard = "start", "periodic", "periodic slope"

    @property
    def scale(self) -> float:
        """c."""
        return max(1.0, abs(self.speed))

    @property
    def statement(self) -> str:
        """Equation, domain, conditions."""
        right = f"{self.viscosity:g} u_xx" if self.viscosity else "0"
        return (
            f"u_t + {self.speed:g} u_x = {right} on [0, 2π] × [0, 1], periodic in x, "
            "u(x, 0) = sin x"
        )

    @property
    def box(self) -> Box:
        """[0, 2π] × [0, 1]."""
        return Box(("x", "t"), (0.0, 0.0), (2 * np.pi, 1.0))

    def pose(self) -> tuple[Condition, ...]:
        """Start and period."""
        start = Condition("start", 1, 0.0, lambda u, x: u(x)[0] - jnp.sin(x[0]))
        return (start, *periodic(0.0, 2 * np.pi))

    def residual(self, u: OfOnePoint, x: Float[Array, " 2"]) -> Array:
        """u_t + c u_x − ν u_xx."""
        rate = partials(u, x, 1, 1)[1]
        if self.viscosity == 0:
            return rate + self.speed * partials(u, x, 0, 1)[1]
        _, slope, curvature = partials(u, x, 0, 2)
        return rate + self.speed * slope - self.viscosity * curvature

    def network(self, inner: Architecture = INNER) -> Architecture:
        """sin x + t N, N periodic in x."""
        around = Periodic(inner, {"x": 2 * np.pi})
        return HardBoundary(around, (Face("t", 0.0),), Formula("sin(x)"))

    def solve(self) -> Function:
        """One mode."""

        def u(x: Float[Array, " 2"]) -> Float[Array, " 1"]:
            decay = jnp.exp(-self.viscosity * x[1])
            return (jnp.sin(x[0] - self.speed * x[1]) * decay)[None]

        return of_jax(u, self.box, self.outputs)
