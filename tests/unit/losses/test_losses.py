from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import block_of, in_units, labels_of, net, table, task_of, with_gaps
from hypothesis import given, settings
from hypothesis import strategies as st

from sobolev import Dataset, SobolevLoss, evaluate, fit
from sobolev.data import Scaling
from sobolev.errors import ConfigError
from sobolev.losses import Labelled, Labels, Term, View
from sobolev.losses.labelled.labelled import relative_error
from sobolev.networks import predict
from sobolev.optimisers import Adam, LevenbergMarquardt
from sobolev.weighting import Fixed, InverseNorm, weighted_gradient

NAMES = {
    (1, 0): ("u",),
    (1, 1): ("u", "du/da", "du/db"),
    (1, 2): ("u", "du/da", "du/db", "d2u/dada", "d2u/dadb", "d2u/dbdb"),
    (2, 1): ("u", "v", "du/da", "du/db", "dv/da", "dv/db"),
    (2, 2): (
        *("u", "v", "du/da", "du/db", "dv/da", "dv/db"),
        *("d2u/dada", "d2u/dadb", "d2u/dbdb", "d2v/dada", "d2v/dadb", "d2v/dbdb"),
    ),
}


def by_hand(surrogate, data):
    """½ mean r² of every term over the labels that are there, in NumPy, by name."""
    s = surrogate.scaling
    scaled = jnp.asarray((data.x - s.x_shift) / s.x_scale)
    predicted = [np.asarray(p) for p in eqx.filter_jit(predict)(surrogate.network, scaled, 2)]
    losses = {}
    for i, u in enumerate(data.outputs):
        r = predicted[0][:, i] - (data.y[:, i] - s.y_shift[i]) / s.y_scale[i]
        losses[u] = np.nanmean(r**2) / 2
        for j, a in enumerate(data.inputs):
            if data.jacobian is not None:
                r = predicted[1][:, i, j] - data.jacobian[:, i, j] * s.x_scale[j] / s.y_scale[i]
                losses[f"d{u}/d{a}"] = np.nanmean(r**2) / 2
            for k, b in enumerate(data.inputs):
                if data.hessian is not None and k >= j:
                    label = data.hessian[:, i, j, k]  # what it does not know, the lower half may
                    label = np.where(np.isnan(label), data.hessian[:, i, k, j], label)
                    label = label * s.x_scale[j] * s.x_scale[k] / s.y_scale[i]
                    losses[f"d2{u}/d{a}d{b}"] = (
                        np.nanmean((predicted[2][:, i, j, k] - label) ** 2) / 2
                    )
    return losses


@pytest.mark.parametrize("gaps", [False, True])
@pytest.mark.parametrize("outputs, order", NAMES)
def test_every_term_is_half_the_mean_square(outputs, order, gaps):
    data = table(outputs=outputs, order=order)
    data = with_gaps(data) if gaps else data
    loss, surrogate = SobolevLoss.of(data), net(data)
    block = Labelled.of(data, surrogate.scaling, loss)
    labels = block.labels
    known = by_hand(surrogate, data)
    assert loss.names == NAMES[outputs, order]
    assert loss.order == order
    residuals, computed = eqx.filter_jit(
        lambda view: (block.residuals(view, labels), block.losses(view, labels))
    )(View.of(surrogate))
    np.testing.assert_allclose(computed, [known[n] for n in loss.names], rtol=1e-13)
    np.testing.assert_allclose(np.sum(residuals**2, axis=1) / 2, computed, rtol=1e-14)


@eqx.filter_jit
def weighted(task, θ, weights):
    """The gradient and the loss that the engine makes with fixed weights."""
    gradient, losses, used, _ = weighted_gradient(
        lambda t: task.losses(t, task.loss.batches()), θ, Fixed(jnp.ones_like), weights
    )
    return gradient, used @ losses


@pytest.mark.parametrize("w", [0.0, 0.3, 2.0, 1e6])
@pytest.mark.parametrize("term", [0, 1, 2])
def test_a_weight_multiplies_the_squared_term_by_exactly_itself(w, term):
    """Neither w² nor w³: the weighted loss and its gradient are linear in the weight."""
    task, θ = task_of(table())
    alone = jnp.eye(3)[term]
    (g1, l1), (gw, lw) = weighted(task, θ, alone), weighted(task, θ, w * alone)
    np.testing.assert_allclose(gw, w * g1, rtol=1e-14, atol=1e-15 * w)
    np.testing.assert_allclose(lw, w * l1, rtol=1e-15)
    whole, rest = weighted(task, θ, 1 + (w - 1) * alone), weighted(task, θ, 1 - alone)
    np.testing.assert_allclose(whole[0], rest[0] + w * g1, rtol=1e-12, atol=1e-14)


@eqx.filter_jit
def losses_and_gradients(task, θ, labels):
    return task.losses(θ, (labels,)), jax.jacrev(lambda t: task.losses(t, (labels,)))(θ)


@pytest.fixture(scope="module")
def whole():
    """A task without gaps, its residuals r `[K, n]` and their derivatives in θ `[K, n, P]`."""
    data = table(order=2)
    task, θ = task_of(data)
    raw = eqx.filter_jit(
        lambda t: (block_of(task).raw_residuals(task.view(t), labels_of(task)),) * 2
    )
    rows, r = eqx.filter_jit(jax.jacrev(raw, has_aux=True))(θ)
    return data, task, θ, np.asarray(r), np.asarray(rows)


@settings(max_examples=20, derandomize=True, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.05, 0.95))
def test_absent_labels_count_as_rows_that_are_not_there(whole, seed, share):
    """Loss and gradient of each term are the means over the rows that have its label."""
    data, task, θ, r, J = whole
    labels = Labels.of(with_gaps(data, share, seed), net(data).scaling)
    losses, gradients = losses_and_gradients(task, θ, labels)
    for k, entry in enumerate(block_of(task).loss.entries):
        here = ~np.isnan(np.asarray(entry.of(labels.target)))
        n = max(here.sum(), 1)
        np.testing.assert_allclose(losses[k], (r[k, here] ** 2).sum() / n / 2, rtol=1e-13)
        expected = np.einsum("n,np->p", r[k, here], J[k, here]) / n
        np.testing.assert_allclose(gradients[k], expected, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("real", [1, 5, 11])
def test_rows_that_fill_up_a_batch_count_for_nothing(whole, real):
    data, task, θ, r, J = whole
    padded = labels_of(task)._replace(weight=jnp.where(jnp.arange(len(data)) < real, 1.0, 0.0))
    losses, gradients = losses_and_gradients(task, θ, padded)
    np.testing.assert_allclose(losses, (r[:, :real] ** 2).mean(axis=1) / 2, rtol=1e-13)
    expected = np.einsum("kn,knp->kp", r[:, :real], J[:, :real]) / real
    np.testing.assert_allclose(gradients, expected, rtol=1e-11, atol=1e-14)


def test_a_padding_row_may_lack_labels_too(whole):
    data, task, θ, *_ = whole
    labels = Labels.of(with_gaps(data), net(data).scaling)
    nothing = labels._replace(weight=jnp.zeros(len(data)))
    losses, gradients = losses_and_gradients(task, θ, nothing)
    assert not np.any(losses) and not np.any(gradients)


def test_a_residual_is_exactly_zero_where_its_label_is_absent(whole):
    data, task, θ, r, _ = whole
    labels = Labels.of(with_gaps(data), net(data).scaling)
    found = np.asarray(block_of(task).raw_residuals(task.view(θ), labels))
    there = np.array(
        [np.asarray(entry.present(labels.target)) for entry in block_of(task).loss.entries]
    )
    assert 0.6 < there.mean() < 0.8
    np.testing.assert_array_equal(found[~there], 0)
    np.testing.assert_allclose(found[there], r[there], rtol=1e-12)


def test_energies_are_the_losses_of_a_network_that_predicts_zero():
    data = with_gaps(table(outputs=2, order=2))
    surrogate = net(data)
    block = Labelled.of(data, surrogate.scaling)
    zero = block.losses(View(jax.tree.map(jnp.zeros_like, surrogate.network)), block.labels)
    np.testing.assert_allclose(block.energies(block.labels), zero, rtol=1e-14)
    np.testing.assert_allclose(block.energies(block.labels)[:2], 0.5, rtol=0.2)  # unit variance


def test_the_relative_error_is_one_for_zero_and_adds_squares():
    assert float(relative_error(jnp.array([1.0, 3.0]), jnp.array([1.0, 3.0]))) == 1
    several = relative_error(jnp.array([[1.0, 3.0], [0.0, 0.01]]), jnp.array([0.25, 0.75]))
    np.testing.assert_allclose(several, [2, 0.1], rtol=1e-15)


@pytest.mark.parametrize("order", [0, 1, 2])
def test_the_order_chooses_the_terms(order):
    data = table(order=2)
    assert SobolevLoss.of(data, order).names == NAMES[1, order]
    assert SobolevLoss.of(data, order).order == order


def test_a_term_without_any_label_does_not_exist():
    data = table(outputs=2)
    jacobian = data.jacobian.copy()
    jacobian[:, 0, 1] = np.nan
    assert SobolevLoss.of(replace(data, jacobian=jacobian)).names == tuple(
        n for n in NAMES[2, 1] if n != "du/db"
    )


def test_some_of_the_terms():
    loss = SobolevLoss.of(table())
    assert loss.only([True, False, True]).names == ("u", "du/db")
    assert loss.only([True, False, False]).order == 0
    with pytest.raises(ConfigError, match="at least one term"):
        loss.only([False] * 3)
    with pytest.raises(ValueError, match="shorter"):
        loss.only([True])


@pytest.mark.parametrize(
    "make, sentence",
    [
        (lambda: SobolevLoss.of(table(), 2), "order 2 needs a Hessian"),
        (lambda: SobolevLoss.of(table(order=0), 1), "order 1 needs a Jacobian"),
        (lambda: SobolevLoss.of(table(), 3), "is 0, 1 or 2: got 3"),
        (lambda: SobolevLoss.of(table(), -1), "is 0, 1 or 2: got -1"),
        (lambda: SobolevLoss(()), "at least one term"),
        (lambda: SobolevLoss((Term.of("u", 0), Term.of("u", 0, 0))), "different names"),
    ],
)
def test_a_loss_that_cannot_be_is_refused(make, sentence):
    with pytest.raises(ConfigError, match=sentence):
        make()


@pytest.mark.parametrize(
    "optimiser, weighting",
    [(Adam(1e-2, batch_size=5), InverseNorm()), (LevenbergMarquardt(), None)],
)
def test_training_does_not_depend_on_the_units(optimiser, weighting):
    """Metres or millimetres, kelvin or Celsius: the same predictions and the same errors."""
    data = table()
    per_input, per_output = np.array([1e3, 2.54e-2]), np.array([1e-6])
    other = in_units(data, per_input, per_output, [2e3, 0.1], 3e-6)
    ours, theirs = (
        fit(net(d), d, d, weighting=weighting, optimiser=optimiser, epochs=15, records=1)
        for d in (data, other)
    )
    y, dy = ours.surrogate.value(data.x), ours.surrogate.jacobian(data.x)
    np.testing.assert_allclose(
        (theirs.surrogate.value(other.x) - 3e-6) / per_output, y, rtol=1e-9, atol=1e-9
    )
    back = theirs.surrogate.jacobian(other.x) * per_input / per_output[:, None]
    np.testing.assert_allclose(back, dy, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(
        evaluate(theirs.surrogate, other).relative_h1,
        evaluate(ours.surrogate, data).relative_h1,
        rtol=1e-9,
    )
    np.testing.assert_allclose(theirs.history.valid_error, ours.history.valid_error, rtol=1e-9)


class Waves(eqx.Module):
    """y = Σ c_k sin kx: linear in c."""

    c: jax.Array

    def __call__(self, x):
        return jnp.sin(x[0] * MODES)[None] @ self.c


MODES = np.array([1.0, 5.0, 10.0, 20.0])


@pytest.mark.parametrize("order, rate", [(0, np.ones(4)), (1, 1 + MODES**2)])
def test_with_slopes_a_wave_is_learnt_faster_by_one_and_its_square(order, rate):
    """Gradient descent on ½ mean r² + ½ mean r'²: c_k nears its label at the rate (1 + k²)/2."""
    x = 2 * np.pi * np.arange(64)[:, None] / 64
    y, slopes = np.sin(x * MODES).sum(1), (MODES * np.cos(x * MODES)).sum(1)
    data = Dataset(x, y[:, None], slopes[:, None, None])
    unscaled = Scaling(np.zeros(1), np.ones(1), np.zeros(1), np.ones(1))
    block = Labelled.of(data, unscaled, SobolevLoss.of(data, order))
    labels, step = block.labels, 0.04 / float(rate.max())

    def descend(c, _):
        slope = jax.grad(lambda c: block.losses(View(Waves(c)), labels).sum())(c)
        return c - step * slope, jnp.abs(1 - c) > jnp.exp(-1.0)

    _, open_yet = jax.jit(lambda: jax.lax.scan(descend, jnp.zeros(4), None, length=12000))()
    epochs = np.asarray(open_yet.sum(0))  # until 1/e of the label is left
    assert (0 < epochs).all() and (epochs < 12000).all()
    np.testing.assert_allclose(epochs[0] / epochs, rate / rate[0], rtol=0.02)
