"""A calculator of ASE: energies, forces and Hessians of any function of atomic coordinates."""

from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float
from scipy.linalg import polar, solve_sylvester

from sobolev._base.atom_names import COORDINATE, STRAINS, VOIGT
from sobolev._base.errors import ConfigError, DataError
from sobolev.function.function import Function, required

try:
    from ase.calculators.calculator import Calculator, all_changes
except ImportError as error:
    raise ImportError(
        "SobolevCalculator needs ASE: install sobolev with its extra 'ase'."
    ) from error

ANY = "X"  # a kind of atoms that stands for any


class SobolevCalculator(Calculator):
    """E, forces −∂E/∂x and, asked for, the Hessian of a `Function` whose inputs are coordinates.

    So molecular dynamics, relaxation and vibrations of ASE run on a surrogate, and on a problem.
    Inputs are X1.x, X1.y, …, one output is the energy, in the units of ASE (Å, eV) or in one's own:
    nothing is converted. `results["energies"]` is not there. `outside` counts the configurations so
    far that lay outside of the function's box, where energies are conserved as well as inside and
    as wrong as may be.

    **Arguments:** `function`; `cell`: of one of periodic atoms, that for which it was made.
    Where its last six inputs are strains, that cell may be strained and turned, and `stress` is
    there (tensile is positive, xx yy zz yz xz xy). Raises `ConfigError` for inputs that are no
    coordinates, several outputs, and strains without a cell; `DataError` for other atoms than those
    of the inputs, atoms that lie upon each other, another cell or periodicity.

    ```python
    atoms.calc = SobolevCalculator(fitted.surrogate)
    VelocityVerlet(atoms, 1.0 * units.fs).run(1000)
    VibrationsData.from_2d(atoms, atoms.calc.get_hessian(atoms)).get_frequencies()
    ```
    """

    implemented_properties: ClassVar[list[str]] = ["energy", "free_energy", "forces"]  # type: ignore[assignment]

    def __init__(self, function: Function, cell: Any = None, **how: Any):
        super().__init__(**how)
        self.function, self.outside = required("function", function), 0
        self.strained = tuple(function.inputs[-6:]) == STRAINS
        inputs = function.inputs[:-6] if self.strained else function.inputs
        named = [COORDINATE.fullmatch(name) for name in inputs]
        places = [(int(match[2]), match[3]) for match in named if match]
        right = [(i // 3 + 1, "xyz"[i % 3]) for i in range(len(named))]
        if len(function.outputs) != 1 or not named or places != right:
            raise ConfigError(
                "a calculator needs the coordinates X1.x, X1.y, X1.z, X2.x, … as inputs and one "
                f"output, the energy: got {', '.join(function.inputs[:4])} … and "
                f"{', '.join(function.outputs)}."
            )
        self.kinds = tuple(match[1] for match in named[::3] if match)
        self.cell = None if cell is None else np.array(cell, float).reshape(3, 3)
        if self.strained and self.cell is None:
            raise ConfigError("the function has strains as inputs: give the cell that they are of.")
        if self.strained:
            self.implemented_properties = [*self.implemented_properties, "stress"]  # type: ignore[misc]

    def calculate(
        self,
        atoms: Any = None,
        properties: Any = ("energy",),
        system_changes: Any = all_changes,
    ) -> None:
        """Energy and forces of `atoms`, in `results`."""
        super().calculate(atoms, properties, system_changes)
        x, moved = self._inputs(self.atoms)
        energy, slopes = self.function.derivatives(x)[:2]
        box, count = self.function.box, 3 * len(self.kinds)
        self.outside += int(box is not None and not self.function.inside(x))
        self.results["energy"] = self.results["free_energy"] = float(energy[0])
        by_place, by_strain = np.split(slopes[0], [count])
        self.results["forces"] = -by_place.reshape(-1, 3) @ np.linalg.inv(moved).T
        if self.strained:
            volume = abs(np.linalg.det(moved) * np.linalg.det(self.cell))  # type: ignore[arg-type]
            self.results["stress"] = _stress(by_strain, moved, volume)

    def get_hessian(self, atoms: Any) -> Float[np.ndarray, "d d"]:
        """∂²E/∂x² `[3N, 3N]`, as `ase.vibrations.VibrationsData.from_2d` takes it."""
        x, moved = self._inputs(atoms)
        count = 3 * len(self.kinds)
        back = np.kron(np.eye(len(self.kinds)), np.linalg.inv(moved))
        return back @ self.function.hessian(x)[0][:count, :count] @ back.T

    def _inputs(self, atoms: Any) -> tuple[Float[np.ndarray, " d"], Float[np.ndarray, "3 3"]]:
        """What the function is asked at, and by what cell and atoms were moved since."""
        self._check_kinds(atoms)
        moved = np.eye(3) if self.cell is None else self._moved(atoms, self.cell)
        places = np.asarray(atoms.positions, float)
        _check_apart(places)
        x = (places @ np.linalg.inv(moved)).ravel()
        if not self.strained:
            return x, moved
        strained = polar(moved, side="left")[1]
        sides = [strained[i, j] * (2 if i != j else 1) - (i == j) for i, j in VOIGT]
        return np.append(x, sides), moved

    def _moved(self, atoms: Any, cell: Float[np.ndarray, "3 3"]) -> Float[np.ndarray, "3 3"]:
        """(1 + ε) R, by which the cell was strained and then turned."""
        moved = np.linalg.solve(cell, atoms.cell[:])
        there = (
            np.linalg.det(moved) > 0 if self.strained else np.allclose(moved, np.eye(3), 0, 1e-8)
        )
        if not (np.all(atoms.pbc) and there):
            raise DataError(
                "the function is one of periodic atoms in the cell "
                f"{cell.tolist()}: give the atoms this cell, and pbc = True."
            )
        return moved

    def _check_kinds(self, atoms: Any) -> None:
        kinds = tuple(atoms.get_chemical_symbols())
        alike = zip(kinds, self.kinds, strict=False)
        if len(kinds) != len(self.kinds) or any(a != b and b != ANY for a, b in alike):
            strange = sorted(set(kinds) - set(self.kinds)) if ANY not in self.kinds else []
            never = f", and {strange[0]} has never been seen" if strange else ""
            raise DataError(
                f"the function is one of {_said(self.kinds)}, the atoms are {_said(kinds)}{never}: "
                "give the same atoms in the same order."
            )
        if np.any(atoms.pbc) and self.cell is None:
            raise DataError(
                "the atoms are periodic, but the function knows no cell: set atoms.pbc = False, or "
                "give a cluster."
            )


def _stress(by_strain: np.ndarray, moved: np.ndarray, volume: float) -> np.ndarray:
    """σ, six numbers: before turning ∂E/∂ε = V (A σ + σ A)/2 with A = (1 + ε)⁻¹."""
    sides = np.zeros((3, 3))
    for (i, j), slope in zip(VOIGT, by_strain, strict=True):
        sides[i, j] = sides[j, i] = slope
    turned, strained = polar(moved, side="left")
    back = np.linalg.inv(strained)
    stress = turned.T @ solve_sylvester(back, back, 2 * sides / volume) @ turned
    return np.array([stress[i, j] for i, j in VOIGT])


def _check_apart(places: Float[np.ndarray, "N 3"]) -> None:
    i, j = np.triu_indices(len(places), 1)
    apart = np.linalg.norm(places[i] - places[j], axis=1)
    if len(apart) and not apart.min() > 0:
        at = int(np.argmin(apart))
        raise DataError(f"atoms {i[at] + 1} and {j[at] + 1} lie upon each other: move one of them.")


def _said(kinds: tuple[str, ...]) -> str:
    text = " ".join(kinds[:12])
    return text + (" …" if len(kinds) > 12 else "")
