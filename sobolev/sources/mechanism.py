"""The numbers of a reaction mechanism: what reacts to what, masses, and heats by polynomials."""

import os
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from sobolev._base import checksummed
from sobolev._base.errors import CorruptFile, DataError

GAS = 8314.46261815324  # J/(kmol K)
KIND, FORMAT = "mechanism", 1


@dataclass(frozen=True, eq=False)
class Mechanism:
    """Stoichiometry, molar masses and NASA's polynomials of s species and r reactions.

    `stoichiometry [s, r]`: what one reaction makes of each species, less what it takes;
    `reversible [r]`; `masses [s]` in kg/kmol; `atoms [e, s]` of each of the `elements`. Above
    `middle [s]`, in K, the coefficients `high [s, 7]` hold, below it `low [s, 7]`:

        c_p/R = a₁ + a₂T + a₃T² + a₄T³ + a₅T⁴,
        h/RT = a₁ + a₂T/2 + a₃T²/3 + a₄T³/4 + a₅T⁴/5 + a₆/T,
        s/R = a₁ ln T + a₂T + a₃T²/2 + a₄T³/3 + a₅T⁴/4 + a₇, at the pressure `standard` in Pa.

    Read once by Cantera and kept with `save`, so that what is made of it runs without Cantera.
    Source: B. J. McBride, S. Gordon, M. A. Reno, NASA Technical Memorandum 4513 (1993).

    ```python
    mechanism = Kinetics("h2o2.yaml", pressure=101325.0).numbers
    mechanism.save("h2o2.npz")
    ```
    """

    species: tuple[str, ...]
    elements: tuple[str, ...]
    standard: float
    stoichiometry: Float[np.ndarray, "s r"]
    reversible: Bool[np.ndarray, " r"]
    masses: Float[np.ndarray, " s"]
    atoms: Float[np.ndarray, "e s"]
    middle: Float[np.ndarray, " s"]
    high: Float[np.ndarray, "s 7"]
    low: Float[np.ndarray, "s 7"]

    @classmethod
    def of(cls, gas: Any) -> "Mechanism":
        """Of a `cantera.Solution`; `DataError` for heats that are no such polynomials."""
        rows = []
        for species in gas.species():
            coefficients = np.array(species.thermo.coeffs)
            if len(coefficients) != 15:
                raise DataError(
                    f"the heat capacity of {species.name} is no NASA polynomial of seven "
                    "coefficients: the Jacobian needs its slope, give another mechanism."
                )
            rows.append(coefficients)
        a, n = np.array(rows), range(gas.n_species)
        stoichiometry = gas.product_stoich_coeffs - gas.reactant_stoich_coeffs
        atoms = [[gas.n_atoms(k, m) for k in n] for m in range(gas.n_elements)]
        return cls(
            tuple(gas.species_names), tuple(gas.element_names), float(gas.reference_pressure),
            np.array(stoichiometry, float), np.array([r.reversible for r in gas.reactions()], bool),
            np.array(gas.molecular_weights), np.array(atoms, float),
            a[:, 0], a[:, 1:8], a[:, 8:15],
        )  # fmt: skip

    def held(self) -> Float[np.ndarray, "e d"]:
        """What of each element a state (Y, T) holds, in kmol/kg: invariants."""
        return np.hstack([self.atoms / self.masses, np.zeros((len(self.atoms), 1))])

    def warming(self, T: float) -> Float[np.ndarray, " s"]:
        """dc_p/dT of each species, in J/(kmol K²)."""
        a = np.where((T > self.middle)[:, None], self.high, self.low)
        return GAS * (a[:, 1:5] @ [1.0, 2 * T, 3 * T**2, 4 * T**3])

    def save(self, path: str | os.PathLike) -> Path:
        """Write one `.npz` with format version and checksum; `OutputError`."""
        header = {name: getattr(self, name) for name in ("species", "elements", "standard")}
        arrays = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in header}
        return checksummed.write_archive(path, KIND, FORMAT, header, arrays)

    @classmethod
    def load(cls, path: str | os.PathLike) -> "Mechanism":
        """Read what `save` wrote; `CorruptFile`, `DataError`."""
        header, arrays = checksummed.read_archive(path, KIND, FORMAT)
        try:
            names: Any = {name: tuple(header[name]) for name in ("species", "elements")}
            content: Any = arrays
            return cls(**names, standard=float(header["standard"]), **content)
        except (KeyError, TypeError) as error:
            raise CorruptFile(f"{path} does not hold a whole mechanism ({error}).") from error
