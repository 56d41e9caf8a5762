"""Schemes that solve a quadratic problem, against others that solve it on the full gradients."""

from itertools import combinations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from gram_cases import CASES, PARAMETERS, SCHEMES, Case, normed, of_the_mean, random_cases, weighed
from scipy.optimize import minimize, nnls

from sobolev.weighting import MGDA, CAGrad, DualProj, UPGrad
from sobolev.weighting.maths.nonnegative import nonnegative_minimum


@pytest.mark.parametrize("dimensions", [2, 4, 20])
def test_the_minimum_over_the_orthant_meets_its_conditions(dimensions):
    """Of 3000 problems of five unknowns, with 2 dimensions also of dependent ones."""
    rng = np.random.default_rng(dimensions)
    u = rng.normal(size=(3000, 5, dimensions))
    u /= np.linalg.norm(u, axis=2, keepdims=True)
    C = u @ u.transpose(0, 2, 1)
    pull = np.einsum("nkd,nd->nk", u, rng.normal(size=(3000, dimensions)))
    x = np.asarray(jax.jit(jax.vmap(nonnegative_minimum))(C, pull))
    assert np.all(x >= 0) and 0.1 < np.mean(x > 0) < 0.9
    left = pull - np.einsum("nkj,nj->nk", C, x)
    tolerance = 1e-13 * (1 + x.max(axis=1, keepdims=True))
    assert np.all(left < tolerance) and np.all(np.abs(left) < tolerance, where=x > 0)


def test_a_small_pull_is_not_taken_for_rounding():
    pull = jnp.array([1.0, 1e-6, -1.0, 1e-9, 1e-12])
    x = jax.jit(nonnegative_minimum)(jnp.eye(5), pull)
    np.testing.assert_allclose(x, np.maximum(pull, 0), rtol=1e-12)


def shortest_in_the_hull(g):
    """Brute force: the affine minimiser on each face that lies in it."""
    best = None
    for size in range(1, len(g) + 1):
        for face in map(list, combinations(range(len(g)), size)):
            border = np.ones((size + 1, size + 1))
            border[:-1, :-1], border[-1, -1] = g[face] @ g[face].T, 0
            p = np.linalg.solve(border, np.append(np.zeros(size), 1.0))[:-1]
            point = p @ g[face]
            if p.min() > -1e-12 and (best is None or point @ point < best @ best):
                best = point
    return best


@pytest.mark.parametrize("kind", ["none", "l2", "loss"])
def test_mgda_finds_the_shortest_gradient_of_the_hull(kind):
    """Identity 7, with the closed form of two terms."""
    rng = np.random.default_rng(1)
    for case, w in weighed(MGDA(kind), random_cases(decades=0.5)):
        sizes = {"none": np.ones(len(w)), "l2": case.norms, "loss": case.losses}[kind]
        assert w.min() >= 0
        np.testing.assert_allclose(w.sum(), 1, rtol=1e-12)
        g, p = case.g / sizes[:, None], w * sizes / (w @ sizes)
        np.testing.assert_allclose(p @ g, shortest_in_the_hull(g), rtol=1e-8, atol=1e-10)
        others = rng.dirichlet(np.ones(len(w)), 200) @ g
        assert np.linalg.norm(p @ g) <= np.linalg.norm(others, axis=1).min() * (1 + 1e-12)
        if len(w) == 2:
            apart = g[1] - g[0]
            first = np.clip(g[1] @ apart / (apart @ apart), 0, 1)
            np.testing.assert_allclose(p[0], first, rtol=1e-11, atol=1e-15)


def on_the_dual_cone(case, vector):
    """The nearest d with g_j·d ≥ 0: vector less its projection on the cone of the −g."""
    x, _ = nnls(-case.unit.T, vector)
    return vector + x @ case.unit


def test_upgrad_and_dualproj_are_projections_on_the_dual_cone():
    """Identity 8, the exact part: against non-negative least squares on the full gradients."""
    cases = random_cases()
    for case, w in weighed(UPGrad(), cases):
        projections = np.mean([on_the_dual_cone(case, g) for g in case.g], axis=0)
        found = w @ case.g / of_the_mean(case)
        np.testing.assert_allclose(found, projections, atol=1e-12 * case.norms.max())
    for case, w in weighed(DualProj(), cases):
        found = w @ case.g / of_the_mean(case)
        whole = on_the_dual_cone(case, case.g.mean(axis=0))
        np.testing.assert_allclose(found, whole, atol=1e-12 * case.norms.max())


@pytest.mark.parametrize("name", ["upgrad", "dualproj", "nash", "mgda", "mgda l2"])
def test_no_term_ascends_however_small_it_is(name):
    """Identity 8: conflicts below −0.3, lengths over eight decades, any unit of the loss."""
    rng = np.random.default_rng(3)
    cases = []
    for K in np.repeat([2, 3, 4, 5, 6], CASES // 5):
        g = rng.normal(size=(K, PARAMETERS))
        g[1:] -= rng.uniform(1.5, 3, (K - 1, 1)) * g[0]
        g /= np.linalg.norm(g, axis=1, keepdims=True)
        assert (g[1:] @ g[0]).max() < -0.3
        g[1:] *= 10.0 ** -np.linspace(4, 8, K - 1)[:, None]
        cases.append(Case(g, np.ones(K)))
    found = weighed(SCHEMES[name], cases)
    for case, w in found:
        assert case.cosines_with(w @ case.g).min() > -1e-9
    for unit in (2.0**-80, 2.0**80):
        again = weighed(SCHEMES[name], [Case(case.g * unit, case.losses) for case in cases])
        for (_, now), (_, before) in zip(again, found, strict=True):
            np.testing.assert_allclose(normed(now), normed(before), rtol=1e-12)


def test_upgrad_protects_a_term_that_an_absolute_tolerance_gives_up():
    case = Case(np.array([[1.0, 0.0], [-0.009, 0.01 * np.sqrt(1 - 0.81)]]), np.ones(2))
    ((_, w),) = weighed(UPGrad(), [case])
    np.testing.assert_allclose(case.cosines_with(w @ case.g), [0.43, 0.004], atol=0.006)
    assert case.cosines_with(w @ case.g)[1] > 0.004


@pytest.mark.parametrize("c", [0.0, 0.5, 2.0])
def test_cagrad_is_the_best_worst_term_in_the_ball(c):
    """Against sequential quadratic programming over the simplex, the problem of the paper."""
    for case, w in weighed(CAGrad(c), random_cases(decades=0.5)):
        K, gram, d = len(w), case.g @ case.g.T, w @ case.g / of_the_mean(case)
        g0 = case.g.mean(axis=0)
        radius = c * np.linalg.norm(g0)
        assert w.min() >= 0
        np.testing.assert_allclose(np.linalg.norm(d - g0), radius, rtol=1e-9, atol=1e-12)

        def dual(p, gram=gram, g=case.g, g0=g0, radius=radius):
            length = np.sqrt(p @ gram @ p)
            return p @ g @ g0 + radius * length, g @ g0 + radius * gram @ p / length

        best = minimize(
            dual,
            np.full(K, 1 / K),
            jac=True,
            bounds=[(0, 1)] * K,
            constraints={"type": "eq", "fun": lambda p: p.sum() - 1, "jac": np.ones_like},
            method="SLSQP",
            options={"ftol": 1e-14, "maxiter": 500},
        ).fun
        np.testing.assert_allclose((case.g @ d).min(), best, rtol=1e-6, atol=1e-7 * radius)
