"""What all schemes that look at the losses only have in common, and what breaks such schemes."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from loss_histories import SCHEMES, SUM_K, each, evolve, falling, weights_of

from sobolev.weighting import Scheme, Statistics
from sobolev.weighting.registry import CLASSES, family


def test_every_scheme_of_losses_is_tried():
    assert {c for c in CLASSES if family(c) == "by_loss"} <= set(map(type, SCHEMES.values()))


@each()
def test_the_compiled_loop_equals_the_python_loop_and_goes_on_after_a_restart(scheme):
    assert isinstance(scheme, Scheme) and not scheme.needs
    losses = jnp.asarray(falling())
    state, whole = scheme.init(losses[0]), weights_of(scheme, losses)
    for t in range(14):
        if t == 4:  # what is written to a file and read again
            state = jax.tree.map(lambda a: jnp.asarray(np.array(a)), state)
        weights, state = scheme.update(Statistics(losses[t]), state)
        state = scheme.after(losses[min(t + 1, 13)], state)
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
