"""Heat, and what it does to a body that is warmed."""

from collections.abc import Sequence
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from sobolev.fem._arrays import AnyArray
from sobolev.fem.demands import Demand, positive
from sobolev.fem.laws.law import Dual, Law, Point, State, Traits
from sobolev.fem.laws.tensors import where
from sobolev.fem.laws.wrapper import Wrapper
from sobolev.fem.values import Value


@dataclass(frozen=True)
class HeatConduction(Law):
    """Fourier's law with a conductivity that may grow with temperature, q = -k₀ (1 + β T) ∂T/∂X.

    One field, the temperature. **Arguments:** `conductivity` k₀ in W/(m K), `growth` β in 1/K
    (None: constant),
    `thickness` of a sheet.

    ```python
    HeatConduction(conductivity="k", growth=1e-3)
    ```
    """

    conductivity: Value
    growth: Value | None = None
    thickness: Value = 1.0

    def demands(self) -> Sequence[Demand]:
        """Heat flows from hot to cold."""
        return positive(conductivity=self.conductivity, thickness=self.thickness)

    def traits(self) -> Traits:
        """Of any dimension; the tangent is symmetric only without growth."""
        grows = self.growth is not None
        return Traits(dimension=None, symmetric=not grows, uses_value=grows)

    def components(self, dimension: int) -> int:
        """The temperature."""
        return 1

    def measure(self, x: Float[AnyArray, " d"]) -> Float[AnyArray, ""]:
        """The thickness."""
        return self.thickness

    def dual(self, at: Point, state: State) -> tuple[Dual, State]:
        """-q."""
        k = self.conductivity
        if self.growth is not None:
            k = k * (1 + self.growth * at.value[0])
            # a conductivity that the temperature has turned negative is no solution: NaN tells
            k = where(k > 0, k, jnp.nan)
        return (k * at.gradient, jnp.zeros_like(at.value)), state


@dataclass(frozen=True)
class ThermalStrain(Wrapper):
    """A law that sees the strain without the free expansion α ΔT.

    Of small strain laws H - α ΔT, of finite ones F / (1 + α ΔT). **Arguments:** `law` of space;
    `alpha` in 1/K; `warming` ΔT: a number, a parameter, or a field of the place, `PerPoint`.

    ```python
    Axisymmetric(ThermalStrain(LinearElastic(210e3, 0.3), 2.3e-4, PerPoint(lambda x, p: x.sum())))
    ```
    """

    alpha: Value
    warming: Value

    def traits(self) -> Traits:
        """As the law in it; how it thins is no longer known in closed form."""
        return self.law.traits()._replace(plane_stress=False)

    def inside(self, at: Point, state: State = ()) -> Point:
        """At the elastic part."""
        growth = self.alpha * self.warming
        H = at.gradient
        if self.law.traits().finite:
            return at._replace(gradient=(H - growth * np.eye(3)) / (1 + growth))
        return at._replace(gradient=H - growth * np.eye(3))

    def dual(self, at: Point, state: State) -> tuple[Dual, State]:
        """Of the elastic part; of finite strain for each unit of the cold volume."""
        growth = self.alpha * self.warming
        (P, *rest), state = self.law.dual(self.inside(at), state)
        return (P / (1 + growth) if self.law.traits().finite else P, *rest), state

    def deformation(self, at: Point, state: State = ()) -> Float[AnyArray, "3 3"]:
        """F with the growth."""
        F, growth = super().deformation(at, state), self.alpha * self.warming
        return F * (1 + growth) if self.law.traits().finite else F + growth * np.eye(3)

    def cauchy(self, at: Point, state: State = ()) -> Float[AnyArray, "3 3"]:
        """Of finite strain the energy is one of the cold volume, which has grown."""
        stress, growth = super().cauchy(at, state), self.alpha * self.warming
        return stress / (1 + growth) ** 3 if self.law.traits().finite else stress
