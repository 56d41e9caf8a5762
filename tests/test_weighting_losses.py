"""Schemes that look at the losses only: their recursions, closed forms, pathologies, refusals.

The reference trajectories are written from the formulae of the papers, in NumPy, on whole histories
where the schemes keep running numbers.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from helpers import table, task_of
from scipy import stats
from scipy.optimize import minimize
from scipy.special import logsumexp, softmax

from sobolev import (
    FAMO,
    LBFGS,
    SOAP,
    Adam,
    AugmentedLagrangian,
    Chain,
    Clip,
    CoefficientOfVariation,
    ConfigError,
    DynamicWeightAverage,
    Every,
    FirstOrder,
    Frozen,
    GradientRegularisedNewton,
    InverseEnergy,
    KLSimplex,
    LevenbergMarquardt,
    LogSum,
    LossMax,
    Normalised,
    RandomWeights,
    ReLoBRaLo,
    Scheduled,
    Smoothed,
    SmoothTchebycheff,
    SoftAdapt,
    SSBroyden,
    Statistics,
    Surrogate,
    Then,
    TiedToRate,
    Uncertainty,
    UnitLength,
    Unweighted,
    Warmup,
    Weighting,
    fit,
)
from sobolev.fit.weighting import check_weighting
from sobolev.optimisers.start import start
from sobolev.weighting import weighted_gradient
from sobolev.weighting.wrapper import after, looks_back

RAMP = optax.linear_schedule(0.0, 2.0, 4)
DECAY = optax.exponential_decay(0.1, 3, 0.5)
SCHEMES = {
    "soft": SoftAdapt(3.0, "plain"),
    "soft normalised": SoftAdapt(0.5, order=3),
    "soft loss-weighted": SoftAdapt(0.5, "loss-weighted"),
    "dwa": DynamicWeightAverage(2),
    "relobralo": ReLoBRaLo(0.9, 0.1, 0.5),
    "cov": CoefficientOfVariation(),
    "log": LogSum(),
    "uncertainty": Uncertainty(0.1),
    "tchebycheff": SmoothTchebycheff(0.3),
    "famo": FAMO(0.1),
    "random": RandomWeights(),
    "dirichlet": RandomWeights("dirichlet", 3),
    "lagrangian": AugmentedLagrangian((0,)),
    "kl": KLSimplex(0.5),
    "kl relative": KLSimplex(0.5, relative=True),
    "tied": TiedToRate(2.0, 1.0, DECAY),
    "every famo": Every(FAMO(0.1), 2),
    "smoothed chain": Smoothed(Chain(FAMO(0.1), LogSum()), 0.5),
}
SUM_K = ["soft", "soft normalised", "soft loss-weighted", "dwa", "relobralo", "cov", "famo"]
SUM_K += ["random", "dirichlet", "kl", "kl relative", "tchebycheff"]


def falling(steps=14, terms=3, seed=0):
    """Losses `[steps, K]` that fall at different rates, with noise."""
    rng = np.random.default_rng(seed)
    rates = np.array([0.1, 0.4, 0.02, 0.2, 0.3])[:terms]
    noise = np.exp(0.2 * rng.normal(size=(steps, terms)))
    return np.exp(-np.outer(np.arange(steps), rates)) * noise * [1.0, 3.0, 0.2, 1, 1][:terms]


@eqx.filter_jit
def evolve(scheme, losses, state):
    """Weights `[steps, K]` along given losses, and the last state; the next losses come after."""

    def step(state, pair):
        weights, state = scheme.update(Statistics(pair[0]), state)
        return after(scheme, pair[1], state), weights

    later = jnp.concatenate([losses[1:], losses[-1:]])
    state, weights = jax.lax.scan(step, state, (losses, later))
    return weights, state


def weights_of(scheme, losses):
    losses = jnp.asarray(losses)
    return np.asarray(evolve(scheme, losses, scheme.init(jnp.ones_like(losses[0])))[0])


def each(names=SCHEMES):
    return pytest.mark.parametrize("scheme", [SCHEMES[n] for n in names], ids=list(names))


# ---- what all have in common


@each()
def test_the_compiled_loop_equals_the_python_loop_and_goes_on_after_a_restart(scheme):
    assert isinstance(scheme, Weighting) and not scheme.needs
    losses = jnp.asarray(falling())
    state, whole = scheme.init(losses[0]), weights_of(scheme, losses)
    for t in range(14):
        if t == 4:  # what is written to a file and read again
            state = jax.tree.map(lambda a: jnp.asarray(np.array(a)), state)
        weights, state = scheme.update(Statistics(losses[t]), state)
        state = after(scheme, losses[min(t + 1, 13)], state)
        np.testing.assert_allclose(weights, whole[t], rtol=1e-12)


@each(["relobralo", "famo", "lagrangian"])
def test_several_runs_at_once_are_each_as_alone(scheme):
    runs = jnp.asarray(np.stack([falling(seed=s) for s in range(3)]))
    states = jax.vmap(lambda L: scheme.init(L[0]))(runs)
    together, _ = eqx.filter_vmap(evolve, in_axes=(None, 0, 0))(scheme, runs, states)
    for run, weights in zip(runs, together, strict=True):
        np.testing.assert_allclose(weights, weights_of(scheme, run), rtol=1e-12)


PATHOLOGIES = {
    "zero loss": [[0.0, 1.0]],
    "all losses zero": [[0.0, 0.0]],
    "one becomes zero, another comes back": [[1.0, 0.0], [0.0, 2.0], [0.0, 0.0], [1.0, 1.0]],
    "constant": [[1.0, 2.0]],
    "one term": [[0.3]],
    "duplicates": [[0.7, 0.7]],
    "huge": [[1e300, 1.0], [1.0, 1e300]],
    "all huge": [[1e300, 1e300], [1e299, 1e300]],
    "tiny": [[1e-300, 1.0]],
    "subnormal": [[5e-324, 0.0], [0.0, 5e-324]],
    "far apart": [[1e300, 1e-300], [0.0, 1e300]],
}


@each()
@pytest.mark.parametrize("case", PATHOLOGIES)
def test_pathological_losses_give_finite_weights_and_states(scheme, case):
    """Not one number that is not finite: a training rejects a step whose state is not."""
    pattern = np.array(PATHOLOGIES[case])
    pattern = pattern if pattern.shape[1] == 1 else pattern[:, [0, 1, 1]]
    losses = jnp.asarray(np.tile(pattern, (14, 1))[:14])
    weights, state = evolve(scheme, losses, scheme.init(losses[0]))
    assert np.isfinite(weights).all() and np.all(weights >= 0)
    assert np.all(np.max(weights, axis=1) > 0)
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(state))


@each(SUM_K)
def test_the_mean_weight_is_one(scheme):
    np.testing.assert_allclose(weights_of(scheme, falling()).mean(axis=1), 1, rtol=1e-13)


@each([n for n in SCHEMES if n not in ("tied", "uncertainty", "lagrangian", "log", "random")])
def test_one_term_or_equal_terms_weigh_one(scheme):
    if scheme in (SCHEMES["dirichlet"], SCHEMES["smoothed chain"]):
        return  # random, and 1/L
    for terms in (1, 3):
        equal = np.outer(falling()[:, 0], np.ones(terms))
        np.testing.assert_allclose(weights_of(scheme, equal), 1, rtol=1e-12)


@each(["dwa", "relobralo"])
def test_equal_ratios_weigh_one(scheme):
    losses = np.outer(np.exp(-0.1 * np.arange(14)), [1.0, 1e-4, 30.0])
    np.testing.assert_allclose(weights_of(scheme, losses), 1, rtol=1e-9)


@each(["log", "dwa", "relobralo", "cov", "famo"])
def test_the_unit_of_a_term_does_not_matter(scheme):
    """Term k times c_k: the same shares w_k L_k for 1/L, the same weights for loss ratios."""
    c, losses = np.array([1e-3, 50.0, 1.0]), falling()
    once, again = weights_of(scheme, losses), weights_of(scheme, c * losses)
    if scheme in (SCHEMES["log"], SCHEMES["famo"]):
        once, again = once * losses, again * c * losses
        once, again = (a / a.sum(axis=1, keepdims=True) for a in (once, again))
    np.testing.assert_allclose(again, once, rtol=1e-9)


@each(["soft", "kl", "kl relative", "tchebycheff"])
def test_the_unit_of_a_term_does_matter_to_a_softmax_of_losses(scheme):
    c, losses = np.array([1e-3, 50.0, 1.0]), falling()
    assert np.abs(weights_of(scheme, c * losses) / weights_of(scheme, losses) - 1).max() > 0.1


# ---- trajectories of the papers


@pytest.mark.parametrize("order", [1, 2, 5])
@pytest.mark.parametrize("variant", ["plain", "normalised", "loss-weighted"])
def test_soft_adapt(variant, order):
    """The slope is that of the polynomial through the last `order + 1` losses, at its end."""
    losses, β = falling(), 0.7
    for t, found in enumerate(weights_of(SoftAdapt(β, variant, order), losses)):
        if t < order:
            np.testing.assert_array_equal(found, 1)
            continue
        recent, at = losses[t - order : t + 1], np.arange(-order, 1)
        s = np.array([np.polyfit(at, column, order)[-2] for column in recent.T])
        s = s / np.abs(s).sum() if variant == "normalised" else s
        w = np.exp(β * s) * (losses[t] if variant == "loss-weighted" else 1)
        np.testing.assert_allclose(found, 3 * w / w.sum(), rtol=1e-9)


@pytest.mark.parametrize("window, T", [(1, 2.0), (4, 0.5)])
def test_dynamic_weight_average(window, T):
    losses = falling(5 * window)
    means = losses.reshape(5, window, 3).mean(axis=1)
    expected = np.ones((5, 3))
    for e in range(2, 5):
        expected[e] = 3 * softmax(means[e - 1] / means[e - 2] / T)
    found = weights_of(DynamicWeightAverage(window, T), losses)
    np.testing.assert_allclose(found, np.repeat(expected, window, axis=0), rtol=1e-12)


def test_relobralo_takes_one_of_the_two_branches_as_often_as_asked():
    α, τ, share = 0.8, 0.5, 0.3
    losses = falling(1500, seed=3) + 0.1
    λ = weights_of(ReLoBRaLo(α, τ, share, seed=5), losses)
    np.testing.assert_array_equal(λ[0], 1)
    kept = 0
    for t in range(1, len(losses)):
        to_first = 3 * softmax(losses[t] / losses[0] / τ)
        to_last = 3 * softmax(losses[t] / losses[t - 1] / τ)
        either = [α * past + (1 - α) * to_last for past in (λ[t - 1], to_first)]
        off = [np.abs(λ[t] - one).max() for one in either]
        assert min(off) < 1e-12 < max(off)
        kept += off[0] < off[1]
    assert stats.binomtest(kept, len(losses) - 1, share).pvalue > 1e-3


def test_relobralo_without_chance_and_without_memory():
    losses, τ = falling(), 0.1
    pure = weights_of(ReLoBRaLo(0.0, τ, 1.0), losses)
    np.testing.assert_allclose(
        pure[1:], 3 * softmax(losses[1:] / losses[:-1] / τ, axis=1), rtol=1e-11
    )
    first = weights_of(ReLoBRaLo(1.0, τ, 0.0), losses)
    np.testing.assert_allclose(first, 3 * softmax(losses / losses[0] / τ, axis=1), rtol=1e-11)
    np.testing.assert_array_equal(weights_of(ReLoBRaLo(1.0, τ, 1.0), losses), 1)
    one, other = (weights_of(ReLoBRaLo(0.5, look_back=0.5, seed=s), losses) for s in (0, 1))
    assert np.any(one != other)


def test_coefficient_of_variation():
    """From all of the history at once; the paper's weights times K."""
    losses = falling()
    ratios = np.array([np.ones(3)] + [losses[t] / losses[:t].mean(axis=0) for t in range(1, 14)])
    found = weights_of(CoefficientOfVariation(1e-300), losses)
    np.testing.assert_array_equal(found[:2], 1)
    for t in range(2, 14):
        c = ratios[:t].std(axis=0) / ratios[:t].mean(axis=0)
        np.testing.assert_allclose(found[t], 3 * c / c.sum(), rtol=1e-10)


def adam(slopes_of, ξ, rate, decay=0.0):
    """Adam as printed, with L2 decay in the slope; yields ξ before each step."""
    m = v = 0 * ξ
    t = 0
    while True:
        given = yield ξ
        g = slopes_of(ξ, given) + decay * ξ
        t += 1
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        ξ = ξ - rate * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)


def test_uncertainty_follows_its_own_optimiser():
    losses = falling()
    run = adam(lambda s, L: 0.5 - 0.5 * np.exp(-s) * L, np.full(3, -0.5), 0.1)
    s = next(run)
    for found, L in zip(weights_of(Uncertainty(0.1, start=-0.5), losses), losses, strict=True):
        np.testing.assert_allclose(found, 0.5 * np.exp(-s), rtol=1e-10)
        s = run.send(L)


def test_uncertainty_ends_at_the_logarithm_of_the_losses():
    """s* = log L, where the objective is ½ Σ log L + K/2: the closed form is half of LogSum."""
    L = np.array([3.0, 1e-3, 0.2])
    plain = Uncertainty(1.0, optax.identity())
    weights, state = evolve(plain, jnp.tile(L, (60, 1)), plain.init(jnp.asarray(L)))
    np.testing.assert_allclose(state.s, np.log(L), rtol=1e-9)
    np.testing.assert_allclose(2 * weights[-1], LogSum().update(Statistics(jnp.asarray(L)), ())[0])

    def objective(s):
        return np.sum(0.5 * np.exp(-s) * L + 0.5 * s)

    np.testing.assert_allclose(objective(state.s), 0.5 * np.log(L).sum() + 1.5, rtol=1e-12)
    np.testing.assert_allclose(minimize(objective, np.zeros(3)).x, np.log(L), atol=1e-3)


def test_the_documented_lag_of_uncertainty():
    """Adam at 1e-3 takes about 18 000 steps to s = log 1e-8, at 0.02 about 900."""
    L = jnp.array([1e-8, 1.0])
    for rate, steps in ((1e-3, 18_000), (0.02, 900)):
        scheme = Uncertainty(rate)
        run = eqx.filter_jit(lambda n, scheme=scheme: jax.lax.fori_loop(
            0, n, lambda _, s: scheme.update(Statistics(L), s)[1], scheme.init(L)
        ).s[0])  # fmt: skip
        assert float(run(int(0.8 * steps))) > np.log(1e-7) > float(run(int(1.2 * steps)))


def curves(θ):
    """Three losses of two parameters."""
    return jnp.sum((θ - jnp.array([[1.0, 0.0], [0.0, 3.0], [-1.0, 1.0]])) ** 2, axis=1) + 0.1


@pytest.mark.parametrize(
    "scheme, combined",
    [
        (LogSum(), lambda L: jnp.sum(jnp.log(L))),
        (
            SmoothTchebycheff(0.7, (1.0, 2.0, 0.5), (0.1, 0.0, 0.05)),
            lambda L: 3 * 0.7 * jax.scipy.special.logsumexp(
                jnp.array([1.0, 2.0, 0.5]) * (L - jnp.array([0.1, 0.0, 0.05])) / 0.7
            ),
        ),
        (
            KLSimplex(0.7, (1.0, 2.0, 0.5)),
            lambda L: 3 * 0.7 * jax.scipy.special.logsumexp(L / 0.7, b=jnp.array([1.0, 2.0, 0.5])),
        ),
    ],
)  # fmt: skip
def test_the_gradient_is_that_of_the_combined_loss(scheme, combined):
    θ = jnp.array([0.3, 0.4])
    gradient, *_ = weighted_gradient(curves, θ, scheme, scheme.init(jnp.ones(3)))
    np.testing.assert_allclose(gradient, jax.grad(lambda t: combined(curves(t)))(θ), rtol=1e-12)


def test_a_loss_at_round_off_is_floored():
    np.testing.assert_allclose(weights_of(LogSum(1e-4), [[2.0, 1e-9, 0.0]])[0], [0.5, 5e3, 5e3])


def famo_of_the_paper(start, steps, η, rate, decay):
    """Algorithm 1 with the losses on both sides of each step; returns weights (sum 1) and θ."""
    θ, rows = np.array(start), []
    log = lambda θ: np.log(np.asarray(curves(jnp.asarray(θ))))  # noqa: E731
    jacobian = jax.jit(jax.jacobian(curves))

    def slope(ξ, δ):
        z = softmax(ξ)
        return (np.diag(z) - np.outer(z, z)) @ δ

    run = adam(slope, np.zeros(3), rate, decay)
    ξ = next(run)
    for _ in range(steps):
        before, z = log(θ), softmax(ξ)
        rows.append(z / np.exp(before) / np.sum(z / np.exp(before)))
        θ = θ - η * rows[-1] @ np.asarray(jacobian(jnp.asarray(θ)))
        ξ = run.send(before - log(θ))
    return np.array(rows), θ


def test_famo():
    expected, end = famo_of_the_paper([2.0, -1.0], 30, 0.05, 0.1, 1e-2)
    scheme, θ = FAMO(0.1, 1e-2), jnp.array([2.0, -1.0])
    state, rows = scheme.init(jnp.ones(3)), []

    @jax.jit
    def step(θ, state):
        gradient, _, weights, state = weighted_gradient(curves, θ, scheme, state)
        θ = θ - 0.05 / 3 * gradient  # our weights have mean 1
        return θ, after(scheme, curves(θ), state), weights

    for _ in range(30):
        θ, state, weights = step(θ, state)
        rows.append(weights / 3)
    np.testing.assert_allclose(rows, expected, rtol=1e-6)
    np.testing.assert_allclose(θ, end, rtol=1e-6)
    assert np.ptp(state.ξ) > 0.1  # the trained part has done something


def test_a_first_order_step_shows_famo_the_losses_after_it_on_the_same_rows():
    """Against the step written out, for each batch of an epoch."""
    scheme = Chain(FAMO(0.1), Unweighted())
    task, _ = task_of(table(), weighting=scheme, hidden=(3,))
    seen = []

    class Spying(FirstOrder):
        def _step(self, task, state, rows):
            done = super()._step(task, state, rows)
            jax.debug.callback(lambda *a: seen.append(a), rows, state, done, ordered=True)
            return done

    spying = Spying(optax.identity(), 0.01, 5)
    state = eqx.filter_jit(spying.epoch)(task, start(task, spying))
    jax.effects_barrier()
    assert len(seen) == 3
    for rows, before, done in seen:
        rows = jax.tree.map(jnp.asarray, rows)
        L = [np.asarray(task.losses(jnp.asarray(s.θ), rows)) for s in (before, done)]
        then, now = before.weighting[0], done.weighting[0]
        np.testing.assert_allclose(now.before, np.log(L[0]), rtol=1e-10)
        z, δ = softmax(then.ξ), np.log(L[0]) - np.log(L[1])
        g = z * (δ - z @ δ) + 1e-3 * np.asarray(then.ξ)
        m = 0.9 * np.asarray(then.optimiser.mu) + 0.1 * g
        np.testing.assert_allclose(now.optimiser.mu, m, rtol=1e-7, atol=1e-15)
    assert int(state.rejected) == 0 and np.any(np.asarray(state.weighting[0].ξ) != 0)


def test_wrappers_pass_the_losses_after_the_step_on():
    losses, famo = falling(), FAMO(0.1)
    alone = weights_of(famo, losses)
    np.testing.assert_allclose(weights_of(Chain(famo, Unweighted()), losses), alone, rtol=1e-12)
    np.testing.assert_allclose(weights_of(Frozen(famo, 4), losses)[:4], alone[:4], rtol=1e-12)
    np.testing.assert_allclose(
        weights_of(Warmup(famo, 3), losses)[3:], weights_of(famo, losses[3:]), rtol=1e-12
    )
    assert looks_back(UnitLength(Smoothed(famo))) and not looks_back(Smoothed(LogSum()))


def test_random_weights():
    """Softmax of normals: log w_j − log w_k ~ N(0, 2); Dirichlet(1): each share is Beta(1, K−1)."""
    nothing = Statistics(jnp.ones(3))
    draw = eqx.filter_jit(lambda s: jax.vmap(lambda t: s.update(nothing, t)[0])(jnp.arange(3000)))
    normal = np.log(draw(RandomWeights(seed=1)))
    assert stats.kstest((normal[:, 0] - normal[:, 2]) / np.sqrt(2), "norm").pvalue > 1e-3
    uniform = np.asarray(draw(RandomWeights("dirichlet", 1))) / 3
    for share in uniform.T:
        assert stats.kstest(share, stats.beta(1, 2).cdf).pvalue > 1e-3
    assert abs(stats.pearsonr(normal[1:, 0], normal[:-1, 0]).statistic) < 0.1
    assert np.any(draw(RandomWeights(seed=2)) != np.exp(normal))


def capu_of_the_paper(losses, constrained, η=0.01, ζ=0.99, ω=0.999):
    """`losses[t]` before and `losses[t + 1]` after step t; objective first, then the updates."""
    K = losses.shape[1]
    λ, μ, v, last, rows = np.ones(K), np.ones(K), np.zeros(K), np.inf, []
    for t in range(len(losses)):
        c = losses[t]  # evaluated after the step before
        v = ζ * v + (1 - ζ) * c**2
        total = np.sum(np.where(constrained, λ * c + μ * c**2 / 2, c))
        if total >= ω * last:
            λ = λ + μ * c
            μ = np.maximum(η / np.sqrt(v + 1e-16), μ)
        last = total
        rows.append(np.where(constrained, λ + μ * c, 1.0))
    return np.array(rows), last


@pytest.mark.parametrize("scale", [0.02, 3.0])
@pytest.mark.parametrize("constraints", [(0, 2), (True, False, True)])
def test_augmented_lagrangian(constraints, scale):
    losses, scheme = jnp.asarray(scale * falling(40, seed=4)), AugmentedLagrangian(constraints)
    found, state = evolve(scheme, losses, scheme.init(losses[0]))
    expected, last = capu_of_the_paper(np.asarray(losses), np.array([True, False, True]))
    np.testing.assert_allclose(found, expected, rtol=1e-9)
    np.testing.assert_allclose(state.previous, last, rtol=1e-9)
    assert np.all(found[:, 1] == 1) and found[-1, 2] > 1.1 * found[0, 2]


def test_augmented_lagrangian_meets_its_constraint():
    """min (x − 2)² with c = x² = 0, whose multiplier has to grow without bound; least squares ½."""
    scheme, η = AugmentedLagrangian((1,), rate=0.1), 1e-3
    losses = lambda x: jnp.stack([(x[0] - 2) ** 2, x[0] ** 2])  # noqa: E731

    def step(carry, _):
        x, state = carry
        gradient, _, weights, state = weighted_gradient(losses, x, scheme, state)
        return (x - η * gradient / jnp.max(weights), state), None

    start = jnp.array([2.0]), scheme.init(jnp.ones(2))
    (x, _), _ = jax.jit(lambda: jax.lax.scan(step, start, length=20_000))()
    assert abs(float(x[0])) < 0.1  # 1 for equal weights


def test_the_simplex_with_a_prior_is_the_maximiser():
    """π ∝ π₀ exp(L/τ), found as well by an optimiser that does not know it."""
    L, prior, τ = np.array([1.0, 0.3, 0.8]), np.array([0.2, 0.5, 0.3]), 0.4
    found = weights_of(KLSimplex(τ, prior), L[None])[0] / 3
    known = prior * np.exp(L / τ)
    np.testing.assert_allclose(found, known / known.sum(), rtol=1e-13)

    def negative(ξ):
        π = softmax(ξ)
        return -(π @ L - τ * np.sum(π * np.log(π / prior)))

    np.testing.assert_allclose(softmax(minimize(negative, np.zeros(3)).x), found, atol=1e-5)
    np.testing.assert_allclose(-negative(np.log(found)), τ * logsumexp(L / τ, b=prior), rtol=1e-12)


def test_in_a_box_the_ascent_on_the_losses_ends_at_the_bound():
    weights = weights_of(LossMax(0.5, Clip(0.1, 1.5)), falling(400) + 0.1)
    np.testing.assert_array_equal(weights[-1], 1.5)


def test_a_temperature_in_mean_losses_does_not_forget():
    L = falling()
    scheme = KLSimplex(0.5, relative=True)
    np.testing.assert_allclose(weights_of(scheme, 1e-9 * L), weights_of(scheme, L), rtol=1e-10)
    np.testing.assert_allclose(weights_of(KLSimplex(0.5), 1e-9 * L), 1, atol=1e-7)


def test_schedules_of_the_step():
    found = weights_of(Scheduled(RAMP, lambda t: 3.0, lambda t: t**2), np.ones((6, 3)))
    t = np.arange(6)
    np.testing.assert_allclose(found.T, [np.minimum(t / 2, 2), np.full(6, 3), t**2], rtol=1e-12)


def test_weights_tied_to_the_learning_rate():
    t = np.arange(7)
    found = weights_of(TiedToRate((0.02, 1000.0), 1.0, DECAY), np.ones((7, 2)))
    for start_, column in zip((0.02, 1000.0), found.T, strict=True):
        np.testing.assert_allclose(column, 1 + (start_ - 1) * 0.5 ** (t / 3), rtol=1e-6)


# ---- refusals


@pytest.mark.parametrize(
    "make, sentence",
    [
        (lambda: SoftAdapt(np.nan), "sharpness"),
        (lambda: SoftAdapt(0.1, "both"), "choose one of plain, normalised, loss-weighted"),
        (lambda: SoftAdapt(order=0), "order of the difference"),
        (lambda: SoftAdapt(order=6), "order of the difference"),
        (lambda: DynamicWeightAverage(0), "window"),
        (lambda: DynamicWeightAverage(temperature=0.0), "temperature must be a positive"),
        (lambda: ReLoBRaLo(1.1), r"memory must lie in \[0, 1\]"),
        (lambda: ReLoBRaLo(temperature=-1.0), "temperature"),
        (lambda: ReLoBRaLo(look_back=np.nan), "looking back"),
        (lambda: ReLoBRaLo(seed=-1), "seed"),
        (lambda: CoefficientOfVariation(0.0), "floor"),
        (lambda: LogSum(-1e-3), "floor"),
        (lambda: Uncertainty(-0.1), "rate of the weights"),
        (lambda: Uncertainty(start=np.inf), "start of s"),
        (lambda: SmoothTchebycheff(0.0), "smoothing"),
        (lambda: SmoothTchebycheff(preference=(1.0, 0.0)), "preference"),
        (lambda: SmoothTchebycheff(ideal=(np.nan, 0.0)), "ideal"),
        (lambda: FAMO(0.0), "rate of the weights"),
        (lambda: FAMO(decay=-1.0), "decay"),
        (lambda: RandomWeights("uniform"), "choose one of normal, dirichlet"),
        (lambda: RandomWeights(seed=0.5), "seed"),
        (lambda: AugmentedLagrangian(()), "constraints are"),
        (lambda: AugmentedLagrangian((0, 0)), "constraints are"),
        (lambda: AugmentedLagrangian((-1,)), "constraints are"),
        (lambda: AugmentedLagrangian((False, False)), "constraints are"),
        (lambda: AugmentedLagrangian((0.5,)), "constraints are"),
        (lambda: AugmentedLagrangian((0,), decay=1.0), "decay"),
        (lambda: KLSimplex(0.0), "temperature"),
        (lambda: KLSimplex(prior=(0.0, 1.0)), "prior"),
        (lambda: Scheduled(), "a function of the step"),
        (lambda: Scheduled(RAMP, 1.0), "got function, float"),
        (lambda: TiedToRate(-1.0, 1.0, DECAY), "start of the weights"),
        (lambda: TiedToRate(1.0, np.nan, DECAY), "limit of the weights"),
        (lambda: TiedToRate(1.0, 1.0, 1e-3), "function of the step"),
        (lambda: TiedToRate(1.0, 1.0, RAMP), "begin at a positive"),
        (lambda: Chain(LogSum(), FAMO()), "comes first"),
    ],
)
def test_settings_without_a_meaning_are_refused(make, sentence):
    with pytest.raises(ConfigError, match=sentence):
        make()


@pytest.mark.parametrize(
    "scheme",
    [
        Uncertainty(start=(0.0, 1.0)),
        SmoothTchebycheff(preference=(1.0, 2.0)),
        SmoothTchebycheff(ideal=(0.0, 0.1)),
        FAMO(ideal=(0.0, 0.1)),
        KLSimplex(prior=(1.0, 2.0)),
        Scheduled(RAMP, RAMP),
        TiedToRate((1.0, 2.0), 1.0, DECAY),
        AugmentedLagrangian((3,)),
        AugmentedLagrangian((True, False)),
    ],
)
def test_another_number_of_terms_is_refused(scheme):
    with pytest.raises(ConfigError, match="the loss has"):
        scheme.init(jnp.ones(3))


ONLY_FIRST_ORDER = {
    "unit": UnitLength(InverseEnergy()),
    "famo": FAMO(),
    "deep": Normalised(Every(Chain(FAMO(), LogSum()), 3)),
}
SECOND_ORDER = {
    "LevenbergMarquardt": LevenbergMarquardt(),
    "GradientRegularisedNewton": GradientRegularisedNewton(),
    "QuasiNewton": LBFGS(),
    "in a chain": Then(Adam(), 3, SSBroyden()),
    "deep in a chain": Then(Adam(), 3, Then(LevenbergMarquardt(), 4, SOAP())),
}


@pytest.mark.parametrize("weighting", ONLY_FIRST_ORDER.values(), ids=ONLY_FIRST_ORDER)
def test_first_order_optimisers_take_every_scheme_and_others_do_not(weighting):
    for optimiser in (Adam(), SOAP(), Then(Adam(), 5, SOAP())):
        check_weighting(weighting, optimiser)
    for optimiser in SECOND_ORDER.values():
        with pytest.raises(ConfigError, match=r"(UnitLength|FAMO) works with first-order"):
            check_weighting(weighting, optimiser)
        check_weighting(LogSum(), optimiser)


def test_a_scheme_that_nobody_would_ask_is_refused():
    class Around(eqx.Module):
        inner: Weighting
        needs: frozenset[str] = eqx.field(default=frozenset(), static=True)

        def init(self, energies):
            return self.inner.init(energies)

        def update(self, statistics, state):
            return self.inner.update(statistics, state)

    with pytest.raises(ConfigError, match="FAMO looks at the losses after the step"):
        check_weighting(Around(FAMO()), Adam())
    with pytest.raises(ConfigError, match="UnitLength stands inside Normalised"):
        check_weighting(Normalised(UnitLength(LogSum())), Adam())


def test_a_training_refuses_them_too_and_runs_with_the_others():
    data = table()
    surrogate = Surrogate.mlp(data, (3,), 0)
    with pytest.raises(ConfigError, match="LevenbergMarquardt needs the weighted loss"):
        fit(surrogate, data, weighting=FAMO(), optimiser=LevenbergMarquardt(), epochs=1)
    with pytest.raises(ConfigError, match="2 terms: the loss has 3"):
        fit(surrogate, data, weighting=Scheduled(RAMP, RAMP), optimiser=Adam(), epochs=1)
    done = fit(
        surrogate, data, weighting=UnitLength(FAMO()), optimiser=Adam(1e-2, None), epochs=200,
        records=2, check=False,
    )  # fmt: skip
    loss = np.asarray(done.history.loss)
    assert done.rejected == 0 and np.all(loss[-1] < loss[0])
