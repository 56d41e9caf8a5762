"""Schemes that look at the gradients of the terms, against NumPy and their fixed points."""

from functools import partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from helpers import block_of, labels_of, net, table, task_of, with_gaps, with_labels

from sobolev import SobolevLoss, fit
from sobolev.errors import ConfigError
from sobolev.optimisers import Adam
from sobolev.optimisers.linearisation import traces
from sobolev.weighting import (
    AugmentedLagrangian,
    Chain,
    Every,
    GradNorm,
    InverseDirichlet,
    InverseEnergy,
    InverseNorm,
    LossMax,
    RateAnnealing,
    Sketched,
    Statistics,
    TangentKernel,
)
from sobolev.weighting.statistics import Probe, sketch, sketch_of, statistics

STEPS, TERMS, SIZES = 9, 3, np.array([1.0, 30.0, 0.02])
RNG = np.random.default_rng(11)
ROWS = RNG.normal(size=(STEPS, TERMS, 40)) * SIZES[:, None]
LOSSES = RNG.uniform(0.5, 1.0, (STEPS, TERMS)) * SIZES * np.array([0.9, 0.5, 0.7]) ** np.c_[:STEPS]


def from_rows(needs, losses, rows, v=None):
    """What follows from the losses and the gradients of the terms."""
    probe = Probe(
        losses, lambda: rows, lambda _: v @ rows.T, lambda: jnp.full(len(losses), jnp.nan)
    )
    return statistics(needs, probe)[0]


@eqx.filter_jit
def along(scheme, losses, rows):
    """The weights of each step from the losses and rows of each step."""

    def step(state, now):
        weights, state = scheme.update(from_rows(scheme.needs, *now), state)
        return state, weights

    return jax.lax.scan(step, scheme.init(losses[0]), (losses, rows))[1]


def held(scheme, steps):
    """The weights of each step while the statistics stay those of the first."""
    again = np.broadcast_to
    return np.asarray(along(scheme, again(LOSSES[0], (steps, 3)), again(ROWS[0], (steps, 3, 40))))


@pytest.mark.parametrize("numerator", ["max", "mean"])
@pytest.mark.parametrize("fixed_point", ["ratio", "root"])
def test_rate_annealing_follows_its_recursion(fixed_point, numerator):
    scheme = RateAnnealing(1, 0.7, fixed_point, numerator)
    λ = np.ones(3)
    for found, rows in zip(along(scheme, LOSSES, ROWS), ROWS, strict=True):
        slopes = np.abs(rows) * (λ[:, None] if fixed_point == "root" else 1.0)
        top = np.abs(rows[1]).max() if numerator == "max" else np.abs(rows[1]).mean()
        λ = 0.7 * λ + 0.3 * top / slopes.mean(axis=1)
        λ[1] = 1.0
        np.testing.assert_allclose(found, λ, rtol=1e-13)


@pytest.mark.parametrize("fixed_point, power", [("ratio", 1.0), ("root", 0.5)])
def test_rate_annealing_tends_to_the_ratio_or_its_root(fixed_point, power):
    ratio = np.abs(ROWS[0, 0]).max() / np.abs(ROWS[0]).mean(axis=1)
    last = held(RateAnnealing(0, 0.8, fixed_point), 300)[-1]
    np.testing.assert_allclose(last[1:], ratio[1:] ** power, rtol=1e-10)
    assert last[0] == 1


def test_annealing_takes_the_published_fixed_point_by_default():
    np.testing.assert_array_equal(
        held(RateAnnealing(), 9), held(RateAnnealing(fixed_point="root"), 9)
    )


def test_a_reference_may_be_named_however_deep():
    names = ("u", "du/da", "equation")
    for make in (RateAnnealing, lambda r: InverseDirichlet(0.5, r)):
        named = Chain(InverseEnergy(), Every(make("equation"), 2)).told(names)
        number = Chain(InverseEnergy(), Every(make(2), 2))
        assert eqx.tree_equal(named, number)
        assert make(2).told(names).reference == 2
    exact = AugmentedLagrangian(("equation", "u")).told(names)
    assert exact.constraints == (2, 0) and InverseDirichlet().told(names).reference is None


def test_a_reference_without_slope_holds_the_weights():
    rows = ROWS.copy()
    rows[4:, 0] = 0.0
    weights = np.asarray(along(RateAnnealing(0), LOSSES, rows))
    assert np.all(weights[4:] == weights[3]) and np.all(weights[3] != weights[2], where=[0, 1, 1])


def test_a_term_without_slope_keeps_its_weight():
    rows = ROWS.copy()
    rows[4:, 2] = 0.0
    for scheme in (RateAnnealing(0), InverseDirichlet()):
        weights = np.asarray(along(scheme, LOSSES, rows))
        np.testing.assert_allclose(weights[4:, 2], weights[3, 2], rtol=1e-14)


@pytest.mark.parametrize("reference", [None, 0, 2])
def test_inverse_dirichlet_follows_its_recursion(reference):
    w = np.ones(3)
    weights = along(InverseDirichlet(0.6, reference), LOSSES, ROWS)
    for found, rows in zip(weights, ROWS, strict=True):
        deviation = rows.std(axis=1)
        top = deviation.max() if reference is None else deviation[reference]
        w = 0.6 * w + 0.4 * top / deviation
        np.testing.assert_allclose(found, w, rtol=1e-12)


@pytest.mark.parametrize("scheme", [InverseDirichlet(0.0), RateAnnealing(1, 0.0)])
def test_ratios_below_a_millionth_are_floored(scheme):
    rows = np.stack([1e-9 * ROWS[0, 0], ROWS[0, 1]])
    w, other = (np.asarray(along(scheme, LOSSES[:1, :2], c * rows[None]))[0] for c in (1.0, 7.0))
    assert w[0] / w[1] < 1e8  # a maximum over a mean is below 100 here
    np.testing.assert_allclose(other, w, rtol=1e-12)


def numpy_grad_norm(losses, rows, alpha, rate):
    """Plain descent on s with w = K softmax(s), derivatives by hand."""
    s, w = np.zeros(3), []
    for loss, row in zip(losses, rows, strict=True):
        w.append(3 * np.exp(s) / np.exp(s).sum())
        norms = np.linalg.norm(row, axis=1)
        falls = loss / losses[0]
        mean = (w[-1] * norms).mean()
        sign = np.sign(w[-1] * norms - mean * (falls / falls.mean()) ** alpha)
        softmax = np.diag(w[-1]) - np.outer(w[-1], w[-1]) / 3  # ∂w/∂s
        slope = softmax @ (sign * norms)
        s = s - rate * slope / mean
    return w


@pytest.mark.parametrize("alpha", [0.0, 1.5])
def test_grad_norm_follows_its_recursion(alpha):
    scheme = GradNorm(alpha, 0.05, optax.identity())
    found = along(scheme, LOSSES, ROWS)
    np.testing.assert_allclose(found, numpy_grad_norm(LOSSES, ROWS, alpha, 0.05), rtol=1e-11)
    np.testing.assert_allclose(np.sum(found, axis=1), 3, rtol=1e-14)


def test_the_slope_of_grad_norm_is_that_of_its_objective():
    """Against automatic differentiation of Σ|w‖g‖ − Ḡ r^α|/Ḡ with Ḡ held."""
    gram = ROWS[1] @ ROWS[1].T
    norms = np.sqrt(np.diagonal(gram))
    scheme = GradNorm(1.2, 1.0, optax.identity())
    state = scheme.init(jnp.ones(3))._replace(
        s=jnp.array([0.3, -0.2, 0.5]), first=jnp.asarray(LOSSES[0]), step=jnp.asarray(1)
    )
    falls = LOSSES[1] / LOSSES[0]
    w = 3 * jax.nn.softmax(state.s)
    mean = jnp.mean(w * norms)

    def objective(s):
        sizes = 3 * jax.nn.softmax(s) * norms
        return jnp.sum(jnp.abs(sizes - mean * (falls / falls.mean()) ** 1.2)) / mean

    _, after = scheme.update(Statistics(jnp.asarray(LOSSES[1]), jnp.asarray(gram)), state)
    np.testing.assert_allclose(after.s, state.s - jax.grad(objective)(state.s), rtol=1e-12)


def test_grad_norm_without_alpha_gives_gradients_of_one_size():
    """Within the zigzag of a sign, 1 % at this rate."""
    last = held(GradNorm(0.0, 2e-3), 6000)[-1]
    sizes = last * np.linalg.norm(ROWS[0], axis=1)
    np.testing.assert_allclose(sizes / sizes.mean(), 1, atol=0.02)


def test_a_loss_that_rises_beyond_all_bounds_leaves_grad_norm_finite():
    losses = np.array([[1e-300, 1.0], [1e300, 1.0], [1e-3, 1.0]])
    w = np.asarray(along(GradNorm(), losses, np.broadcast_to(np.eye(2), (3, 2, 2))))
    assert np.isfinite(w).all() and w[-1, 0] > 1


def test_grad_norm_favours_the_term_that_falls_slowly():
    losses = np.array([1.0, 1.0]) * np.array([1.0, 0.5]) ** np.c_[:200]
    rows = np.broadcast_to(np.eye(2), (200, 2, 2))
    w = np.asarray(along(GradNorm(1.0, 0.01), losses, rows))[-1]
    assert w[0] > 1.5 and w.sum() == pytest.approx(2)


@pytest.mark.parametrize("gaps", [0.0, 0.3])
def test_the_traces_are_those_of_a_dense_jacobian(gaps):
    """‖∂r_k/∂θ‖_F² over the labels that are there, and the weights that follow."""
    data = with_gaps(table(outputs=2), gaps)
    task, θ = task_of(data, SobolevLoss.of(data, group="by_output"))
    dense = jax.jit(
        jax.jacfwd(lambda t: block_of(task).raw_residuals(task.view(t), labels_of(task)))
    )(θ)
    squares = np.sum(np.asarray(dense) ** 2, axis=2)  # [E, n]
    there = np.stack(
        [np.asarray(e.present(labels_of(task).target)) for e in block_of(task).loss.entries]
    )
    of_entries = (squares * there).sum(axis=1) / there.sum(axis=1)
    known = np.array([of_entries[block_of(task).term_of == k].sum() for k in range(2)])
    found = np.asarray(jax.jit(traces)(task, θ, task.loss.batches()))
    np.testing.assert_allclose(found, known, rtol=1e-11)
    assert gaps == 0 or there.mean() < 0.9
    scheme = TangentKernel()
    w, _ = scheme.update(Statistics(jnp.ones(2), traces=found), scheme.init(jnp.ones(2)))
    np.testing.assert_allclose(w, known.sum() / known, rtol=1e-11)


def test_the_traces_do_not_know_the_residuals():
    """Unlike the norm of the gradient of the loss, which vanishes with them."""
    data = table()
    task, θ = task_of(data)
    other, _ = task_of(data)
    moved = jax.tree.map(lambda a: a + 1.0, labels_of(other).target)
    other = with_labels(other, labels_of(task)._replace(target=moved))
    run = jax.jit(lambda t: traces(t, θ, t.loss.batches()))
    np.testing.assert_allclose(run(task), run(other), rtol=1e-12)


def test_tangent_kernel_averages_the_traces():
    scheme, all_traces = TangentKernel(0.8), RNG.uniform(0.1, 5.0, (4, 3))
    state = scheme.init(jnp.ones(3))
    for t in range(4):
        w, state = scheme.update(Statistics(jnp.ones(3), traces=jnp.asarray(all_traces[t])), state)
        mean = np.average(all_traces[: t + 1], axis=0, weights=0.8 ** np.arange(t + 1)[::-1])
        np.testing.assert_allclose(w, mean.sum() / mean, rtol=1e-13)


@pytest.mark.parametrize("unit", [1e-9, 1.0, 1e9])
def test_a_kernel_without_trace_counts_as_a_trillionth_of_the_largest(unit):
    scheme, traces = TangentKernel(), jnp.array([4.0, 1.0, 0.0])
    w, _ = scheme.update(Statistics(jnp.ones(3), traces=unit * traces), scheme.init(jnp.ones(3)))
    relative = np.array([1, 0.25, 1e-12])
    np.testing.assert_allclose(w, relative.sum() / relative, rtol=1e-13)
    w, _ = scheme.update(Statistics(jnp.ones(3), traces=0 * traces), scheme.init(jnp.ones(3)))
    np.testing.assert_allclose(w, 3, rtol=1e-13)


def quadratics(rows, θ):
    return jnp.asarray(rows) @ θ + 0.5 * θ @ θ


def test_the_sketch_of_known_gradients_is_that_of_the_losses():
    θ, key = jnp.ones(40), jax.random.key(3)
    found = sketch_of(jnp.asarray(ROWS[0]), key, 5)
    known = sketch(lambda t: jnp.asarray(ROWS[0]) @ t, θ, key, 5)
    np.testing.assert_allclose(found, known, rtol=1e-12)


def test_the_sketch_estimates_the_gram_matrix():
    """Each entry within 4.5 standard deviations; Var t_j t_k = G_jj G_kk + G_jk²."""
    θ, v = jnp.asarray(ROWS[3, 0]), 4000
    losses = partial(quadratics, ROWS[0])
    t = np.asarray(sketch(losses, θ, jax.random.key(5), v))
    rows = ROWS[0] + np.asarray(θ)
    gram = rows @ rows.T
    d = np.diagonal(gram)
    off = (t.T @ t / v - gram) / np.sqrt((np.outer(d, d) + gram**2) / v)
    assert np.abs(off).max() < 4.5
    for few, spread in ((4, 0.34), (16, 0.18)):  # the figures of the docstring
        norms = np.sqrt((t.reshape(-1, few, 3) ** 2).mean(axis=1))
        np.testing.assert_allclose(norms.std(axis=0) / np.sqrt(d), spread, rtol=0.15)


@pytest.mark.parametrize("decay", [0.0, 0.9])
def test_sketched_hands_the_average_to_the_inner_scheme(decay):
    t = RNG.normal(size=(6, 2, 3)) * SIZES
    scheme = Sketched(InverseNorm(0.0), 2, decay)
    assert scheme.needs == {"sketch"} and scheme.vectors == 2
    state = scheme.init(jnp.ones(3))
    for n in range(6):
        w, state = scheme.update(Statistics(jnp.ones(3), sketch=jnp.asarray(t[n])), state)
        weights = decay ** np.arange(n + 1.0)[::-1]
        squares = np.average((t[: n + 1] ** 2).mean(axis=1), axis=0, weights=weights)
        known = 1 / np.sqrt(squares)
        np.testing.assert_allclose(w, known / known.mean(), rtol=1e-13)


def test_a_sketch_that_was_not_measured_is_not_averaged():
    """Not due, the engine gives zeros."""
    scheme = Sketched(Every(InverseNorm(0.0), 3), 2)
    state, t = scheme.init(jnp.ones(3)), RNG.normal(size=(2, 2, 3)) * SIZES
    seen = []
    for n in range(6):
        assert bool(scheme.due(state)) == (n % 3 == 0)
        now = t[n // 3] if n % 3 == 0 else np.zeros((2, 3))
        w, state = scheme.update(Statistics(jnp.ones(3), sketch=jnp.asarray(now)), state)
        seen.append(np.asarray(w))
    squares = np.average((t**2).mean(axis=1), axis=0, weights=[0.9, 1.0])
    np.testing.assert_array_equal(seen[2], seen[0])
    np.testing.assert_allclose(
        seen[3], np.sqrt(1 / squares) / np.mean(np.sqrt(1 / squares)), rtol=1e-13
    )


@pytest.mark.parametrize(
    "scheme", [InverseDirichlet(0.0), RateAnnealing(0, 0.0), Sketched(InverseNorm(), 3)]
)
def test_the_unit_of_a_term_does_not_matter(scheme):
    """Term k times c_k: the proportions of w_k L_k stay."""
    c = np.array([0.02, 5.0, 300.0])
    V = RNG.normal(size=(3, 40))

    def shares(losses, rows):
        seen = from_rows(scheme.needs, jnp.asarray(losses), jnp.asarray(rows), V)
        w, _ = scheme.update(seen, scheme.init(seen.losses))
        return w * losses / np.sum(w * losses)

    np.testing.assert_allclose(
        shares(LOSSES[0] * c, ROWS[0] * c[:, None]), shares(LOSSES[0], ROWS[0]), rtol=1e-12
    )


@pytest.mark.parametrize(
    "scheme", [Every(TangentKernel(), 2), Sketched(InverseNorm(), 4), RateAnnealing()]
)
def test_a_fit_gives_each_scheme_what_it_needs(scheme):
    data = table()
    fitted = fit(net(data), data, weighting=scheme, optimiser=Adam(1e-2, 5), epochs=3)
    weights = fitted.history.weight
    assert np.isfinite(weights).all() and len(np.unique(weights[-1])) > 1


@pytest.mark.parametrize(
    "make, sentence",
    [
        (lambda: RateAnnealing(-1), "name of a term or its number, 0 or more"),
        (lambda: RateAnnealing(0.5), "name of a term or its number, 0 or more"),
        (lambda: RateAnnealing(3).init(jnp.ones(3)), "reference is term 3, but the loss has 3"),
        (lambda: RateAnnealing(decay=1.0), r"decay must lie in \[0, 1\)"),
        (
            lambda: RateAnnealing(fixed_point="paper"),
            "choose one of root, ratio",
        ),
        (lambda: RateAnnealing(numerator="min"), "choose one of max, mean"),
        (lambda: InverseDirichlet(np.nan), r"decay must lie in \[0, 1\)"),
        (lambda: InverseDirichlet(0.5, -2), "name of a term or its number"),
        (lambda: RateAnnealing("u").init(jnp.ones(3)), "only a training knows terms by name"),
        (lambda: RateAnnealing("u").told(("v", "w")), "there is none: choose among v, w"),
        (lambda: InverseDirichlet(0.5, 2).init(jnp.ones(2)), "the loss has 2"),
        (lambda: GradNorm(-0.1), "alpha must be"),
        (lambda: GradNorm(np.inf), "alpha must be"),
        (lambda: GradNorm(1.0, 0.0), "rate of the weights"),
        (lambda: GradNorm(1.0, np.nan), "rate of the weights"),
        (lambda: TangentKernel(-0.1), r"decay must lie in \[0, 1\)"),
        (lambda: Sketched(LossMax()), "LossMax needs losses only"),
        (lambda: Sketched(TangentKernel()), "TangentKernel needs traces"),
        (lambda: Sketched(InverseNorm(), 0), "vectors must be a whole number"),
        (lambda: Sketched(InverseNorm(), 2.5), "vectors must be a whole number"),
        (lambda: Sketched(InverseNorm(), 2, 1.0), r"decay must lie in \[0, 1\)"),
    ],
)
def test_settings_without_a_meaning_are_refused(make, sentence):
    with pytest.raises(ConfigError, match=sentence):
        make()
