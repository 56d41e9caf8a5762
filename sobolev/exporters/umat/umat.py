"""A strain energy as a material of Abaqus or CalculiX: stress and consistent tangent."""

from collections.abc import Callable
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
from sobolev.exporters.umat.known import Numbers, deformations, entries_checked, known_of, stretches
from sobolev.exporters.umat.routine import routine
from sobolev.exporters.ways import Entry
from sobolev.function.function import Function


@dataclass(frozen=True)
class Umat(Exporter):
    """A file `name.f` with SUBROUTINE UMAT of Abaqus: σ and DDSDDE of a strain energy.

    The function has one output, the energy W of a reference volume, and 6 inputs, Green's strain
    E₁₁, E₂₂, E₃₃, 2E₂₃, 2E₁₃, 2E₁₂, or 9, the displacement gradient row by row: what
    `fem.Hyperelastic` takes. Of F at the end of the increment (NLGEOM),

        σ = J⁻¹ F S Fᵀ,   D_ijkl = J⁻¹ F_iA F_jB F_kC F_lD ∂S_AB/∂E_CD
                                   + (σ_ik δ_jl + σ_jk δ_il + σ_il δ_jk + σ_jl δ_ik) / 2,

    the Jaumann rate of Kirchhoff's stress over J; SSE is ψ. Solids, plane strain and axisymmetric
    elements; det F ≤ 0 asks for a smaller increment, plane stress ends the run. The file is fixed
    form. `name_material(F, PSI, SIGMA, D)` can be called of any UMAT of one's own.

    **Arguments:** `kappa`: the bulk modulus of κ/2 ((J² - 1)/2 - ln J), to be added to the energy
    of rubber that does not hold its volume; None, nothing is added. Raises `ConfigError`.

    ```python
    exporters.Umat().write(surrogate, "rubber.f")
    ```

    Source: the interface of Abaqus' user subroutine UMAT.
    """

    name: ClassVar[str] = "umat"
    suffix: ClassVar[str] = ".f"
    response: ClassVar[Callable] = staticmethod(material.of_jaumann)
    order: ClassVar[int] = 2  # pyright: ignore[reportIncompatibleVariableOverride]
    stretched: ClassVar[bool] = False

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
        head = [*about(function, signature(function)), ""]
        what = [*head, *routine(name, self.stretched), "", *lines]
        return {f"{name}.f": text(what).encode()}

    def answers(
        self, folder: Path, function: Function, name: str, given: Numbers
    ) -> dict[str, np.ndarray]:
        """Energy, stress and tangent, compiled by the Fortran compiler that is found here."""
        library = folder / "library.so"
        compiled(folder, [f"{name}.f"], library)
        symbol = f"{name}_material_".lower()
        return called(library, lambda entry: symbol, [self._entry(function)], given)

    def asked(self, function: Function) -> tuple[Numbers, Numbers]:
        """Deformations in the range of the energy, turned at random, and what they are to give.

        Calculated in another way than the file does: by tensors, of the function's derivatives.
        """
        entries_checked(function, "UMAT")
        F = np.stack(list(deformations(function)))
        if self.stretched:
            F = stretches(F)
        known = known_of(function, F, self.kappa, jaumann=not self.stretched)
        return {"x": F.transpose(0, 2, 1).reshape(-1, 9)}, known

    def _entry(self, function: Function) -> Entry:
        entries_checked(function, "UMAT")
        law = material.Material(function.as_function(), len(function.inputs), self.kappa)
        respond = type(self).response

        def way(x):
            psi, stress, moduli = respond(law, x)
            return psi.reshape(1), stress, moduli

        results = ("psi", 1), ("stress", 6), ("moduli", 36)
        return Entry("material", (("x", 9),), results, _SAYS[self.stretched], (way,))


@dataclass(frozen=True)
class UmatOfCalculix(Umat):
    """The same for CalculiX, whose materials named `@ABAQUSNL_…` want another frame.

    CalculiX passes F and expects Rᵀ σ R, and in this frame the tangent of Truesdell's rate times J:
    the energy is asked at the stretch U of F = R U. With the tangent of Abaqus it would converge
    linearly, with its stress to something else as soon as there is a rotation.

    ```python
    exporters.UmatOfCalculix().write(surrogate, "RUBBER.f")
    ```
    """

    name: ClassVar[str] = "umat-calculix"
    response: ClassVar[Callable] = staticmethod(material.of_truesdell)
    stretched: ClassVar[bool] = True


_SAYS = {
    False: "energy, Cauchy stress, moduli (Jaumann) at F; 11 22 33 12 13 23",
    True: "energy, stress, moduli (Truesdell times J) at U; 11 22 33 12 13 23",
}
