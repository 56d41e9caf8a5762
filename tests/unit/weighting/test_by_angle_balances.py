"""Schemes that solve an equation, and those that turn one gradient after the other."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from gram_cases import (
    CASES,
    PARAMETERS,
    TERMS,
    Case,
    evolve,
    normed,
    of_the_mean,
    packed,
    random_cases,
    weighed,
)

from sobolev.errors import ConfigError
from sobolev.weighting import (
    DCGD,
    AlignedMTL,
    DualProj,
    FairGrad,
    GradVac,
    NashMTL,
    PCGrad,
    Statistics,
    UPGrad,
)
from sobolev.weighting.schemes.by_angle.pcgrad import orders

# Equations in the weights


@pytest.mark.parametrize("α", [0.5, 1.0, 2.0, 5.0])
def test_the_fair_weights_solve_their_equation(α):
    """Identity 10: (G w) w^(1/α) = 1; α = 1 is the bargain of Nash, of length √K."""
    for case, w in weighed(FairGrad(α), random_cases()):
        assert w.min() > 0
        np.testing.assert_allclose(case.g @ (w @ case.g) * w ** (1 / α), 1, rtol=1e-9)


def test_the_bargain_of_nash_is_fair_and_of_length_root_K():
    for case, w in weighed(NashMTL(), random_cases()):
        np.testing.assert_allclose(case.g @ (w @ case.g) * w, 1, rtol=1e-10)
        np.testing.assert_allclose(np.linalg.norm(w @ case.g), np.sqrt(len(w)), rtol=1e-10)


@pytest.mark.parametrize("scale", ["min", "median", "rmse"])
def test_the_aligned_gradients_are_the_nearest_orthogonal_ones(scale):
    """The polar factor of J by its singular values, times σ."""
    for case, w in weighed(AlignedMTL(scale), random_cases(decades=1)):
        U, s, Vt = np.linalg.svd(case.g, full_matrices=False)
        σ = {"min": s.min(), "median": np.sqrt(np.median(s**2)), "rmse": np.sqrt((s**2).mean())}
        aligned = (σ[scale] * U @ Vt).mean(axis=0)
        np.testing.assert_allclose(w @ case.g / of_the_mean(case), aligned, rtol=1e-6, atol=1e-9)


def test_aligned_gradients_that_depend_on_each_other_are_aligned_in_what_they_span():
    rng = np.random.default_rng(8)
    cases = [Case(rng.normal(size=(K, 3)), np.ones(K)) for K in np.repeat([4, 5, 6], CASES // 3)]
    for case, w in weighed(AlignedMTL(), cases):
        U, s, Vt = np.linalg.svd(case.g, full_matrices=False)
        aligned = (s.min() * U @ Vt).mean(axis=0)  # of the three directions there are
        np.testing.assert_allclose(w @ case.g / of_the_mean(case), aligned, rtol=1e-6, atol=1e-8)


def test_aligned_gradients_that_cancel_are_the_mean():
    ((_, w),) = weighed(AlignedMTL(), [Case(np.array([[1.0, 2.0], [-1.0, -2.0]]), np.ones(2))])
    np.testing.assert_allclose(w, 1 / TERMS, rtol=1e-12)


# One gradient after the other


def alone(g, k, order, φ, rate):
    """g_k after it has met the others; φ moves with it."""
    own = g[k].copy()
    for j in order[order != k]:
        if not g[j].any() or not g[k].any():
            continue
        length, other = np.linalg.norm(own), np.linalg.norm(g[j])
        c, target = own @ g[j] / (length * other), φ[k, j]
        if c < target:
            more = target * np.sqrt(1 - c**2) - c * np.sqrt(1 - target**2)
            own += length * more / (other * np.sqrt(1 - target**2)) * g[j]
        φ[k, j] += rate * (c - target)
    return own


@pytest.mark.parametrize(
    "rate, scheme", [(0.0, PCGrad(5)), (0.0, GradVac(0.0, 5)), (0.5, GradVac(0.5, 5))]
)
def test_pcgrad_and_gradvac_follow_their_algorithms_on_full_gradients(rate, scheme):
    """Three steps, with the same orders, on rows in place of coefficients."""
    cases = [Case(g - 0.9 * g.mean(axis=0), losses) for g, losses in random_cases()]  # conflicts
    found = np.asarray(evolve(scheme, *packed(cases)))
    drawn = jax.jit(orders, static_argnums=2)
    order = [np.asarray(drawn(jnp.asarray(5), jnp.asarray(step), TERMS)) for step in range(3)]
    for at, case in enumerate(cases):
        g, φ = np.zeros((TERMS, PARAMETERS)), np.zeros((TERMS, TERMS))
        g[: len(case.g)] = case.g
        for step in range(3):
            sum_of = np.sum([alone(g, k, order[step][k], φ, rate) for k in range(TERMS)], axis=0)
            tolerance = 1e-10 * case.norms.max()
            np.testing.assert_allclose(found[step, at] @ g, sum_of, rtol=1e-9, atol=tolerance)


def test_the_usual_cosines_with_a_vanished_gradient_do_not_move():
    scheme, g = GradVac(0.5), np.array([[1.0, 0.5], [0.2, 1.0], [0.0, 0.0]])
    statistics = Statistics(jnp.ones(3), jnp.asarray(g @ g.T))
    targets = np.asarray(scheme.update(statistics, scheme.init(jnp.ones(3)))[1].targets)
    cosine = g[0] @ g[1] / np.linalg.norm(g[0]) / np.linalg.norm(g[1])
    np.testing.assert_allclose(targets, cosine / 2 * np.array([[0, 1, 0], [1, 0, 0], [0, 0, 0]]))


def test_gradients_without_conflict_are_left_alone():
    """Identity 9: orthogonal or aligned ones are summed."""
    q = np.linalg.qr(np.random.default_rng(0).normal(size=(PARAMETERS, 3)))[0].T
    sizes = np.array([1e-3, 1.0, 50.0])[:, None]
    cases = [Case(sizes * q, np.ones(3)), Case(sizes * q[:1], np.ones(3))]
    for scheme, weight in [(PCGrad(), 1), (UPGrad(), 1 / TERMS), (DualProj(), 1 / TERMS)]:
        for _, w in weighed(scheme, cases):
            np.testing.assert_allclose(w, weight, rtol=1e-12)


def test_the_orders_are_drawn_anew_and_follow_from_the_seed():
    drawn = jax.jit(orders, static_argnums=2)
    first, later = (np.asarray(drawn(jnp.asarray(1), jnp.asarray(t), TERMS)) for t in (0, 1))
    assert (np.sort(first, axis=1) == np.arange(TERMS)).all()
    assert (first != later).any()
    cases = [Case(g - 2 * g[:1], losses) for g, losses in random_cases()]
    one = evolve(PCGrad(1), *packed(cases))
    compiled = evolve._cache_size()
    np.testing.assert_array_equal(one, evolve(PCGrad(1), *packed(cases)))
    assert (np.asarray(one) != np.asarray(evolve(PCGrad(2), *packed(cases)))).any()
    assert evolve._cache_size() == compiled  # a seed is a number, not code


def test_two_groups_meet_on_the_bisector():
    """The formula of the paper, and no division by the small ‖g_c‖ of opposite groups."""
    member = np.array([True, False, True, False, False, False])
    cases = random_cases()
    for case, w in weighed(DCGD(member), cases):
        first = member[: len(w)]
        a, b = case.g[first].sum(axis=0), case.g[~first].sum(axis=0)
        gc = normed(a) + normed(b)
        tolerance = 1e-12 * case.norms.max()
        np.testing.assert_allclose(w @ case.g, gc @ (a + b) / (gc @ gc) * gc, 1e-9, tolerance)
        if len(w) == 2:
            np.testing.assert_allclose(w[0] * case.norms[0], w[1] * case.norms[1], rtol=1e-12)
    for g in ([[1.0, 2.0], [0.0, 0.0]], [[1.0, 2.0], [-1.0, -2.0]]):
        ((_, w),) = weighed(DCGD(member), [Case(np.array(g), np.ones(2))])
        np.testing.assert_allclose(w, 1, rtol=1e-15)
    for v in np.random.default_rng(2).normal(size=(10, PARAMETERS)):  # the first group cancels
        ((_, w),) = weighed(DCGD(member), [Case(np.array([v, v[::-1], -v]), np.ones(3))])
        np.testing.assert_allclose(w, 1, rtol=1e-12)
    with pytest.raises(ConfigError, match="groups of 6 terms, but the loss has 2"):
        DCGD(member).init(jnp.ones(2))
