"""Run by test_sharding.py in processes of their own: trains sharded, writes what came out.

`python sharding_program.py OUT DEVICES [PORT PROCESS]`: with a port, one of two processes.
"""

import sys

import jax
import numpy as np

jax.config.update("jax_enable_x64", True)
_OUT, DEVICES, *_TWO = sys.argv[1:]
if _TWO:
    jax.distributed.initialize(f"127.0.0.1:{_TWO[0]}", 2, int(_TWO[1]))

# ruff: noqa: E402 - processes find each other before the first use of JAX
import equinox as eqx
from helpers import net, table, task_of, with_gaps
from jax.flatten_util import ravel_pytree

from sobolev import Adam, CosineDistance, LevenbergMarquardt, fit
from sobolev.optimisers.start import start
from sobolev.sharding import replicated, sharded
from sobolev.weighting.engine import term_gradients

EPOCHS = 6
OPTIMISERS = {
    "adam": Adam(1e-2, batch_size=None),
    "batches": Adam(1e-2, batch_size=5),
    "lm": LevenbergMarquardt(),
}


def own(labels):
    if not _TWO:
        return labels
    half, turn = len(labels.x) // 2, int(_TWO[1])
    return jax.tree.map(lambda a: a[turn * half : (turn + 1) * half], labels)


@eqx.filter_jit
def trained(task, optimiser):
    state = jax.lax.fori_loop(
        0, EPOCHS, lambda _, s: optimiser.epoch(task, s), start(task, optimiser)
    )
    return state.θ, state.weights


@eqx.filter_jit
def statistics(task, θ):
    values, pullback = jax.vjp(lambda t: task.losses(t, task.labels), θ)
    rows = term_gradients(pullback, values)
    return values, rows @ rows.T, task.loss.energies(task.labels)


def outcome(rows, optimisers):
    """Everything that must not depend on the number of devices."""
    found = {}
    for name in optimisers:
        optimiser = OPTIMISERS[name]
        task, θ = task_of(rows, weighting=CosineDistance("sum", 0.05))
        if int(DEVICES) > 1:
            labels = sharded(
                own(task.labels), jax.devices() if _TWO else jax.devices()[: int(DEVICES)]
            )
            assert len(labels.x.sharding.device_set) == int(DEVICES)
            task = eqx.tree_at(lambda t: t.labels, task, labels)
            task, θ, optimiser = replicated_all(task, θ, optimiser, labels)
        end, weights = trained(task, optimiser)
        found |= {f"{name}/θ": end, f"{name}/weights": weights}
    for name, array in zip(("losses", "gram", "energies"), statistics(task, θ), strict=True):
        found[name] = array
    return {name: np.asarray(jax.device_get(array)) for name, array in found.items()}


def replicated_all(task, θ, optimiser, labels):
    others = replicated((task.network, task.weighting, task.key), labels)
    where = lambda t: (t.network, t.weighting, t.key)  # noqa: E731
    return eqx.tree_at(where, task, others), replicated(θ, labels), replicated(optimiser, labels)


def fitted(rows):
    """Parameters after `fit` itself, the rows divided when there are several devices."""
    devices = jax.devices()[: int(DEVICES)] if int(DEVICES) > 1 else None
    optimiser = OPTIMISERS["batches"]
    done = fit(net(rows), rows, optimiser=optimiser, epochs=4, records=2, devices=devices)
    return np.asarray(ravel_pytree(done.surrogate.network)[0])


if __name__ == "__main__":
    even = outcome(with_gaps(table(20)), OPTIMISERS)
    if not _TWO:
        even["fit/θ"] = fitted(table(20))
    uneven = {} if _TWO else outcome(with_gaps(table(18)), ["adam"])
    np.savez(_OUT, **even, **{f"uneven/{name}": array for name, array in uneven.items()})
    print(jax.process_count(), len(jax.devices()))
