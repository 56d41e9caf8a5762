"""Natural frequencies and buckling factors: responses that need modes of the structure.

With the modes Φ of the asked numbers held fast, the mean of their eigenvalues is

    T = tr((Φᵀ B Φ)⁻¹ Φᵀ A Φ) / k,

which is stationary in Φ: its value and its first derivatives by all that A and B are made of are
exact, and its second ones but for what the modes change by, which `sensitivity/modes.py` adds.
"""

import abc
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from sobolev._base.errors import ConfigError
from sobolev.fem._arrays import AnyArray
from sobolev.fem.responses.eigenproblems import Buckling, Eigenproblem, Vibration
from sobolev.fem.responses.fields import Fields
from sobolev.fem.responses.response import Places, Response
from sobolev.fem.values import Static


class Placed(NamedTuple):
    """The cells by piece, and the modes that were found."""

    cells: Any
    modes: Float[AnyArray, "k n c"]


@dataclass(frozen=True)
class Modal(Response):
    """A function of the mean of some eigenvalues; its place is the modes, given at a solution.

    **Arguments:** `n`, the number of a mode, or several; `gap`, the least relative distance of an
    asked eigenvalue from the others.
    """

    modal = True
    problem: ClassVar[Eigenproblem]

    n: Static[int | tuple[int, ...]] = 1
    gap: Static[float] = 1e-6

    def __post_init__(self):
        super().__post_init__()
        numbers = self.numbers
        whole = all(isinstance(each, int) and each != 0 for each in numbers)
        distinct = len(set(numbers)) == len(numbers) > 0
        if not (whole and distinct and len({each > 0 for each in numbers}) == 1):
            raise ConfigError(
                f"modes are numbered 1, 2, … from the first, several as a tuple: got {self.n!r}."
            )
        if not 0 < self.gap < 1:
            raise ConfigError(f"the least gap between modes is in (0, 1): got {self.gap}.")

    @property
    def numbers(self) -> tuple[int, ...]:
        """Of the modes that are asked for, growing in size."""
        return tuple(sorted(self.n, key=abs)) if isinstance(self.n, tuple) else (self.n,)

    @property
    def forwards(self) -> bool:
        """Whether the eigenvalues are positive."""
        return self.numbers[0] > 0

    @abc.abstractmethod
    def of(self, mean: Float[AnyArray, ""]) -> Float[AnyArray, ""]:
        """The number, of the mean of the eigenvalues."""

    def place(self, where: Places) -> Any:
        """All cells; modes are found at each solution."""

        return where.with_density("all") if self.problem.mass else where.cells("all")

    def value(self, fields: Fields, placed: Any) -> Float[AnyArray, ""]:
        """Of the modes `[k, n, c]`, placed beside the cells. Raises `ConfigError` without any."""
        if not isinstance(placed, Placed):
            raise ConfigError(
                f"{type(self).__name__} is of a static solution: of laws with history, of a path "
                "and of as_function there are no modes. Take an elastic law, no path, and the "
                "model itself."
            )

        return self.of(self.problem.mean(fields, *placed))


@dataclass(frozen=True)
class Eigenvalue(Modal):
    """The n-th eigenvalue λ of K φ = λ M φ about the solution, the least first: (2π f)².

    Of a vibrating structure the squared angular frequency ω², which falls smoothly to zero as the
    load grows to where the structure buckles; of heat, with its capacity for `density`, the rate of
    decay. See `Frequency` for what n may be and what is refused.

    ```python
    fem.Eigenvalue(1)
    ```
    """

    problem = Vibration()

    def of(self, mean: Float[AnyArray, ""]) -> Float[AnyArray, ""]:
        """λ itself."""
        return mean


@dataclass(frozen=True)
class Frequency(Modal):
    """The n-th natural frequency f = √λ / 2π of K(u) φ = λ M φ, in cycles for each unit of time.

    Small vibrations about the solution at the loads of the model: with a law of finite strain the
    tangent K(u) knows the prestress. M is consistent, with the `density` of the bodies. Hertz in
    consistent units: N, mm, MPa need tonne/mm³ (steel 7.85e-9). Modes are ordered by value, so
    that where two cross the n-th has a kink.

    **Arguments:** `n` from 1; a tuple, `Frequency((1, 2))`, is √(mean λ) / 2π of several modes,
    which has derivatives where they cross or coincide; `gap`: the least relative distance of an
    asked eigenvalue from the others. Raises `Diverged` for derivatives below it, by the numbers of
    the modes, and for a structure that is not stable, whose frequency would be imaginary;
    `ConfigError` for a body without density, an unsymmetric tangent, a path.

    Source: R. B. Nelson, AIAA J. 14 (1976) 1201, 10.2514/3.7211.

    ```python
    body = fem.Body(fem.PlaneStress(fem.LinearElastic(210e3, 0.3)), density=7.85e-9)
    fem.Model(mesh, [body], [fem.Fixed("left")], responses={"f1": fem.Frequency(1)}, ...)
    ```
    """

    problem = Vibration()

    def of(self, mean: Float[AnyArray, ""]) -> Float[AnyArray, ""]:
        """√λ / 2π."""
        return jnp.sqrt(mean) / (2 * np.pi)


@dataclass(frozen=True)
class BucklingFactor(Modal):
    """The n-th factor Λ of linear buckling, K(0) φ = -Λ K_σ(u) φ: Λ times the loads are critical.

    K(0) is the tangent at rest, K_σ the stress stiffness ∫ S : (∂φᵀ ∂φ) dV of the solution u, with
    the stress of the law linearised at rest: no more, as in codes of linear analysis. Take a law of
    small strain; of one of finite strain u is the equilibrium under the whole load, which should be
    small against Λ times it.

    **Arguments:** `n` from 1, the least positive factor; -1 is the first under the reversed load,
    a negative Λ; a tuple is the harmonic mean of several modes, which has derivatives where they
    coincide; `gap` as of `Frequency`. Raises `Diverged` also where no load of this sign buckles the
    structure, `ConfigError` for loads that follow and laws that are not of displacements alone.

    ```python
    fem.BucklingFactor(1)
    ```
    """

    problem = Buckling()

    def of(self, mean: Float[AnyArray, ""]) -> Float[AnyArray, ""]:
        """Λ = 1/λ."""
        return 1 / mean
