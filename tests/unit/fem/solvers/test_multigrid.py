"""Conjugate gradients with multigrid: right answers, few iterations, or a sentence."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest
import scipy.sparse as sp

from sobolev import Box
from sobolev.errors import ConfigError, Diverged
from sobolev.fem import (
    Body,
    BoundaryMean,
    Compliance,
    Fixed,
    Flux,
    HeatConduction,
    LinearElastic,
    Model,
    MultigridCG,
    NeoHooke,
    PerCell,
    PNorm,
    Shape,
    SuperLU,
    Traction,
    grid,
    von_mises,
)  # fmt: skip
from sobolev.fem.kernel.assembly import linearise, no_states
from sobolev.fem.solvers.multigrid import REMEMBERED, _Cycle, near_null_space
from sobolev.fem.solvers.solver import Singular, check_condition
from sobolev.fem.statement import describe

MESH = grid((12, 4, 4))
RNG = np.random.default_rng(0)


def stretched(X, length):
    return X * jnp.stack([length, 1.0, 0.5])[None]


def beam(solver=None, law=NeoHooke("E", 0.3), load=0.02):
    return Model(
        MESH, [Body(law)],
        # sliding supports: two of three unknowns of their nodes stay
        [Fixed("left"), Fixed("bottom", 1)],
        [Traction("right", (load, 0.0, load))],
        {"tip": BoundaryMean("right", 2), "stress": PNorm(von_mises, exponent=4.0)},
        Box(("E", "length"), (0.5, 1.0), (2.0, 4.0)),
        geometry=Shape(stretched, ("length",)), solver=solver,
    )  # fmt: skip


AT = np.array([1.0, 3.0])


def tangent(model, p=AT):
    """`(values, X, pattern)` at rest."""
    case = describe(model.statement, model.data, p)
    u = np.zeros(case.displacement.shape)
    parts = model.statement.parts
    system = linearise(parts, model.data.space, case, no_states(parts), u, u)
    return np.asarray(system.values), np.asarray(case.X), model.data.space.pattern


VALUES, X, PATTERN = tangent(beam())
A = sp.csr_matrix((VALUES, PATTERN.indices, PATTERN.indptr))
B = RNG.standard_normal((PATTERN.size, 2))


def iterations(prepared, values=VALUES, where=X):
    """Of a solve from scratch, by the decades that a cycle takes."""
    prepared.factor(values, where).solve(B[:, 0])
    return 12 * prepared._cycle.pace


def test_one_and_many_right_hand_sides_to_the_true_residual():
    factor = MultigridCG().prepare(PATTERN).factor(VALUES, X)
    given = B.copy()
    for b in (B, B[:, 0], 0 * B[:, 0]):
        x = factor.solve(b)
        assert np.linalg.norm(A @ x - b) <= 1.5e-12 * np.linalg.norm(b)
    assert (B == given).all()
    rough = factor.solve(B[:, 0], tolerance=1e-2)
    assert 1e-8 < np.linalg.norm(A @ rough - B[:, 0]) / np.linalg.norm(B[:, 0]) < 1e-2
    check_condition(factor, VALUES, PATTERN.size)


def test_rigid_motions_of_the_mesh_as_it_is_now_save_iterations():
    B = near_null_space(PATTERN._replace(free=np.arange(X.size)), X)
    assert B.shape == (X.size, 6)
    with_them = iterations(MultigridCG().prepare(PATTERN))
    without = iterations(MultigridCG().prepare(PATTERN), where=None)
    elsewhere = iterations(MultigridCG().prepare(PATTERN), where=MESH.points @ np.diag([1, 9, 1]))
    assert with_them < 35
    assert without > 1.5 * with_them
    assert elsewhere > 1.3 * with_them


def test_soft_cells_beside_stiff_ones_take_no_more_than_twice_the_iterations():
    def uneven(contrast):
        moduli = contrast ** np.random.default_rng(1).random(192)
        values, X, _ = tangent(beam(law=LinearElastic(PerCell(lambda p: p["E"] * moduli), 0.3)))
        return iterations(MultigridCG().prepare(PATTERN), values, X)

    assert uneven(1e3) < 2 * uneven(1.0)


def test_derivatives_are_those_of_a_direct_solver():
    """Of first and second order, material and shape, to what residuals of 1e-12 allow."""
    law = LinearElastic("E", 0.3)
    one, two = (beam(each, law).solve(AT, 2) for each in (MultigridCG(), SuperLU()))
    for mine, other in zip(one, two, strict=True):
        assert np.abs(mine - other).max() <= 1e-9 * np.abs(other).max()


def test_what_has_been_solved_for_is_not_solved_again(monkeypatch):
    """The adjoint of a compliance is the displacement; half of its Hessian products is known."""
    spent, towards = [], _Cycle.towards

    def counted(self, matrix, b, goal, limit):
        x, k, slow = towards(self, matrix, b, goal, limit)
        spent.append(k)
        return x, k, slow

    monkeypatch.setattr(_Cycle, "towards", counted)
    law = LinearElastic(PerCell(lambda p: p["E"] * (1 + 0.5 * np.arange(192) % 7)), 0.3)
    made = replace(beam(MultigridCG(), law), responses={"work": Compliance()})
    direct = replace(made, solver=SuperLU())

    def iterations_of(ask):
        spent.clear()
        answer = ask(made)
        one, other = answer[1], ask(direct)[1]
        assert np.abs(one - other).max() <= 1e-9 * np.abs(other).max()
        return sum(spent)

    value = iterations_of(lambda model: np.stack([model.solve(AT, 0)[0]] * 2))
    assert iterations_of(lambda model: model.vjp(AT, np.ones(1))) <= value + 1
    assert iterations_of(lambda model: model.hvp(AT, np.array([1.0, 0.3]))) <= 2.2 * value


def test_the_next_solution_starts_from_those_before():
    factor = MultigridCG().prepare(PATTERN).factor(VALUES, X)
    many = RNG.standard_normal((PATTERN.size, REMEMBERED + 3))
    factor.solve(many[:, :2])
    kept = factor._found._ways
    for b in (many[:, :2] @ [3.0, -1.0], many[:, 0], 0 * many[:, 0]):
        assert np.linalg.norm(A @ factor.solve(b) - b) <= 1.5e-12 * np.linalg.norm(b)
        assert factor._found._ways is kept
    x = factor.solve(many)
    assert np.linalg.norm(A @ x - many, axis=0).max() <= 1.5e-12 * np.linalg.norm(many)
    assert len(factor._found._ways) == REMEMBERED


def test_heat_knows_its_constants():
    made = Model(
        MESH, [Body(HeatConduction("k"))], [Fixed("left")], [Flux("right", 1.0)],
        {"hot": BoundaryMean("right", 0)}, Box(("k",), (0.5,), (2.0,)), solver=MultigridCG(),
    )  # fmt: skip
    y, dy = made.solve(np.array([2.0]), 1)
    assert y == pytest.approx([0.5], rel=1e-12)
    assert dy == pytest.approx(np.array([[-0.25]]), rel=1e-10)


def test_a_preconditioner_is_kept_while_it_is_good():
    prepared = MultigridCG().prepare(PATTERN)
    prepared.factor(VALUES, X).solve(B[:, 0])
    first = prepared._cycle
    prepared.factor(1.1 * VALUES, X).solve(B[:, 0])
    assert prepared._cycle is first
    D = np.exp(0.7 * RNG.standard_normal(PATTERN.size))
    other = D[PATTERN.rows] * VALUES * D[PATTERN.indices]
    x = prepared.factor(other, X).solve(B[:, 0])
    assert prepared._cycle is not first
    assert np.linalg.norm(D * (A @ (D * x)) - B[:, 0]) <= 1e-10 * np.linalg.norm(B[:, 0])
    again = prepared._cycle
    prepared.factor(VALUES, X.copy())  # elsewhere
    assert prepared._cycle is not again


def test_answers_are_the_same_to_the_last_bit_and_leave_random_numbers_alone():
    np.random.seed(5)  # noqa: NPY002
    kept = np.random.get_state()[1].copy()  # noqa: NPY002
    one = MultigridCG().prepare(PATTERN).factor(VALUES, X).solve(B)
    assert (np.random.get_state()[1] == kept).all()  # noqa: NPY002
    np.random.seed(6)  # noqa: NPY002
    assert (MultigridCG().prepare(PATTERN).factor(VALUES, X).solve(B) == one).all()


def test_what_has_no_answer_gets_a_sentence():
    prepared = MultigridCG().prepare(PATTERN)
    with pytest.raises(Singular, match="not finite"):
        prepared.factor(np.full_like(VALUES, np.nan), X)
    indefinite = VALUES - 0.1 * VALUES.max() * (PATTERN.rows == PATTERN.indices)
    with pytest.raises(Singular, match=r"rigid motion|SuperLU"):
        prepared.factor(indefinite, X).solve(B[:, 0])
    with pytest.raises(Diverged, match=r"3 iterations.*solver=fem.SuperLU"):
        MultigridCG(iterations=3).prepare(PATTERN).factor(VALUES, X).solve(B[:, 0])
    with pytest.raises(ConfigError, match=r"symmetric.*SuperLU"):
        MultigridCG().prepare(PATTERN, symmetric=False)
    with pytest.raises(Diverged, match="A direct solver does not mind"):
        beam(MultigridCG(40), LinearElastic("E", 0.49999)).solve(AT, 0)


def test_a_body_that_can_move_freely_is_refused():
    free = replace(beam(), supports=[Fixed("left", 0)], solver=MultigridCG())
    with pytest.raises(ConfigError, match="move along y, move along z and rotate about x"):
        free.solve(AT, 0)
