"""The equation of Allen and Cahn: two phases, with walls between them that sharpen."""

from dataclasses import dataclass
from functools import cached_property

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float
from scipy import fft

from sobolev.box import Box
from sobolev.equations.along_inputs import partials
from sobolev.equations.boundary_value_problem import INNER, BoundaryValueProblem
from sobolev.equations.condition import Condition, periodic
from sobolev.equations.references.exponential_steps import exponential_steps
from sobolev.equations.references.table import WIDTH, Table
from sobolev.function import Function, of_jax
from sobolev.losses.equations.derivatives_along import OfOnePoint
from sobolev.networks import Architecture, Between, Face, Formula, HardBoundary, Periodic

_BOX = Box(("x", "t"), (-1.0, 0.0), (1.0, 1.0))
KEPT = 400  # times of the table
STEPS = 2  # between two of them


def _off_start(u: OfOnePoint, x: Float[Array, " 2"]) -> Array:
    return u(x)[0] - x[0] ** 2 * jnp.cos(jnp.pi * x[0])


def _residual(u: OfOnePoint, x: Float[Array, " 2"], diffusion: float) -> Array:
    value, _, curvature = partials(u, x, 0, 2)
    return partials(u, x, 1, 1)[1] - diffusion * curvature - 5 * value + 5 * value**3


def _start(x: np.ndarray) -> np.ndarray:
    return x**2 * np.cos(np.pi * x)


@dataclass(frozen=True)
class PeriodicAllenCahn(BoundaryValueProblem):
    """Problem 1: u_t = D u_xx + 5u − 5u³ on [−1, 1] × [0, 1], periodic, u(x, 0) = x² cos πx.

    The start has a kink at x = ±1, which is gone as soon as t > 0: a spectral method converges
    algebraically (with 4096 modes to 3e-7 at the worst place of the metric's grid, which leaves out
    x = ±1), and x² cos πx + t N with a smooth N keeps the kink for ever, which alone is an error of
    some 3e-4. So the network's start is smoothed as heat would do it.
    Source: Wang, Sankaran & Perdikaris, Causality is all you need, arXiv 2203.07404, with D = 1e-4.
    """

    diffusion: float = 1e-4
    modes: int = 4096

    hard = "start", "periodic", "periodic slope"
    scale = 5.0

    @property
    def statement(self) -> str:
        """Equation, domain, conditions."""
        return (
            f"u_t = {self.diffusion:g} u_xx + 5u − 5u³ on [−1, 1] × [0, 1], periodic in x, "
            "u(x, 0) = x² cos πx"
        )

    @property
    def box(self) -> Box:
        """[−1, 1] × [0, 1]."""
        return _BOX

    @property
    def metric(self) -> str:
        """What `error` says, in words."""
        return "relative L2 and H1 norms on 256 midpoints in x × 101 times from 0 to 1"

    @cached_property
    def grid(self) -> Float[np.ndarray, "n 2"]:
        """The points of the metric: at the kink itself there is no slope."""
        x = -1 + 2 * (np.arange(self.shape[0]) + 0.5) / self.shape[0]
        t = np.linspace(0, 1, self.shape[1])
        return np.stack(np.meshgrid(x, t, indexing="ij"), axis=-1).reshape(-1, 2)

    def pose(self) -> tuple[Condition, ...]:
        """Start and period."""
        return (Condition("start", 1, 0.0, _off_start), *periodic(-1.0, 1.0))

    def residual(self, u: OfOnePoint, x: Float[Array, " 2"]) -> Array:
        """u_t − D u_xx − 5u + 5u³."""
        return _residual(u, x, self.diffusion)

    def network(self, inner: Architecture = INNER) -> Architecture:
        """s² cos πx + t N, N periodic in x, s = x at the start and periodic and smooth after it.

        s = (2/π) atan2(sin πx/2, √(cos² πx/2 + πDt)): the distance δ from the kink becomes
        √(δ² + 4Dt/π), which is what heat makes of it at δ = 0.
        """
        # No slope of the root at 0 where both are: 1e-14 makes 6e-8 of the distance there.
        width = f"{np.pi * self.diffusion!r}*t + 1e-14"
        angle = f"2/pi*atan2(sin(pi*x/2), sqrt(cos(pi*x/2)**2 + {width}))"
        start = Formula(f"({angle})**2*cos(pi*x)")
        return HardBoundary(Periodic(inner, {"x": 2.0}), (Face("t", 0.0),), start)

    def solve(self) -> Function:
        """Fourier modes in x, exponential steps in t."""
        n = self.modes
        x = -1 + 2 * np.arange(n) / n

        def rates(modes: np.ndarray) -> np.ndarray:
            return np.fft.rfft(-5 * np.fft.irfft(modes, n) ** 3)

        wave = np.pi * np.arange(n // 2 + 1)
        linear = 5 - self.diffusion * wave**2
        found = exponential_steps(np.fft.rfft(_start(x)), linear, rates, 1.0, KEPT * STEPS, STEPS)
        u = np.pad(np.fft.irfft(found, n), ((0, 0), (WIDTH, WIDTH)), mode="wrap")
        table = Table(u.T, (-1 - 2 * WIDTH / n, 0.0), (2 / n, 1 / KEPT))
        return of_jax(table, self.box, self.outputs)


@dataclass(frozen=True)
class AllenCahn(BoundaryValueProblem):
    """Problem 2: u_t = D u_xx + 5u − 5u³ on [−1, 1] × [0, 1], u(±1, t) = −1, u(x, 0) = x² cos πx.

    Source: Lu, Meng, Mao & Karniadakis, DeepXDE, SIAM Review 63 (2021) 208, with D = 1e-3.
    """

    diffusion: float = 1e-3
    modes: int = 2048

    hard = "start", "x = -1", "x = 1"
    scale = 5.0

    @property
    def statement(self) -> str:
        """Equation, domain, conditions."""
        return (
            f"u_t = {self.diffusion:g} u_xx + 5u − 5u³ on [−1, 1] × [0, 1], u(±1, t) = −1, "
            "u(x, 0) = x² cos πx"
        )

    @property
    def box(self) -> Box:
        """[−1, 1] × [0, 1]."""
        return _BOX

    def pose(self) -> tuple[Condition, ...]:
        """Start and walls."""

        def wall(u: OfOnePoint, x: Float[Array, " 2"]) -> Array:
            return u(x)[0] + 1

        sides = (Condition(f"x = {at:g}", 0, at, wall) for at in (-1.0, 1.0))
        return (Condition("start", 1, 0.0, _off_start), *sides)

    def residual(self, u: OfOnePoint, x: Float[Array, " 2"]) -> Array:
        """u_t − D u_xx − 5u + 5u³."""
        return _residual(u, x, self.diffusion)

    def network(self, inner: Architecture = INNER) -> Architecture:
        """x² cos πx + (1 − x²) t N."""
        start = Formula("x**2*cos(pi*x)")
        return HardBoundary(inner, (Face("t", 0.0), Between("x", -1.0, 1.0)), start)

    def solve(self) -> Function:
        """u + 1 in sines, exponential steps in t."""
        n = self.modes
        x = np.linspace(-1, 1, n + 1)

        def rates(modes: np.ndarray) -> np.ndarray:
            v = np.asarray(fft.idst(modes, 1))
            return np.asarray(fft.dst(15 * v**2 - 5 * v**3, 1))  # 5u − 5u³ = −10v + 15v² − 5v³

        linear = -10 - self.diffusion * (np.pi / 2 * np.arange(1, n)) ** 2
        start = np.asarray(fft.dst(_start(x[1:-1]) + 1, 1))
        found = exponential_steps(start, linear, rates, 1.0, KEPT * STEPS, STEPS)
        u = np.pad(np.asarray(fft.idst(found, 1)), ((0, 0), (1, 1))) - 1
        return of_jax(Table(u.T, (-1.0, 0.0), (2 / n, 1 / KEPT)), self.box, self.outputs)
