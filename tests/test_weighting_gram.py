"""Schemes made from the Gram matrix, against the same with full gradients and other solvers."""

from functools import partial
from itertools import combinations
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.optimize import minimize, nnls

from sobolev import (
    DCGD,
    IMTLG,
    MGDA,
    AlignedMTL,
    CAGrad,
    ConFIG,
    ConfigError,
    CosineDistance,
    DualProj,
    Exponential,
    FairGrad,
    GradVac,
    InverseNorm,
    NashMTL,
    PCGrad,
    Statistics,
    UPGrad,
    Weighting,
    diagnostics,
)
from sobolev.weighting import weighted_gradient
from sobolev.weighting.cosine import cosine_distances
from sobolev.weighting.objectives import own_distance, summed_distance
from sobolev.weighting.order import orders

SCHEMES = {
    "config": ConFIG(),
    "imtlg": IMTLG(),
    "mgda": MGDA(),
    "mgda l2": MGDA("l2"),
    "mgda loss": MGDA("loss"),
    "pcgrad": PCGrad(3),
    "gradvac": GradVac(0.5, 3),
    "cagrad": CAGrad(0.5),
    "nash": NashMTL(),
    "fairgrad": FairGrad(2.0),
    "aligned": AlignedMTL(),
    "upgrad": UPGrad(),
    "dualproj": DualProj(),
}
TERMS, PARAMETERS, CASES = 6, 10, 30


@partial(jax.jit, static_argnames="steps")
def evolve(scheme, losses, grams, steps=3):
    """The weights of each step in each case, `[steps, cases, K]`."""

    def run(loss, gram):
        statistics = Statistics(loss, gram)
        start = scheme.init(loss)
        return jax.lax.scan(lambda s, _: scheme.update(statistics, s)[::-1], start, length=steps)[1]

    return jnp.moveaxis(jax.vmap(run)(losses, grams), 1, 0)


class Case(NamedTuple):
    """Gradients `g [K, P]` of terms and their losses."""

    g: np.ndarray
    losses: np.ndarray

    @property
    def unit(self):
        return self.g / np.linalg.norm(self.g, axis=1, keepdims=True)

    @property
    def norms(self):
        return np.linalg.norm(self.g, axis=1)

    def cosines_with(self, d):
        return self.unit @ d / np.linalg.norm(d)


def random_cases(decades=1.5, common=0.5):
    """K = 2..6 terms, whose gradients' lengths span 2·decades decades, six cases each."""
    rng = np.random.default_rng(7)
    cases = []
    for K in np.repeat([2, 3, 4, 5, 6], CASES // 5):
        g = rng.normal(size=(K, PARAMETERS)) + common * rng.normal(size=PARAMETERS)
        g *= 10.0 ** rng.uniform(-decades, decades, (K, 1))
        cases.append(Case(g, 10.0 ** rng.uniform(-2, 2, K)))
    return cases


def packed(cases):
    """All cases as one batch of six terms, so that it compiles once: the others have no gradient.

    `(losses [cases, 6], gram [cases, 6, 6])`. A scheme leaves such terms out, but for the mean over
    the terms, which some take: `of_the_mean`.
    """
    losses, gram = np.ones((CASES, TERMS)), np.zeros((CASES, TERMS, TERMS))
    with np.errstate(over="ignore"):
        for at, (g, loss) in enumerate(cases):
            losses[at, : len(g)], gram[at, : len(g), : len(g)] = loss, g @ g.T
    return jnp.asarray(losses), jnp.asarray(gram)


def weighed(scheme, cases, steps=3):
    """`(case, weights [K] of its last step)` for each."""
    last = np.asarray(evolve(scheme, *packed(cases), steps=steps))[-1]
    return [(case, w[: len(case.g)]) for case, w in zip(cases, last, strict=False)]


def of_the_mean(case):
    """What a mean over six terms is of the mean over those with a gradient."""
    return len(case.g) / TERMS


def normed(v):
    return v / np.linalg.norm(v)


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


# Quadratic problems


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
    with pytest.raises(ConfigError, match="groups of 6 terms, but the loss has 2"):
        DCGD(member).init(jnp.ones(2))


# Units, and terms that break such schemes


@pytest.mark.parametrize("name", SCHEMES)
def test_whether_the_unit_of_a_term_matters(name):
    """Identity 19: with term k in other units, directions and shares w_k L_k are what they were."""
    cases, c = random_cases(decades=0.5), np.array([1e-2, 30.0, 3.0, 0.2, 1.0, 7.0])
    scaled = [Case(g * c[: len(g), None], losses * c[: len(g)]) for g, losses in cases]
    changes = []
    for (case, w), (other, then) in zip(
        weighed(SCHEMES[name], cases), weighed(SCHEMES[name], scaled), strict=True
    ):
        if name in {"config", "imtlg", "mgda l2", "mgda loss", "nash"}:
            shares = normed(w * case.losses), normed(then * other.losses)
            np.testing.assert_allclose(*shares, rtol=1e-8, atol=1e-12)
        if name == "nash":
            np.testing.assert_allclose(then * c[: len(w)], w, rtol=1e-9)
        changes.append(np.abs(normed(w @ case.g) - normed(then @ other.g)).max())
    if name in {"config", "imtlg", "mgda l2", "mgda loss", "nash"}:
        assert max(changes) < 1e-9
    else:
        assert np.median(changes) > 0.01


PAIRS = {
    "zero gradient": [[0.0, 0.0], [1.0, 2.0]],
    "all zero": [[0.0, 0.0], [0.0, 0.0]],
    "duplicates": [[1.0, 2.0], [1.0, 2.0]],
    "parallel": [[1.0, 2.0], [1e-9, 2e-9]],
    "opposite": [[1.0, 2.0], [-1.0, -2.0]],
    "opposite, unequal": [[1.0, 2.0], [-1e-3, -2e-3]],
    "nearly opposite": [[1.0, 0.0], [-1.0, 1e-7]],
    "1e8": [[1e8, 0.0], [-0.5, 1.0]],
    "1e300": [[1e150, 1e150], [-1e-150, 2e-150]],
    "orthogonal, 1e300": [[1e150, 0.0], [0.0, 1e-150]],
    "tiny": [[1e-150, 0.0], [-1e-160, 1e-160]],
    "overflow": [[1e200, 0.0], [1e180, 1e200]],
    "three in a plane": [[1.0, 0.0], [-0.5, 0.8], [-0.5, -0.8]],
    "six in a plane": [[1.0, 0.0], [1.0, 1.0], [-1.0, 2.0], [-1.0, 0.0], [0.0, -3.0], [1e-9, 0]],
    "six alike": [[1.0, 2.0]] * 6,
}
ROBUST = SCHEMES | {"groups": DCGD([True, False, True, False, True, False]), "fair": FairGrad(0.3)}


@pytest.mark.parametrize("name", ROBUST)
def test_pathological_gradients_give_finite_weights(name):
    """Identity 20."""
    for loss in (0.0, 1e300, 1.0):
        cases = [Case(np.array(rows), np.full(len(rows), loss)) for rows in PAIRS.values()]
        of = dict(zip(PAIRS, weighed(ROBUST[name], cases), strict=True))
        for what, (case, w) in of.items():
            assert np.isfinite(w).all() and np.abs(w).max() > 0, what
            assert np.isfinite(w @ case.g).all(), what
    np.testing.assert_array_equal(of["all zero"][1], 1)
    assert of["zero gradient"][1].min() > 0 and of["duplicates"][1].sum() > 0
    case, w = of["opposite"]
    assert np.linalg.norm(w @ case.g) < 1e-6


def positive_and_plain(name, w):
    assert np.isfinite(w).all() and w.min() > 0
    if name not in {"nash", "fairgrad", "cagrad", "upgrad", "dualproj", "aligned"}:
        np.testing.assert_allclose(w, 1, rtol=1e-12)


@pytest.mark.parametrize("name", SCHEMES)
def test_one_term_is_the_plain_gradient(name):
    """Identity 20: times a positive number, whatever the length of the gradient."""
    cases = [Case(np.array([[size, 0.0]]), np.ones(1)) for size in (5.0, 3e140, 3e-140)]
    for _, w in weighed(SCHEMES[name], cases):
        positive_and_plain(name, w)


@pytest.mark.parametrize("name", ["config", "pcgrad", "upgrad"])
def test_one_term_may_be_all_there_is(name):
    w = evolve(SCHEMES[name], jnp.ones((2, 1)), jnp.array([[[9.0]], [[0.0]]]))[0]
    np.testing.assert_allclose(w, 1, rtol=1e-12)


@pytest.mark.parametrize("name", ["config", "upgrad", "nash"])
def test_single_precision_gives_the_same_direction(name):
    cases = random_cases(decades=0.5)
    single = evolve(SCHEMES[name], *(a.astype(np.float32) for a in packed(cases)))[0]
    assert single.dtype == jnp.float32
    for (case, w), found in zip(weighed(SCHEMES[name], cases), np.asarray(single), strict=True):
        found = found[: len(w)].astype(float) @ case.g
        np.testing.assert_allclose(normed(found), normed(w @ case.g), atol=1e-3)


# In use


def test_in_a_training_step():
    """The engine under a scan: its gradient is that of the weighted terms, and training trains."""
    scheme = PCGrad(3)
    assert isinstance(scheme, Weighting) and scheme.needs == {"gram"}
    A = np.random.default_rng(0).normal(size=(3, 4, 5))

    def losses(θ):
        return jnp.mean((A @ θ - 1) ** 2, axis=1)

    def step(carry, _):
        θ, state = carry
        gradient, values, weights, state = weighted_gradient(losses, θ, scheme, state)
        return (θ - 0.05 * gradient, state), (θ, values, weights, gradient)

    start = jnp.zeros(5), scheme.init(jnp.ones(3))
    (_, steps), seen = jax.jit(lambda s: jax.lax.scan(step, s, length=5))(start)
    assert int(steps) == 5
    for θ, _, weights, gradient in zip(*map(np.asarray, seen), strict=True):
        rows = np.einsum("kn,knp->kp", A @ θ - 1, A) / 2
        np.testing.assert_allclose(gradient, weights @ rows, rtol=1e-9, atol=1e-12)
    assert seen[1][-1].sum() < seen[1][0].sum()


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


@pytest.mark.parametrize(
    "make, sentence",
    [
        (lambda: MGDA("l1"), "choose one of none, l2, loss"),
        (lambda: AlignedMTL("mean"), "choose one of min, median, rmse"),
    ]
    + [(lambda c=c: CAGrad(c), "radius c") for c in (-0.1, np.nan, np.inf)]
    + [(lambda a=a: FairGrad(a), "fairness α") for a in (0.0, -1.0, np.nan, np.inf)]
    + [(lambda r=r: GradVac(r), "usual cosines") for r in (-0.1, 1.1, np.nan)]
    + [
        (lambda s=s, make=make: make(seed=s), "seed is a whole number")
        for s in (-1, 0.5, True)
        for make in (PCGrad, GradVac)
    ]
    + [
        (lambda g=g: DCGD(g), "DCGD takes one boolean")
        for g in ([True, True], [False], [0, 1], [], [[True, False]])
    ],
)
def test_settings_without_a_meaning_are_refused(make, sentence):
    with pytest.raises(ConfigError, match=sentence):
        make()
