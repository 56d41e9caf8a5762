"""Energies and forces of atoms by a calculator of ASE: EMT, DFT programs, other potentials."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from sobolev._base.arguments import positive
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
    it is no zero: raises `Diverged`. Raises `ConfigError` for atoms without a calculator.

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
        copied = self.atoms.copy()
        copied.calc = self.atoms.calc
        object.__setattr__(self, "atoms", copied)

    @property
    def box(self) -> Box:  # type: ignore[override]
        """Around where the atoms are."""
        x = self.atoms.positions.ravel()
        return Box(
            coordinates(self.atoms), tuple(x - self.rattle), tuple(x + self.rattle), ("Å",) * len(x)
        )

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
        atoms.positions = x.reshape(-1, 3)
        try:
            energy = float(atoms.get_potential_energy())
            slopes = -atoms.get_forces(apply_constraint=False).ravel() if forces else x
        except Exception as error:  # whatever a program of others raises
            raise Diverged(f"the calculator gave no energy or forces: {error}") from error
        if not (np.isfinite(energy) and np.isfinite(slopes).all()):
            raise Diverged(f"the calculator gave an energy of {energy} and forces not all finite.")
        return energy, slopes


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
