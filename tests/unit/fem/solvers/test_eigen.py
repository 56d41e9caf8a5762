"""Modes of a pencil: none is missed, and their change solves the singular system."""

import numpy as np
import pytest
import scipy.linalg
import scipy.sparse as sp

from sobolev.errors import Diverged
from sobolev.fem import SuperLU
from sobolev.fem.kernel.pattern import Pattern
from sobolev.fem.solvers import eigen
from sobolev.fem.solvers.eigen import Change, Pencil, above_round_off, first_modes, matrix


def membrane(n, inverted=True):
    """A square of springs with masses, whose second and third values coincide."""
    line = sp.diags([-np.ones(n - 1), 2 * np.ones(n), -np.ones(n - 1)], [-1, 0, 1])
    one = sp.identity(n)
    K = sp.csr_matrix(sp.kron(line, one) + sp.kron(one, line))
    K.sort_indices()
    M = sp.csr_matrix(K * 0.0 + 2 * sp.identity(n * n) + K / 100)
    M.sort_indices()
    solve = SuperLU().prepare(Pattern(K.indptr, K.indices)).factor(K.data).solve
    return Pencil(K, M, True, solve) if inverted else Pencil(M, K, False, solve)


@pytest.mark.parametrize("inverted", [True, False], ids=["least", "greatest"])
@pytest.mark.parametrize("n", [12, 21], ids=["dense", "sparse"])
def test_the_first_modes_are_those_of_dense_matrices(n, inverted):
    pencil = membrane(n, inverted)
    exact = scipy.linalg.eigh(pencil.A.toarray(), pencil.B.toarray(), eigvals_only=True)
    exact = exact if inverted else exact[::-1]
    values, modes = first_modes(pencil, 5)
    assert values == pytest.approx(exact[:6], rel=1e-12)
    assert values[1] == pytest.approx(values[2], rel=1e-12)
    assert modes @ (pencil.B @ modes.T) == pytest.approx(np.eye(6), abs=1e-12)
    residual = pencil.A @ modes.T - pencil.B @ modes.T * values
    assert np.abs(residual).max() < 1e-12 * np.abs(pencil.A @ modes.T).max()


def test_what_one_run_missed_is_found_by_the_next(monkeypatch):
    """The first mode is hidden from the first run, as a copy of a repeated value may be."""
    pencil = membrane(21)
    exact, first = first_modes(pencil, 3)
    honest = eigen._some

    def blind(pencil, count, known):
        return honest(pencil, count, known) if len(known) else honest(pencil, count, first[:1])

    monkeypatch.setattr(eigen, "_some", blind)
    assert first_modes(pencil, 3)[0] == pytest.approx(exact, rel=1e-12)


def test_parts_without_mass_have_no_modes():
    pencil = membrane(4)
    only = sp.csr_matrix(np.diag([1.0, 1.0, *np.zeros(14)]))
    values, _ = first_modes(Pencil(pencil.A, only, True, pencil.solve), 5)
    assert len(values) == 2 and np.isfinite(values).all()


def test_a_run_that_fails_says_so():
    def nothing(b):
        raise eigen.Singular("no factor")

    pencil = membrane(21)
    with pytest.raises(Diverged, match=r"modes of the structure were not found \(no factor\)"):
        first_modes(Pencil(pencil.A, pencil.B, True, nothing), 3)


@pytest.mark.parametrize("asked", [[0], [1, 2], [0, 1, 2], [0, 3]], ids=str)
def test_the_change_of_modes_is_orthogonal_to_all_of_them(asked):
    """Against the sum over all other modes; also where the asked ones lie apart."""
    pencil = membrane(12)
    values, modes = (part[asked] for part in first_modes(pencil, 5))
    pattern = Pattern(pencil.A.indptr, pencil.A.indices)
    images = (pencil.B @ modes.T).T
    b = np.random.default_rng(0).standard_normal((pencil.size, 3))
    b -= images.T @ (modes @ b)
    all_values, every = scipy.linalg.eigh(pencil.A.toarray(), pencil.B.toarray())
    others = np.array([m for m in range(pencil.size) if m not in asked])
    for value in values:
        entries = pencil.A.data - value * pencil.B.data
        psi = Change(pattern, SuperLU().prepare(pattern), entries, modes, images)(b)
        rest = every[:, others]
        exact = rest @ ((rest.T @ b) / (all_values[others] - value)[:, None])
        assert psi == pytest.approx(exact, abs=1e-10 * np.abs(exact).max())
        assert matrix(pattern, entries) @ psi == pytest.approx(b, abs=1e-10)


def test_a_value_that_is_round_off_is_no_mode():
    """Without one that is positive, those next to zero have a sign of chance."""
    counts = []
    for seed in range(8):
        turn = np.linalg.qr(np.random.default_rng(seed).standard_normal((12, 12)))[0]
        pull = turn @ np.diag([*np.zeros(3), *-np.arange(1.0, 10.0)]) @ turn.T
        B = sp.csr_matrix(np.eye(12))
        for sign in (1, -1):
            pencil = Pencil(sp.csr_matrix(sign * (pull + pull.T) / 2), B, False, lambda b: b)
            counts.append(above_round_off(pencil, *first_modes(pencil, 4)))
    assert counts == [0, 5] * 8
