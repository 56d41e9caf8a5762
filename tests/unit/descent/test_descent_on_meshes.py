"""How many steps descent needs on finer meshes: an elastic bar and an optimal control."""

import numpy as np
import pytest
import scipy.linalg
import scipy.sparse as sp

from sobolev import fem
from sobolev.descent import (
    LBFGS,
    ConjugateGradients,
    FixedStep,
    Outcome,
    SteepestDescent,
    Wolfe,
    minimise,
)
from sobolev.errors import Diverged
from sobolev.inner_products import Sparse

E, FORCE = 1.0, 1.5


def bar(n):
    """Π and its derivative by the displacements of nodes 1 … n, of linear elements."""

    def energy(u):
        stretch = 1 + np.diff(u, prepend=0.0) * n
        if stretch.min() <= 0:
            raise Diverged(f"the bar is inside out: a stretch is {stretch.min():.3g}.")
        P = E / 2 * (stretch - 1 / stretch)
        load = np.append(np.full(n - 1, FORCE / n), FORCE / n / 2)
        stored = E / 2 * ((stretch**2 - 1) / 2 - np.log(stretch)).sum() / n
        return stored - load @ u, P - np.append(P[1:], 0.0) - load

    return energy


def tridiagonal(n, middle, beside):
    """Of n nodes, the last at an end."""
    middles = np.append(np.full(n - 1, middle), middle / 2)
    sides = np.diag(np.full(n - 1, beside), 1)
    return Sparse(sp.csc_array(np.diag(middles) + sides + sides.T))


def energy_norm(n):
    return tridiagonal(n, 2.0 * n, -1.0 * n)


def l2_norm(n):
    return tridiagonal(n, 4 / (6 * n), 1 / (6 * n))


def test_a_bar_takes_13_steps_in_h1_on_any_mesh():
    """∫W″ u′² lies between E/2 and E times ∫u′² where it is stretched: α = 4/(3E)."""
    rates = []
    for n in (32, 64, 128, 256, 512):
        method = SteepestDescent(FixedStep(4 / (3 * E)))
        found = minimise(bar(n), np.zeros(n), energy_norm(n), method, tolerance=1e-8)
        assert found.converged and abs(found.steps - 13) <= 1
        rates.append((found.sizes[-1] / found.sizes[3]) ** (1 / (found.steps - 3)))
        # closed form; linear elements have an excess energy of 0.1439 h²
        assert found.v[-1] == pytest.approx(1.049642224628, abs=0.06 / n**2)
        assert found.value + 0.4946809319138875 == pytest.approx(0.1439 / n**2, rel=0.01)
    assert max(rates) < 1.001 * min(rates) and max(rates) < 1 / 3


def test_in_l2_the_same_bar_takes_steps_as_1_over_h_squared():
    """The step 2/(m + M) of the second derivative at the solution, from its two extreme modes."""
    rates = []
    for n in (16, 32, 64):
        inner = l2_norm(n)
        u = minimise(bar(n), np.zeros(n), energy_norm(n), tolerance=1e-11).v
        stretch = 1 + np.diff(u, prepend=0.0) * n
        bend = E / 2 * (1 + stretch**-2) * n
        K = np.diag(bend + np.append(bend[1:], 0)) - np.diag(bend[1:], 1) - np.diag(bend[1:], -1)
        of, modes = scipy.linalg.eigh(K, inner.gram(np.eye(n)))
        method = SteepestDescent(FixedStep(2 / (of[0] + of[-1])))
        start = u + 1e-7 * (modes[:, 0] + modes[:, -1])
        sizes = minimise(bar(n), start, inner, method, tolerance=0, steps=100).sizes
        rates.append(-np.log(sizes[-1] / sizes[-51]) / 50)
        assert rates[-1] == pytest.approx(2 * of[0] / of[-1], rel=0.02)
    np.testing.assert_allclose(np.divide(rates[:-1], rates[1:]), 4, rtol=0.1)


def mother(n, α=1e-6):
    """½∫(T − d)² + ½α∫f², −ΔT = f, on triangles that grow from a corner; and areas of cells."""
    mesh = fem.grid((n, n), "triangle")
    mesh = mesh.moved(mesh.points**2)
    laplace = fem.inner_product(mesh, 0.0, 1.0, fixed=("boundary",))
    mass, cells = fem.inner_product(mesh), mesh.cells["triangle"]
    corners = mesh.points[cells]
    areas = np.linalg.det(corners[:, 1:] - corners[:, :1]) / 2
    where = cells.ravel(), np.repeat(np.arange(len(cells)), 3)
    loads = sp.csr_array((np.repeat(areas / 3, 3), where), (len(mesh.points), len(cells)))
    d = np.prod(np.sin(np.pi * mesh.points), axis=1) / (2 * np.pi**2)

    def function(f):
        off = laplace.riesz(loads @ f) - d
        more = mass.gram(off)
        value = off @ more / 2 + α / 2 * f @ (areas * f)
        return value, loads.T @ laplace.riesz(more) + α * areas * f

    return function, corners.mean(1).sum(1), areas


def test_a_control_takes_as_many_steps_on_graded_meshes_only_in_l2():
    counts = {}
    for name, sizes in (("L2", (16, 24, 32)), ("euclidean", (8, 16))):
        counts[name] = []
        for n in sizes:
            function, start, areas = mother(n)
            weights = areas if name == "L2" else np.ones_like(areas)
            space = Sparse(sp.diags_array(weights))
            found = minimise(function, start, space, LBFGS(40), tolerance=1e-6)
            assert found.converged
            counts[name].append(found.steps)
    assert max(counts["L2"]) <= 1.15 * min(counts["L2"]) < 50
    assert counts["euclidean"][1] > 2 * counts["euclidean"][0]


def test_conjugate_gradients_are_the_linear_ones_of_a_quadratic_function():
    """Searched nearly exactly: in as many steps as there are different eigenvalues of G⁻¹A."""
    space = tridiagonal(40, 80.0, -40.0)
    parts = np.repeat([1.0, 3.0, 4.0, 9.0, 11.0], 8)
    basis = np.linalg.eigh(space.gram(np.eye(40)))[1]
    A = basis * (parts * np.linalg.eigvalsh(space.gram(np.eye(40)))) @ basis.T
    b = np.sin(np.arange(40.0))
    for rule in ("polak-ribiere", "hestenes-stiefel"):
        method = ConjugateGradients(rule, Wolfe(1e-3))
        found = minimise(
            lambda v: (v @ A @ v / 2 - b @ v, A @ v - b), np.zeros(40), space, method, 1e-6
        )
        assert found.converged and found.steps <= 6
        np.testing.assert_allclose(
            found.v, np.linalg.solve(A, b), atol=1e-5 * np.abs(found.v).max()
        )


def test_values_that_the_inner_product_holds_stay():
    mesh = fem.grid((4, 4))
    space = fem.inner_product(mesh, stiffness=1.0, fixed=("left",))
    wish = fem.inner_product(mesh)
    one = np.ones(space.size)
    start = np.linspace(0, 1, space.size)
    found = minimise(
        lambda v: (float(wish.product(v - one, v - one)), 2 * wish.gram(v - one)), start, space
    )
    left = mesh.nodes("left")
    np.testing.assert_array_equal(found.v[left], start[left])
    assert found.converged and np.abs(found.v - start).max() > 0.1


def test_a_step_to_where_there_is_no_state_is_too_long():
    """The first trial turns the bar inside out: backtracking searches stay, a fixed step tells."""
    load_up = np.linspace(0.0, -0.5, 33)[1:]
    for method in (SteepestDescent(), LBFGS(), ConjugateGradients()):
        found = minimise(bar(32), load_up, tridiagonal(32, 0.5, -0.25), method, steps=3000)
        assert found.converged, found.result
        assert found.evaluations[1] > 2
    method = SteepestDescent(FixedStep(100.0))
    found = minimise(bar(32), load_up, energy_norm(32), method)
    assert found.outcome is Outcome.NO_VALUE and not found.converged
    assert "a stretch is" in found.result or "not finite" in found.result
