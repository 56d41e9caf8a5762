"""NaN injected into a training at a random step (experiment R14): rejected, counted, reported."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from helpers import labels_of, net, table, with_labels
from jaxtyping import Array

from sobolev import evaluate, fit
from sobolev.optimisers import Adam, FirstOrder, LevenbergMarquardt, Optimiser
from sobolev.weighting import Unweighted

TRAIN, VALID = table(), table(9, seed=1)
PLACES = "batch", "weights", "optimiser", "parameters"
EPOCHS, TRIALS = 12, 200


def poison(tree, now, value):
    """One number of each array replaced, when it is time."""

    def spoilt(leaf):
        if not eqx.is_inexact_array(leaf) or leaf.size == 0:
            return leaf
        flat = leaf.reshape(-1)
        return flat.at[0].set(jnp.where(now, value, flat[0])).reshape(leaf.shape)

    return jax.tree.map(spoilt, tree)


class Poisoned(Optimiser):
    """Another optimiser, with NaN or inf somewhere in one epoch."""

    inner: Optimiser
    place: Array
    epoch_of_it: Array
    value: Array

    def init(self, task, θ):
        return self.inner.init(task, θ)

    def steps(self):
        return self.inner.steps()

    def epoch(self, task, state):
        def hit(place):
            return (state.epoch == self.epoch_of_it) & (self.place == PLACES.index(place))

        labels = labels_of(task)
        labels = labels._replace(x=poison(labels.x, hit("batch"), self.value))
        task = with_labels(task, labels)
        state = state._replace(
            optimiser=poison(state.optimiser, hit("optimiser"), self.value),
            weighting=poison(state.weighting, hit("weights"), self.value),
            θ=poison(state.θ, hit("parameters"), self.value),
        )
        return self.inner.epoch(task, state)


def spoil(step, value):
    """An optax transformation that spoils the gradient of one step."""
    return optax.GradientTransformation(
        lambda θ: jnp.zeros((), int),
        lambda g, count, θ=None: (poison(g, count == step, value), count + 1),
    )


def trial(inner, place, epoch, value):
    chosen = Poisoned(
        inner, jnp.asarray(PLACES.index(place)), jnp.asarray(epoch), jnp.asarray(value)
    )
    return fit(
        net(TRAIN), TRAIN, VALID, optimiser=chosen, weighting=Unweighted(), epochs=EPOCHS, records=6
    )


def sound(fitted):
    """The surrogate is finite, and the best of the records that are."""
    error = fitted.history.valid_error
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(fitted.surrogate.network))
    np.testing.assert_allclose(
        evaluate(fitted.surrogate, VALID).relative_h1, np.nanmin(error), rtol=1e-12
    )


def test_nan_at_a_random_step_is_rejected_counted_and_reported():
    rng, counts = np.random.default_rng(0), {}
    inner = {"Adam": Adam(1e-2, 5), "Levenberg–Marquardt": LevenbergMarquardt()}
    for number in range(TRIALS):
        name = ("Adam", "Levenberg–Marquardt")[number % 2]
        place = PLACES[rng.integers(len(PLACES))]
        value = (np.nan, np.inf)[rng.integers(2)] if place == "parameters" else np.nan
        fitted = trial(inner[name], place, int(rng.integers(EPOCHS)), value)
        sound(fitted)
        counts[name, place] = counts.get((name, place), 0) + 1
        # A trial of Levenberg–Marquardt whose loss is NaN is rejected as any that rises is.
        noticed = fitted.rejected > 0 and not fitted.good
        assert noticed or name != "Adam", (number, name, place, fitted.result)
    print(f"{TRIALS} trials {counts}: every surrogate finite and the best so far")


def test_nan_in_a_gradient_alone_is_rejected():
    transform = optax.chain(spoil(4, np.nan), optax.scale_by_adam())
    fitted = fit(net(TRAIN), TRAIN, VALID, optimiser=FirstOrder(transform, 1e-2), epochs=12)
    # The rejected step leaves the state as it was, its own counter too: so do all that follow.
    assert fitted.rejected == 8 and "8 of 12 steps were not finite" in fitted.result
    np.testing.assert_array_equal(fitted.history.rejected[:5], 0)
    sound(fitted)


def test_a_gradient_too_large_to_be_squared_does_not_freeze_the_training():
    """Its square overflows in Adam's second moment, which would then be infinite for ever."""
    huge = optax.stateless(lambda g, θ: jax.tree.map(lambda a: a * 1e200, g))
    optimiser = FirstOrder(optax.chain(huge, optax.scale_by_adam()), 1e-2)
    fitted = fit(net(TRAIN), TRAIN, VALID, optimiser=optimiser, epochs=5)
    assert fitted.rejected == 5 and not fitted.good
    sound(fitted)
