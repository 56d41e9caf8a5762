"""Steps that are not finite are rejected, counted and told."""

import jax.numpy as jnp
import numpy as np
import optax
import pytest
from helpers import net, table
from optimiser_runs import BATCH, DATA, parameters

from sobolev import Surrogate, fit
from sobolev.optimisers import Adam, FirstOrder, LevenbergMarquardt
from sobolev.weighting import Fixed, Scheme


class Broken(Scheme):
    """Gives a NaN weight from its third step on."""

    def init(self, energies):
        return jnp.zeros(()), jnp.ones_like(energies)

    def update(self, statistics, state):
        step, ones = state
        return jnp.where(step >= 2, jnp.nan, 1.0) * ones, (step + 1, ones)


@pytest.mark.parametrize("optimiser", [Adam(1e-2, None), BATCH, LevenbergMarquardt()])
def test_steps_that_are_not_finite_are_refused_counted_and_told(optimiser):
    fitted = fit(net(DATA), DATA, optimiser=optimiser, weighting=Broken(), epochs=6, records=6)
    steps = fitted.history.step[-1]
    assert fitted.rejected == steps - 2 == fitted.history.rejected[-1]
    assert not fitted.good
    assert f"{steps - 2} of {steps} steps were not finite and were rejected" in fitted.result
    assert np.isfinite(parameters(fitted.surrogate)).all()
    for name in ("loss", "weight", "weight_step", "gradient_norm"):
        assert np.isfinite(getattr(fitted.history, name)).all()
    two = fit(net(DATA), DATA, optimiser=optimiser, weighting=Broken(), epochs=2, records=1)
    if steps == 6:  # one step an epoch: the surrogate is that of the second step
        np.testing.assert_array_equal(parameters(fitted.surrogate), parameters(two.surrogate))
        assert two.good


def test_parameters_that_overflow_are_not_taken():
    """No record ever shows them, and every step counts as rejected."""
    optimiser = FirstOrder(optax.scale(1e300), 1e300)
    fitted = fit(net(DATA), DATA, optimiser=optimiser, epochs=3, records=3)
    assert fitted.rejected == 3 and np.isfinite(fitted.history.loss).all()
    np.testing.assert_array_equal(parameters(fitted.surrogate), parameters(net(DATA)))


def test_a_weighting_whose_state_breaks_is_held_at_its_last_good_one():
    """The weights are still fine at that step; the next ones would not be."""

    class Breaking(Broken):
        def update(self, statistics, state):
            step, ones = state
            return ones, (jnp.where(step >= 2, jnp.nan, step + 1), ones)

    for optimiser in (Adam(1e-2, None), LevenbergMarquardt()):
        fitted = fit(net(DATA), DATA, optimiser=optimiser, weighting=Breaking(), epochs=5)
        assert fitted.rejected == 3


@pytest.mark.parametrize("rate", [1e300, 1e308])
@pytest.mark.parametrize("size", [None, 5])
def test_an_absurd_learning_rate_returns_the_last_surrogate_with_a_finite_loss(rate, size):
    start_, fitted = net(DATA), fit(net(DATA), DATA, optimiser=Adam(rate, size), epochs=3)
    assert not fitted.good and fitted.rejected > 0
    assert "lower the learning rate" in fitted.result
    assert np.isfinite(fitted.surrogate.value(DATA.x)).all()
    np.testing.assert_array_equal(parameters(fitted.surrogate), parameters(start_))


def test_levenberg_marquardt_without_a_positive_weight_does_not_say_that_it_finished():
    data = table()
    fitted = fit(
        Surrogate.mlp(data, (4,), 0),
        data,
        weighting=Fixed(jnp.zeros_like),
        optimiser=LevenbergMarquardt(),
        epochs=3,
    )
    assert not fitted.good
    assert fitted.rejected == 3
    assert "no positive weight" in fitted.result
