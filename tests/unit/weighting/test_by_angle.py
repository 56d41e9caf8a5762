"""What all schemes made from the Gram matrix have in common: units, terms that break them, use."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from gram_cases import SCHEMES, Case, evolve, normed, packed, random_cases, weighed

from sobolev.errors import ConfigError
from sobolev.weighting import (
    DCGD,
    MGDA,
    AlignedMTL,
    CAGrad,
    FairGrad,
    GradVac,
    PCGrad,
    Scheme,
    weighted_gradient,
)

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
        if SCHEMES[name].unit_free:
            shares = normed(w * case.losses), normed(then * other.losses)
            np.testing.assert_allclose(*shares, rtol=1e-8, atol=1e-12)
        if name == "nash":
            np.testing.assert_allclose(then * c[: len(w)], w, rtol=1e-9)
        changes.append(np.abs(normed(w @ case.g) - normed(then @ other.g)).max())
    if SCHEMES[name].unit_free:
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


@pytest.mark.parametrize("name", SCHEMES)
def test_a_term_without_gradient_has_the_mean_weight_of_the_others(name):
    """For what comes after: an average of weights, or weights that are frozen."""
    cases = random_cases(decades=0.5)
    given = np.asarray(evolve(SCHEMES[name], *packed(cases), steps=1))[-1]
    for (g, _), w in zip(cases, given, strict=True):
        np.testing.assert_allclose(w[len(g) :], np.abs(w[: len(g)]).mean(), rtol=1e-12)


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
    assert isinstance(scheme, Scheme) and scheme.needs == {"gram"}
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
        (lambda s=s, make=make: make(seed=s), "seed must be a whole number")
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
