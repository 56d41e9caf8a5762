"""Poisson's equation in any dimension, and two problems that are both called Helmholtz's."""

from abc import abstractmethod
from dataclasses import dataclass
from functools import cached_property, reduce
from operator import mul

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy.stats import qmc

from sobolev._base.arguments import whole
from sobolev.box import Box
from sobolev.equations.along_inputs import partials
from sobolev.equations.boundary_value_problem import INNER, BoundaryValueProblem
from sobolev.equations.condition import Condition, walls
from sobolev.function import Function, of_jax
from sobolev.losses.equations.derivatives_along import OfOnePoint
from sobolev.networks import Architecture, Between, HardBoundary

MANY = 4096  # points of the metric in more than two dimensions


class _OnWalls(BoundaryValueProblem):
    """u = 0 on all sides of the box, and a solution in closed form."""

    def pose(self) -> tuple[Condition, ...]:
        """u = 0 on every side."""
        return walls(self.box.names, self.box.lower, self.box.upper)

    def network(self, inner: Architecture = INNER) -> Architecture:
        """∏ 4 (x_i − l_i)(u_i − x_i)/(u_i − l_i)² N."""
        sides = zip(self.box.names, self.box.lower, self.box.upper, strict=True)
        return HardBoundary(inner, tuple(Between(*side) for side in sides))

    @abstractmethod
    def exact(self, x: Float[Array, " d"]) -> Float[Array, " 1"]:
        """u."""

    def solve(self) -> Function:
        """Closed form."""
        return of_jax(lambda x: self.exact(x), self.box, self.outputs)


def _product(factors: Float[Array, " d"]) -> Float[Array, " 1"]:
    """One by one: Taylor arithmetic knows no `jnp.prod`."""
    return reduce(mul, factors)[None]


def _laplacian(u: OfOnePoint, x: Float[Array, " d"]) -> Array:
    return sum((partials(u, x, i, 2)[2] for i in range(len(x))), jnp.zeros((), x.dtype))


@dataclass(frozen=True)
class Poisson(_OnWalls):
    """−Δu = d π² ∏ sin πx_i on [0, 1]^d, u = 0 on the sides: u = ∏ sin πx_i.

    Source: Müller & Zeinhofer, ICML 2023, arXiv 2302.13163, for d = 2. `ConfigError` for d < 1.
    """

    dimension: int = 2

    def __post_init__(self) -> None:
        whole("dimension", self.dimension, 1)

    @property
    def hard(self) -> tuple[str, ...]:
        """All sides."""
        return tuple(condition.name for condition in self.conditions)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the grid, for d ≤ 2."""
        return (101,) * self.dimension

    @property
    def scale(self) -> float:
        """d π²."""
        return self.dimension * np.pi**2

    @property
    def statement(self) -> str:
        """Equation, domain, conditions."""
        return f"−Δu = {self.dimension}π² ∏ sin πx_i on [0, 1]^{self.dimension}, u = 0 on its sides"

    @property
    def box(self) -> Box:
        """[0, 1]^d."""
        d = self.dimension
        return Box(tuple(f"x{i + 1}" for i in range(d)), (0.0,) * d, (1.0,) * d)

    @property
    def metric(self) -> str:
        """What `error` says, in words."""
        if self.dimension <= 2:
            return super().metric
        return f"relative L2 and H1 norms on the first {MANY} points of Sobol'"

    @cached_property
    def grid(self) -> Float[np.ndarray, "n d"]:
        """The points of the metric: a grid has too many in more than two dimensions."""
        if self.dimension <= 2:
            return super().grid
        return qmc.Sobol(self.dimension, scramble=False).random(MANY)

    def residual(self, u: OfOnePoint, x: Float[Array, " d"]) -> Array:
        """−Δu − f."""
        return -_laplacian(u, x) - self.scale * self.exact(x)[0]

    def exact(self, x: Float[Array, " d"]) -> Float[Array, " 1"]:
        """∏ sin πx_i."""
        return _product(jnp.sin(jnp.pi * x))


@dataclass(frozen=True)
class Helmholtz(_OnWalls):
    """Problem W: Δu + u = f on [−1, 1]², u = 0 on the sides, u = sin(a πx) sin(b πy).

    (a, b) = (1, 4) in Wang, Teng & Perdikaris, SIAM J. Sci. Comput. 43 (2021) A3055, arXiv
    2001.04536; others take (4, 1) or (6, 6).
    """

    waves: tuple[int, int] = (1, 4)

    hard = "x = -1", "x = 1", "y = -1", "y = 1"
    shape = 101, 101

    @property
    def scale(self) -> float:
        """π²(a² + b²)."""
        return np.pi**2 * (self.waves[0] ** 2 + self.waves[1] ** 2)

    @property
    def statement(self) -> str:
        """Equation, domain, conditions."""
        a, b = self.waves
        return (
            f"Δu + u = (1 − π²({a}² + {b}²)) sin({a}πx) sin({b}πy) on [−1, 1]², u = 0 on its sides"
        )

    @property
    def box(self) -> Box:
        """[−1, 1]²."""
        return Box(("x", "y"), (-1.0, -1.0), (1.0, 1.0))

    def residual(self, u: OfOnePoint, x: Float[Array, " 2"]) -> Array:
        """Δu + u − f."""
        return _laplacian(u, x) + u(x)[0] - (1 - self.scale) * self.exact(x)[0]

    def exact(self, x: Float[Array, " 2"]) -> Float[Array, " 1"]:
        """sin(a πx) sin(b πy)."""
        return _product(jnp.sin(jnp.pi * jnp.asarray(self.waves) * x))


@dataclass(frozen=True)
class ResonantHelmholtz(_OnWalls):
    """Problem X: −Δu − k²u = k² sin kx sin ky on [0, 1]², k = 4π, u = 0 on the sides.

    u = sin kx sin ky. Near a resonance: k² = 16π² and the next eigenvalue is 17π², so that an error
    in the equation is some 16 times as large in u. Source: the example `Helmholtz_Dirichlet_2d` of
    DeepXDE; Lu, Meng, Mao & Karniadakis, SIAM Review 63 (2021) 208.
    """

    hard = "x = 0", "x = 1", "y = 0", "y = 1"
    shape = 101, 101
    scale = 32 * float(np.pi) ** 2

    @property
    def statement(self) -> str:
        """Equation, domain, conditions."""
        return "−Δu − 16π²u = 16π² sin 4πx sin 4πy on [0, 1]², u = 0 on its sides"

    @property
    def box(self) -> Box:
        """[0, 1]²."""
        return Box(("x", "y"), (0.0, 0.0), (1.0, 1.0))

    def residual(self, u: OfOnePoint, x: Float[Array, " 2"]) -> Array:
        """−Δu − k²u − f."""
        return -_laplacian(u, x) - self.scale / 2 * (u(x)[0] + self.exact(x)[0])

    def exact(self, x: Float[Array, " 2"]) -> Float[Array, " 1"]:
        """sin 4πx sin 4πy."""
        return _product(jnp.sin(4 * jnp.pi * x))
