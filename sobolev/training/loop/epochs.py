"""What is compiled of a fit: the start, some epochs, and a record; for one or for a team.

A team is several trainings that take the same steps from different initialisations in one program:
the task has a key for each, and every array of the state an axis over the members in front.
"""

from collections.abc import Callable
from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, PyTree

from sobolev._base.compiled import SELDOM, STEPS, compiled
from sobolev.losses.batch import Batch
from sobolev.losses.labelled.labelled import Labelled, relative_error
from sobolev.losses.loss import Loss
from sobolev.losses.view import ScalingArrays, View
from sobolev.networks.parameters import unflatten
from sobolev.optimisers.first_state import start as _state_before
from sobolev.optimisers.optimiser import Optimiser, State, Task
from sobolev.training.recording.record import (
    OnFreshPoints,
    OnTraining,
    OnValidation,
    Source,
    taken,
)
from sobolev.weighting.conflict import Diagnostics, diagnostics
from sobolev.weighting.maths.angles import angles_of

# Rows × parameters × terms up to which a record takes no more than a millisecond or two however it
# is compiled.
LITTLE = 2e6


class Watched(eqx.Module):
    """The full sets on which the history is taken; the weighting stays out, it would recompile.

    `elsewhere`: for each block points on which it is not trained, None where it has none; nothing
    when none has any.
    """

    train: Loss
    valid: Labelled | None
    scaling: ScalingArrays | None = None
    elsewhere: tuple[Batch | None, ...] = ()


@compiled(SELDOM)
def start(task: Task, optimiser: Optimiser, θ: Float[Array, "m P"] | None = None) -> State:
    """The state before the first step; θ of each member where the task is that of a team."""

    def one(task: Task, θ: Array | None = None) -> State:
        own = task if θ is None else replace(task, network=unflatten(task.network, θ))
        return _state_before(own, optimiser)

    return _strong(one(task) if θ is None else _each(one, task, θ))


@compiled(STEPS)
def advance(task: Task, optimiser: Optimiser, state: State, epochs: Array) -> State:
    """So many epochs further; in one piece or in several, the bits are the same."""
    return jax.lax.fori_loop(
        0, epochs, lambda _, s: _strong(_each(optimiser.epoch, task, s)), state
    )


def _each(call: Callable, task: Task, own: PyTree) -> PyTree:
    """`call(task, own)`; for a team, whose keys have a first axis as `own` has, of each member.

    One training is no team of one: without the axis its program is another, with its own bits.
    """
    if task.key.ndim == 0:
        return call(task, own)
    return jax.vmap(lambda key, part: call(replace(task, key=key), part))(task.key, own)


def measure(
    watched: Watched,
    network: eqx.Module,
    θ: Float[Array, "*m P"],
    weights: Float[Array, "*m K"],
    trained: Bool[Array, " K"],
    drawn: tuple[Batch | None, ...] = (),
) -> dict[str, Array]:
    """What a `Record` takes from the training and the validation set, by name; for each member.

    `weights` are those of the terms that are `trained` on; fresh points are those `drawn` last. A
    program for each source: with other validation data, or none, the largest is not compiled anew.
    """
    little = θ.size * watched.train.rows * len(watched.train.names) <= LITTLE
    seen = _on_little if little else _on_training
    found = seen(watched.train, watched.scaling, network, θ, weights, trained, drawn)
    absent = np.full(weights.shape, np.nan)  # by NumPy: compiles nothing
    if watched.elsewhere:
        found |= (_on_few if little else _on_fresh_points)(replace(watched, valid=None), network, θ)
    else:
        found |= taken(Source.ELSEWHERE, OnFreshPoints(absent))
    if watched.valid is not None:
        return found | _on_validation(watched.valid, watched.train.names, network, θ)
    return found | taken(Source.VALIDATION, OnValidation(absent, absent, absent[..., 0]))


def _measured(
    loss: Loss,
    scaling: ScalingArrays | None,
    network: eqx.Module,
    θ: Array,
    weights: Array,
    trained: Array,
    drawn: tuple[Batch | None, ...],
) -> dict[str, Array]:
    def one(θ: Array, weights: Array, drawn: tuple[Batch | None, ...]) -> dict[str, Array]:
        def losses(t):
            return (loss.losses(View(unflatten(network, t), scaling), loss.batches(drawn)),) * 2

        # Vectorised over the terms, unlike a training step: taken seldom, so compile little.
        measured: tuple[Array, Array] = jax.jacrev(losses, has_aux=True)(θ)
        rows, found = measured
        return taken(Source.TRAINING, OnTraining(found, rows, _agreement(rows, weights, trained)))

    return (one if θ.ndim == 1 else jax.vmap(one))(θ, weights, drawn)


_on_training, _on_little = compiled(STEPS)(_measured), compiled(SELDOM)(_measured)


def _elsewhere(watched: Watched, network: eqx.Module, θ: Array) -> dict[str, Array]:
    """The losses of the blocks that have points elsewhere; no gradient, and no other block."""
    pairs = zip(watched.train.blocks, watched.elsewhere, strict=True)
    blocks, batches = zip(*[pair for pair in pairs if pair[1] is not None], strict=True)
    loss = Loss(blocks)

    def one(θ: Array) -> dict[str, Array]:
        found = loss.losses(View(unflatten(network, θ), watched.scaling), batches)
        every = _by_name(loss.names, watched.train.names, found)
        return taken(Source.ELSEWHERE, OnFreshPoints(every))

    return one(θ) if θ.ndim == 1 else jax.vmap(one)(θ)


_on_fresh_points, _on_few = compiled(STEPS)(_elsewhere), compiled(SELDOM)(_elsewhere)


def _agreement(
    rows: Float[Array, "K P"], weights: Float[Array, " K"], trained: Bool[Array, " K"]
) -> Diagnostics:
    """The cosines of all gradients, the rest of those trained on; NaN unless all are finite."""
    largest = jnp.max(jnp.abs(rows))
    rows = rows / jnp.where(largest > 0, largest, 1.0)  # else their products may overflow
    gram = rows @ rows.T
    counted = diagnostics(jnp.where(trained[:, None] & trained[None, :], gram, 0.0), weights)
    found = counted._replace(cosines=angles_of(gram).cosines)
    return Diagnostics(*(jnp.where(jnp.isfinite(largest), part, jnp.nan) for part in found))


@compiled(SELDOM)
def _on_validation(
    block: Labelled, names: tuple[str, ...], network: eqx.Module, θ: Array
) -> dict[str, Array]:
    """By the names of the watched terms; NaN where the validation data know nothing."""
    labels = block.labels
    energies, there = block.energies(labels), block.labelled(labels)

    def one(θ: Array) -> dict[str, Array]:
        valid = block.losses(View(unflatten(network, θ)), labels)
        each = jnp.where(there, jnp.sqrt(valid / energies), jnp.nan)
        error = relative_error(valid, energies)
        valid, each = (
            _by_name(block.names, names, values)
            for values in (jnp.where(there, valid, jnp.nan), each)
        )
        return taken(Source.VALIDATION, OnValidation(valid, each, error))

    return one(θ) if θ.ndim == 1 else jax.vmap(one)(θ)


def _by_name(own: tuple[str, ...], names: tuple[str, ...], values: Array) -> Array:
    """What belongs to each of the names, NaN where it is none of one's own."""
    if own == names:
        return values
    place = np.array([own.index(name) if name in own else -1 for name in names])
    return jnp.where(place >= 0, values[place], jnp.nan)


def shapes(task: Task, optimiser: Optimiser) -> PyTree:
    """What `start` would return, as shapes and types only: nothing is compiled."""
    return eqx.filter_eval_shape(lambda: _strong(_state_before(task, optimiser)))


def _strong(tree: PyTree) -> PyTree:
    """Without weak types: a state read from a file must run through the same compiled code."""
    return jax.tree.map(
        lambda a: jax.lax.convert_element_type(a, a.dtype) if eqx.is_inexact_array(a) else a, tree
    )
