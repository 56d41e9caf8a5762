import subprocess
import sys
from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import hessians, net, table, task_of, with_gaps
from jax.flatten_util import ravel_pytree

from sobolev import SobolevLoss, Surrogate, evaluate, fit, networks
from sobolev.errors import ConfigError, DataError, PrecisionError, WrongDerivativeWarning
from sobolev.losses import Labelled, Labels, Term, View
from sobolev.networks import MLP
from sobolev.optimisers import Adam, LevenbergMarquardt
from sobolev.training import Outcome
from sobolev.training.loop import epochs
from sobolev.training.notes import Kind
from sobolev.weighting import Clip, CosineDistance, Fixed, LossMax, Unweighted

TRAIN, VALID = table(), table(9, seed=1)
BATCH = Adam(1e-2, batch_size=5)  # 3 steps an epoch


@pytest.fixture(scope="module")
def fitted():
    return fit(net(TRAIN), TRAIN, VALID, optimiser=BATCH, epochs=6, records=3)


def test_the_history_has_a_row_for_the_start_and_each_record(fitted):
    history = fitted.history
    assert history.terms == ("u", "du/da", "du/db")
    np.testing.assert_array_equal(history.epoch, [0, 2, 4, 6])
    np.testing.assert_array_equal(history.step, [0, 6, 12, 18])
    for name in ("loss", "weight", "weight_step", "gradient_norm", "valid_loss"):
        assert getattr(history, name).shape == (4, 3)
    for name in ("valid_error", "rejected", "seconds", "cpu_seconds"):
        assert getattr(history, name).shape == (4,)
    for clock in (history.seconds, history.cpu_seconds):
        assert clock[0] == 0 and np.all(np.diff(clock) > 0)
    # Nobody named a weighting: each term counts by its scaled labels.
    target = Labels.of(TRAIN, fitted.surrogate.scaling).target
    labels = np.concatenate([target.y, target.jacobian[:, 0]], axis=1)
    static = 1 / np.mean(labels**2, axis=0)
    np.testing.assert_allclose(history.weight, np.tile(static / static.mean(), (4, 1)), rtol=1e-12)
    assert not history.weight_step.any()
    assert not history.rejected.any() and fitted.rejected == 0
    assert fitted.result == "finished" and fitted.good
    assert fitted.outcome is Outcome.FINISHED


def test_what_is_recorded_is_what_the_surrogate_has(fitted):
    """The last row: losses, gradient norms and validation losses of the surrogate returned."""
    network, scaling, history = fitted.surrogate.network, fitted.surrogate.scaling, fitted.history
    block, view = Labelled.of(TRAIN, scaling), View(network)
    labels, unseen = block.labels, Labels.of(VALID, scaling)
    np.testing.assert_allclose(history.loss[-1], block.losses(view, labels), rtol=1e-12)
    np.testing.assert_allclose(history.valid_loss[-1], block.losses(view, unseen), rtol=1e-12)
    task, _ = task_of(TRAIN)
    rows = jax.jit(jax.jacrev(lambda t: task.losses(t, (labels,))))(ravel_pytree(network)[0])
    np.testing.assert_allclose(history.gradient_norm[-1], np.linalg.norm(rows, axis=1), rtol=1e-11)
    first = block.losses(View(net(TRAIN).network), labels)
    np.testing.assert_allclose(history.loss[0], first, rtol=1e-12)


def test_the_validation_error_is_the_relative_h1_error(fitted):
    known = evaluate(fitted.surrogate, VALID).relative_h1
    assert fitted.history.valid_error[-1] == pytest.approx(known, rel=1e-12)
    start = evaluate(net(TRAIN), VALID).relative_h1
    assert fitted.history.valid_error[0] == pytest.approx(start, rel=1e-12)
    assert known < start


def test_training_changes_the_network_and_nothing_else(fitted):
    start = net(TRAIN)
    assert fitted.surrogate.scaling is not None
    for name in ("inputs", "outputs", "input_units", "output_units"):
        assert getattr(fitted.surrogate, name) == getattr(start, name)
    np.testing.assert_array_equal(fitted.surrogate.scaling.y_scale, start.scaling.y_scale)
    assert not np.allclose(fitted.surrogate.value(TRAIN.x), start.value(TRAIN.x))


def test_values_only_record_the_derivative_losses_with_weight_zero():
    values = SobolevLoss.of(TRAIN, 0)
    fitted = fit(net(TRAIN), TRAIN, VALID, loss=values, optimiser=BATCH, epochs=6, records=3)
    np.testing.assert_array_equal(fitted.history.weight, [[1, 0, 0]] * 4)
    assert np.all(fitted.history.loss > 0) and np.all(np.diff(fitted.history.loss[:, 1]) != 0)
    blind = replace(TRAIN, jacobian=None)  # the same network as without any derivative at all
    same = fit(
        replace(net(TRAIN), scaling=net(blind).scaling), blind, optimiser=BATCH, epochs=6, records=3
    )
    np.testing.assert_allclose(
        same.surrogate.value(VALID.x), fitted.surrogate.value(VALID.x), rtol=1e-12
    )


def test_terms_may_be_chosen_ordered_and_named_freely():
    loss = SobolevLoss((Term.of("slope along b", 0, 1), Term.of("response", 0)))
    weighting = Fixed(lambda e: jnp.array([5.0, 2.0]))
    fitted = fit(net(TRAIN), TRAIN, loss=loss, weighting=weighting, optimiser=BATCH, epochs=1)
    np.testing.assert_array_equal(fitted.history.weight, [[2, 0, 5]] * 2)


@pytest.mark.parametrize(
    "epochs, records, expected",
    [
        (6, 3, [0, 2, 4, 6]),
        (6, 100, [0, 1, 2, 3, 4, 5, 6]),
        (5, 2, [0, 2, 5]),
        (6, 1, [0, 6]),
        (6, [1, 4], [0, 1, 4, 6]),
        (6, np.array([2, 6]), [0, 2, 6]),
        (6, [], [0, 6]),
        (np.int64(6), np.int64(2), [0, 3, 6]),
    ],
)
def test_the_epochs_of_the_records(epochs, records, expected):
    fitted = fit(net(TRAIN), TRAIN, VALID, optimiser=BATCH, epochs=epochs, records=records)
    np.testing.assert_array_equal(fitted.history.epoch, expected)


def test_how_often_it_is_recorded_does_not_change_the_training(fitted):
    once = fit(net(TRAIN), TRAIN, VALID, optimiser=BATCH, epochs=6, records=1)
    np.testing.assert_array_equal(once.history.loss[-1], fitted.history.loss[-1])


def test_weights_and_their_steps_are_those_of_the_last_step():
    """λ grows by η L_k of each step: the recorded change is the last one's."""
    weighting = LossMax(0.1)
    fitted = fit(
        net(TRAIN), TRAIN, weighting=weighting, optimiser=Adam(1e-2, None), epochs=4, records=4
    )
    weight, change, loss = (getattr(fitted.history, n) for n in ("weight", "weight_step", "loss"))
    np.testing.assert_array_equal(weight[:2], 1)
    np.testing.assert_allclose(np.diff(weight, axis=0)[1:], 0.1 * loss[:-2], rtol=1e-12)
    np.testing.assert_allclose(change[2:], 0.1 * loss[:-2], rtol=1e-12)


def test_progress_is_told_at_each_record():
    told = []
    fitted = fit(
        net(TRAIN), TRAIN, VALID, optimiser=BATCH, epochs=6, records=3, progress=told.append
    )
    assert [t.epoch for t in told] == [2, 4, 6]
    assert {t.epochs for t in told} == {6} and told[0].terms == fitted.history.terms
    for t, loss, error in zip(
        told, fitted.history.loss[1:], fitted.history.valid_error[1:], strict=True
    ):
        np.testing.assert_array_equal(t.loss, loss)
        assert t.valid_error == error
        np.testing.assert_array_equal(t.weight, fitted.history.weight[0])


def test_without_validation_data_their_columns_are_nan():
    history = fit(net(TRAIN), TRAIN, optimiser=BATCH, epochs=1).history
    assert np.isnan(history.valid_error).all() and np.isnan(history.valid_loss).all()


def test_validation_data_without_derivatives_are_compared_in_values():
    values = replace(VALID, jacobian=None)
    fitted = fit(net(TRAIN), TRAIN, values, optimiser=BATCH, epochs=2, records=1)
    known = evaluate(fitted.surrogate, values).relative_h1
    assert fitted.history.valid_error[-1] == pytest.approx(known, rel=1e-12)
    assert np.all(np.isfinite(fitted.history.valid_loss) == [True, False, False])


def test_labels_that_only_the_validation_data_have_are_left_out():
    more = replace(VALID, hessian=hessians(VALID.x)[:, :1])
    fitted = fit(net(TRAIN), TRAIN, more, optimiser=BATCH, epochs=2, records=1)
    known = evaluate(fitted.surrogate, VALID).relative_h1
    assert fitted.history.valid_error[-1] == pytest.approx(known, rel=1e-12)


@pytest.mark.parametrize("optimiser", [BATCH, LevenbergMarquardt()])
def test_data_with_gaps_can_be_learnt(optimiser):
    gappy = with_gaps(TRAIN)
    fitted = fit(net(gappy), gappy, gappy, optimiser=optimiser, epochs=20, records=2)
    total = fitted.history.loss.sum(axis=1)
    assert np.isfinite(total).all() and total[-1] < total[0]
    assert fitted.good


def test_other_numbers_do_not_compile_anew():
    """Rates, damping, bounds, seeds, epochs, labels and initial networks are data, not code."""
    first = lambda rate, lower, seed, data, key, epochs: fit(  # noqa: E731
        net(data, key=key),
        data,
        weighting=CosineDistance("own", 10 * rate, Clip(lower)),
        optimiser=Adam(rate, 5),
        seed=seed,
        epochs=epochs,
        records=1,
    )
    first(1e-2, 0.1, 0, TRAIN, 0, 2)
    functions = (epochs.advance, epochs.start, epochs._on_little)
    before = [f.programs() for f in functions]
    assert min(before) > 0
    first(3e-3, 0.2, 1, table(seed=5), 7, 3)
    assert [f.programs() for f in functions] == before


@pytest.mark.parametrize(
    "how, error, sentence",
    [
        ({"epochs": 0}, ConfigError, "got 0 and 100"),
        ({"epochs": 2.5}, ConfigError, "whole number"),
        ({"epochs": 5, "records": 0}, ConfigError, "got 5 and 0"),
        ({"epochs": 5, "records": -1}, ConfigError, "got 5 and -1"),
        ({"epochs": 5, "records": [2, 6]}, ConfigError, "from 0 to epochs"),
        ({"epochs": 5, "records": [-1]}, ConfigError, "from 0 to epochs"),
        ({"epochs": 5, "records": [1.5]}, ConfigError, "whole number"),
        ({"train": replace(TRAIN, inputs=("b", "a"))}, DataError, "the train data have inputs"),
        ({"valid": replace(VALID, outputs=("w",))}, DataError, "the valid data have inputs"),
        ({"loss": SobolevLoss.of(table(order=2))}, ConfigError, "has the term d2u/dada"),
        ({"loss": SobolevLoss((Term.of("v", 1),))}, ConfigError, "choose among u, du/da, du/db"),
    ],
)
def test_what_cannot_be_trained_is_refused(how, error, sentence):
    with pytest.raises(error, match=sentence):
        fit(**{"surrogate": net(TRAIN), "train": TRAIN, **how})


def test_a_loss_that_starts_infinite_says_so():
    surrogate = net(TRAIN)
    huge = jax.tree.map(lambda a: a + 1e300, surrogate.network)
    fitted = fit(replace(surrogate, network=huge), TRAIN, optimiser=BATCH, epochs=1)
    assert not fitted.good and "not finite at the start" in fitted.result
    assert fitted.rejected == 3


def test_a_derivative_that_looks_wrong_is_a_note_and_a_warning():
    turned = replace(TRAIN, jacobian=-TRAIN.jacobian)
    with pytest.warns(WrongDerivativeWarning, match="looks wrong.*check=False"):
        (note,) = fit(net(turned), turned, optimiser=BATCH, epochs=1).notes
    assert note.kind is Kind.WRONG_DERIVATIVE and note.alarming
    (note,) = fit(net(TRAIN), TRAIN, optimiser=BATCH, epochs=1).notes
    assert note.kind is Kind.INFORMATION and str(note).startswith("derivatives ")
    assert fit(net(TRAIN), TRAIN, optimiser=BATCH, epochs=1, check=False).notes == ()


def test_a_value_that_looks_wrong_is_a_note_and_a_warning():
    y = TRAIN.y.copy()
    y[[3, 9], 0] = -999.0
    wrong = replace(TRAIN, y=y)
    with pytest.warns(WrongDerivativeWarning, match="a value looks wrong: rows 3, 9 hold the same"):
        (note,) = fit(net(wrong), wrong, optimiser=BATCH, epochs=1).notes
    assert note.kind is Kind.WRONG_VALUE and note.alarming


def test_about_as_many_parameters_as_noisy_labels_are_a_note():
    noisy = replace(TRAIN, noise={"y": 1e-3})
    noted = fit(net(noisy), noisy, optimiser=BATCH, epochs=1, check=False).notes
    assert [note.kind for note in noted] == [Kind.CAPACITY] and "noisy labels" in str(noted[0])


def test_32_bit_mode_is_refused_with_the_remedy():
    surrogate = net(TRAIN)
    with jax.enable_x64(False):
        for call in (
            lambda: fit(surrogate, TRAIN, epochs=1),
            lambda: Surrogate.mlp(TRAIN),
        ):
            with pytest.raises(
                PrecisionError, match=r'jax.config.update\("jax_enable_x64", True\)'
            ):
                call()


def test_32_bit_mode_is_refused_in_a_fresh_process():
    code = (
        "import numpy as np, sobolev as sb\n"
        "data = sb.Dataset(np.arange(3.0)[:, None], np.arange(3.0)[:, None])\n"
        "try:\n    sb.Surrogate.mlp(data)\n"
        "except sb.errors.PrecisionError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert "jax_enable_x64" in done.stdout, done.stderr


def test_a_network_of_ones_own_can_be_trained():
    """Anything callable with array leaves: here an MLP plus a line."""

    class Kinked(eqx.Module):
        inner: eqx.Module

        def __call__(self, x):
            return self.inner(x) + x[:1]

    tanh = MLP((3,), activation=networks.tanh)
    own = Kinked(tanh.build(2, 1, jax.random.key(0)))
    fitted = fit(Surrogate.of(TRAIN, own), TRAIN, weighting=Unweighted(), epochs=5)
    assert fitted.history.loss[-1].sum() < fitted.history.loss[0].sum()
