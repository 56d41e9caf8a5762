"""Rows divided over devices and processes give what one device gives."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import labels_of, net, table, task_of, with_gaps

from sobolev.errors import ConfigError
from sobolev.losses import Labelled, Labels, View
from sobolev.training.sharding import sharded
from sobolev.weighting import Chain, InverseDirichlet, RateAnnealing, weighted_gradient

PROGRAM = Path(__file__).parents[1] / "support" / "sharding_program.py"


def started(out, devices, *two, forced=1):
    paths = [str(PROGRAM.parent), str(PROGRAM.parents[2]), os.environ.get("PYTHONPATH", "")]
    environment = {
        **os.environ,
        "XLA_FLAGS": f"--xla_force_host_platform_device_count={forced}",
        "JAX_PLATFORMS": "cpu",
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
    }
    command = [sys.executable, str(PROGRAM), str(out), str(devices), *map(str, two)]
    return subprocess.Popen(command, env=environment, stdout=-1, stderr=-1, text=True)


def ended(process):
    said, complaint = process.communicate(timeout=400)
    assert process.returncode == 0, complaint
    return said


@pytest.fixture(scope="module")
def single(tmp_path_factory):
    out = tmp_path_factory.mktemp("one") / "one.npz"
    ended(started(out, 1))
    return dict(np.load(out))


# The same sums in another order: losses and Gram matrix to round-off; parameters after six epochs
# carry what those differences grew to.
EXACT, GROWN = {"rtol": 1e-12, "atol": 1e-15}, {"rtol": 1e-9, "atol": 1e-11}
WEIGHED = {"rtol": 1e-10, "atol": 1e-12}  # identity 22: weights and trajectory of each scheme


def compare(found, single, skip=()):
    assert found.keys() == single.keys() - set(skip)
    for name, array in found.items():
        last = name.split("/")[-1]
        how = EXACT if last in ("losses", "gram", "energies") else GROWN
        how = WEIGHED if "/of " in name else how
        np.testing.assert_allclose(array, single[name], **how, err_msg=name)


def test_four_devices_give_what_one_gives(single, tmp_path):
    said = ended(started(tmp_path / "four.npz", 4, forced=4))
    assert said.split()[-2:] == ["1", "4"]
    compare(dict(np.load(tmp_path / "four.npz")), single)  # 20 rows, and 18 that are filled up


@pytest.mark.parametrize("scheme", ["losses", "the Gram matrix", "moments", "traces", "a sketch"])
def test_the_weights_that_are_compared_move(single, scheme):
    weights = single[f"uneven/of {scheme}/weights"]
    assert weights.shape == (6, 3) and np.all(np.ptp(weights, axis=0)[1:] > 1e-3)


def test_the_mean_of_weights_by_device_would_be_another():
    """Why the statistics are of all rows: the ratio of means is not the mean of ratios."""
    task, θ = task_of(table(20), weighting=Chain(RateAnnealing(), InverseDirichlet()), hidden=(3,))
    quarters = jax.tree.map(lambda a: a.reshape(4, 5, *a.shape[1:]), labels_of(task))

    def weights(labels):
        state = task.weighting.init(jnp.ones(3))
        losses = lambda t: task.losses(t, (labels,))  # noqa: E731
        return weighted_gradient(losses, θ, task.weighting, state)[2]

    whole, parts = jax.jit(lambda: (weights(labels_of(task)), jax.vmap(weights)(quarters)))()
    assert np.abs(parts.mean(axis=0) / whole - 1).max() > 0.05


def test_two_processes_give_what_one_gives(single, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    pair = [started(tmp_path / f"{i}.npz", 4, port, i, forced=2) for i in (0, 1)]
    try:
        assert [ended(process).split()[-2:] for process in pair] == [["2", "4"]] * 2
    finally:
        for process in pair:
            process.kill()
    first, second = (dict(np.load(tmp_path / f"{i}.npz")) for i in (0, 1))
    for name in first:
        np.testing.assert_array_equal(first[name], second[name], err_msg=name)
    compare(first, single, [name for name in single if name.startswith(("uneven/", "fit/"))])


def test_a_filled_up_row_weighs_nothing():
    data = with_gaps(table(5))
    surrogate = net(data)
    labels = Labels.of(data, surrogate.scaling)
    from sobolev.training.sharding import _filled

    filled = _filled(labels, 4)
    assert len(filled.x) == 8 and filled.weight.tolist() == [1] * 5 + [0] * 3
    block, view = Labelled.of(data, surrogate.scaling), View.of(surrogate)
    for what in (lambda a: block.losses(view, a), block.energies):
        np.testing.assert_allclose(what(filled), what(labels), rtol=1e-14)
    one = sharded(labels, jax.devices()[:1])
    np.testing.assert_array_equal(one.x, labels.x)
    with pytest.raises(ConfigError, match="no device"):
        sharded(labels, [])
