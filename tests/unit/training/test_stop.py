"""When a training ends, and which of its surrogates is returned."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pytest
from helpers import net, table

from sobolev import Stop, evaluate, fit
from sobolev.optimisers import Adam, FirstOrder

LAST = Stop(keep_best=False)
TRAIN, VALID = table(), table(9, seed=1)
NOISY = replace(TRAIN, y=TRAIN.y + np.random.default_rng(0).normal(0, 0.3, TRAIN.y.shape))
# A rate that grows makes the end of the training worse than its middle.
GROWING = FirstOrder(Adam().transform, lambda step: jnp.where(step < 40, 1e-2, 0.3))


def train(data=TRAIN, **how):
    how = {"optimiser": GROWING, "epochs": 60, "records": 20, **how}
    return fit(net(TRAIN), data, VALID, **how)


def test_the_best_record_is_returned_and_the_last_on_demand():
    best, last = train(), train(stop=LAST)
    error = best.history.valid_error
    at = int(np.argmin(error))
    assert at < len(error) - 1  # otherwise this test shows nothing
    assert best.best_epoch == best.history.epoch[at] and last.best_epoch == 60
    assert evaluate(best.surrogate, VALID).relative_h1 == pytest.approx(error[at], rel=1e-12)
    assert evaluate(last.surrogate, VALID).relative_h1 == pytest.approx(error[-1], rel=1e-12)
    assert best.result == last.result == "finished" and best.optimiser == "FirstOrder"


def test_without_validation_data_it_is_the_last_record():
    fitted = fit(net(TRAIN), TRAIN, optimiser=GROWING, epochs=60, records=20)
    np.testing.assert_array_equal(
        fitted.surrogate.value(VALID.x), train(stop=LAST).surrogate.value(VALID.x)
    )
    assert fitted.best_epoch == 60


def test_patience_ends_a_training_that_gets_no_better():
    fitted, whole = train(stop=Stop(patience=9)), train()
    error, epoch = whole.history.valid_error, whole.history.epoch
    best, end = 0, len(epoch) - 1  # by hand: the first record 9 epochs after its best
    for now in range(len(epoch)):
        best = now if error[now] < error[best] else best
        if epoch[now] - epoch[best] >= 9:
            end = now
            break
    assert end < len(epoch) - 1
    assert fitted.history.epoch[-1] == epoch[end] and fitted.best_epoch == epoch[best]
    assert fitted.result.startswith("stopped early: the validation error has not fallen for 9")
    assert f"{error[best]:.3g} at epoch {epoch[best]}" in fitted.result and fitted.good
    np.testing.assert_array_equal(fitted.history.valid_error, error[: end + 1])


def test_patience_longer_than_the_training_changes_nothing():
    assert train(stop=Stop(patience=1000)).result == "finished"


def test_a_budget_of_time_ends_the_training_with_a_record():
    fitted = train(epochs=10**9, stop=Stop(seconds=0.5))
    assert fitted.result.startswith("stopped after ") and fitted.good
    assert 0 < fitted.history.epoch[-1] < 10**9
    assert 0.5 <= fitted.history.seconds[-1] < 5
    none = train(stop=Stop(seconds=0))
    assert none.history.epoch.tolist() == [0] and none.best_epoch == 0


def test_the_error_of_each_term_is_recorded():
    fitted = train(stop=LAST)
    known = {term.name: term.rmse for term in evaluate(fitted.surrogate, VALID).terms}
    scale = fitted.surrogate.scaling
    per = scale.x_scale / scale.y_scale[0]
    energy = np.sqrt(
        [
            np.mean(((VALID.y[:, 0] - scale.y_shift[0]) / scale.y_scale[0]) ** 2),
            *np.mean((VALID.jacobian[:, 0] * per) ** 2, axis=0),
        ]
    )
    expected = np.array([known["u"] / scale.y_scale[0], *(known[f"du/d{n}"] for n in "ab")])
    expected[1:] *= per
    np.testing.assert_allclose(fitted.history.valid_term_error[-1], expected / energy, rtol=1e-11)
    blind = fit(net(TRAIN), TRAIN, replace(VALID, jacobian=None), optimiser=GROWING, epochs=3)
    assert np.isfinite(blind.history.valid_term_error[-1]).tolist() == [True, False, False]


def test_noise_is_where_stopping_early_pays():
    """Overfitted noise: the best record beats the last one on unseen, noise-free data."""
    how = {"optimiser": Adam(3e-2, None), "epochs": 3000, "records": 100}
    surrogate, unseen = net(NOISY, (20, 20)), table(200, seed=7)
    noisy_valid = replace(VALID, y=VALID.y + 0.01)
    data = replace(NOISY, jacobian=None)
    best = fit(surrogate, data, replace(noisy_valid, jacobian=None), **how)
    last = fit(surrogate, data, replace(noisy_valid, jacobian=None), stop=LAST, **how)
    values = replace(unseen, jacobian=None)
    assert (
        evaluate(best.surrogate, values).relative_h1 < evaluate(last.surrogate, values).relative_h1
    )
