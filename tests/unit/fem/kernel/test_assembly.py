"""Sums over cells: patch tests of every element, rigid motions, tangents, chunks."""

import jax
import numpy as np
import pytest
import scipy.sparse as sp

from sobolev.fem import (
    J2,
    Axisymmetric,
    Body,
    FollowerPressure,
    LinearElastic,
    MeanDilatation,
    NeoHooke,
    PlaneStrain,
    PlaneStress,
    SaintVenantKirchhoff,
    ThermalStrain,
    Traction,
    grid,
    reduced,
)  # fmt: skip
from sobolev.fem.elements.reference import FACETS
from sobolev.fem.kernel import assembly, space
from sobolev.fem.kernel.assembly import (
    first_states,
    forces,
    linearise,
    no_states,
    potential,
    residual,
    virtual_work,
)  # fmt: skip
from sobolev.fem.statement import describe, state_problem

energy = jax.jit(potential, static_argnums=0)
energy_slope = jax.jit(jax.grad(potential, 3), static_argnums=0)
tangent = jax.jit(jax.jacfwd(residual, 4), static_argnums=0)
steps = jax.jit(forces, static_argnums=0)
work_along = jax.jit(virtual_work, static_argnums=0)


def posed(law, mesh, supports=(), loads=(), exact=None):
    bodies = [Body(law, exact=exact)]
    statement, data, _ = state_problem(mesh, bodies, supports, loads, [], None, ())
    return statement.parts, data.space, describe(statement, data, np.zeros(0))


def distorted(mesh, seed=1, share=0.12):
    """Inner nodes moved by up to a share of the cell's size; midsides stay in the middle."""
    (name, cells), = mesh.cells.items()  # fmt: skip
    size = share / len(cells) ** (1 / mesh.dimension)
    shift = np.random.default_rng(seed).uniform(-size, size, mesh.points.shape)
    inner = (np.abs(mesh.points - 0.5) < 0.5 - 1e-9).all(1)
    points = mesh.points + shift * inner[:, None]
    from sobolev.fem.elements.reference import reference

    element = reference(name)
    for place, group in enumerate(element.parents):
        points[cells[:, element.corners + place]] = points[cells[:, list(group)]].mean(1)
    return mesh.moved(points)


# Every element, and those that are meant for a mean of their dilatation.
KINDS = [*FACETS, "quad, mean", "quad9, mean", "hexahedron, mean"]


def of(name, divisions=None):
    flat = name.startswith(("tri", "quad"))
    element, _, mean = name.partition(", ")
    law = SaintVenantKirchhoff(210.0, 0.3)
    law = MeanDilatation(law) if mean else law
    mesh = grid(divisions or ((3, 3) if flat else (2, 2, 2)), element)
    return PlaneStrain(law) if flat else law, mesh


@pytest.mark.parametrize("name", KINDS)
def test_patch_test(name):
    """A linear field on a distorted mesh: no residual inside, and its own energy."""
    law, mesh = of(name)
    mesh = distorted(mesh)
    d = mesh.dimension
    parts, where, case = posed(law, mesh)
    H = 0.1 * np.random.default_rng(0).standard_normal((d, d))
    u = mesh.points @ H.T + 0.3
    system = linearise(parts, where, case, no_states(parts), u, np.zeros_like(u))
    outside = np.zeros(u.shape, bool)
    outside[mesh.nodes("boundary")] = True
    inside = ~outside.ravel()[where.free]
    assert np.abs(np.asarray(system.residual)[inside]).max() < 1e-13 * system.scale
    E = (H + H.T + H.T @ H) / 2
    wanted = 210 / 1.3 / 2 * ((E**2).sum() + 0.3 / 0.4 * np.trace(E) ** 2)
    assert energy(parts, where, case, u) == pytest.approx(wanted, rel=1e-12)


def _free_modes(law, mesh, exact=None):
    """How many motions of free cells have no energy; all others have some."""
    parts, where, case = posed(law, mesh, exact=exact)
    zero = np.zeros_like(mesh.points)
    K = _matrix(where, linearise(parts, where, case, no_states(parts), zero, zero).values)
    values = np.linalg.eigvalsh(K)
    assert values[0] > -1e-11 * values[-1]
    return (np.abs(values) < 1e-11 * values[-1]).sum()


@pytest.mark.parametrize("name", KINDS)
def test_one_free_element_has_the_rigid_motions_and_no_other_mechanism(name):
    law, mesh = of(name, (1, 1) if name.startswith(("tri", "quad")) else (1, 1, 1))
    assert _free_modes(law, mesh) == (3 if mesh.dimension == 2 else 6)


HOURGLASSES = {"quad": 2, "quad8": 1, "quad9": 3, "hexahedron": 12, "hexahedron20": 6,
               "hexahedron27": 27}  # fmt: skip


@pytest.mark.parametrize("name", list(HOURGLASSES))
def test_reduced_quadrature_has_its_known_hourglass_modes(name):
    """One free cell; that of eight nodes cannot share its mode with a second cell."""
    law, mesh = of(name, (1, 1) if name.startswith(("tri", "quad")) else (1, 1, 1))
    modes = _free_modes(law, mesh, reduced(name)) - (3 if mesh.dimension == 2 else 6)
    assert modes == HOURGLASSES[name]
    if name == "quad8":
        assert _free_modes(*of(name, (2, 1)), reduced(name)) == 3


CASES = {
    "energy": (PlaneStress(SaintVenantKirchhoff(10.0, 0.3)), (2, 2), "quad", ()),
    "condensed": (PlaneStress(NeoHooke(10.0, 0.3)), (2, 1), "triangle6", ()),
    "ring": (Axisymmetric(NeoHooke(10.0, 0.3)), (2, 1), "quad8", ()),
    "space": (NeoHooke(10.0, 0.3), (1, 1, 2), "tetra", ()),
    "mean, linear fit": (PlaneStrain(MeanDilatation(NeoHooke(10.0, 0.49))), (1, 1), "quad9", ()),
    "mean, ring": (
        Axisymmetric(ThermalStrain(MeanDilatation(LinearElastic(10.0, 0.49)), 0.1, 0.3)),
        (2, 1), "quad", (),
    ),
    "mean, plastic": (
        PlaneStrain(MeanDilatation(J2(10.0, 0.3, 0.01, 1.0))), (2, 1), "quad", ()
    ),
    "follower": (PlaneStrain(LinearElastic(10.0, 0.3)), (2, 1), "quad",
                 (FollowerPressure("top", 2.0), Traction("right", (1.0, 0.5)))),
}  # fmt: skip


@pytest.mark.parametrize("name", list(CASES))
def test_tangent_residual_and_virtual_work_belong_together(name):
    law, divisions, element, loads = CASES[name]
    mesh = grid(divisions, element)
    mesh = distorted(mesh.moved(mesh.points + 1.0) if "ring" in name else mesh)
    parts, where, case = posed(law, mesh, (), loads)
    rng = np.random.default_rng(2)
    u, v = 0.03 * rng.standard_normal((2, *mesh.points.shape))
    states = first_states(parts, where)
    system = linearise(parts, where, case, states, u, np.zeros_like(u))
    z = u.ravel()[where.free]
    K = np.asarray(tangent(parts, where, case, states, z))
    assert _matrix(where, system.values) == pytest.approx(K, abs=1e-13 * np.abs(K).max())
    work = work_along(parts, where, case, states, u, v)
    assert work == pytest.approx(np.vdot(system.residual, v.ravel()[where.free]), abs=1e-13)
    assert (np.abs(K - K.T).max() < 1e-13 * np.abs(K).max()) == (name != "follower")
    if parts.pieces[0].law.traits().energy and not loads:
        slope = np.asarray(energy_slope(parts, where, case, u))
        assert slope.ravel()[where.free] == pytest.approx(np.asarray(system.residual), abs=1e-13)


@pytest.mark.parametrize("name", ["quad", "quad9, mean"])
def test_a_finite_rotation_costs_nothing(name):
    law, mesh = of(name)
    parts, where, case = posed(law, mesh)
    c, s = np.cos(2.0), np.sin(2.0)
    u = mesh.points @ (np.array([[c, -s], [s, c]]) - np.eye(2)).T + [3.0, -1.0]
    system = linearise(parts, where, case, no_states(parts), u, np.zeros_like(u))
    assert np.abs(system.residual).max() < 1e-12 * 210
    assert 0 <= energy(parts, where, case, u) < 1e-12 * 210


def test_chunks_change_nothing(monkeypatch):
    """Of more cells than a chunk: the same sums; the cells that fill up the last are nowhere."""
    law, mesh = of("quad")
    u = 0.05 * np.random.default_rng(0).standard_normal(mesh.points.shape)

    def system():
        parts, where, case = posed(law, mesh)
        made = linearise(parts, where, case, no_states(parts), u, np.zeros_like(u))
        work = work_along(parts, where, case, no_states(parts), u, u)
        return np.concatenate([made.residual, made.values]), made.least_J, work

    whole = system()
    for module in (space, assembly):
        monkeypatch.setattr(module, "CHUNK", 4)  # 9 cells are filled up to 12
    for one, other in zip(whole, system(), strict=True):
        assert other == pytest.approx(one, abs=1e-13 * np.abs(one).max())


def test_chunks_keep_the_states_of_their_points(monkeypatch):
    """Of a law with history: stress and state of a second step follow from those of the first."""
    law, mesh = PlaneStrain(J2(210e3, 0.3, 240.0, 1000.0, 500.0)), grid((3, 3))
    u = 5e-3 * np.random.default_rng(0).standard_normal(mesh.points.shape)

    def two_steps():
        parts, where, case = posed(law, mesh)
        start = first_states(parts, where)
        (first,) = steps(parts, where, case, start, u)[1]
        made = linearise(parts, where, case, (first,), 2 * u, np.zeros_like(u))
        force, (second,) = steps(parts, where, case, (first,), 2 * u)
        assert type(first) is type(second) is type(made.states[0]) is type(start[0])
        states = [np.asarray(leaf)[:9] for each in (first, second, *made.states) for leaf in each]
        return [made.residual, made.values, force, *states]

    whole = two_steps()
    assert max(np.abs(each).max() for each in whole[3:]) > 1e-3  # it has flowed
    for module in (space, assembly):
        monkeypatch.setattr(module, "CHUNK", 4)
    for one, other in zip(whole, two_steps(), strict=True):
        assert np.asarray(other) == pytest.approx(
            np.asarray(one), abs=1e-12 * np.abs(one).max() + 1e-300
        )


def _matrix(where, values):
    size = where.pattern.size
    return sp.csr_matrix((np.asarray(values), *where.pattern[1::-1]), (size, size)).toarray()
