"""A calculator of ASE: energies, forces and Hessians of any function of atomic coordinates."""

import re
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float

from sobolev._base.errors import ConfigError, DataError
from sobolev.function.function import Function, required

try:
    from ase.calculators.calculator import Calculator, all_changes
except ImportError as error:
    raise ImportError(
        "SobolevCalculator needs ASE: install sobolev with its extra 'ase'."
    ) from error

_COORDINATE = re.compile(r"([A-Z][A-Za-z]{0,2})(\d+)\.([xyz])")
ANY = "X"  # a kind of atoms that stands for any


class SobolevCalculator(Calculator):
    """E, forces −∂E/∂x and, asked for, the Hessian of a `Function` whose inputs are coordinates.

    So molecular dynamics, relaxation and vibrations of ASE run on a surrogate, and on a problem.
    Inputs are X1.x, X1.y, …, one output is the energy, in the units of ASE (Å, eV) or in one's own:
    nothing is converted. `results["energies"]` is not there. `outside` counts the configurations so
    far that lay outside of the function's box, where energies are conserved as well as inside and
    as wrong as may be.

    **Arguments:** `function`. Raises `ConfigError` for inputs that are no coordinates and several
    outputs, `DataError` for other atoms than those of the inputs, atoms that lie upon each other,
    and periodic ones, since the function has no cell.

    ```python
    atoms.calc = SobolevCalculator(fitted.surrogate)
    VelocityVerlet(atoms, 1.0 * units.fs).run(1000)
    VibrationsData.from_2d(atoms, atoms.calc.get_hessian(atoms)).get_frequencies()
    ```
    """

    implemented_properties: ClassVar[list[str]] = ["energy", "free_energy", "forces"]  # type: ignore[assignment]

    def __init__(self, function: Function, **how: Any):
        super().__init__(**how)
        self.function, self.outside = required("function", function), 0
        named = [_COORDINATE.fullmatch(name) for name in function.inputs]
        places = [(int(match[2]), match[3]) for match in named if match]
        right = [(i // 3 + 1, "xyz"[i % 3]) for i in range(len(named))]
        if len(function.outputs) != 1 or not named or places != right:
            raise ConfigError(
                "a calculator needs the coordinates X1.x, X1.y, X1.z, X2.x, … as inputs and one "
                f"output, the energy: got {', '.join(function.inputs[:4])} … and "
                f"{', '.join(function.outputs)}."
            )
        self.kinds = tuple(match[1] for match in named[::3] if match)

    def calculate(
        self,
        atoms: Any = None,
        properties: Any = ("energy",),
        system_changes: Any = all_changes,
    ) -> None:
        """Energy and forces of `atoms`, in `results`."""
        super().calculate(atoms, properties, system_changes)
        x = self._coordinates(self.atoms)
        energy, slopes = self.function.derivatives(x)[:2]
        box = self.function.box
        self.outside += int(box is not None and not self.function.inside(x))
        self.results["energy"] = self.results["free_energy"] = float(energy[0])
        self.results["forces"] = -slopes.reshape(-1, 3)

    def get_hessian(self, atoms: Any) -> Float[np.ndarray, "d d"]:
        """∂²E/∂x² `[3N, 3N]`, as `ase.vibrations.VibrationsData.from_2d` takes it."""
        return self.function.hessian(self._coordinates(atoms))[0]

    def _coordinates(self, atoms: Any) -> Float[np.ndarray, " d"]:
        kinds = tuple(atoms.get_chemical_symbols())
        alike = zip(kinds, self.kinds, strict=False)
        if len(kinds) != len(self.kinds) or any(a != b and b != ANY for a, b in alike):
            strange = sorted(set(kinds) - set(self.kinds)) if ANY not in self.kinds else []
            never = f", and {strange[0]} has never been seen" if strange else ""
            raise DataError(
                f"the function is one of {_said(self.kinds)}, the atoms are {_said(kinds)}{never}: "
                "give the same atoms in the same order."
            )
        if np.any(atoms.pbc):
            raise DataError(
                "the atoms are periodic, but the function knows no cell: set atoms.pbc = False, or "
                "give a cluster."
            )
        places = np.asarray(atoms.positions, float)
        i, j = np.triu_indices(len(places), 1)
        apart = np.linalg.norm(places[i] - places[j], axis=1)
        if len(apart) and not apart.min() > 0:
            at = int(np.argmin(apart))
            raise DataError(
                f"atoms {i[at] + 1} and {j[at] + 1} lie upon each other: move one of them."
            )
        return places.ravel()


def _said(kinds: tuple[str, ...]) -> str:
    text = " ".join(kinds[:12])
    return text + (" …" if len(kinds) > 12 else "")
