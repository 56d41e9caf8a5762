"""Norms against closed forms, and what is no inner product."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.sparse as sp
from scipy.fft import dst

from sobolev import Box
from sobolev.errors import ConfigError, DataError
from sobolev.inner_products import Circle, Cosines, Dense, Sines, Sparse

UNIT = Box(("x",), (0.0,), (1.0,))
PLANE = Box(("x", "y"), (0.0, -1.0), (1.0, 1.0))


def squared(inner, of):
    """‖r‖² of a function by its values at the points."""
    return inner.norm(inner.seen(of(*inner.points.T))) ** 2


def parabola(x):
    return x * (1 - x)


def test_a_negative_norm_is_the_energy_of_a_solution_of_poissons_equation():
    """−φ″ = x(1 − x) has ∫ φ′² = 17/5040; the trapezoidal rule meets it to 1e-12 with 1023."""
    for n, bound in ((255, 1e-12), (1023, 1e-14)):
        assert abs(squared(Sines(UNIT, n).dual, parabola) - 17 / 5040) < bound


def test_a_residual_on_the_walls_costs_exactness_and_midpoints_halve_it():
    """r = 1 has 1/12: errors as in the notes that the bounds come from."""
    for n, error in ((63, -4.04e-5), (255, -2.54e-6), (1023, -1.59e-7)):
        found = squared(Sines(UNIT, n).dual, np.ones_like) - 1 / 12
        assert found == pytest.approx(error, rel=1e-2)
        between = squared(Sines(UNIT, n, at="midpoints").dual, np.ones_like) - 1 / 12
        assert between == pytest.approx(-error / 2, rel=5e-2)


def test_it_is_the_transform_of_the_first_kind():
    r = np.random.default_rng(0).standard_normal(63)
    b, λ = dst(r, type=1) / 64, (np.pi * np.arange(1, 64)) ** 2
    for s in (0.5, 1.0, 2.0):
        negative = Sines(UNIT, 63, order=s).dual
        assert negative.norm(negative.seen(r)) ** 2 == pytest.approx(0.5 * np.sum(b**2 / λ**s))


@pytest.mark.parametrize("at", ["nodes", "midpoints"])
@pytest.mark.parametrize("order", [0.0, 0.5, 1.0, 2.0])
def test_modes_have_the_norms_of_their_waves(order, at):
    inner = Sines(PLANE, (6, 9), order, at)
    λ = (2 * np.pi) ** 2 + (3 * np.pi / 2) ** 2

    def mode(x, y):
        return np.sin(2 * np.pi * x) * np.sin(3 * np.pi * (y + 1) / 2)

    assert squared(inner, mode) == pytest.approx(2 / 4 * λ**order)
    assert squared(inner.dual, mode) == pytest.approx(2 / 4 * λ**-order)


def test_the_mean_of_cosines_counts_by_itself():
    """∫ ∇u·∇u + 3 λ₁ |Ω| (mean)², λ₁ = (π/2)² the slowest of the box."""
    inner = Cosines(PLANE, 8, mean=3.0)
    λ = np.pi**2 + (np.pi / 2) ** 2

    def of(x, y):
        return 2.0 + np.cos(np.pi * x) * np.cos(np.pi * (y + 1) / 2)

    assert squared(inner, of) == pytest.approx(2 / 4 * λ + 3 * (np.pi / 2) ** 2 * 2 * 4)
    assert inner.root(of(*inner.points.T))[0] ** 2 == pytest.approx(3 * (np.pi / 2) ** 2 * 2 * 4)


@pytest.mark.parametrize("n", [16, 17])
@pytest.mark.parametrize("order", [0.0, 0.5, 1.0])
def test_waves_on_a_circle(n, order):
    """πR Σ (k/R)^{2s}(a² + b²) and 2πR (mean)²/R^{2s}."""
    inner = Circle(n, order, radius=2.0, centre=(1.0, -1.0))
    θ = np.arctan2(inner.points[:, 1] + 1, inner.points[:, 0] - 1)
    v = 0.5 + 2 * np.cos(3 * θ) - np.sin(5 * θ)
    known = 2 * np.pi * (4 * 1.5 ** (2 * order) + 2.5 ** (2 * order) + 2 * 0.25 / 4**order)
    assert inner.norm(v) ** 2 == pytest.approx(known)
    assert np.linalg.norm(inner.points - [1.0, -1.0], axis=1) == pytest.approx(2.0)


def test_the_norm_on_a_circle_is_the_energy_of_the_harmonic_function_inside():
    """∫ |∇u|² of u = Σ (r/R)^k (a_k cos kθ + b_k sin kθ), integrated in the disk."""
    radius, (t, ω), n = 1.7, np.polynomial.legendre.leggauss(20), 64
    k, a, b = np.arange(1, 9)[:, None, None], *np.random.default_rng(3).normal(size=(2, 8, 1, 1))
    θ = 2 * np.pi / n * np.arange(n)[None, None]
    r = (t + 1)[None, :, None] / 2 * radius
    one = a * np.cos(k * θ) + b * np.sin(k * θ)
    other = b * np.cos(k * θ) - a * np.sin(k * θ)
    slopes = [np.sum(k / radius * (r / radius) ** (k - 1) * part, 0) for part in (one, other)]
    area = (ω * radius / 2 * r[0, :, 0])[:, None] * 2 * np.pi / n
    energy = np.sum((slopes[0] ** 2 + slopes[1] ** 2) * area)
    known = Circle(n, radius=radius).norm(one.sum(axis=(0, 1))) ** 2
    assert known == pytest.approx(energy, rel=1e-12)


def test_the_double_integral_of_douglas_is_the_same_number():
    inner, n = Circle(64), 64
    θ = 2 * np.pi / n * np.arange(n)
    g, slope = np.cos(2 * θ) - 0.3 * np.sin(7 * θ), -2 * np.sin(2 * θ) - 2.1 * np.cos(7 * θ)
    distance = 4 * np.sin((θ[:, None] - θ[None]) / 2) ** 2 + np.eye(n)
    kernel = (g[:, None] - g[None]) ** 2 / distance + np.diag(slope**2)
    assert inner.norm(g) ** 2 == pytest.approx(kernel.sum() * (2 * np.pi / n) ** 2 / (2 * np.pi))


def test_finer_grids_measure_the_same():
    for inner in (Sines(UNIT, 40), Sines(UNIT, 40, at="midpoints"), Cosines(UNIT, 40)):
        for each in (inner, inner.dual):
            # Sines of a parabola have a kink at the walls, and are met as slowly as λ grows.
            assert squared(each.finer(), parabola) == pytest.approx(
                squared(each, parabola), rel=0.02
            )


def test_sparse_and_dense_are_one_inner_product():
    G = sp.diags_array([-np.ones(30), np.linspace(2.1, 9, 31), -np.ones(30)], offsets=[-1, 0, 1])
    G = sp.csr_array(G)[np.random.default_rng(1).permutation(31)]
    G = sp.csr_array(G @ G.T)  # an order in which the factors fill up
    sparse, dense, g = Sparse(G), Dense(G.toarray()), np.random.default_rng(2).standard_normal(31)
    for name in ("gram", "riesz", "norm", "dual_norm"):
        np.testing.assert_allclose(getattr(sparse, name)(g), getattr(dense, name)(g), rtol=1e-12)


def test_other_numbers_do_not_compile_anew():
    traced = []

    @jax.jit
    def size(inner, v):
        traced.append(1)
        return inner.norm(v)

    for inner in (Sines(UNIT, 8), Sines(UNIT, 8)):
        size(jax.tree.map(jnp.asarray, inner), jnp.ones(8))
    for scale in (1.0, 2.0):
        size(Dense(scale * np.eye(8)), jnp.ones(8))
    assert len(traced) == 2


@pytest.mark.parametrize(
    "make, sentence",
    [
        (lambda: Sines(PLANE, (4, 5, 6)), "a number of points for each, or one for all"),
        (lambda: Sines(UNIT, 1), "points of a grid must be a whole number ≥ 2: got 1"),
        (lambda: Sines(UNIT, 8, order=-1.0), "order of an inner product must be a number ≥ 0"),
        (lambda: Sines(UNIT, 8, at="corners"), "unknown places of sines 'corners'"),
        (lambda: Cosines(UNIT, 8, mean=0.0), "what the mean counts must be a positive number"),
        (lambda: Circle(2), "number of points of a circle must be a whole number ≥ 3"),
        (lambda: Circle(9, centre=(0.0,)), "centre of a circle is two numbers"),  # pyright: ignore
        (lambda: Dense(np.ones((2, 3))), r"a matrix \[n, n\] of real numbers: got shape \(2, 3\)"),
        (lambda: Dense(np.array([[1.0, 0.5], [0.4, 1.0]])), "symmetric: got entries that differ"),
        (lambda: Dense(np.diag([1.0, -2.0])), "must be positive definite: .* is -2"),
        (lambda: Dense(np.diag([1.0, np.nan])), "numbers that are not finite"),
        (lambda: Dense(np.eye(2), np.ones((3, 1))), r"are finite numbers \[2, d\]: got shape"),
        (lambda: Sparse(np.eye(3)), r"takes a sparse matrix \[n, n\]"),
        (lambda: Sparse(sp.diags_array([1.0, -1.0])), "must be positive definite"),
        (lambda: Sparse(sp.diags_array([1.0, 0.0])), "must be positive definite"),
        (lambda: Sparse(sp.eye_array(3001)).within_jax(), "would be a full one, of 3000 at most"),
        (lambda: Dense(np.eye(3)).dual.seen(np.ones(3)), "knows of no integrals"),
    ],
)
def test_what_is_no_inner_product_is_refused_in_a_sentence(make, sentence):
    with pytest.raises(ConfigError, match=sentence):
        make()


def test_a_vector_of_another_size_is_refused():
    with pytest.raises(DataError, match=r"of 3 numbers a function: got an array of shape \(4,\)"):
        Dense(np.eye(3)).norm(np.ones(4))


def test_a_sparse_one_says_what_to_do_within_jax():
    with pytest.raises(ConfigError, match=r"take its within_jax\(\), a full matrix"):
        jax.jit(Sparse(sp.eye_array(3)).norm)(jnp.ones(3))
