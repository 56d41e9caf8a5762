"""A strain energy as a material of Abaqus/Explicit: stress, for a block of points."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from sobolev._base.arguments import positive
from sobolev.exporters.c.c99 import called
from sobolev.exporters.exporter import Exporter, signature
from sobolev.exporters.fortran.fortran import compiled, short_name
from sobolev.exporters.fortran.source import about, functions, subroutine, text
from sobolev.exporters.umat import material
from sobolev.exporters.umat.explicit_routine import IN_DOUBLE, INCLUDED, explicit_routine
from sobolev.exporters.umat.known import Numbers, deformations, entries_checked, known_of, stretches
from sobolev.exporters.ways import Entry
from sobolev.function.function import Function


@dataclass(frozen=True)
class Vumat(Exporter):
    """A file `name.f` with SUBROUTINE VUMAT of Abaqus/Explicit: the stress of a strain energy.

    The function has one output, the energy W of a reference volume, and 6 inputs, Green's strain
    E₁₁, E₂₂, E₃₃, 2E₂₃, 2E₁₃, 2E₁₂, or 9, the displacement gradient row by row: what
    `fem.Hyperelastic` takes. Of the stretch U at the end of the increment, of F = R U,

        stressNew = Rᵀ σ R = J⁻¹ U S U,   enerInternNew = ψ/ρ₀   of 11, 22, 33, 12, 23, 31,

    in the frame that turns with R, for all points of a block. In the first call, which makes
    strains up, U is 1 + strainInc. Solids: elements of two dimensions end the run, since they do
    not say whether they are of plane stress. The file is fixed form and includes `vaba_param.inc`,
    which Abaqus brings along and which says whether the run is in single or in double precision.
    `name_material(U, PSI, SIGMA)`, in double precision, can be called of a VUMAT of one's own.

    **Arguments:** `kappa`: the bulk modulus of κ/2 ((J² - 1)/2 - ln J), to be added to the energy
    of rubber that does not hold its volume; None, nothing is added. Raises `ConfigError`.

    ```python
    exporters.Vumat().write(surrogate, "rubber.f")
    ```

    Source: the interface of Abaqus' user subroutine VUMAT.
    """

    name: ClassVar[str] = "vumat"
    suffix: ClassVar[str] = ".f"
    order: ClassVar[int] = 1  # pyright: ignore[reportIncompatibleVariableOverride]

    kappa: float | None = None

    def __post_init__(self):
        super().__post_init__()
        if self.kappa is not None:
            positive("kappa, a bulk modulus,", self.kappa)

    def files(self, function: Function, name: str) -> dict[str, bytes]:
        """The file."""
        name = short_name(name)
        lines = subroutine(name, self._entry(function))
        lines += functions(name, lines)
        what = [*about(function, signature(function)), "", *explicit_routine(name), *lines]
        return {f"{name}.f": text(what).encode()}

    def answers(
        self, folder: Path, function: Function, name: str, given: Numbers
    ) -> dict[str, np.ndarray]:
        """Energy and stress, compiled by the Fortran compiler that is found here."""
        (folder / INCLUDED).write_text(IN_DOUBLE)
        library = folder / "library.so"
        compiled(folder, [f"{name}.f"], library)
        symbol = f"{name}_material_".lower()
        return called(library, lambda entry: symbol, [self._entry(function)], given)

    def asked(self, function: Function) -> tuple[Numbers, Numbers]:
        """Stretches in the range of the energy, and what they are to give, by tensors in NumPy."""
        entries_checked(function, "VUMAT")
        U = stretches(np.stack(list(deformations(function))))
        known = known_of(function, U, self.kappa, jaumann=False)
        here = [material.UMAT.index(pair) for pair in material.EXPLICIT]
        rows, columns = np.array(material.EXPLICIT).T
        return {"x": U[:, rows, columns]}, {"psi": known["psi"], "stress": known["stress"][:, here]}

    def _entry(self, function: Function) -> Entry:
        entries_checked(function, "VUMAT")
        law = material.Material(function.as_function(), len(function.inputs), self.kappa)

        def way(u):
            psi, stress = material.of_stretch(law, u)
            return psi.reshape(1), stress

        says = "energy, stress at U; 11 22 33 12 23 31"
        return Entry("material", (("x", 6),), (("psi", 1), ("stress", 6)), says, (way,))
