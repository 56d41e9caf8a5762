"""What an energy is to give, calculated in another way than the files do: by tensors, in NumPy."""

from collections.abc import Iterator, Mapping

import numpy as np

from sobolev._base.errors import ConfigError
from sobolev.exporters.exporter import POINTS
from sobolev.exporters.umat import material
from sobolev.function.function import Function

Numbers = Mapping[str, np.ndarray]


def entries_checked(function: Function, kind: str) -> None:
    """Refuse what is no strain energy; `ConfigError`."""
    d, q = len(function.inputs), len(function.outputs)
    if d not in (6, 9) or q != 1:
        raise ConfigError(
            f"a {kind} is made of a strain energy: 6 inputs, Green's strain E11 E22 E33 2E23 2E13 "
            "2E12, or 9, the displacement gradient row by row, and one output, the energy of a "
            f"reference volume; this function has {d} and {q}."
        )


def deformations(function: Function) -> Iterator[np.ndarray]:
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


def stretches(F: np.ndarray) -> np.ndarray:
    """U of F = R U, by the eigenvalues of FᵀF."""
    values, vectors = np.linalg.eigh(F.transpose(0, 2, 1) @ F)
    return np.einsum("nia,na,nja->nij", vectors, np.sqrt(values), vectors)


def known_of(function: Function, F: np.ndarray, kappa: float | None, jaumann: bool) -> Numbers:
    """ψ `[n]`, σ `[n, 6]` (11 22 33 12 13 23) and the moduli `[n, 36]` of deformations."""
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
