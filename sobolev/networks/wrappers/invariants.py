"""On what of the strain an energy depends: invariants, zero at rest, and their stress there."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Array, Float

from sobolev._base.errors import ConfigError
from sobolev.networks.architecture import settle
from sobolev.networks.as_json import Saved

AnyArray = Array | np.ndarray
Scalar = Float[AnyArray, ""]

# Everything is written in Green's strain E = (C - 1)/2 and without taking 1 away from numbers near
# 1: the digits of a small strain stay. Operators only, so that NumPy takes it as JAX does.


class Invariants(Saved, ABC):
    """A choice of invariants K(E), a frozen dataclass with a `name` like an architecture."""

    @property
    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """What each is called."""

    @abstractmethod
    def of(self, E: Float[AnyArray, "3 3"]) -> Sequence[Scalar]:
        """K of Green's strain, each zero at E = 0."""

    @abstractmethod
    def counterweights(self, slopes: Sequence[Any]) -> Sequence[Any]:
        """Coefficients c with which Σ c K has the stress at rest of -Σ s K, s the `slopes`.

        Not negative where K is convex and -K is not, so that the sum stays polyconvex.
        """


@dataclass(frozen=True)
class Isotropic(Invariants):
    """I₁ - 3 - 2 (J - 1), I₂ - 3 - 4 (J - 1), J - 1, 1 - J of C = FᵀF, J = det F, I₂ = tr cof C.

    The first two have no stress at rest. A function of them that is convex and non-decreasing in
    each is polyconvex: I₁ and I₂ are convex in F and cof F, J - 1 and 1 - J are linear in J.

    ```python
    Potential(invariants=Isotropic())
    ```
    """

    name: ClassVar[str] = "isotropic"

    @property
    def names(self) -> tuple[str, ...]:
        """What each is called."""
        return "I1 - 2 J", "I2 - 4 J", "J", "-J"

    def of(self, E: Float[AnyArray, "3 3"]) -> Sequence[Scalar]:
        """K."""
        first, second, _ = principal(E)
        growth = volume_change(E)
        shear = 2 * first - 2 * growth
        return shear, 2 * shear + 4 * second, growth, -growth

    def counterweights(self, slopes: Sequence[Any]) -> Sequence[Any]:
        """A linear term in J."""
        *_, up, down = slopes
        return 0.0, 0.0, down - up, 0.0


@dataclass(frozen=True)
class Fibres(Invariants):
    """Those of `Isotropic`, and I₄ - 1 = a · C a - 1, I₅ - 1 = a · (cof C) a - 1 of each direction.

    With one direction a the material is transversely isotropic about it. I₅ is the polyconvex one;
    a · C² a = I₅ + I₁ I₄ - I₂ is a function of them. No invariant couples two directions.

    **Arguments:** `directions` [(a₁, a₂, a₃), …] of length 1, in the reference configuration.
    Raises `ConfigError`. Source: J. Schröder & P. Neff, Int. J. Solids Struct. 40 (2003) 401,
    10.1016/S0020-7683(02)00458-4.

    ```python
    Potential(invariants=Fibres(((0.8, 0.6, 0.0), (0.8, -0.6, 0.0))))
    ```
    """

    name: ClassVar[str] = "fibres"

    directions: tuple[tuple[float, float, float], ...] = ((1.0, 0.0, 0.0),)

    def __post_init__(self):
        try:
            rows: Any = np.asarray(self.directions, float)
        except (TypeError, ValueError):
            rows = np.zeros(0)
        if rows.ndim != 2 or rows.shape[1:] != (3,) or not len(rows):
            raise ConfigError(
                "directions are a tuple of vectors, like ((1.0, 0.0, 0.0),): got "
                f"{self.directions!r}."
            )
        wrong = ~(np.abs(np.linalg.norm(rows, axis=1) - 1) < 1e-6)
        if wrong.any():
            raise ConfigError(f"a direction has length 1: got {rows[wrong][0].tolist()}.")
        settle(self, directions=tuple(tuple(row) for row in rows.tolist()))

    @property
    def names(self) -> tuple[str, ...]:
        """What each is called."""
        pairs = ((f"I4[{k}]", f"I5[{k}]") for k in range(len(self.directions)))
        return *Isotropic().names, *(name for pair in pairs for name in pair)

    def of(self, E: Float[AnyArray, "3 3"]) -> Sequence[Scalar]:
        """K."""
        found = list(Isotropic().of(E))
        first, second, _ = principal(E)
        # adj E = E² - tr E E + (tr²E - tr E²)/2, and cof C = 1 + 2 (tr E - E) + 4 adj E
        square = (E[:, :, None] * E[None]).sum(1)
        for direction in self.directions:
            a = np.asarray(direction)
            G = a[:, None] * a[None]
            along, twice = (E * G).sum(), (square * G).sum()
            found.append(2 * along)
            found.append(2 * (first - along) + 4 * (twice - first * along + second))
        return found

    def counterweights(self, slopes: Sequence[Any]) -> Sequence[Any]:
        """I₄ against I₅, whichever is the less, and a linear term in J.

        At rest ∂I₄/∂C = G = a aᵀ, ∂I₅/∂C = 1 - G, ∂J/∂C = ½: with slopes s₄, s₅ the part along G
        goes when both are as large as the larger one, and what is left is 1 times that.
        """
        by_J = slopes[3] - slopes[2]
        found: list[Any] = [0.0, 0.0, by_J, 0.0]
        for k in range(4, len(slopes), 2):
            fourth, fifth = slopes[k : k + 2]
            larger = (fourth + fifth + abs(fourth - fifth)) / 2
            found[2] = found[2] - 2 * larger
            found += [larger - fourth, larger - fifth]
        return found


@dataclass(frozen=True)
class Isochoric(Invariants):
    """Ī₁^(3/4) and Ī₂^(3/2) of C̄ = C J^(-2/3), less those at rest: of rubber that keeps its volume.

    Both are without stress at rest, and polyconvex: |F|^α / J^β is so where α ≥ β + 1, hence Ī₁^p
    from p = 3/4 on, and likewise Ī₂^p, of cof F, from p = 3/2 on; Ī₂ itself is not. The smallest
    powers give the most functions. What holds the volume is not learnt: as a law,
    `fem.Hyperelastic(surrogate, kappa=...)` adds it.

    Source: S. Hartmann & P. Neff, Int. J. Solids Struct. 40 (2003) 2767,
    10.1016/S0020-7683(03)00086-6.

    ```python
    Potential(invariants=Isochoric())
    ```
    """

    name: ClassVar[str] = "isochoric"

    @property
    def names(self) -> tuple[str, ...]:
        """What each is called."""
        return "I1^(3/4) of C J^(-2/3)", "I2^(3/2) of C J^(-2/3)"

    def of(self, E: Float[AnyArray, "3 3"]) -> Sequence[Scalar]:
        """K."""
        first, second, _ = principal(E)
        J = 1 + volume_change(E)
        I1, I2 = 3 + 2 * first, 3 + 4 * first + 4 * second
        return I1**0.75 / J**0.5 - 3**0.75, I2**1.5 / J**2 - 3**1.5

    def counterweights(self, slopes: Sequence[Any]) -> Sequence[Any]:
        """None are needed."""
        return (0.0,) * len(slopes)


def principal(E: Float[AnyArray, "3 3"]) -> tuple[Scalar, Scalar, Scalar]:
    """tr E, (tr²E - tr E²)/2, det E."""
    eye = np.eye(3)
    first = (E * eye).sum()
    square = (E[:, :, None] * E[None]).sum(1)
    second = (first**2 - (square * eye).sum()) / 2
    # Cayley and Hamilton: 3 det E = tr E³ - tr E tr E² + (tr²E - tr E²)/2 tr E
    third = ((square * E).sum() - first * (square * eye).sum() + second * first) / 3
    return first, second, third


def volume_change(E: Float[AnyArray, "3 3"]) -> Scalar:
    """J - 1 with J = √det C, of J² - 1 = 2 tr E + 2 (tr²E - tr E²) + 8 det E."""
    first, second, third = principal(E)
    more = 2 * first + 4 * second + 8 * third
    return more / (1 + (1 + more) ** 0.5)
