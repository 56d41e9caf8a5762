"""Burgers' equation: a wave that steepens to a front, at rest or carried along."""

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from sobolev.box import Box
from sobolev.equations.along_inputs import partials
from sobolev.equations.boundary_value_problem import INNER, BoundaryValueProblem
from sobolev.equations.condition import Condition, periodic, walls
from sobolev.equations.references.cole_hopf import ColeHopf
from sobolev.function import Function, of_jax
from sobolev.losses.equations.derivatives_along import OfOnePoint
from sobolev.networks import Architecture, Between, Face, Formula, HardBoundary, Periodic


def _start(x: Array) -> Array:
    return -jnp.sin(jnp.pi * x)


def _primitive(x: Array) -> Array:
    return jnp.cos(jnp.pi * x) / jnp.pi


@dataclass(frozen=True)
class Burgers(BoundaryValueProblem):
    """u_t + u u_x = ν u_xx on [−1, 1] × [0, 1] with u(x, 0) = −sin πx, u(±1, t) = 0.

    A front at x = 0; its slope is steepest, −152.005, at t = 0.510 for ν = 0.01/π (problem A), and
    −44.57 at t = 0.538 for ν = 0.01 (problem B). The reference is exact to round-off.
    Source: Basdevant et al., Computers & Fluids 14 (1986) 23.
    """

    viscosity: float = 0.01 / np.pi

    hard = "start", "x = -1", "x = 1"

    @property
    def statement(self) -> str:
        """Equation, domain, conditions."""
        return (
            f"u_t + u u_x = {self.viscosity:.6g} u_xx on [−1, 1] × [0, 1], u(x, 0) = −sin πx, "
            "u(±1, t) = 0"
        )

    @property
    def box(self) -> Box:
        """[−1, 1] × [0, 1]."""
        return Box(("x", "t"), (-1.0, 0.0), (1.0, 1.0))

    def pose(self) -> tuple[Condition, ...]:
        """Start and walls."""
        start = Condition("start", 1, 0.0, lambda u, x: u(x)[0] - _start(x[0]))
        return (start, *walls(("x",), (-1.0,), (1.0,)))

    def residual(self, u: OfOnePoint, x: Float[Array, " 2"]) -> Array:
        """u_t + u u_x − ν u_xx."""
        return _residual(u, x, self.viscosity)

    def network(self, inner: Architecture = INNER) -> Architecture:
        """−sin πx + (1 − x²) t N."""
        sides = Face("t", 0.0), Between("x", -1.0, 1.0)
        return HardBoundary(inner, sides, Formula("-sin(pi*x)"))

    def solve(self) -> Function:
        """By Cole and Hopf."""
        wave = ColeHopf(_start, _primitive, self.viscosity)
        return of_jax(wave, self.box, self.outputs)


def _carried_primitive(x: Array) -> Array:
    return -jnp.cos(x)


@dataclass(frozen=True)
class MovingBurgers(BoundaryValueProblem):
    """Problem C: u_t + u u_x = ν u_xx, periodic on [0, 2π], u(x, 0) = c + sin x, to t = 1.

    The wave of c = 0 carried along with speed c: u = c + v(x − ct, t). Errors are those of u − c.
    Source: Mojgani, Balajewicz & Hassanzadeh, Comput. Methods Appl. Mech. Engrg. 404 (2023) 115810.
    """

    speed: float = 50.0
    viscosity: float = 0.01

    hard = "start", "periodic", "periodic slope"

    @property
    def level(self) -> float:
        """c."""
        return self.speed

    @property
    def scale(self) -> float:
        """c, the largest factor."""
        return max(1.0, abs(self.speed))

    @property
    def statement(self) -> str:
        """Equation, domain, conditions."""
        return (
            f"u_t + u u_x = {self.viscosity:g} u_xx on [0, 2π] × [0, 1], periodic in x, "
            f"u(x, 0) = {self.speed:g} + sin x"
        )

    @property
    def box(self) -> Box:
        """[0, 2π] × [0, 1]."""
        return Box(("x", "t"), (0.0, 0.0), (2 * np.pi, 1.0))

    def pose(self) -> tuple[Condition, ...]:
        """Start and period."""
        start = Condition("start", 1, 0.0, lambda u, x: u(x)[0] - self.speed - jnp.sin(x[0]))
        return (start, *periodic(0.0, 2 * np.pi))

    def residual(self, u: OfOnePoint, x: Float[Array, " 2"]) -> Array:
        """u_t + u u_x − ν u_xx."""
        return _residual(u, x, self.viscosity)

    def network(self, inner: Architecture = INNER) -> Architecture:
        """c + sin x + t N, N periodic in x."""
        start = Formula(f"{self.speed!r} + sin(x)")
        return HardBoundary(Periodic(inner, {"x": 2 * np.pi}), (Face("t", 0.0),), start)

    def solve(self) -> Function:
        """By Cole and Hopf."""
        wave = ColeHopf(jnp.sin, _carried_primitive, self.viscosity)

        def u(point: Float[Array, " 2"]) -> Float[Array, " 1"]:
            x, t = point
            return self.speed + wave(jnp.stack([x - self.speed * t, t]))

        return of_jax(u, self.box, self.outputs)


def _residual(u: OfOnePoint, x: Float[Array, " 2"], viscosity: float) -> Array:
    value, slope, curvature = partials(u, x, 0, 2)
    return partials(u, x, 1, 1)[1] + value * slope - viscosity * curvature
