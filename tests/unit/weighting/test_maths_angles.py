"""Angles between gradients: cosine distances, equal angles, and what is reported of them."""

import jax
import numpy as np
from gram_cases import CASES, PARAMETERS, Case, normed, packed, random_cases, weighed
from scipy.optimize import nnls

from sobolev.weighting import (
    IMTLG,
    ConFIG,
    CosineDistance,
    Exponential,
    InverseNorm,
    Statistics,
    diagnostics,
)
from sobolev.weighting.maths.cosine import cosine_distances
from sobolev.weighting.schemes.trained.objectives import own_distance, summed_distance

# The cosine distance of the talk


def test_distances_and_their_slopes_are_those_of_the_full_gradients():
    """Identities 1, 2 and 4: from G; λ·∇ΣCD = 0; own rate (‖g_k‖/‖G‖) sin² α_k."""
    cases = random_cases()
    losses, gram = packed(cases)
    statistics, λs = Statistics(losses, gram), losses**0.25
    distances = jax.jit(jax.vmap(cosine_distances))(gram, λs)
    own, summed = (jax.jit(jax.vmap(f))(statistics, λs) for f in (own_distance, summed_distance))
    for at, case in enumerate(cases):
        K, λ = len(case.g), np.asarray(λs[at, : len(case.g)])
        total = λ @ case.g
        c = case.cosines_with(total)
        np.testing.assert_allclose(distances[at, :K], 1 - c, atol=2e-14)
        norms = case.norms / np.linalg.norm(total)
        across = case.unit - np.outer(c, normed(total))
        rate = norms * (across**2).sum(axis=1)
        np.testing.assert_allclose(-own[at, :K] / norms, rate / norms, atol=1e-13)
        slope = np.asarray(summed[at, :K])
        assert abs(slope @ λ) < 1e-14 * norms @ λ < np.abs(slope * λ).max()


def test_descent_in_logarithms_ends_at_inverse_norms():
    """Identity 3."""
    cases = random_cases(decades=0.5)
    descended = weighed(CosineDistance("sum", 1.0, Exponential()), cases, steps=6000)
    closed = weighed(InverseNorm(0.0), cases)
    for (case, found), (_, known) in zip(descended, closed, strict=True):
        np.testing.assert_allclose(found * case.norms / (found @ case.norms), 1 / len(case.g), 1e-8)
        np.testing.assert_allclose(normed(found), normed(known), rtol=1e-8)


# Equal angles


def test_config_is_the_pseudo_inverse_of_the_unit_gradients():
    """Identity 6: equal cosines, U⁺1, and the published length Σ_k g_k·û."""
    for case, w in weighed(ConFIG(), random_cases()):
        û = normed(np.linalg.pinv(case.unit) @ np.ones(len(w)))
        scale = case.norms.sum()
        np.testing.assert_allclose(
            w @ case.g, (case.g @ û).sum() * û, rtol=1e-9, atol=1e-12 * scale
        )
        c = case.cosines_with(w @ case.g)
        np.testing.assert_allclose(c, c[0], rtol=1e-9)
        assert c.min() > 0


def test_config_imtlg_and_the_least_largest_distance_are_one_direction():
    """Identity 5. The optimum over λ ≥ 0 is that of a non-negative least-squares problem."""
    cases = random_cases(common=4.0)  # so that most optima have positive weights
    positive = 0
    for (case, w), (_, other) in zip(
        weighed(ConFIG(), cases), weighed(IMTLG(), cases), strict=True
    ):
        direction = normed(w @ case.g)
        np.testing.assert_allclose(normed(other @ case.g), direction, atol=1e-10)
        np.testing.assert_allclose(np.abs(other).sum(), 1, rtol=1e-12)
        if w.min() > 0:  # the shortest v with u_k·v ≥ 1, by its residual
            stacked = np.vstack([case.unit.T, np.ones(len(w))])
            x, _ = nnls(stacked, np.append(np.zeros(PARAMETERS), 1.0))
            np.testing.assert_allclose(normed(x @ case.unit), direction, atol=1e-10)
            positive += 1
    assert positive > CASES // 2


def test_imtlg_never_turns_the_direction_round():
    """Where the Σ v of the paper is negative, dividing by it would ascend every term."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(2000, 3, 4)) * 10.0 ** rng.uniform(-1.5, 1.5, (2000, 3, 1))
    cases = [Case(g, np.ones(3)) for g in rows]
    v = [np.linalg.solve(g @ g.T, np.linalg.norm(g, axis=1)) for g in rows]
    turned = [case for case, one in zip(cases, v, strict=True) if one.sum() < 0][:CASES]
    assert 0.002 < (np.sum(v, axis=1) < 0).mean() < 0.1 and len(turned) > 5
    for case, w in weighed(IMTLG(), turned):
        assert case.cosines_with(w @ case.g).min() > 0


def test_unit_gradients_that_cancel_are_left_to_cancel():
    """Three at 120°, of any length: no direction lowers all, and rounding is not made one."""
    at = np.linspace(0, 3, 10)[:, None] + 2 * np.pi / 3 * np.arange(3)
    cases = [Case(np.c_[np.cos(a), np.sin(a)] * [[1.0], [3.0], [0.1]], np.ones(3)) for a in at]
    for case, w in weighed(ConFIG(), cases):
        np.testing.assert_allclose(w * case.norms, w[0] * case.norms[0], rtol=1e-6)
        assert w.max() < 100


# What is reported


def test_diagnostics_are_those_of_the_full_gradients():
    cases = [
        *random_cases()[:-3],
        Case(np.array([[2.0, 0.0]]), np.ones(1)),
        Case(np.zeros((2, 2)), np.ones(2)),
        Case(np.array([[1.0, 0.0], [-1.0, 0.0]]), np.array([1.0, -3.0])),
    ]
    losses, gram = packed(cases)
    found = jax.jit(jax.vmap(diagnostics))(gram, losses)
    for at, case in enumerate(cases[:-2]):
        K = len(case.g)
        C = case.unit @ case.unit.T
        np.testing.assert_allclose(found.cosines[at, :K, :K], C, atol=1e-13)
        smallest = np.min(C + 2 * np.eye(K)) if K > 1 else 1
        np.testing.assert_allclose(found.smallest_cosine[at], smallest, atol=1e-13)
        pulls = case.losses * case.norms
        np.testing.assert_allclose(found.shares[at, :K], pulls / pulls.sum(), rtol=1e-12)
        A = 2 * np.linalg.norm(case.unit.mean(axis=0)) ** 2 - 1
        np.testing.assert_allclose(found.alignment[at], A, atol=1e-13)
        if K == 2:
            np.testing.assert_allclose(found.alignment[at], C[0, 1], atol=1e-13)
    assert found.smallest_cosine[-2] == found.alignment[-2] == 1
    assert not found.shares[-2].any() and found.smallest_cosine[-1] == -1
    np.testing.assert_allclose(found.shares[-1, :2], [0.25, -0.75])
