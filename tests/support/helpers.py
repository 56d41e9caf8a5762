"""Functions with known derivatives, and the small networks and tasks that the tests share."""

from dataclasses import replace

import equinox as eqx
import jax
import numpy as np
from jax.flatten_util import ravel_pytree
from scipy.stats import binom

from sobolev import Dataset, Surrogate
from sobolev.losses import Labelled, Loss
from sobolev.optimisers import Task
from sobolev.weighting import Unweighted


def values(x):
    """Two responses of two inputs, `[n, 2]`."""
    a, b = x.T
    return np.stack([np.sin(1.3 * a) + a * b**2, np.exp(b / 2) - a**2 * b / 2], axis=1)


def jacobians(x):
    a, b = x.T
    first = [1.3 * np.cos(1.3 * a) + b**2, 2 * a * b]
    second = [-a * b, np.exp(b / 2) / 2 - a**2 / 2]
    return np.array([first, second]).transpose(2, 0, 1)


def hessians(x):
    a, b = x.T
    first = [[-1.69 * np.sin(1.3 * a), 2 * b], [2 * b, 2 * a]]
    second = [[-b, -a], [-a, np.exp(b / 2) / 4]]
    return np.array([first, second]).transpose(3, 0, 1, 2)


def table(n=12, outputs=1, order=1, seed=0):
    """Random rows on [−1, 2] × [0, 1] with exact derivatives up to `order`."""
    x = np.random.default_rng(seed).uniform([-1, 0], [2, 1], (n, 2))
    return Dataset(
        x,
        values(x)[:, :outputs],
        jacobians(x)[:, :outputs] if order >= 1 else None,
        hessians(x)[:, :outputs] if order >= 2 else None,
        inputs=("a", "b"),
        outputs=("u", "v")[:outputs],
    )


def in_units(data, per_input, per_output, shift_input=0.0, shift_output=0.0):
    """The same measurements in other units: x → x·per_input + shift_input, likewise y."""
    by, of = np.asarray(per_input, float), np.asarray(per_output, float)
    return replace(
        data,
        x=data.x * by + shift_input,
        y=data.y * of + shift_output,
        jacobian=data.jacobian * of[:, None] / by,
        hessian=None
        if data.hessian is None
        else data.hessian * of[:, None, None] / by[:, None] / by,
    )


def with_gaps(data, share=0.3, seed=0):
    """The same data with labels absent at random, in every array."""
    rng = np.random.default_rng(seed)
    gaps = {
        name: np.where(rng.random(array.shape) < share, np.nan, array)
        for name, array in data.labels().items()
    }
    return replace(data, **gaps)


def net(data, hidden=(4, 3), key=0):
    return Surrogate.mlp(data, hidden, key)


def task_of(data, loss=None, weighting=None, hidden=(4, 3), seed=0):
    """The training task of a small network on these data, and its parameters θ."""
    surrogate = net(data, hidden)
    task = Task(
        surrogate.network,
        Loss((Labelled.of(data, surrogate.scaling, loss),)),
        Unweighted() if weighting is None else weighting,
        jax.random.key(seed),
    )
    return task, ravel_pytree(surrogate.network)[0]


def block_of(task):
    """The one block of such a task."""
    return task.loss.blocks[0]


def labels_of(task):
    return block_of(task).labels


def with_labels(task, labels):
    """The task on other labels."""
    return eqx.tree_at(lambda t: t.loss.blocks[0].labels, task, labels)


def gram_of(seed=0, terms=3, parameters=7, sizes=None):
    """Random term gradients `[K, P]` and their Gram matrix."""
    rows = np.random.default_rng(seed).normal(size=(terms, parameters))
    rows = rows if sizes is None else rows * np.asarray(sizes)[:, None]
    return rows, rows @ rows.T


def band(repeats, level):
    """Where 99 of 100 counts of a binomial law lie."""
    return binom.interval(0.99, repeats, level)
