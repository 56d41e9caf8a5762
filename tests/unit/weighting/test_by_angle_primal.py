"""The problems of the papers, solved in the space of the parameters, without a Gram matrix.

Every direction is found anew by a general solver that moves the direction itself.
"""

import numpy as np
import pytest
from gram_cases import Case, evolve, normed, of_the_mean, packed, random_cases, weighed
from scipy.optimize import minimize

from sobolev.weighting import IMTLG, MGDA, CAGrad, DualProj, FairGrad, GradVac, NashMTL, UPGrad


def some(scheme):
    """`(case, direction)` of a third of the cases: of each number of terms, and in conflict."""
    return [(case, w @ case.g) for case, w in weighed(scheme, conflicting())][::3]


def conflicting():
    """Cases in which most of the common gradient is taken away."""
    return [Case(g - 0.8 * g.mean(axis=0), loss) for g, loss in random_cases(decades=0.4)]


def sequential(objective, start, *constraints):
    """min of `objective -> (value, slope)` where all `constraint -> (values ≥ 0, rows)` hold."""
    found = minimize(
        objective,
        start,
        jac=True,
        constraints=[
            {"type": "ineq", "fun": lambda x, c=c: c(x)[0], "jac": lambda x, c=c: c(x)[1]}
            for c in constraints
        ],
        method="SLSQP",
        options={"ftol": 1e-16, "maxiter": 1000},
    )
    return found.x


def nearest_descent(g, v):
    """min ½‖d − v‖² with g_k·d ≥ 0 for all k."""
    return sequential(lambda d: (0.5 * (d - v) @ (d - v), d - v), v, lambda d: (g @ d, g))


def test_upgrad_is_the_mean_of_the_nearest_descents():
    for case, d in some(UPGrad()):
        known = np.mean([nearest_descent(case.unit, g) for g in case.g], axis=0)
        np.testing.assert_allclose(d / of_the_mean(case), known, atol=1e-5 * case.norms.max())


def test_dualproj_is_the_descent_nearest_to_the_mean():
    moved = 0
    for case, d in some(DualProj()):
        mean = case.g.mean(axis=0)
        known = nearest_descent(case.unit, mean)
        np.testing.assert_allclose(d / of_the_mean(case), known, atol=1e-5 * case.norms.max())
        moved += np.linalg.norm(known - mean) > 1e-2 * case.norms.max()
    assert moved > 2  # in the others there is no conflict


def worst_descent(g):
    """For x = (d, t): g_k·d ≥ t for all k."""
    rows = np.c_[g, -np.ones(len(g))]
    return lambda x: (rows @ x, rows)


def test_mgda_has_the_best_worst_descent_for_its_length():
    """max_d min_k g_k·d − ½‖d‖², whose dual problem is that of the convex hull."""
    for case, d in some(MGDA()):
        start = np.append(0 * d, 0.0)
        x = sequential(
            lambda x: (0.5 * x[:-1] @ x[:-1] - x[-1], np.append(x[:-1], -1.0)),
            start,
            worst_descent(case.g),
        )
        np.testing.assert_allclose(d, x[:-1], atol=1e-5 * np.linalg.norm(d))
        assert np.linalg.norm(d) > 1e-2 * case.norms.min()


@pytest.mark.parametrize("c", [0.4, 0.9])
def test_cagrad_has_the_best_worst_descent_in_its_ball(c):
    for case, d in some(CAGrad(c)):
        mean = case.g.mean(axis=0)
        radius = c * np.linalg.norm(mean)
        best = np.append(0 * mean, -1.0)

        def ball(x, mean=mean, radius=radius):
            off = (x[:-1] - mean) / radius
            return 1 - off @ off, np.append(-2 * off / radius, 0.0)

        start = np.append(mean, (case.g @ mean).min())
        x = sequential(lambda x, s=best: (s @ x, s), start, worst_descent(case.g), ball)
        np.testing.assert_allclose(d / of_the_mean(case), x[:-1], atol=1e-4 * radius)
        np.testing.assert_allclose((case.g @ d).min() / of_the_mean(case), x[-1], rtol=1e-6)


@pytest.mark.parametrize("c", [0.3, 1.0, 3.0])
def test_cagrad_meets_the_conditions_of_its_optimum(c):
    """Convex, so these suffice: at the edge, pulled by the worst terms only, all equally bad."""
    shared = 0
    for case, w in weighed(CAGrad(c), conflicting()):
        own, mean = w / of_the_mean(case), case.g.mean(axis=0)
        pulls, d = (own - 1 / len(w)) * case.norms, own @ case.g
        radius = c * np.linalg.norm(mean)
        np.testing.assert_allclose(np.linalg.norm(d - mean), radius, rtol=1e-9)
        assert pulls.min() > -1e-12 * pulls.max()
        descents = case.g @ d
        worst = pulls > 1e-9 * pulls.max()
        tolerance = 1e-11 * case.norms * np.linalg.norm(d)
        assert np.all(np.abs(descents - descents.min())[worst] < tolerance[worst])
        shared += worst.sum() > 2
    assert shared > 3


FAIR = [(NashMTL(), 1.0), (FairGrad(0.5), 0.5), (FairGrad(1.0), 1.0), (FairGrad(3.0), 3.0)]


@pytest.mark.parametrize("scheme, α", FAIR)
def test_the_fair_direction_has_the_most_utility(scheme, α):
    """max_d Σ_k u(g_k·d) − ½‖d‖² with u(s) = s^(1−α)/(1−α), log s for α = 1."""
    for case, d in some(scheme):

        def loss(x, g=case.g):
            s = g @ x
            if s.min() <= 0:
                return np.inf, 0 * x
            utility = np.log(s) if α == 1 else s ** (1 - α) / (1 - α)
            return 0.5 * x @ x - utility.sum(), x - s**-α @ g

        start = np.linalg.pinv(case.unit) @ np.ones(len(case.g))
        found = minimize(loss, start, jac=True, method="BFGS", options={"gtol": 1e-10})
        np.testing.assert_allclose(d, found.x, atol=1e-5 * np.linalg.norm(d))


def test_imtlg_is_the_closed_form_of_its_paper_but_for_its_scale():
    """w_{2..K} = g₁Uᵀ(DUᵀ)⁻¹ with rows u₁ − u_k of U and g₁ − g_k of D, w₁ = 1 − Σ w_{2..K}."""
    for case, w in weighed(IMTLG(), random_cases(decades=0.4)):
        U, D = case.unit[0] - case.unit[1:], case.g[0] - case.g[1:]
        rest = np.linalg.solve((D @ U.T).T, U @ case.g[0])
        paper = np.append(1 - rest.sum(), rest)
        projections = case.unit @ (paper @ case.g)
        np.testing.assert_allclose(projections, projections[0], rtol=1e-8)
        up = np.sign(projections[0])  # the printed one may ascend
        np.testing.assert_allclose(w, up * paper / np.abs(paper).sum(), rtol=1e-7, atol=1e-10)


def test_gradvac_turns_a_gradient_until_it_has_the_usual_cosine():
    """Of two terms that conflict: 0 in the first step, then half the cosine that was seen."""
    g = np.array([[1.0, 0.3, 0.0], [-0.4, 0.2, 0.5]])
    c = normed(g[0]) @ normed(g[1])
    assert c < -0.3
    two = np.asarray(evolve(GradVac(0.5), *packed([Case(g, np.ones(2))]), steps=2))[:, 0, :2]
    for w, usual in zip(two, (0.0, 0.5 * c), strict=True):
        turned = g + (w[::-1] - 1)[:, None] * g[::-1]  # each has got some of the other
        for own, other in zip(turned, g[::-1], strict=True):
            np.testing.assert_allclose(normed(own) @ normed(other), usual, atol=1e-12)
