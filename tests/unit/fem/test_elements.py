"""Q4: tables, tangent, patch test, rigid motion, orientation."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from sobolev.errors import ConfigError
from sobolev.fem import LINEAR, SVK, Case, Mesh, make_space, oriented, unit_grid
from sobolev.fem.assembly import linearise, potential
from sobolev.fem.elements import element_state, energy, q4

LAWS = pytest.mark.parametrize("law", [SVK, LINEAR], ids=lambda law: law.name)
THETA = np.array([210.0, 0.3])


def distorted(n: int) -> Mesh:
    """A unit grid whose inner nodes are moved by up to a fifth of the element size."""
    mesh = unit_grid(n, n)
    inner = ((mesh.points > 0) & (mesh.points < 1)).all(axis=1)
    shift = np.random.default_rng(1).uniform(-0.2 / n, 0.2 / n, mesh.points.shape)
    return mesh._replace(points=mesh.points + shift * inner[:, None])


def test_shape_functions_sum_to_one_and_their_gradients_to_zero():
    element = q4()
    assert np.abs(element.shapes.sum(1) - 1).max() < 1e-15
    assert np.abs(element.gradients.sum(1)).max() < 1e-15
    assert element.weights.sum() == pytest.approx(1, rel=1e-15)


@LAWS
def test_force_and_tangent_are_the_derivatives_of_the_energy(law):
    rng = np.random.default_rng(0)
    X = np.array([[0, 0], [1.2, 0.1], [1.0, 1.1], [-0.1, 0.9]])
    u = 0.2 * rng.standard_normal((4, 2))
    fast = jax.jit(element_state, static_argnums=0)(law, q4(), u, X, THETA)

    def Pi(u):
        return energy(law, q4(), u, X, THETA)

    K = jax.jit(jax.hessian(Pi))(u)
    assert np.abs(fast.force - jax.jit(jax.grad(Pi))(u)).max() < 1e-14 * np.abs(K).max()
    assert np.abs(fast.tangent - K).max() < 1e-14 * np.abs(K).max()


@LAWS
def test_patch_test(law):
    """A linear displacement field on a distorted mesh leaves no residual inside (1e-12)."""
    mesh = distorted(4)
    fixed = ((mesh.points == 0) | (mesh.points == 1)).any(axis=1)
    space = make_space(mesh, np.repeat(fixed[:, None], 2, axis=1))
    H = np.array([[0.1, 0.05], [-0.08, 0.2]])
    case = Case(mesh.points, THETA, np.zeros_like(mesh.points), np.zeros_like(mesh.points))
    u = mesh.points @ H.T
    system = linearise(law, space, case, u, np.zeros_like(u))
    assert np.abs(system.residual).max() < 1e-12 * system.scale
    # and the energy is that of the field: area one, thickness one
    total = potential(law, space, case, u)
    assert total == pytest.approx(float(law.density(jnp.array(H), THETA)), rel=1e-12)


def test_svk_energy_and_force_of_a_finite_rotation_vanish():
    mesh = distorted(2)
    c, s = np.cos(2.0), np.sin(2.0)
    u = mesh.points @ (np.array([[c, -s], [s, c]]) - np.eye(2)).T + [3.0, -1.0]
    space = make_space(mesh, np.zeros_like(u, bool))
    case = Case(mesh.points, THETA, np.zeros_like(u), np.zeros_like(u))
    system = linearise(SVK, space, case, u, np.zeros_like(u))
    assert np.abs(system.residual).max() < 1e-12 * THETA[0]
    # a sum of energies that are not negative
    assert 0 <= potential(SVK, space, case, u) < 1e-12 * THETA[0]


def test_uniaxial_stretch_of_svk_is_the_hand_calculation():
    """F = diag(λ, μ) with S₂₂ = 0: S₁₁ = E (λ² - 1) / 2, σ₁₁ = λ S₁₁ / (μ λ₃), η = 1/3."""
    from sobolev.fem.materials import triaxiality

    stretch, nu = 1.1, 0.3
    green = (stretch**2 - 1) / 2
    across = np.sqrt(1 - 2 * nu * green)  # E₂₂ = E₃₃ = -ν E₁₁
    H = jnp.diag(jnp.array([stretch - 1, across - 1]))
    sigma = SVK.cauchy(H, THETA)
    assert sigma[0, 0] == pytest.approx(stretch * 210 * green / across**2, rel=1e-14)
    assert abs(sigma[1, 1]) < 1e-13
    assert triaxiality(sigma) == pytest.approx(1 / 3, rel=1e-14)


@LAWS
def test_cauchy_stress_and_energy_belong_together(law):
    """σ = P Fᵀ / J for finite strain, with J = det(F) λ₃, and σ = P for small strain."""
    H = np.array([[0.1, 0.05], [-0.08, 0.2]])
    F = H + np.eye(2)
    expected = np.asarray(jax.grad(law.density)(jnp.array(H), THETA))
    if law.finite:
        strain = (F.T @ F - np.eye(2)) / 2
        thickness = np.sqrt(1 - 2 * 0.3 / 0.7 * np.trace(strain))
        expected = expected @ F.T / (np.linalg.det(F) * thickness)
    assert np.asarray(law.cauchy(H, THETA)) == pytest.approx(expected, rel=1e-13)


def test_clockwise_cells_are_turned_and_mixed_ones_refused():
    mesh = unit_grid(2, 2)
    clockwise = mesh._replace(cells=mesh.cells[:, ::-1])
    turned = oriented(clockwise)
    space = make_space(turned, np.zeros_like(mesh.points, bool))
    zero = np.zeros_like(mesh.points)
    system = linearise(LINEAR, space, Case(mesh.points, THETA, zero, zero), zero, zero)
    assert system.least_J > 0
    mixed = mesh._replace(cells=np.vstack([mesh.cells[:2], mesh.cells[2:, ::-1]]))
    with pytest.raises(ConfigError, match="same way round"):
        oriented(mixed)
    with pytest.raises(ConfigError, match="at least one element"):
        unit_grid(0, 2)


def test_supports_must_fit_the_nodes_and_leave_something_free():
    mesh = unit_grid(2, 2)
    for fixed in (np.ones((9, 2), bool), np.zeros((9, 1), bool)):
        with pytest.raises(ConfigError, match="leave something free"):
            make_space(mesh, fixed)
