"""Run by test_sharding.py in processes of their own: trains sharded, writes what came out.

`python sharding_program.py OUT DEVICES [PORT PROCESS]`: with a port, one of two processes.
"""

import sys
from dataclasses import replace

import jax
import numpy as np

jax.config.update("jax_enable_x64", True)
_OUT, DEVICES, *_TWO = sys.argv[1:]
if _TWO:
    jax.distributed.initialize(f"127.0.0.1:{_TWO[0]}", 2, int(_TWO[1]))

# ruff: noqa: E402 - processes find each other before the first use of JAX
import equinox as eqx
from helpers import labels_of, net, table, task_of, with_gaps, with_labels
from jax.flatten_util import ravel_pytree

from sobolev import fit
from sobolev.optimisers import Adam, LevenbergMarquardt
from sobolev.optimisers.first_state import start
from sobolev.training import Placement
from sobolev.training.sharding import replicated, sharded
from sobolev.weighting import (
    Chain,
    ConFIG,
    CosineDistance,
    InverseDirichlet,
    InverseNorm,
    RateAnnealing,
    ReLoBRaLo,
    ResidualAttention,
    Sketched,
    TangentKernel,
)
from sobolev.weighting.scheme import NEEDS
from sobolev.weighting.statistics import term_gradients

EPOCHS = 6
OPTIMISERS = {
    "adam": Adam(1e-2, batch_size=None),
    "batches": Adam(1e-2, batch_size=5),
    "lm": LevenbergMarquardt(),
}
# One for each statistic that the engine measures.
WEIGHTINGS = {
    "of losses": ReLoBRaLo(0.9, 0.5, 0.5),
    "of the Gram matrix": ConFIG(),
    "of moments": Chain(RateAnnealing(), InverseDirichlet()),
    "of traces": TangentKernel(),
    "of a sketch": Sketched(InverseNorm(), vectors=2),
}
assert NEEDS == frozenset().union(*(weighting.needs for weighting in WEIGHTINGS.values()))


def own(labels):
    if not _TWO:
        return labels
    half, turn = len(labels.x) // 2, int(_TWO[1])
    return jax.tree.map(lambda a: a[turn * half : (turn + 1) * half], labels)


@eqx.filter_jit
def trained(task, optimiser):
    """θ and weights after each epoch."""

    def epoch(state, _):
        state = optimiser.epoch(task, state)
        return state, (state.θ, state.weights)

    return jax.lax.scan(epoch, start(task, optimiser), length=EPOCHS)[1]


@eqx.filter_jit
def statistics(task, θ):
    values, pullback = jax.vjp(lambda t: task.losses(t, task.loss.batches()), θ)
    rows = term_gradients(pullback, values)
    return values, rows @ rows.T, task.loss.energies(task.loss.batches())


def outcome(rows, optimisers):
    """Everything that must not depend on the number of devices."""
    found = {}
    for name in optimisers:
        optimiser = OPTIMISERS[name]
        task, θ = task_of(rows, weighting=CosineDistance("sum", 0.05))
        task, θ, optimiser = divided(task, θ, optimiser)
        found |= along(name, task, optimiser)
    for name, array in zip(("losses", "gram", "energies"), statistics(task, θ), strict=True):
        found[name] = array
    return {name: np.asarray(jax.device_get(array)) for name, array in found.items()}


def along(name, task, optimiser):
    path, weights = trained(task, optimiser)
    return {f"{name}/θ": path, f"{name}/weights": weights}


def weighed(rows):
    """The trainings under each weighting."""
    found = {}
    for name, weighting in WEIGHTINGS.items():
        task, θ = task_of(rows, weighting=weighting, hidden=(3,))
        task, _, optimiser = divided(task, θ, OPTIMISERS["adam"])
        found |= along(name, task, optimiser)
    task, θ = task_of(rows, hidden=(3,))
    task = replace(task, points=(ResidualAttention(0.5, 0.5),))
    task, _, optimiser = divided(task, θ, OPTIMISERS["adam"])
    found |= along("of points", task, optimiser)
    return {name: np.asarray(jax.device_get(array)) for name, array in found.items()}


def divided(task, θ, optimiser):
    """The same with its rows on several devices, where there are several."""
    if int(DEVICES) == 1:
        return task, θ, optimiser
    labels = sharded(own(labels_of(task)), jax.devices() if _TWO else jax.devices()[: int(DEVICES)])
    assert len(labels.x.sharding.device_set) == int(DEVICES)
    return replicated_all(with_labels(task, labels), θ, optimiser, labels)


def replicated_all(task, θ, optimiser, labels):
    others = replicated((task.network, task.weighting, task.key, task.points), labels)
    where = lambda t: (t.network, t.weighting, t.key, t.points)  # noqa: E731
    alone = lambda leaf: leaf is None  # noqa: E731
    return (
        eqx.tree_at(where, task, others, is_leaf=alone),
        replicated(θ, labels),
        replicated(optimiser, labels),
    )


def fitted(rows):
    """Parameters after `fit` itself, the rows divided when there are several devices."""
    devices = jax.devices()[: int(DEVICES)] if int(DEVICES) > 1 else None
    optimiser = OPTIMISERS["batches"]
    done = fit(
        net(rows),
        rows,
        optimiser=optimiser,
        epochs=4,
        records=2,
        placement=Placement(devices=devices),
    )
    return np.asarray(ravel_pytree(done.surrogate.network)[0])


if __name__ == "__main__":
    even = outcome(with_gaps(table(20)), OPTIMISERS)
    if not _TWO:
        even["fit/θ"] = fitted(table(20))
    uneven = {} if _TWO else outcome(with_gaps(table(18)), ["adam"]) | weighed(with_gaps(table(18)))
    np.savez(_OUT, **even, **{f"uneven/{name}": array for name, array in uneven.items()})
    print(jax.process_count(), len(jax.devices()))
