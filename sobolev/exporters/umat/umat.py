"""A strain energy as a material of Abaqus or CalculiX: stress and consistent tangent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from sobolev._base.errors import ConfigError
from sobolev.exporters.c.c99 import called
from sobolev.exporters.exporter import POINTS, Exporter, signature
from sobolev.exporters.fortran.fortran import compiled, short_name
from sobolev.exporters.fortran.source import about, functions, subroutine, text
from sobolev.exporters.umat import material
from sobolev.exporters.umat.routine import routine
from sobolev.exporters.ways import Entry
from sobolev.function.function import Function

Numbers = Mapping[str, np.ndarray]


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
    stretched: ClassVar[bool] = False

    order: int = 2
    kappa: float | None = None

    def __post_init__(self):
        if self.order != 2:
            raise ConfigError(f"order is {self.order}: a material needs the second derivative, 2.")
        if self.kappa is not None and not self.kappa > 0:
            raise ConfigError(f"kappa is {self.kappa}: a bulk modulus is positive.")

    def files(self, function: Function, name: str) -> dict[str, bytes]:
        """The file."""
        name = short_name(name)
        lines = subroutine(name, self._entry(function))
        lines += functions(name, lines)
        what = [*about(function, signature(function)), *routine(name, self.stretched), "", *lines]
        return {f"{name}.f": text(what).encode()}

    def answers(
        self, folder: Path, function: Function, name: str, given: Numbers
    ) -> dict[str, np.ndarray]:
        """Energy, stress and tangent, compiled by the Fortran compiler that is found here."""
        library = folder / f"{name}.so"
        compiled(folder, [f"{name}.f"], library)
        symbol = f"{name}_material_".lower()
        return called(library, lambda entry: symbol, [self._entry(function)], given)

    def asked(self, function: Function) -> tuple[Numbers, Numbers]:
        """Deformations in the range of the energy, turned at random, and what they are to give.

        Calculated in another way than the file does: by tensors, of the function's derivatives.
        """
        _entries_checked(function)
        F = np.stack(list(_deformations(function)))
        if self.stretched:
            C = F.transpose(0, 2, 1) @ F
            values, vectors = np.linalg.eigh(C)
            F = np.einsum("nia,na,nja->nij", vectors, np.sqrt(values), vectors)
        known = _known(function, F, self.kappa, jaumann=not self.stretched)
        return {"x": F.transpose(0, 2, 1).reshape(-1, 9)}, known

    def _entry(self, function: Function) -> Entry:
        _entries_checked(function)
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


def _entries_checked(function: Function) -> None:
    d, q = len(function.inputs), len(function.outputs)
    if d not in (6, 9) or q != 1:
        raise ConfigError(
            "a UMAT is made of a strain energy: 6 inputs, Green's strain E11 E22 E33 2E23 2E13 "
            "2E12, or 9, the displacement gradient row by row, and one output, the energy of a "
            f"reference volume; this function has {d} and {q}."
        )


def _deformations(function: Function):
    """F = Q U with U of the box, and rotations Q at random; those that turn nothing inside out."""
    rng = np.random.default_rng(0)
    d = len(function.inputs)
    box = function.box
    lower, upper = (-0.1, 0.1) if box is None else (np.array(box.lower), np.array(box.upper))
    found = 0
    for _ in range(100 * POINTS):
        if found == POINTS:
            return
        x = lower + rng.random(d) * (np.asarray(upper) - lower)
        turned, _ = np.linalg.qr(rng.normal(size=(3, 3)))
        turned *= np.sign(np.linalg.det(turned))
        if d == 9:
            F = np.eye(3) + x.reshape(3, 3)
        else:
            values, vectors = np.linalg.eigh(np.eye(3) + 2 * _tensor(x))
            if values.min() <= 0:
                continue
            F = turned @ (vectors * np.sqrt(values)) @ vectors.T
        if np.linalg.det(F) > 0:
            found += 1
            yield F
    raise ConfigError(
        "hardly any deformation in the box of this energy leaves a positive volume: are its inputs "
        "Green's strain, or the displacement gradient?"
    )


def _tensor(x: np.ndarray) -> np.ndarray:
    """Of E11 E22 E33 2E23 2E13 2E12."""
    E = np.zeros((3, 3))
    for (i, j), value in zip(material.GREEN, x, strict=True):
        E[i, j] = E[j, i] = value if i == j else value / 2
    return E


def _known(function: Function, F: np.ndarray, kappa: float | None, jaumann: bool) -> Numbers:
    one = np.eye(3)
    C = F.transpose(0, 2, 1) @ F
    J = np.linalg.det(F)
    if len(function.inputs) == 6:
        E = (C - one) / 2
        x = np.stack([E[:, i, j] * (1 + (i != j)) for i, j in material.GREEN], axis=1)
        value, slopes, curved = (array[:, 0] for array in function.derivatives(x, 2))
        at = np.zeros((3, 3), int)
        for n, (i, j) in enumerate(material.GREEN):
            at[i, j] = at[j, i] = n
        tau = np.einsum("niA,nAB,njB->nij", F, slopes[:, at], F)
        c = np.einsum("niA,njB,nABCD,nkC,nlD->nijkl", F, F, curved[:, at][:, :, :, at], F, F)
    else:
        found = function.derivatives((F - one).reshape(-1, 9), 2)
        value, slopes, curved = (array[:, 0] for array in found)
        tau = slopes.reshape(-1, 3, 3) @ F.transpose(0, 2, 1)
        c = np.einsum("njJ,niJkL,nlL->nijkl", F, curved.reshape(-1, 3, 3, 3, 3), F)
        c = c - np.einsum("njl,ik->nijkl", tau, one)
        c = (c + c.transpose(0, 2, 1, 3, 4)) / 2
        c = (c + c.transpose(0, 1, 2, 4, 3)) / 2
        tau = (tau + tau.transpose(0, 2, 1)) / 2
    if kappa is not None:
        value = value + kappa / 2 * ((J**2 - 1) / 2 - np.log(J))
        pressure = (kappa / 2 * (J**2 - 1))[:, None, None]
        both = np.einsum("ik,jl->ijkl", one, one) + np.einsum("il,jk->ijkl", one, one)
        volume = np.multiply.outer(kappa * J**2, np.einsum("ij,kl->ijkl", one, one))
        tau, c = tau + pressure * one, c + volume - np.multiply.outer(pressure[:, 0, 0], both)
    if jaumann:
        for word in ("ik,jl", "jk,il", "il,jk", "jl,ik"):
            left, right = word.split(",")
            c = c + np.einsum(f"n{left},{right}->nijkl", tau, one) / 2
        c = c / J[:, None, None, None, None]
    rows, columns = np.array(material.UMAT).T
    stress = tau[:, rows, columns] / J[:, None]
    moduli = c[:, rows, columns][:, :, rows, columns]
    return {"psi": value, "stress": stress, "moduli": moduli.reshape(len(F), 36)}
