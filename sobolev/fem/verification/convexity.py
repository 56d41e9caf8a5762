"""Whether small changes are resisted: what is seen of a law, not what is wrong with it."""

import numpy as np

from sobolev.fem.verification.subject import Subject
from sobolev.fem.verification.tangents import Compared

DIRECTIONS = 200


def acoustic(subject: Subject, seen: Compared, rng: np.random.Generator) -> float:
    """The least eigenvalue of n · A · n over random directions, over the largest.

    Positive: the law is elliptic, waves run in every direction; below zero it may localise.
    """
    A = subject.moduli(seen.slopes.value, seen.stress)
    n = rng.standard_normal((DIRECTIONS, len(A)))
    n /= np.linalg.norm(n, axis=1)[:, None]
    Q = np.einsum("ijkl,nj,nl->nik", A, n, n)
    values = np.linalg.eigvalsh((Q + Q.transpose(0, 2, 1)) / 2)
    return float(values.min() / np.abs(values).max())


def least_stiffness(subject: Subject, seen: Compared) -> float:
    """The least eigenvalue of the symmetric tangent of small strain, over the largest."""
    C, d = subject.moduli(seen.slopes.value, seen.stress), subject.shape[0]
    pairs = [(i, j) for i in range(d) for j in range(i, d)]
    basis = np.array([_unit(i, j, d) for i, j in pairs])
    matrix = np.einsum("aij,ijkl,bkl->ab", basis, C, basis)
    values = np.linalg.eigvalsh((matrix + matrix.T) / 2)
    return float(values.min() / np.abs(values).max())


def _unit(i, j, d):
    made = np.zeros((d, d))
    made[i, j] += 0.5
    made[j, i] += 0.5
    return made / np.linalg.norm(made)
