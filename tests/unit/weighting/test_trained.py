"""Trained weights by formula, closed form and what breaks them; with fixed and normalised ones."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from gram_cases import equiangular
from helpers import gram_of
from scipy.optimize import minimize

from sobolev.errors import ConfigError
from sobolev.weighting import (
    Clip,
    CosineDistance,
    ErrorFunction,
    Exponential,
    Fixed,
    Identity,
    InverseEnergy,
    InverseNorm,
    LossMax,
    Normalised,
    Replay,
    Scheme,
    Statistics,
    Trained,
    Unweighted,
)

SCHEMES = {
    "unweighted": Unweighted(),
    "fixed": Fixed(lambda energies: energies / energies.sum()),
    "inverse energy": InverseEnergy(),
    "inverse norm": InverseNorm(),
    "loss": LossMax(0.1),
    "loss clip": LossMax(0.1, Clip()),
    "loss erf": LossMax(0.1, ErrorFunction()),
    "own": CosineDistance("own", 0.1),
    "own clip": CosineDistance("own", 0.1, Clip()),
    "own erf": CosineDistance("own", 0.1, ErrorFunction()),
    "sum": CosineDistance("sum", 0.1),
    "sum exp": CosineDistance("sum", 0.1, Exponential()),
    "max exp": CosineDistance("max", 0.1, Exponential()),
    "own adam": CosineDistance("own", 0.1, Clip(), optax.scale_by_adam()),
    "normalised": Normalised(CosineDistance("own", 0.1)),
    "replay": Replay(jnp.array([0.0, 5.0]), jnp.array([1.0, 3.0])),
}
SOME = Statistics(jnp.array([0.2, 3.0, 0.01]), jnp.asarray(gram_of(1, 3, sizes=[1, 20, 0.1])[1]))
ENERGIES = jnp.array([0.5, 4.0, 0.02])


def each_scheme(test):
    return pytest.mark.parametrize("scheme", SCHEMES.values(), ids=SCHEMES.keys())(test)


@partial(jax.jit, static_argnums=2)
def evolve(scheme, statistics, steps):
    """The weights of each step, `[steps, K]`, while the statistics stay as they are."""
    start = scheme.init(statistics.losses)
    return jax.lax.scan(lambda s, _: scheme.update(statistics, s)[::-1], start, length=steps)[1]


@each_scheme
def test_the_compiled_loop_equals_the_python_loop(scheme):
    assert isinstance(scheme, Scheme)
    state, rows = scheme.init(SOME.losses), []
    for _ in range(6):
        weights, state = scheme.update(SOME, state)
        rows.append(weights)
    np.testing.assert_allclose(evolve(scheme, SOME, 6), rows, rtol=1e-13)


@each_scheme
def test_an_update_changes_neither_scheme_nor_state(scheme):
    state = scheme.init(ENERGIES)
    first, again = scheme.update(SOME, state), scheme.update(SOME, state)
    jax.tree.map(np.testing.assert_array_equal, first, again)


PATHOLOGIES = {
    "zero loss": ([0.0, 1.0], [[1.0, 0.0], [0.0, 2.0]]),
    "all losses zero": ([0.0, 0.0], [[0.0, 0.0], [0.0, 0.0]]),
    "zero gradient": ([1.0, 1.0], [[0.0, 0.0], [0.0, 2.0]]),
    "all gradients zero": ([1.0, 1.0, 1.0, 1.0, 1.0], np.zeros((5, 2))),
    "one term": ([0.3], [[1.0, 2.0]]),
    "duplicates": ([1.0, 1.0], [[1.0, 2.0], [1.0, 2.0]]),
    "opposite": ([1.0, 1.0], [[1.0, 2.0], [-1.0, -2.0]]),
    "far apart": ([1e150, 1e-150], [[1e140, 0.0], [0.0, 1e-140]]),
}


@each_scheme
@pytest.mark.parametrize("case", PATHOLOGIES)
def test_pathological_terms_give_finite_weights(scheme, case):
    losses, rows = (np.array(a) for a in PATHOLOGIES[case])
    statistics = Statistics(jnp.asarray(losses), jnp.asarray(rows @ rows.T))
    weights = np.asarray(evolve(scheme, statistics, 4))
    if scheme is SCHEMES["fixed"] and not losses.any():
        return  # 0/0 in the user's own rule
    assert np.isfinite(weights).all()
    assert np.abs(weights).max(axis=1).min() > 0  # never all switched off


def test_loss_ascent_steps_are_proportional_to_the_losses():
    """Δλ_k = η L_k exactly: the claim of the talk."""
    weights = evolve(LossMax(0.25), SOME, 4)
    np.testing.assert_array_equal(weights[0], 1)
    np.testing.assert_allclose(np.diff(weights, axis=0), np.tile(0.25 * SOME.losses, (3, 1)), 1e-13)


def test_loss_ascent_in_a_box_ends_at_the_unweighted_sobolev_loss():
    weights = evolve(LossMax(0.5, Clip(0.1, 1.5)), SOME, 200)
    np.testing.assert_array_equal(weights[-1], 1.5)
    assert weights.max() == 1.5


def test_the_weights_of_the_first_step_are_the_start():
    for scheme, start in [
        (LossMax(), 1.0),
        (CosineDistance("own", 0.1, Clip()), 1.0),
        (CosineDistance("sum", 0.1, Exponential()), 1.0),
        (CosineDistance("own", 0.1, ErrorFunction()), 0.8427007929497149),  # erf(1)
    ]:
        np.testing.assert_allclose(evolve(scheme, SOME, 1)[0], start, rtol=1e-15)


def test_the_error_function_brings_in_its_slope():
    """λ ← λ + η (2/√π) exp(−λ²) L, w = erf λ: saturates below 1."""
    λ, η = 1.0, 0.3
    weights = evolve(LossMax(η, ErrorFunction()), SOME, 3)
    from math import erf

    for k, loss in enumerate(np.asarray(SOME.losses)):
        λ = 1.0
        for t in range(3):
            np.testing.assert_allclose(weights[t, k], erf(λ), rtol=1e-14)
            λ += η * 2 / np.sqrt(np.pi) * np.exp(-(λ**2)) * loss
    assert np.all(evolve(LossMax(η, ErrorFunction()), SOME, 300) < 1)


def test_the_exponential_brings_in_its_slope():
    weights = evolve(LossMax(0.1, Exponential()), SOME, 2)
    np.testing.assert_allclose(weights[1], np.exp(0.1 * SOME.losses), rtol=1e-14)


@pytest.mark.parametrize("reading", ["own", "sum", "max"])
def test_the_identity_takes_the_plain_step(reading):
    from sobolev.weighting.schemes.trained.trained import READINGS

    weights = evolve(CosineDistance(reading, 0.05), SOME, 2)
    np.testing.assert_allclose(
        weights[1], 1 - 0.05 * READINGS[reading](SOME, jnp.ones(3)), rtol=1e-13
    )


@pytest.mark.parametrize("bounds", [(1e-3, 2.0), (0.5, 1.0), (1.0, 1.01)])
@pytest.mark.parametrize("reading", ["own", "sum", "max"])
def test_clipped_weights_stay_in_their_bounds(reading, bounds):
    weights = np.asarray(evolve(CosineDistance(reading, 1.0, Clip(*bounds)), SOME, 300))
    assert weights.min() >= bounds[0] and weights.max() <= bounds[1]
    assert weights.min() == bounds[0] or weights.max() == bounds[1]  # and reach one


def test_own_weights_only_grow_and_saturate_together():
    free = np.asarray(evolve(CosineDistance("own", 0.1), SOME, 50))
    assert np.all(np.diff(free, axis=0) > 0)
    np.testing.assert_allclose(evolve(CosineDistance("own", 5.0, Clip()), SOME, 3000)[-1], 2)


def test_the_cube_root_law_of_two_orthogonal_gradients():
    """The gradient flow of `own` conserves |g₁|λ₁³ − |g₂|λ₂³, so λ₁/λ₂ → (|g₂|/|g₁|)^⅓."""
    norms = np.array([1.0, 10.0])
    statistics = Statistics(jnp.ones(2), jnp.diag(norms**2))
    drift = []
    for rate in (1e-3, 5e-4):  # Euler: the drift halves with the step
        λ = np.asarray(evolve(CosineDistance("own", rate), statistics, round(2 / rate) + 1))
        invariant = λ**3 @ (norms * [1, -1])
        drift.append(abs(invariant[-1] - invariant[0]) / (λ[-1] ** 3 @ norms))
    assert drift[0] < 1e-4 and 1.9 < drift[0] / drift[1] < 2.1
    last = np.asarray(evolve(CosineDistance("own", 1.0), statistics, 60_000))[-1]
    np.testing.assert_allclose(last[0] / last[1], 10 ** (1 / 3), rtol=1e-3)


def test_descent_of_the_sum_in_logarithms_balances_the_norms():
    """λ_k‖g_k‖ = const, the closed form of InverseNorm, reached without oscillation."""
    rows, gram = gram_of(4, 3, 9, [1.0, 30.0, 0.2])
    statistics = Statistics(jnp.ones(3), jnp.asarray(gram))
    weights = np.asarray(evolve(CosineDistance("sum", 1.0, Exponential()), statistics, 3000))
    balanced = weights[-1] * np.linalg.norm(rows, axis=1)
    np.testing.assert_allclose(balanced / balanced.mean(), 1, rtol=1e-12)
    closed = np.asarray(evolve(InverseNorm(0.0), statistics, 1))[0]
    np.testing.assert_allclose(weights[-1] / weights[-1].mean(), closed, rtol=1e-12)
    total = weights @ rows
    total /= np.linalg.norm(total, axis=1, keepdims=True)
    distance = (1 - total @ (rows / np.linalg.norm(rows, axis=1, keepdims=True)).T).sum(axis=1)
    assert np.all(np.diff(distance) < 1e-14)


def test_two_terms_are_balanced_by_the_bisecting_direction():
    rows, gram = gram_of(7, 2, 5, [1.0, 8.0])
    w = np.asarray(evolve(InverseNorm(0.0), Statistics(jnp.ones(2), jnp.asarray(gram)), 1))[0]
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    total = w @ rows
    np.testing.assert_allclose(unit[0] @ total, unit[1] @ total, rtol=1e-13)
    np.testing.assert_allclose(w[0] * np.linalg.norm(rows[0]), w[1] * np.linalg.norm(rows[1]))
    assert w.mean() == pytest.approx(1, rel=1e-15)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_inverse_norms_are_the_minimiser_of_the_summed_distance(seed):
    """Against an optimiser that knows neither our formulae nor our Gram matrix."""
    rows, gram = gram_of(seed, 3, 6, [1.0, 5.0, 0.3])

    def summed(logarithms):
        total = np.exp(logarithms) @ rows
        cosines = rows @ total / np.linalg.norm(rows, axis=1) / np.linalg.norm(total)
        return np.sum(1 - cosines)

    found = np.exp(minimize(summed, np.zeros(3), method="BFGS", options={"gtol": 1e-9}).x)
    ours = np.asarray(evolve(InverseNorm(0.0), Statistics(jnp.ones(3), jnp.asarray(gram)), 1))[0]
    np.testing.assert_allclose(found / found.mean(), ours, rtol=1e-4)
    assert summed(np.log(ours)) <= summed(np.log(found)) + 1e-14


def test_descent_of_the_largest_distance_finds_equal_angles():
    """A constant step ends in a small zigzag around it."""
    _, gram = gram_of(0, 3, 12, [1.0, 2.0, 0.5])
    statistics = Statistics(jnp.ones(3), jnp.asarray(gram))
    weights = np.asarray(evolve(CosineDistance("max", 1e-2, Exponential()), statistics, 5000))
    known = equiangular(gram)
    np.testing.assert_allclose(weights[-1] / weights[-1].mean(), known / known.mean(), rtol=2e-2)


def test_the_averaged_norms_are_a_bias_free_running_mean():
    scheme, sizes = InverseNorm(0.8), [1.0, 3.0, 0.5, 10.0]
    state, seen = scheme.init(jnp.ones(2)), np.zeros(2)
    for t, size in enumerate(sizes):
        norms = np.array([size, 2.0])
        w, state = scheme.update(Statistics(jnp.ones(2), jnp.diag(norms**2)), state)
        seen = 0.8 * seen + norms
        mean = seen / sum(0.8**s for s in range(t + 1))
        np.testing.assert_allclose(w, (1 / mean) / np.mean(1 / mean), rtol=1e-14)


def test_a_norm_that_vanishes_is_floored_at_a_millionth_of_the_largest():
    w = evolve(InverseNorm(), Statistics(jnp.ones(2), jnp.diag(jnp.array([4.0, 0.0]))), 1)[0]
    np.testing.assert_allclose(w[1] / w[0], 1e6, rtol=1e-12)


@pytest.mark.parametrize("tiny", [0.0, 1e-30])
def test_labels_that_are_zero_but_for_rounding_have_no_energy_to_divide_by(tiny):
    w = InverseEnergy().init(jnp.array([2.0, tiny, 4.0]))
    np.testing.assert_allclose(w, np.array([2.0, 1.0, 1.0]) * 3 / 4, rtol=1e-12)
    np.testing.assert_array_equal(InverseEnergy().init(jnp.array([tiny, tiny])), 1)
    # Values at the start, zeros at the boundary and in the equation: as if there were no weights.
    np.testing.assert_array_equal(InverseEnergy().init(jnp.array([0.25, 0.0, 0.0])), 1)


def test_inverse_energies_weigh_every_term_alike():
    w = InverseEnergy().init(ENERGIES)
    np.testing.assert_allclose(w * ENERGIES, (w * ENERGIES)[0], rtol=1e-14)
    assert float(w.mean()) == pytest.approx(1, rel=1e-15)
    np.testing.assert_array_equal(Unweighted().init(ENERGIES), 1)


@pytest.mark.parametrize("scheme", [InverseNorm(0.5), InverseEnergy()])
def test_the_unit_of_a_term_does_not_matter(scheme):
    """Term k times c_k: the share w_k L_k of each term in the loss stays as it was."""
    c = np.array([1e-2, 50.0, 3.0])
    rescaled = Statistics(SOME.losses * c, SOME.gram * np.outer(c, c))

    def share(statistics):
        part = scheme.update(statistics, scheme.init(statistics.losses))[0] * statistics.losses
        return part / part.sum()

    np.testing.assert_allclose(share(rescaled), share(SOME), rtol=1e-12)


def test_an_optimiser_of_ones_own_makes_the_steps():
    """Adam on the weights: the first steps are η for every term, whatever its loss."""
    weights = evolve(LossMax(0.02, optimiser=optax.scale_by_adam()), SOME, 4)
    np.testing.assert_allclose(np.diff(weights, axis=0), 0.02, rtol=1e-5)
    tx, λ = optax.scale_by_adam(), jnp.ones(3)
    state = tx.init(λ)
    scheme = CosineDistance("own", 0.02, optimiser=tx)
    for row in evolve(scheme, SOME, 5):
        np.testing.assert_allclose(row, λ, rtol=1e-13)
        step, state = tx.update(scheme.objective(SOME, λ), state, λ)
        λ = λ - 0.02 * step


def test_the_gram_matrix_is_asked_for_only_when_it_is_used():
    needs = {name for name, scheme in SCHEMES.items() if "gram" in scheme.needs}
    assert needs == {n for n in SCHEMES if n.startswith(("own", "sum", "max"))} | {
        "inverse norm",
        "normalised",
    }
    assert not Normalised(LossMax()).needs


def test_normalised_weights_have_mean_one_and_the_balance_of_the_inner_scheme():
    inner = CosineDistance("own", 0.1)
    raw, weights = (np.asarray(evolve(s, SOME, 20)) for s in (inner, Normalised(inner)))
    np.testing.assert_allclose(weights.mean(axis=1), 1, rtol=1e-14)
    np.testing.assert_allclose(weights, raw / raw.mean(axis=1, keepdims=True), rtol=1e-13)


def test_normalised_weights_keep_their_signs():
    w, _ = Normalised(Fixed(lambda e: jnp.array([-1.0, 3.0]))).update(SOME, jnp.array([-1.0, 3.0]))
    np.testing.assert_array_equal(w, [-0.5, 1.5])


def test_normalised_zeros_stay_zero():
    w, _ = Normalised(Unweighted()).update(SOME, jnp.zeros(3))
    np.testing.assert_array_equal(w, 0)


@pytest.mark.parametrize("kind", [jnp.array, np.array, list])
def test_replay_goes_through_its_points(kind):
    weights = evolve(Replay(kind([0.0, 4.0, 6.0]), kind([1.0, 3.0, 2.0])), SOME, 9)
    expected = [1, 1.5, 2, 2.5, 3, 2.5, 2, 2, 2]
    np.testing.assert_allclose(weights, np.outer(expected, np.ones(3)), rtol=1e-15)


@pytest.mark.parametrize("bounds", [(0.0, 1.0), (1.0, 1.5)])
def test_bounds_may_be_zero_or_the_start(bounds):
    assert float(Clip(*bounds).lower) == bounds[0]


@pytest.mark.parametrize(
    "make, sentence",
    [
        (lambda b=b: Clip(*b), "clipping needs")
        for b in [(-1, 2), (1, 1), (2, 1), (1.5, 2), (0, 0.5)]
    ]
    + [(lambda b=b: Clip(*b), "clipping needs") for b in [(np.nan, 2.0), (0.0, np.nan)]]
    + [
        (lambda r=r, make=make: make(rate=r), "rate of the weights")
        for r in (0.0, -1.0, np.nan, np.inf)
        for make in (LossMax, CosineDistance)
    ]
    + [(lambda d=d: InverseNorm(d), r"decay must lie in \[0, 1\)") for d in (-0.1, 1.0, np.nan)]
    + [(lambda: CosineDistance("mean"), "choose one of own, sum, max")]
    + [
        (lambda s=s, v=v: Replay(s, v), "Replay needs")
        for s, v in [([0, 1], [1]), ([1, 0], [1, 2]), ([], []), ([0, 1], [1, np.nan]), (0, 1)]
    ],
)
def test_settings_without_a_meaning_are_refused(make, sentence):
    with pytest.raises(ConfigError, match=sentence):
        make()


def test_an_infinite_upper_bound_is_none():
    free = CosineDistance("own", 0.1, Clip(0.0, np.inf))
    np.testing.assert_array_equal(
        evolve(free, SOME, 10), evolve(CosineDistance("own", 0.1, Identity()), SOME, 10)
    )


def test_an_objective_of_ones_own():
    """A `Trained` scheme with an objective nobody here thought of."""

    class ToTheLosses(Trained):
        def objective(self, statistics, weights):
            return weights - statistics.losses

    scheme = ToTheLosses(0.5, Identity(), optax.identity())
    np.testing.assert_allclose(evolve(scheme, SOME, 60)[-1], SOME.losses, rtol=1e-12)
