"""First-order optimisers: Adam against the textbook, batches, schedules."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from helpers import labels_of, net, task_of
from optimiser_runs import BATCH, DATA, parameters

from sobolev import fit
from sobolev.losses import Labels
from sobolev.losses.batch import shuffled
from sobolev.optimisers import Adam, FirstOrder, random_streams
from sobolev.weighting import Unweighted


def by_hand(transform, rate, batches):
    """The textbook loop over lists of row numbers, with optax and `jax.grad`, nothing of ours."""
    task, θ = task_of(DATA)

    @jax.jit
    def step(θ, state, x, target, count):
        rows = Labels(x, target, jnp.where(jnp.arange(len(x)) < count, 1.0, 0.0))
        gradient = jax.grad(lambda t: task.losses(t, (rows,)).sum())(θ)
        direction, state = transform.update(gradient, state, θ)
        return θ - rate(0) * direction, state

    state = transform.init(θ)
    for rows in batches:
        padded = np.resize(rows, max(map(len, batches)))
        batch = jax.tree.map(lambda a, p=padded: a[p], labels_of(task))
        θ, state = step(θ, state, batch.x, batch.target, len(rows))
    return θ


def orders(seed, epochs):
    key = jax.random.key(seed)
    return [
        np.asarray(jax.random.permutation(jax.random.fold_in(key, e), 12)) for e in range(epochs)
    ]


@pytest.mark.parametrize("size", [5, None])
def test_adam_equals_the_textbook_loop(size):
    if size is None:
        batches = [np.arange(12)] * 9
    else:
        batches = [o[i : i + size] for o in orders(3, 3) for i in range(0, 12, size)]
    fitted = fit(
        net(DATA), DATA, weighting=Unweighted(), optimiser=Adam(1e-2, size),
        epochs=9 if size is None else 3, seed=3,
    )  # fmt: skip
    memory = 0.99 if size is None else 0.999
    expected = by_hand(optax.scale_by_adam(b2=memory), lambda _: 1e-2, batches)
    np.testing.assert_allclose(parameters(fitted.surrogate), expected, rtol=1e-11, atol=1e-13)
    assert fitted.history.step[-1] == 9


@pytest.mark.parametrize("size", [1, 5, 11])
def test_each_row_is_used_exactly_once_an_epoch(size):
    task, _ = task_of(DATA)
    seen = []
    for number in range(4):
        key = random_streams.shuffle(task.key, jnp.asarray(number))
        (batches,) = shuffled(task.loss.batches(), key, size)
        assert batches.x.shape == (-(-12 // size), size, 2)
        real = np.asarray(batches.weight).reshape(-1) == 1
        assert real.sum() == 12 and not np.any(np.asarray(batches.weight).reshape(-1)[~real])
        rows = np.asarray(batches.x).reshape(-1, 2)[real]
        labels = np.asarray(batches.target.jacobian).reshape(-1, 2)[real]
        x = labels_of(task).x
        order = [int(np.flatnonzero((x == row[None]).all(axis=1))[0]) for row in rows]
        assert sorted(order) == list(range(12))
        np.testing.assert_array_equal(labels, labels_of(task).target.jacobian[np.array(order), 0])
        seen.append(tuple(order))
    assert len(set(seen)) == 4  # anew each epoch


@pytest.fixture(scope="module")
def by_seed():
    seeds = (0, 0, 1)
    return [fit(net(DATA), DATA, optimiser=BATCH, epochs=4, records=4, seed=s) for s in seeds]


def test_the_same_seed_gives_the_same_bits_and_another_another_order(by_seed):
    first, again, other = by_seed
    np.testing.assert_array_equal(parameters(first.surrogate), parameters(again.surrogate))
    np.testing.assert_array_equal(first.history.loss, again.history.loss)
    assert np.all(first.history.loss[0] == other.history.loss[0])
    assert np.all(first.history.loss[1:] != other.history.loss[1:])


def test_a_batch_as_large_as_the_data_is_the_full_batch():
    few = [
        fit(net(DATA), DATA, optimiser=Adam(1e-2, size, b2=0.9), epochs=9, records=1, seed=seed)
        for size, seed in ((None, 0), (12, 1), (99, 2))
    ]
    for other in few[1:]:
        np.testing.assert_array_equal(parameters(few[0].surrogate), parameters(other.surrogate))


def test_any_optax_transformation_and_a_schedule():
    """Momentum with η(t) = 0.1/(1 + t), against its recursion in NumPy."""
    task, θ = task_of(DATA)
    gradient = jax.jit(jax.grad(lambda t: task.losses(t, task.loss.batches()).sum()))
    optimiser = FirstOrder(optax.trace(decay=0.9), lambda step: 0.1 / (1 + step))
    how = {"weighting": Unweighted(), "optimiser": optimiser, "epochs": 5, "records": 1}
    fitted = fit(net(DATA), DATA, **how)
    velocity = 0.0
    for t in range(5):
        velocity = gradient(θ) + 0.9 * velocity
        θ = θ - 0.1 / (1 + t) * velocity
    np.testing.assert_allclose(parameters(fitted.surrogate), θ, rtol=1e-12, atol=1e-14)
