"""All members of an ensemble in one program: the steps of `fit` vectorised over initialisations."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from sobolev._base.errors import ConfigError
from sobolev.data.dataset import Dataset
from sobolev.losses import Labels, SobolevLoss
from sobolev.losses.sobolev_loss import relative_error
from sobolev.networks.parameters import flatten, unflatten
from sobolev.optimisers import Adam, Optimiser, State, Task
from sobolev.optimisers.start import start
from sobolev.surrogate import Surrogate
from sobolev.training import Ending, Outcome
from sobolev.training.checks import like
from sobolev.training.compatibility import check_weighting
from sobolev.weighting.protocol import Scheme
from sobolev.weighting.schemes.fixed.fixed import InverseEnergy


def fit_at_once(
    surrogates: Sequence[Surrogate],
    train: Dataset,
    valid: Dataset | None,
    seeds: Sequence[int],
    tell: Callable[[str, int, int], object],
    *,
    loss: SobolevLoss | None = None,
    weighting: Scheme | None = None,
    optimiser: Optimiser | None = None,
    epochs: int = 1000,
    records: int = 20,
) -> dict[int, Surrogate | Ending]:
    """The trained surrogate of each seed, or in words why there is none.

    Every member takes `epochs` epochs, and what is kept of it is its best of the `records` evenly
    spaced ones: smallest validation error, or without validation data the last that is finite.
    Raises `ConfigError` when the members differ in architecture or scaling.
    """
    first = surrogates[0]
    _check_alike(surrogates)
    optimiser = Adam() if optimiser is None else optimiser
    labels = Labels.of(train, first.scaling)
    seen = None if valid is None else Labels.of(like(train, valid), first.scaling)
    watched = SobolevLoss.of(train)
    loss = watched if loss is None else loss
    weighting = InverseEnergy() if weighting is None else weighting
    check_weighting(weighting, optimiser)
    θ = jnp.stack([flatten(surrogate.network) for surrogate in surrogates])
    team = _Team(
        Task(first.network, loss, labels, weighting, jax.random.key(0)),
        jax.vmap(jax.random.key)(jnp.asarray(list(seeds))),
        seen,
        watched,
    )
    state = _start(team, optimiser, θ)
    best = _kept(team, state, _Best(θ, jnp.full(len(θ), jnp.inf), jnp.zeros(len(θ), bool)))
    marks = np.unique(np.linspace(0, epochs, min(records, epochs) + 1).round().astype(int))
    for done, ahead in zip(marks[1:], np.diff(marks), strict=True):
        state = _advance(team, optimiser, state, jnp.asarray(ahead))
        best = _kept(team, state, best)
        tell("epochs of all members", int(done), epochs)
    return {
        seed: _result(surrogate, state, best, i)
        for i, (seed, surrogate) in enumerate(zip(seeds, surrogates, strict=True))
    }


class _Team(eqx.Module):
    """One task for all, a random key for each, validation labels and the terms watched on them."""

    task: Task
    keys: PRNGKeyArray
    seen: Labels | None
    watched: SobolevLoss = eqx.field(static=True)


class _Best(eqx.Module):
    """θ `[m, P]` to keep, their error, and whether the last record was finite."""

    θ: Float[Array, "m P"]
    error: Float[Array, " m"]
    finite: Bool[Array, " m"]


def _of_member(task: Task, key: PRNGKeyArray) -> Task:
    return eqx.tree_at(lambda t: t.key, task, key)


@eqx.filter_jit
def _start(team: _Team, optimiser: Optimiser, θ: Float[Array, "m P"]) -> State:
    def one(key, t):
        task = _of_member(team.task, key)
        return start(eqx.tree_at(lambda a: a.network, task, unflatten(task.network, t)), optimiser)

    return jax.vmap(one)(team.keys, θ)


@eqx.filter_jit
def _advance(team: _Team, optimiser: Optimiser, state: State, epochs: Array) -> State:
    step = jax.vmap(lambda key, s: optimiser.epoch(_of_member(team.task, key), s))
    return jax.lax.fori_loop(0, epochs, lambda _, s: step(team.keys, s), state)


@eqx.filter_jit
def _kept(team: _Team, state: State, best: _Best) -> _Best:
    error = jax.vmap(lambda θ: _error(team, θ))(state.θ)
    finite = jnp.isfinite(error) & jnp.all(jnp.isfinite(state.θ), axis=1)
    # Without validation data the last finite one counts: each is as good as the one before.
    better = finite & ((error < best.error) if team.seen is not None else True)
    θ = jnp.where(better[:, None], state.θ, best.θ)
    return _Best(θ, jnp.where(better, error, best.error), finite)


def _error(team: _Team, θ: Float[Array, " P"]) -> Array:
    labels = team.task.labels if team.seen is None else team.seen
    loss, network = team.watched, unflatten(team.task.network, θ)
    return relative_error(loss.losses(network, labels), loss.energies(labels))


def _result(surrogate: Surrogate, state: State, best: _Best, i: int) -> Surrogate | Ending:
    if not bool(best.finite[i]):
        return Ending(Outcome.NOT_FINITE, {"epoch": int(state.epoch[i])})
    if int(state.rejected[i]) and not bool(state.converged[i]):
        numbers = {"rejected": int(state.rejected[i]), "step": int(state.step[i])}
        return Ending(Outcome.REJECTED, numbers)
    return replace(surrogate, network=unflatten(surrogate.network, best.θ[i]))


def _shapes(surrogate: Surrogate) -> tuple:
    leaves, structure = jax.tree.flatten(surrogate.network)
    return structure, [jnp.shape(leaf) for leaf in leaves]


def _check_alike(surrogates: Sequence[Surrogate]) -> None:
    first = surrogates[0]
    for other in surrogates[1:]:
        same = eqx.tree_equal(
            *(eqx.filter_eval_shape(lambda n=s.network: n) for s in (first, other))
        )
        scaled = all(
            np.array_equal(getattr(first.scaling, name), getattr(other.scaling, name))
            for name in ("x_shift", "x_scale", "y_shift", "y_scale")
        )
        if not (same and scaled):
            raise ConfigError(
                'members that are trained by="vmap" have one architecture and one scaling: take '
                'by="processes" or by="loop".'
            )
