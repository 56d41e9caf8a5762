"""Waves: linear ones, and two problems that are both called Klein–Gordon's equation."""

from dataclasses import dataclass

import jax.numpy as jnp
from jaxtyping import Array, Float

from sobolev.box import Box
from sobolev.equations.along_inputs import partials
from sobolev.equations.boundary_value_problem import INNER, BoundaryValueProblem
from sobolev.equations.condition import Condition, walls
from sobolev.function import Function, of_jax
from sobolev.losses.equations.derivatives_along import OfOnePoint
from sobolev.networks import Affine, Architecture, Between, Face, Formula, HardBoundary

π = jnp.pi
_TWICE = Face("t", 0.0), Face("t", 0.0)  # t²: the value and the rate at the beginning


def _rate(u: OfOnePoint, x: Float[Array, " 2"]) -> Array:
    return partials(u, x, 1, 1)[1]


@dataclass(frozen=True)
class KleinGordon(BoundaryValueProblem):
    """Problem W: u_tt − u_xx + u³ = f on [0, 1]², u = x cos 5πt + (xt)³, its f and its conditions.

    The walls are terms of the loss: a network that is cos 5πt + t³ at x = 1 for any weights, such
    as x (cos 5πt + t³) + …, has the solution in it but for a polynomial, and is another problem.
    Source: Wang, Teng & Perdikaris, SIAM J. Sci. Comput. 43 (2021) A3055, arXiv 2001.04536.
    """

    hard = "start", "start rate"
    shape = 101, 101
    scale = 25 * float(π) ** 2

    @property
    def statement(self) -> str:
        """Equation, domain, conditions."""
        return (
            "u_tt − u_xx + u³ = f on [0, 1]², f = x (6x²t − 6t³ − 25π² cos 5πt) + u³ of the "
            "solution x cos 5πt + (xt)³, u(x, 0) = x, u_t(x, 0) = 0, u(0, t) = 0, "
            "u(1, t) = cos 5πt + t³"
        )

    @property
    def box(self) -> Box:
        """[0, 1]²."""
        return Box(("x", "t"), (0.0, 0.0), (1.0, 1.0))

    def pose(self) -> tuple[Condition, ...]:
        """Start, its rate, walls."""

        def wall(u: OfOnePoint, x: Float[Array, " 2"]) -> Array:
            return u(x)[0] - self.exact(x)[0]

        return (
            Condition("start", 1, 0.0, lambda u, x: u(x)[0] - x[0]),
            Condition("start rate", 1, 0.0, _rate, order=1),
            Condition("x = 0", 0, 0.0, wall),
            Condition("x = 1", 0, 1.0, wall),
        )

    def residual(self, u: OfOnePoint, x: Float[Array, " 2"]) -> Array:
        """u_tt − u_xx + u³ − f."""
        y, t = x
        value, _, along_x = partials(u, x, 0, 2)
        along_t = partials(u, x, 1, 2)[2]
        f = y * (6 * y**2 * t - 6 * t**3 - 25 * π**2 * jnp.cos(5 * π * t)) + self.exact(x)[0] ** 3
        return along_t - along_x + value**3 - f

    def network(self, inner: Architecture = INNER) -> Architecture:
        """x + t² N."""
        return HardBoundary(inner, _TWICE, Affine(0.0, ((1.0, 0.0),)))

    @staticmethod
    def exact(x: Float[Array, " 2"]) -> Float[Array, " 1"]:
        """x cos 5πt + (xt)³."""
        return (x[0] * jnp.cos(5 * π * x[1]) + (x[0] * x[1]) ** 3)[None]

    def solve(self) -> Function:
        """Closed form."""
        return of_jax(self.exact, self.box, self.outputs)


@dataclass(frozen=True)
class LongKleinGordon(BoundaryValueProblem):
    """Problem X: u_tt − u_xx + u² = x² cos² t − x cos t on [−1, 1] × [0, 10], u = x cos t.

    Walls are terms, as the straight line between them is the solution. Source: the example
    `Klein_Gordon` of DeepXDE; Lu, Meng, Mao & Karniadakis, SIAM Review 63 (2021) 208.
    """

    hard = "start", "start rate"

    @property
    def statement(self) -> str:
        """Equation, domain, conditions."""
        return (
            "u_tt − u_xx + u² = x² cos² t − x cos t on [−1, 1] × [0, 10], u(x, 0) = x, "
            "u_t(x, 0) = 0, u(±1, t) = ±cos t"
        )

    @property
    def box(self) -> Box:
        """[−1, 1] × [0, 10]."""
        return Box(("x", "t"), (-1.0, 0.0), (1.0, 10.0))

    def pose(self) -> tuple[Condition, ...]:
        """Start, its rate, walls."""

        def wall(u: OfOnePoint, x: Float[Array, " 2"]) -> Array:
            return u(x)[0] - self.exact(x)[0]

        return (
            Condition("start", 1, 0.0, lambda u, x: u(x)[0] - x[0]),
            Condition("start rate", 1, 0.0, _rate, order=1),
            Condition("x = -1", 0, -1.0, wall),
            Condition("x = 1", 0, 1.0, wall),
        )

    def residual(self, u: OfOnePoint, x: Float[Array, " 2"]) -> Array:
        """u_tt − u_xx + u² − f."""
        value, _, along_x = partials(u, x, 0, 2)
        wanted = self.exact(x)[0]
        return partials(u, x, 1, 2)[2] - along_x + value**2 - wanted**2 + wanted

    def network(self, inner: Architecture = INNER) -> Architecture:
        """x + t² N."""
        return HardBoundary(inner, _TWICE, Affine(0.0, ((1.0, 0.0),)))

    @staticmethod
    def exact(x: Float[Array, " 2"]) -> Float[Array, " 1"]:
        """x cos t."""
        return (x[0] * jnp.cos(x[1]))[None]

    def solve(self) -> Function:
        """Closed form."""
        return of_jax(self.exact, self.box, self.outputs)


@dataclass(frozen=True)
class Wave(BoundaryValueProblem):
    """u_tt = 4 u_xx on [0, 1]², u(x, 0) = sin πx + ½ sin 4πx, u_t(x, 0) = 0, u = 0 at the walls.

    Two standing waves. Source: Wang, Yu & Perdikaris, J. Comput. Phys. 449 (2022) 110768; Wu, Zhu,
    Tan, Kartha & Lu, Comput. Methods Appl. Mech. Engrg. 403 (2023) 115671.
    """

    hard = "start", "start rate", "x = 0", "x = 1"
    shape = 101, 101
    scale = 32 * float(π) ** 2

    @property
    def statement(self) -> str:
        """Equation, domain, conditions."""
        return (
            "u_tt = 4 u_xx on [0, 1]², u(x, 0) = sin πx + ½ sin 4πx, u_t(x, 0) = 0, "
            "u(0, t) = u(1, t) = 0"
        )

    @property
    def box(self) -> Box:
        """[0, 1]²."""
        return Box(("x", "t"), (0.0, 0.0), (1.0, 1.0))

    def pose(self) -> tuple[Condition, ...]:
        """Start, its rate, walls."""

        def start(u: OfOnePoint, x: Float[Array, " 2"]) -> Array:
            return u(x)[0] - self.exact(x)[0]

        return (
            Condition("start", 1, 0.0, start),
            Condition("start rate", 1, 0.0, _rate, order=1),
            *walls(("x",), (0.0,), (1.0,)),
        )

    def residual(self, u: OfOnePoint, x: Float[Array, " 2"]) -> Array:
        """u_tt − 4 u_xx."""
        return partials(u, x, 1, 2)[2] - 4 * partials(u, x, 0, 2)[2]

    def network(self, inner: Architecture = INNER) -> Architecture:
        """sin πx + ½ sin 4πx + 4x(1 − x) t² N."""
        start = Formula("sin(pi*x) + 0.5*sin(4*pi*x)")
        return HardBoundary(inner, (*_TWICE, Between("x", 0.0, 1.0)), start)

    @staticmethod
    def exact(x: Float[Array, " 2"]) -> Float[Array, " 1"]:
        """sin πx cos 2πt + ½ sin 4πx cos 8πt."""
        y, t = π * x
        first, second = jnp.sin(y) * jnp.cos(2 * t), jnp.sin(4 * y) * jnp.cos(8 * t)
        return (first + 0.5 * second)[None]

    def solve(self) -> Function:
        """Two modes."""
        return of_jax(self.exact, self.box, self.outputs)
