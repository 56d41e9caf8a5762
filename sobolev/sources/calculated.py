"""Energies and forces of atoms by a calculator of ASE: EMT, DFT programs, other potentials."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from sobolev._base.arguments import not_negative, positive
from sobolev._base.atom_names import STRAINS, VOIGT
from sobolev._base.errors import ConfigError, DataError, Diverged
from sobolev.box import Box
from sobolev.function.derivatives import Derivatives
from sobolev.function.on_box import OnBox
from sobolev.function.pointwise import Pointwise

AXES = "xyz"
# Central differences of fourth order: f' = Σ_k c_k (f(x + k h) − f(x − k h))/h.
STENCIL = ((1, 2 / 3), (2, -1 / 12))


@dataclass(frozen=True, eq=False)
class Calculated(OnBox, Pointwise):
    """E(x) of atoms that carry a calculator of ASE, with ∂E/∂x = −forces and Hessians.

    Inputs are the 3N coordinates Cu1.x, Cu1.y, … in Å, within `rattle` of where the atoms are, the
    output the energy in eV: names and units as extended XYZ files are read. A Hessian is made of
    differences of forces, fourth order with a `step` in Å: 12N calls, errors of step⁴. Cell,
    masses and calculator are those of `atoms`, which is copied. Where a calculator gives no force
    it is no zero: raises `Diverged`. With `strain` > 0 the last six inputs are strains ε of a
    periodic cell within ± that, strain.xx, …yy, …zz, …yz, …xz, …xy, shears as γ: atoms and cell
    move as r → r (1 + ε), coordinates are those before, and slopes are volume times stress. Raises
    `ConfigError` for atoms without a calculator, and for strains of what has no volume.

    Source: A. H. Larsen et al., J. Phys.: Condens. Matter 29 (2017) 273002.

    ```python
    atoms = Icosahedron("Cu", 2)
    atoms.calc = EMT()
    data = generate(sources.Calculated(atoms, 0.15), designs.LatinHypercube(50), order=1)
    ```
    """

    atoms: Any
    rattle: float = 0.1
    step: float = 1e-3
    strain: float = 0.0

    outputs = ("energy",)
    output_units = ("eV",)

    def __post_init__(self):
        positive("the rattle", self.rattle)
        positive("the step", self.step)
        if getattr(self.atoms, "calc", None) is None:
            raise ConfigError(
                f"{type(self.atoms).__name__} has no calculator: set atoms.calc, such as "
                "ase.calculators.emt.EMT(), first."
            )
        not_negative("the strain", self.strain)
        if self.strain and not (np.all(self.atoms.pbc) and abs(self.atoms.cell.volume) > 0):
            raise ConfigError(
                "strains are of a periodic cell with a volume: give atoms with pbc=True and a "
                "cell, or no strain."
            )
        copied = self.atoms.copy()
        copied.calc = self.atoms.calc
        object.__setattr__(self, "atoms", copied)

    @property
    def box(self) -> Box:  # type: ignore[override]
        """Around where the atoms are."""
        x, half = self.atoms.positions.ravel(), np.full(3 * len(self.atoms), self.rattle)
        names, units = coordinates(self.atoms), ("Å",) * len(x)
        if self.strain:
            x, half = np.append(x, np.zeros(6)), np.append(half, np.full(6, self.strain))
            names, units = (*names, *STRAINS), (*units, *("",) * 6)
        return Box(names, tuple(x - half), tuple(x + half), units)

    def solve(self, x: Float[np.ndarray, " d"], order: int = 1) -> Derivatives:
        """Energy, −forces and their differences at one configuration."""
        self._check_order(order)
        energy, slopes = self._asked(x, order > 0)
        if order < 2:
            return Derivatives(np.array([energy]), *([slopes[None]] if order else []))
        hessian = np.zeros((len(x), len(x)))
        for column, unit in zip(hessian, np.eye(len(x)), strict=True):
            for k, c in STENCIL:
                h = k * self.step * unit
                column += c / self.step * (self._asked(x + h)[1] - self._asked(x - h)[1])
        hessian = (hessian + hessian.T) / 2
        return Derivatives(np.array([energy]), slopes[None], hessian[None])

    def _asked(self, x: np.ndarray, forces: bool = True) -> tuple[float, np.ndarray]:
        atoms = self.atoms.copy()
        atoms.calc = self.atoms.calc
        count = 3 * len(atoms)
        moved = np.eye(3) + tensor(x[count:]) if self.strain else np.eye(3)
        atoms.set_cell(self.atoms.cell[:] @ moved)
        atoms.positions = x[:count].reshape(-1, 3) @ moved
        try:
            energy = float(atoms.get_potential_energy())
            slopes = self._slopes(atoms, moved) if forces else x
        except Exception as error:  # whatever a program of others raises
            raise Diverged(f"the calculator gave no energy or forces: {error}") from error
        if not (np.isfinite(energy) and np.isfinite(slopes).all()):
            raise Diverged(f"the calculator gave an energy of {energy} and forces not all finite.")
        return energy, slopes

    def _slopes(self, atoms: Any, moved: Float[np.ndarray, "3 3"]) -> np.ndarray:
        """By the positions before the strain, and by the strain."""
        slopes = (-atoms.get_forces(apply_constraint=False) @ moved.T).ravel()
        if not self.strain:
            return slopes
        # A further strain η of what is strained, (1 + ε)(1 + η), changes E by V σ:η.
        by_strain = atoms.get_volume() * np.linalg.solve(moved, atoms.get_stress(voigt=False))
        sides = [(by_strain[i, j] + by_strain[j, i]) / 2 for i, j in VOIGT]
        return np.append(slopes, sides)


def tensor(strains: Float[np.ndarray, " 6"]) -> Float[np.ndarray, "3 3"]:
    """ε of its six numbers, shears as γ = 2 ε."""
    found = np.zeros((3, 3))
    for (i, j), strain in zip(VOIGT, strains, strict=True):
        found[i, j] = found[j, i] = strain if i == j else strain / 2
    return found


def coordinates(atoms: Any) -> tuple[str, ...]:
    """Names of the inputs: the kind and number of the atom, the axis.

    ```python
    coordinates(atoms)   # ("Cu1.x", "Cu1.y", …)
    ```
    """
    kinds = atoms.get_chemical_symbols()
    if not kinds:
        raise DataError("there are no atoms.")
    return tuple(f"{kind}{i + 1}.{axis}" for i, kind in enumerate(kinds) for axis in AXES)
