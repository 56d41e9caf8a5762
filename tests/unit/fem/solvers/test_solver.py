"""Direct solvers: right answers, honest refusals, and who is chosen."""

import importlib.util
import sys
import types

import numpy as np
import pytest
import scipy.sparse as sp

from sobolev.errors import ConfigError
from sobolev.fem import BandedCholesky, Cholmod, MultigridCG, Pardiso, SuperLU, grid
from sobolev.fem.kernel.pattern import Pattern, lay_out
from sobolev.fem.solvers.default import default_solver
from sobolev.fem.solvers.solver import Factorisation, Singular, check_condition

SOLVERS = pytest.mark.parametrize("solver", [SuperLU(), BandedCholesky()], ids=repr)


def system(n=6, lowest=1.0):
    """A random symmetric matrix on a mesh's pattern, with its least eigenvalue as asked for."""
    cells = grid((n, n)).cells["quad"]
    nodes = (2 * cells[:, :, None] + np.arange(2)).reshape(len(cells), 8) - 2 * (n + 1)
    pattern, _ = lay_out([np.maximum(nodes, -1)], 2 * n * (n + 1))
    rng = np.random.default_rng(0)
    shape = (pattern.size, pattern.size)
    A = sp.csr_matrix((rng.standard_normal(len(pattern.indices)), *pattern[1::-1]), shape)
    A = ((A + A.T) / 2).toarray()
    A += (lowest - np.linalg.eigvalsh(A)[0]) * np.eye(pattern.size)
    return A, pattern, A[pattern.rows, pattern.indices]


@SOLVERS
@pytest.mark.parametrize("lowest", [1.0, -2.0], ids=["definite", "indefinite"])
def test_solves_one_and_many_right_hand_sides(solver, lowest):
    A, pattern, values = system(lowest=lowest)
    assert (np.linalg.eigvalsh(A)[0] < 0) == (lowest < 0)
    factor = solver.prepare(pattern).factor(values)
    assert isinstance(factor, Factorisation)
    b = np.random.default_rng(1).standard_normal((pattern.size, 3))
    given = b.copy()
    for right in (b, b[:, 0]):
        assert np.abs(A @ factor.solve(right) - right).max() < 1e-11
    assert (b == given).all()


@SOLVERS
def test_an_unsymmetric_matrix_and_its_transpose_are_solved(solver):
    A, pattern, values = system()
    values = values + np.random.default_rng(3).standard_normal(len(values)) / 50
    A[pattern.rows, pattern.indices] = values
    factor = solver.prepare(pattern, symmetric=False).factor(values)
    b = np.random.default_rng(1).standard_normal((pattern.size, 2))
    assert np.abs(A @ factor.solve(b) - b).max() < 1e-10
    assert np.abs(A.T @ factor.solve(b, transposed=True) - b).max() < 1e-10
    assert np.abs(A @ factor.solve(b, transposed=True) - b).max() > 1e-3


@SOLVERS
@pytest.mark.parametrize("what", ["zero row", "nan"])
def test_refuses_what_has_no_inverse(solver, what):
    _, pattern, values = system(lowest=0.0)
    if what == "zero row":
        values = np.where((pattern.rows == 3) | (pattern.indices == 3), 0.0, values)
    if what == "nan":
        values = values.copy()
        values[5] = np.nan
    with pytest.raises(Singular):
        solver.prepare(pattern).factor(values)


@SOLVERS
def test_a_null_vector_that_the_pivots_hide_is_found(solver):
    _, pattern, values = system(lowest=0.0)
    prepared = solver.prepare(pattern)
    with pytest.raises(Singular, match="condition number"):
        check_condition(prepared.factor(values), values, pattern.size)
    _, _, sound = system(lowest=1e-6)
    check_condition(prepared.factor(sound), sound, pattern.size)


def test_a_factor_outlives_the_next_factorisation():
    A, pattern, values = system()
    prepared = BandedCholesky().prepare(pattern)
    first = prepared.factor(values)
    prepared.factor(2 * values)
    b = np.ones(pattern.size)
    assert np.abs(A @ first.solve(b) - b).max() < 1e-11


class FakePyPardiso(types.ModuleType):
    """Answers as pypardiso does, through dense algebra."""

    class PyPardisoError(Exception):
        pass

    class PyPardisoSolver:
        made = freed = 0

        def __init__(self, mtype):
            assert mtype == 11
            FakePyPardiso.PyPardisoSolver.made += 1

        def factorize(self, A):
            self.A = A.toarray()

        def solve(self, A, b):
            return np.linalg.lstsq(self.A, b, rcond=None)[0]

        def free_memory(self, everything):
            FakePyPardiso.PyPardisoSolver.freed += everything


def test_pardiso_is_used_freed_and_checked(monkeypatch):
    for name in ("pypardiso", "pypardiso.pardiso_wrapper"):
        monkeypatch.setitem(sys.modules, name, FakePyPardiso(name))
    A, pattern, values = system(lowest=-2.0)
    turned = Pardiso().prepare(pattern, symmetric=False).factor(values + 0.1 * (values > 1))
    A2 = A.copy()
    A2[pattern.rows, pattern.indices] += 0.1 * (values > 1)
    assert np.abs(A2.T @ turned.solve(np.ones(len(A)), transposed=True) - 1).max() < 1e-10
    FakePyPardiso.PyPardisoSolver.made = FakePyPardiso.PyPardisoSolver.freed = 0
    prepared, b = Pardiso().prepare(pattern), np.ones((pattern.size, 2))
    for _ in range(2):  # looking for the library takes longer than a factorisation: once
        assert np.abs(A @ prepared.factor(values).solve(b) - b).max() < 1e-10
    assert (FakePyPardiso.PyPardisoSolver.made, FakePyPardiso.PyPardisoSolver.freed) == (1, 2)
    first, second = prepared.factor(values), prepared.factor(2 * values)
    assert np.abs(A @ first.solve(b) - b).max() < 1e-10  # one solver, and still nobody's factors
    assert np.abs(2 * A @ second.solve(b) - b).max() < 1e-10  # are taken for another's
    before = FakePyPardiso.PyPardisoSolver.freed
    del prepared, first, second
    assert FakePyPardiso.PyPardisoSolver.freed == before + 1
    zero = Pardiso().prepare(pattern).factor(0 * values)
    with pytest.raises(Singular, match="residual"):
        zero.solve(b)


class FakeCholmod(types.ModuleType):
    class CholmodNotPositiveDefiniteError(Exception):
        pass

    @staticmethod
    def analyze(A):
        return FakeCholmod("symbolic")

    @staticmethod
    def cholesky(A):
        if np.linalg.eigvalsh(A.toarray())[0] <= 0:
            raise FakeCholmod.CholmodNotPositiveDefiniteError
        return lambda b: np.linalg.solve(A.toarray(), b)


@pytest.mark.parametrize("lowest", [1.0, -2.0])
def test_cholmod_hands_indefinite_tangents_on(monkeypatch, lowest):
    monkeypatch.setitem(sys.modules, "sksparse", types.ModuleType("sksparse"))
    monkeypatch.setitem(sys.modules, "sksparse.cholmod", FakeCholmod("cholmod"))
    A, pattern, values = system(lowest=lowest)
    b = np.ones(pattern.size)
    x = Cholmod().prepare(pattern).factor(values).solve(b)
    assert np.abs(A @ x - b).max() < 1e-10


@pytest.mark.parametrize(
    ("solver", "module"),
    [(Pardiso(), "pypardiso"), (Cholmod(), "sksparse.cholmod"), (MultigridCG(), "pyamg")],
    ids=repr,
)
def test_a_missing_package_is_named(monkeypatch, solver, module):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ConfigError, match="not installed"):
        solver.prepare(system(2)[1])


def arrow(size):
    """One full row and column: no order of the unknowns makes the band narrow."""
    first = sp.csr_matrix((np.ones(size), (np.zeros(size, int), np.arange(size))), (size, size))
    matrix = (sp.eye_array(size) + first + first.T).tocsr()
    return Pattern(matrix.indptr, matrix.indices)


@pytest.mark.parametrize("installed", [True, False])
def test_the_default_is_banded_for_narrow_bands_else_pardiso_else_superlu(monkeypatch, installed):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object() if installed else None)
    assert default_solver(system(6)[1]) == BandedCholesky()
    assert default_solver(arrow(9_000)) == (Pardiso() if installed else SuperLU())


def block(*counts):
    """Points of a block, each coupled with its six neighbours."""
    lines = [sp.diags_array([np.ones(n - 1), np.ones(n), np.ones(n - 1)], offsets=[-1, 0, 1])
             for n in counts]  # fmt: skip
    matrix = sp.csr_array(sp.coo_array((int(np.prod(counts)),) * 2))
    for k, line in enumerate(lines):
        parts = [line if j == k else sp.eye_array(n) for j, n in enumerate(counts)]
        matrix = matrix + sp.kron(sp.kron(parts[0], parts[1]), parts[2], "csr")
    return Pattern(matrix.indptr, matrix.indices)


@pytest.mark.parametrize("installed", [True, False])
def test_multigrid_is_the_default_of_large_symmetric_problems(monkeypatch, installed):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object() if installed else None)
    large = arrow(20_000)
    assert default_solver(large, True, 3) == (MultigridCG() if installed else SuperLU())
    for symmetric, dimension in ((False, 3), (True, 2)):
        assert default_solver(large, symmetric, dimension) != MultigridCG()
    thin, thick = block(15, 15, 80), block(40, 40, 40)
    assert default_solver(thin, True, 3) == (Pardiso() if installed else BandedCholesky())
    assert default_solver(thick, True, 3) == (MultigridCG() if installed else SuperLU())
    medium = arrow(5_000)  # its band has room
    assert default_solver(medium, True, 3) == (Pardiso() if installed else BandedCholesky())
    assert default_solver(medium, False, 3) == (Pardiso() if installed else SuperLU())
