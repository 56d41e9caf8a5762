"""What is compiled of a fit: the start, some epochs, and a record."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, PyTree

from sobolev.losses.labels import Labels
from sobolev.losses.sobolev_loss import SobolevLoss, relative_error
from sobolev.networks.parameters import unflatten
from sobolev.optimisers.protocol import Optimiser, State, Task
from sobolev.optimisers.start import start as _state_before
from sobolev.weighting.conflict import Diagnostics, diagnostics
from sobolev.weighting.maths.angles import angles_of


class Watched(eqx.Module):
    """The full sets on which the history is taken; the weighting stays out, it would recompile."""

    loss: SobolevLoss = eqx.field(static=True)
    train: Labels
    valid: Labels | None


@eqx.filter_jit
def start(task: Task, optimiser: Optimiser) -> State:
    """The state before the first step."""
    return _strong(_state_before(task, optimiser))


@eqx.filter_jit
def advance(task: Task, optimiser: Optimiser, state: State, epochs: Array) -> State:
    """So many epochs further; in one piece or in several, the bits are the same."""
    return jax.lax.fori_loop(0, epochs, lambda _, s: _strong(optimiser.epoch(task, s)), state)


class Measured(NamedTuple):
    """What is measured at a record, as in the `History`."""

    loss: Float[Array, " K"]
    gradient_norm: Float[Array, " K"]
    cosine: Float[Array, "K K"]
    smallest_cosine: Float[Array, ""]
    share: Float[Array, " K"]
    alignment: Float[Array, ""]
    valid_loss: Float[Array, " K"]
    valid_term_error: Float[Array, " K"]
    valid_error: Float[Array, ""]


def measure(
    watched: Watched,
    network: eqx.Module,
    θ: Float[Array, " P"],
    weights: Float[Array, " K"],
    trained: Bool[Array, " K"],
) -> Measured:
    """Losses, gradients and their agreement; the weights of the terms that are `trained` on.

    Two programs: with other validation data, or none, the larger one is not compiled anew.
    """
    found = _on_training(watched.loss, watched.train, network, θ, weights, trained)
    absent = jnp.full_like(weights, jnp.nan)
    valid: tuple = (absent, absent, jnp.asarray(jnp.nan))
    if watched.valid is not None:
        valid = _on_validation(watched.loss, watched.valid, network, θ)
    return Measured(*(*found, *valid))


@eqx.filter_jit
def _on_training(
    loss: SobolevLoss, labels: Labels, network: eqx.Module, θ: Array, weights: Array, trained: Array
) -> tuple:
    def losses(t):
        return (loss.losses(unflatten(network, t), labels),) * 2

    # Vectorised over the terms, unlike a training step: taken seldom, so compile little.
    measured: tuple[Array, Array] = jax.jacrev(losses, has_aux=True)(θ)
    rows, found = measured
    return found, jnp.linalg.norm(rows, axis=1), *_agreement(rows, weights, trained)


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


@eqx.filter_jit
def _on_validation(loss: SobolevLoss, labels: Labels, network: eqx.Module, θ: Array) -> tuple:
    valid, energies = loss.losses(unflatten(network, θ), labels), loss.energies(labels)
    there = loss.labelled(labels)
    each = jnp.where(there, jnp.sqrt(valid / energies), jnp.nan)
    return jnp.where(there, valid, jnp.nan), each, relative_error(valid, energies)


def shapes(task: Task, optimiser: Optimiser) -> PyTree:
    """What `start` would return, as shapes and types only: nothing is compiled."""
    return eqx.filter_eval_shape(lambda: _strong(_state_before(task, optimiser)))


def _strong(tree: PyTree) -> PyTree:
    """Without weak types: a state read from a file must run through the same compiled code."""
    return jax.tree.map(
        lambda a: jax.lax.convert_element_type(a, a.dtype) if eqx.is_inexact_array(a) else a, tree
    )
