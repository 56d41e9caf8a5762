"""A law of space in the plane: plane strain, and plane stress by condensation."""

from collections.abc import Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from sobolev._base.errors import ConfigError
from sobolev.fem._arrays import AnyArray
from sobolev.fem.demands import Demand, positive
from sobolev.fem.laws.law import Dual, Point, State, Traits
from sobolev.fem.laws.tensors import determinant, in_space, product, where
from sobolev.fem.laws.wrapper import Wrapper
from sobolev.fem.values import Value, without_derivatives

ITERATIONS = 25  # of the thickness; it is solved to round-off long before


@dataclass(frozen=True)
class PlaneStrain(Wrapper):
    """A law without strain out of the plane, F₃₃ = 1, for each unit of `thickness`.

    Raises `ConfigError` around a law that is not one of space.

    ```python
    PlaneStrain(NeoHooke(E="E", nu=0.3))
    ```
    """

    thickness: Value = 1.0

    def demands(self) -> Sequence[Demand]:
        """There is a body."""
        return positive(thickness=self.thickness)

    def traits(self) -> Traits:
        """As the law in it, but in the plane."""
        return self.law.traits()._replace(dimension=2, plane_stress=False)

    def measure(self, x: Float[AnyArray, " 2"]) -> Float[AnyArray, ""]:
        """The thickness."""
        return self.thickness

    def inside(self, at: Point, state: State = ()) -> Point:
        """At H₃₃ = 0."""
        return _lifted(at)

    def dual(self, at: Point, state: State) -> tuple[Dual, State]:
        """The in-plane part of the dual."""
        (P, b, *mean), state = self.law.dual(_lifted(at), state)
        return (P[:2, :2], b[:2], *mean), state


@dataclass(frozen=True)
class PlaneStress(Wrapper):
    """A law that thins until no stress acts out of the plane, P₃₃ = 0.

    Laws that know the thickness in closed form say so; of others H₃₃ is found by Newton's method at
    the point, and its derivatives by two more steps of it, which are exact up to third order. Out
    of the plane there is no shear: the plane must be one of symmetry of the law.

    **Arguments:** `law` of space; `thickness` in the reference configuration. Raises `ConfigError`
    around a law that is not one of space.

    ```python
    PlaneStress(SaintVenantKirchhoff(E="E", nu=0.3))
    ```
    """

    thickness: Value = 1.0

    def __post_init__(self):
        super().__post_init__()
        if self.law.traits().uses_mean:
            raise ConfigError(
                "a sheet in plane stress is free to thin and does not lock: leave MeanDilatation "
                "away in PlaneStress."
            )

    def demands(self) -> Sequence[Demand]:
        """There is a body."""
        return positive(thickness=self.thickness)

    def traits(self) -> Traits:
        """An energy only where the thickness has a closed form."""
        inner = self.law.traits()
        return inner._replace(dimension=2, energy=inner.plane_stress, plane_stress=False)

    def measure(self, x: Float[AnyArray, " 2"]) -> Float[AnyArray, ""]:
        """The thickness."""
        return self.thickness

    def inside(self, at: Point, state: State = ()) -> Point:
        """Where it has thinned."""
        if self.law.traits().plane_stress:
            return _lifted(at, self.law.plane_stress(at.gradient)[1])
        H33 = _thickness(without_derivatives(self.law), *jax.lax.stop_gradient((at, state)))
        for _ in range(2):  # with derivatives: one step gives the first order, two the third
            P33, slope = _stress_and_slope(self.law, at, state, H33)
            H33 = H33 - P33 / slope
        return _lifted(at, H33)

    def energy(self, at: Point) -> Float[AnyArray, ""]:
        """That of the law where it has thinned."""
        if self.law.traits().plane_stress:
            return self.law.plane_stress(at.gradient)[0]
        return super().energy(at)

    def dual(self, at: Point, state: State) -> tuple[Dual, State]:
        """The in-plane part of the dual where it has thinned."""
        if self.law.traits().plane_stress:
            P = jax.grad(lambda H: self.law.plane_stress(H)[0])(at.gradient)
            return (P, at.value * 0), state
        (P, b), state = self.law.dual(self.inside(at, state), state)
        return (P[:2, :2], b[:2]), state

    def cauchy(self, at: Point, state: State = ()) -> Float[AnyArray, "3 3"]:
        """In the plane P Fᵀ / det F, else zero: of a closed form without the tensors of space."""
        if not self.law.traits().plane_stress:
            return super().cauchy(at, state)
        (P, _), _ = self.dual(at, state)
        if self.law.traits().finite:
            F, thinner = np.eye(2) + at.gradient, self.law.plane_stress(at.gradient)[1]
            P = product(P, F.T) / (determinant(F) * (1 + thinner))
        return in_space(P)


def _lifted(at: Point, H33: AnyArray | float = 0.0) -> Point:
    value = jnp.pad(at.value, (0, 1))
    return at._replace(value=value, gradient=in_space(at.gradient, H33))


def _stress_and_slope(law, at, state, H33):
    def P33(h):
        (P, _), _ = law.dual(_lifted(at, h), state)
        return P[2, 2]

    return jax.jvp(P33, (H33,), (jnp.ones_like(H33),))


def _thickness(law, at, state):
    """H₃₃ to round-off, NaN where it is not found; a step takes at most half of the thickness."""
    eps = 4 * np.finfo(float).eps

    def unfinished(carry):
        _, change, k = carry
        return (k < ITERATIONS) & ~(jnp.abs(change) <= eps)

    def step(carry):
        H33, _, k = carry
        P33, slope = _stress_and_slope(law, at, state, H33)
        new = jnp.maximum(H33 - P33 / slope, (H33 - 1) / 2)
        return new, new - H33, k + 1

    start = jnp.asarray(0.0), jnp.asarray(jnp.inf), 0
    H33, change, _ = jax.lax.while_loop(unfinished, step, start)
    # a law of small strain may ask for less than no thickness: it is no solution, and NaN tells
    return where(jnp.abs(change) <= 1e-10, H33, jnp.nan)
