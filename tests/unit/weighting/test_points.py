"""Weights of points inside a term, against NumPy and their bounds."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from sobolev.errors import ConfigError
from sobolev.weighting import (
    Causal,
    InverseResidualDecay,
    PointWeighting,
    ResidualAttention,
    SelfAdaptive,
)

N, STEPS = 6, 30
RNG = np.random.default_rng(3)
RESIDUALS = RNG.normal(size=(STEPS, N)) * 0.9 ** np.c_[:STEPS]
ALL = np.arange(N)
CHUNK = np.array([0, 2, 1, 0, 2, 1])
SCHEMES = {
    "square": SelfAdaptive(0.05),
    "sigmoid": SelfAdaptive(0.05, "sigmoid", 0.0),
    "attention": ResidualAttention(0.9, 0.05),
    "decay": InverseResidualDecay(0.9, 0.8),
    "causal": Causal(CHUNK),
}
each = pytest.mark.parametrize("scheme", SCHEMES.values(), ids=SCHEMES)


@eqx.filter_jit
def along(scheme, residuals, index):
    """`(weights [T, n], last state)` for residuals and indices of each step."""
    step = lambda state, now: scheme.update(*now, state)[::-1]  # noqa: E731
    return jax.lax.scan(step, scheme.init(N), (residuals, index))[::-1]


def everywhere(scheme, residuals=RESIDUALS):
    return along(scheme, residuals, np.broadcast_to(ALL, residuals.shape))


@each
def test_scan_equals_the_python_loop_through_stored_states(scheme):
    assert isinstance(scheme, PointWeighting)
    state, rows = scheme.init(N), []
    for r in RESIDUALS:
        weights, state = scheme.update(jnp.asarray(r), jnp.asarray(ALL), state)
        state = jax.tree.map(lambda a: jnp.asarray(np.array(a)), state)
        rows.append(weights)
    np.testing.assert_allclose(everywhere(scheme)[0], rows, rtol=1e-13)


@each
def test_the_weights_are_constants_for_the_gradient(scheme):
    state = scheme.init(N)
    slope = jax.grad(lambda r: jnp.sum(scheme.update(r, jnp.asarray(ALL), state)[0]))
    np.testing.assert_array_equal(slope(jnp.asarray(RESIDUALS[0])), 0)


@each
def test_the_order_of_a_batch_does_not_matter(scheme):
    order = RNG.permutation(N)
    turned = np.broadcast_to(order, RESIDUALS.shape)
    weights, state = everywhere(scheme)
    other, after = along(scheme, RESIDUALS[:, order], turned)
    np.testing.assert_allclose(other, weights[:, order], rtol=1e-12)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-12), after, state)


@each
def test_rows_that_fill_up_a_batch_leave_no_trace(scheme):
    """Huge residuals of an index beyond the last point."""
    padded = np.concatenate([RESIDUALS, np.full((STEPS, 2), 1e6)], axis=1)
    index = np.broadcast_to(np.concatenate([ALL, [N, N + 5]]), padded.shape)
    weights, state = along(scheme, padded, index)
    known, after = everywhere(scheme)
    np.testing.assert_allclose(weights[:, :N], known, rtol=1e-13)
    np.testing.assert_array_equal(weights[:, N:], 0)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-13), state, after)


@each
@pytest.mark.parametrize("residuals", [0.0, 1e-160, 1e70], ids=["zero", "tiny", "huge"])
def test_residuals_without_size_and_beyond_measure_give_finite_weights(scheme, residuals):
    weights, state = everywhere(scheme, np.full((4, N), residuals))
    assert np.isfinite(weights).all() and np.all(weights >= 0)
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(state))


@each
def test_points_outside_the_batch_stay_as_they_are(scheme):
    _, state = along(scheme, RESIDUALS[:5, :2], np.broadcast_to([4, 1], (5, 2)))
    start = scheme.init(N)
    others = [0, 2, 3, 5]
    for before, after in zip(jax.tree.leaves(start), jax.tree.leaves(state), strict=True):
        if np.ndim(before):
            np.testing.assert_array_equal(np.asarray(after)[others], np.asarray(before)[others])
            assert np.all(np.asarray(after)[[4, 1]] != np.asarray(before)[[4, 1]])


@pytest.mark.parametrize("mask", ["square", "sigmoid"])
def test_self_adaptive_weights_ascend_by_adam(mask):
    """The textbook: optax, automatic derivative of the weighted loss, without ε."""
    of = {"square": lambda λ: λ**2, "sigmoid": jax.nn.sigmoid}[mask]
    tx = optax.adam(0.05, 0.99, 0.999, eps=0.0)
    λ = jnp.ones(N)
    state, found = tx.init(λ), everywhere(SelfAdaptive(0.05, mask))[0]
    for weights, r in zip(found, RESIDUALS, strict=True):
        np.testing.assert_allclose(weights, of(λ), rtol=1e-11)
        slope = jax.grad(lambda λ, r=r: -jnp.mean(0.5 * of(λ) * r**2))(λ)
        step, state = tx.update(slope, state, λ)
        λ = optax.apply_updates(λ, step)


def test_self_adaptive_weights_only_grow_and_the_mask_bounds_them():
    square, bounded = (np.asarray(everywhere(SCHEMES[name])[0]) for name in ("square", "sigmoid"))
    assert np.all(np.diff(square, axis=0) > 0)
    assert np.all(np.diff(bounded, axis=0) > 0) and bounded.max() < 1
    np.testing.assert_array_equal(square[0], 1)
    np.testing.assert_array_equal(bounded[0], 0.5)


def test_self_adaptive_steps_do_not_depend_on_the_unit():
    known = everywhere(SCHEMES["square"])[0]
    np.testing.assert_allclose(everywhere(SCHEMES["square"], 1e-40 * RESIDUALS)[0], known, 1e-10)


def test_residual_attention_follows_its_recursion_within_its_bound():
    λ, η, γ = np.full(N, 0.3), 0.2, 0.8
    weights = everywhere(ResidualAttention(γ, η, 0.3))[0]
    for found, r in zip(weights, RESIDUALS, strict=True):
        λ = γ * λ + η * np.abs(r) / np.abs(r).max()
        np.testing.assert_allclose(found, λ**2, rtol=1e-13)
    assert np.sqrt(np.max(weights)) <= η / (1 - γ)
    own = np.tile([1.0, 0.0, 0.0, 0.0, 0.0, 0.0], (200, 1))
    last = np.sqrt(everywhere(ResidualAttention(γ, η, 0.0), own)[0][-1])
    np.testing.assert_allclose(last, [η / (1 - γ), 0, 0, 0, 0, 0], rtol=1e-12)


def test_residual_attention_without_memory_is_the_relative_residual():
    weights = everywhere(ResidualAttention(0.0, 0.5))[0]
    size = np.abs(RESIDUALS)
    known = 0.5 * size / size.max(axis=1, keepdims=True)
    np.testing.assert_allclose(np.sqrt(weights), known, rtol=1e-13)


def test_inverse_residual_decay_follows_its_recursion():
    w, fourth = np.ones(N), np.zeros(N)
    weights = everywhere(InverseResidualDecay(0.9, 0.8))[0]
    for t, (found, r) in enumerate(zip(weights, RESIDUALS, strict=True)):
        fourth = 0.8 * fourth + 0.2 * r**4
        ρ = r**2 / np.sqrt(fourth / (1 - 0.8 ** (t + 1)))
        w = 0.9 * w + 0.1 * ρ / ρ.mean()
        np.testing.assert_allclose(found, w, rtol=1e-12)
    np.testing.assert_allclose(np.mean(weights, axis=1), 1, rtol=1e-13)


def test_a_residual_that_was_always_zero_weighs_like_one_that_stays():
    constant = np.where(ALL == 2, 0.0, np.tile(RESIDUALS[0], (STEPS, 1)))
    weights = everywhere(InverseResidualDecay(0.9, 0.9), constant)[0]
    np.testing.assert_allclose(weights, 1, rtol=1e-13)


def test_residuals_that_stay_weigh_one_and_those_that_fall_less():
    constant = np.tile(RESIDUALS[0], (STEPS, 1))
    scheme = InverseResidualDecay(0.9, 0.9)
    np.testing.assert_allclose(everywhere(scheme, constant)[0], 1, rtol=1e-13)
    falling = constant * np.where(ALL == 2, 0.5, 1.0) ** np.c_[:STEPS]
    last = np.asarray(everywhere(scheme, falling)[0][-1])
    assert last[2] < 0.2 and np.all(last[ALL != 2] > 1)


def test_a_point_seen_again_is_averaged_as_if_it_had_not_moved():
    """Two steps of one residual at once: decay and memory to the power of the steps since."""
    scheme = InverseResidualDecay(0.9, 0.8)
    state = scheme.init(N)
    for batch in ([0, 1], [2, 3], [0, 1]):
        r = jnp.asarray(RESIDUALS[0][batch])
        weights, state = scheme.update(r, jnp.asarray(batch), state)
    np.testing.assert_array_equal(state.seen, [3, 3, 2, 2, 0, 0])
    np.testing.assert_allclose(state.total[0], 0.8**2 * 0.2 + (1 - 0.8**2), rtol=1e-14)
    np.testing.assert_allclose(weights, 1, rtol=1e-14)  # constant residuals


def test_causal_weights_follow_their_formula():
    r = RESIDUALS[0]
    losses = np.array([np.mean(r[k == CHUNK] ** 2) for k in range(3)])
    scheme = Causal(CHUNK, [0.5, 2.0])
    for stage, ε in ((0, 0.5), (1, 2.0)):
        w, _ = scheme.update(jnp.asarray(r), jnp.asarray(ALL), jnp.asarray(stage))
        of_chunks = np.exp(-ε * np.array([0, losses[0], losses[0] + losses[1]]))
        np.testing.assert_allclose(w, of_chunks[CHUNK], rtol=1e-14)


def test_causal_weights_never_rise_with_time_and_tend_to_one():
    scheme = Causal(np.sort(CHUNK), [1e-12, 3.0])
    for stage in (0, 1):
        w, _ = scheme.update(jnp.asarray(RESIDUALS[0]), jnp.asarray(ALL), jnp.asarray(stage))
        assert w[0] == 1 and np.all(np.diff(w) <= 0)
        if stage == 0:
            np.testing.assert_allclose(w, 1, rtol=1e-11)
        else:
            assert w[-1] < 0.9


def test_the_strength_goes_on_once_all_chunks_are_learnt():
    scheme = Causal(CHUNK, [0.1, 1.0, 10.0], enough=0.9)
    small, large = np.full(N, 1e-6), np.full(N, 10.0)
    stages, state = [], scheme.init(N)
    for r in (large, small, large, small, small, small):
        _, state = scheme.update(jnp.asarray(r), jnp.asarray(ALL), state)
        stages.append(int(state))
    assert stages == [0, 1, 1, 2, 2, 2]


def test_a_chunk_without_a_point_in_the_batch_counts_as_learnt():
    w, _ = Causal(CHUNK, [1.0]).update(jnp.ones(2), jnp.array([0, 1]), jnp.zeros((), int))
    np.testing.assert_allclose(w, [1, np.exp(-1)], rtol=1e-14)  # chunks 0 and 2


@pytest.mark.parametrize(
    "make, sentence",
    [
        (lambda: SelfAdaptive(0.0), "rate of the weights"),
        (lambda: SelfAdaptive(mask="cube"), "unknown mask 'cube': choose one of square, sigmoid"),
        (lambda: SelfAdaptive(start=0.0), "start must be finite, and positive"),
        (lambda: SelfAdaptive(start=np.nan, mask="sigmoid"), "start must be finite"),
        (lambda: SelfAdaptive(b1=1.0), "b1 must lie"),
        (lambda: SelfAdaptive(b2=-0.1), "b2 must lie"),
        (lambda: ResidualAttention(1.0), "decay must lie"),
        (lambda: ResidualAttention(0.9, -1.0), "rate of the weights"),
        (lambda: ResidualAttention(start=-1.0), "start must be a number"),
        (lambda: InverseResidualDecay(1.0), "decay must lie"),
        (lambda: InverseResidualDecay(0.9, np.nan), "memory must lie"),
        (lambda: Causal([]), "chunk gives each point"),
        (lambda: Causal([0.5, 1.0]), "chunk gives each point"),
        (lambda: Causal([0, -1]), "numbered from 0"),
        (lambda: Causal([0, 1], [1.0, 1.0]), "strengths are positive"),
        (lambda: Causal([0, 1], [0.0, 1.0]), "strengths are positive"),
        (lambda: Causal([0, 1], []), "strengths are positive"),
        (lambda: Causal([0, 1], enough=1.0), "enough must lie"),
        (lambda: Causal([0, 1]).init(3), "2 numbers for 3 points"),
    ],
)
def test_settings_without_a_meaning_are_refused(make, sentence):
    with pytest.raises(ConfigError, match=sentence):
        make()
