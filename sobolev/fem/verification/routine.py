"""A routine of somebody's own, as solvers call it: it returns a stress and its own tangent."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from sobolev._base.arguments import one_of, shown
from sobolev._base.errors import ConfigError
from sobolev.fem.told import named
from sobolev.fem.verification.subject import Subject
from sobolev.fem.verification.voigt import ABAQUS, Voigt

FORMS = ("voigt", "tensor", "nominal", "jaumann")


@dataclass(frozen=True)
class Routine:
    """A stress with a hand-written tangent, in NumPy or anything that Python can call.

        stress, tangent, state = call(strain, state, step)

    | `form` | strain | stress | tangent |
    |---|---|---|---|
    | "voigt" | (ε, γ) `[6]` in this `order`, engineering shear | σ `[6]` | ∂σ/∂(ε, γ) `[6, 6]` |
    | "tensor" | ε `[3, 3]` | σ `[3, 3]` | ∂σ/∂ε `[3, 3, 3, 3]` |
    | "nominal" | F `[3, 3]` | P `[3, 3]` | ∂P/∂F `[3, 3, 3, 3]` |
    | "jaumann" | F `[3, 3]` | σ `[6]` in this `order` | `[6, 6]`: Jaumann rate of Jσ by D, over J |

    Tangents may also be `[9, 9]`, row by row. **Arguments:** `call`; `start`, the state at the
    beginning, an array (None: there is no history), which `call` must not change in place; what is
    claimed: an `energy(strain)`, that the tangent is `symmetric` (None: nothing). Raises
    `ConfigError` for another form, and where `call` returns other shapes.

    ```python
    fem.verify(fem.Routine(my_stress, "nominal"))
    ```
    """

    call: Callable[[np.ndarray, Any, float], tuple[Any, Any, Any]]
    form: str = "voigt"
    start: Any = None
    order: tuple[str, ...] = ABAQUS
    energy: Callable[[np.ndarray], float] | None = None
    symmetric: bool | None = None

    def __post_init__(self):
        one_of("form", self.form, FORMS)
        Voigt(self.order)
        if not callable(self.call):
            raise ConfigError(
                "a Routine is a function (strain, state, step) -> (stress, tangent, state): got "
                f"{shown(self.call)}."
            )


class OfRoutine(Subject):
    """A `Routine` as what is verified."""

    shape = (3, 3)

    def __init__(self, routine: Routine):
        self._routine, self._voigt = routine, Voigt(routine.order)
        self.name, form = named(routine.call), routine.form
        self.measure = {"nominal": "nominal", "jaumann": "kirchhoff"}.get(form, "small")
        self.history = routine.start is not None
        self._like = np.zeros(0) if routine.start is None else np.asarray(routine.start, float)
        self.start = self._like.ravel()
        self.symmetric, self.has_energy = routine.symmetric, routine.energy is not None
        six, nine = routine.order, tuple(f"{i}{j}" for i in "123" for j in "123")
        strain, letter, pairs = {
            "voigt": (_voigt_strain(six), "σ", six),
            "tensor": ([f"ε{each}" for each in nine], "σ", nine),
            "nominal": ([f"F{each}" for each in nine], "P", nine),
            "jaumann": ([f"D{each}" for each in six], "σ", six),
        }[form]
        self.columns, self.rows = tuple(strain), tuple(f"{letter}{each}" for each in pairs)

    def point(self, strain: np.ndarray, start: np.ndarray) -> np.ndarray:
        """The strain as the routine takes it, flat."""
        if self.finite:
            return (np.eye(3) + strain).ravel()
        small = (strain + strain.T) / 2
        return self._voigt.strain(small) if self._routine.form == "voigt" else small.ravel()

    def moved(self, point: np.ndarray, column: int, h: float) -> np.ndarray:
        """A strain stays symmetric; of "jaumann" F is stretched from where it is."""
        match self._routine.form:
            case "tensor":
                way = np.eye(9)[column].reshape(3, 3)
                return point + h * ((way + way.T) / 2).ravel()
            case "jaumann":
                F = point.reshape(3, 3)
                return ((np.eye(3) + h * self._voigt.unit(column)) @ F).ravel()
        return super().moved(point, column, h)

    def _ask(self, point, start, step):
        form, state = self._routine.form, start.reshape(self._like.shape)
        strain = point.copy() if form == "voigt" else point.reshape(3, 3).copy()
        given = state.copy() if self.history else None
        said = self._routine.call(strain, given, step)
        m, n = len(self.rows), len(self.columns)
        try:
            stress, tangent, new = said
            stress, tangent = np.asarray(stress, float), np.asarray(tangent, float)
            new = np.asarray(new, float) if self.history else np.zeros(0)
            if stress.size != m or tangent.size != m * n or new.size != start.size:
                raise ValueError
        except (TypeError, ValueError):
            shapes = [np.shape(each) for each in said] if isinstance(said, tuple | list) else said
            raise ConfigError(
                f"the routine {self.name} returns (stress, tangent, state) with {m} stresses, "
                f'{m} x {n} slopes in the form "{form}" and {start.size} numbers of state: got '
                f"{shown(shapes)}."
            ) from None
        scale = np.linalg.det(point.reshape(3, 3)) if form == "jaumann" else 1.0
        return stress.ravel() * scale, tangent.reshape(m, n) * scale, new.ravel()

    def respond(
        self, points: np.ndarray, start: np.ndarray, step: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """One after another; NaN where the routine raises an error of arithmetic."""
        said = []
        for point in points:
            try:
                stress, _, state = self._ask(point, start, step)
            except (ArithmeticError, np.linalg.LinAlgError):
                stress, state = np.full(len(self.rows), np.nan), start
            said.append((stress, state))
        stresses, states = zip(*said, strict=True)
        return np.array(stresses), np.array(states)

    def tangent(self, point: np.ndarray, start: np.ndarray, step: float) -> np.ndarray:
        """As it says it; of "jaumann" times J."""
        return self._ask(point, start, step)[1]

    def energies(self, points: np.ndarray) -> np.ndarray:
        """ψ."""
        assert self._routine.energy is not None
        shape = (6,) if self._routine.form == "voigt" else (3, 3)
        return np.array([float(self._routine.energy(p.reshape(shape))) for p in points])

    def conjugate(self, points: np.ndarray, stresses: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """P and F of "jaumann"; else as they are."""
        if self.measure != "kirchhoff":
            return stresses, points
        return nominal(points.reshape(-1, 3, 3), self._voigt.tensor(stresses)), points

    def stress(self, stresses: np.ndarray) -> np.ndarray:
        """σ, P, or τ."""
        return stresses.reshape(3, 3) if len(stresses) == 9 else self._voigt.tensor(stresses)

    def moduli(self, tangent: np.ndarray, stresses: np.ndarray) -> np.ndarray:
        """In the configuration that the stress refers to."""
        if len(tangent) == 9:
            return tangent.reshape(3, 3, 3, 3)
        moduli = self._voigt.moduli(tangent)
        return of_jaumann(moduli, self.stress(stresses)) if self.finite else moduli

    def deformation(self, point: np.ndarray) -> np.ndarray:
        """F."""
        return point.reshape(3, 3)


def _voigt_strain(order):
    return [f"{'ε' if each[0] == each[1] else 'γ'}{each}" for each in order]


def nominal(F: np.ndarray, tau: np.ndarray) -> np.ndarray:
    """P = τ F⁻ᵀ of `[N, 3, 3]`, flat."""
    return (tau @ np.linalg.inv(F).transpose(0, 2, 1)).reshape(len(F), 9)


def of_jaumann(moduli: np.ndarray, tau: np.ndarray) -> np.ndarray:
    """∂P/∂F in the configuration of now, of the moduli of τ's Jaumann rate: the spin undone."""
    one, e = np.eye(3), np.einsum
    turned = (
        e("ik,jl->ijkl", tau, one) + e("jk,il->ijkl", tau, one)
        + e("il,jk->ijkl", tau, one) + e("jl,ik->ijkl", tau, one)
    )  # fmt: skip
    return moduli - turned / 2 + e("ik,jl->ijkl", one, tau)
