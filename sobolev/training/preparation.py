"""What is decided once before a training: which terms have weights, and who optimises."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from sobolev.data.dataset import Dataset
from sobolev.losses.labels import Labels
from sobolev.losses.residual import Residual, with_operators, without_residuals
from sobolev.losses.sobolev_loss import SobolevLoss
from sobolev.networks.activations import check_activation
from sobolev.networks.parameters import size, unflatten_on_host
from sobolev.optimisers.choose import choose_optimiser
from sobolev.optimisers.first_order.first_order import Adam
from sobolev.optimisers.protocol import Optimiser, Task
from sobolev.surrogate import Surrogate
from sobolev.training.checks import check_names, check_settings, like
from sobolev.training.compatibility import check_optimiser, check_weighting
from sobolev.training.compiled import Watched
from sobolev.training.course import Course
from sobolev.training.feed import Parts, Rows, Whole, feed_of
from sobolev.training.history import History
from sobolev.training.job import Job
from sobolev.training.notes import Note, data_notes
from sobolev.training.placement import Placement
from sobolev.training.point_weights import point_weighting
from sobolev.training.result import Fit
from sobolev.training.stop import Stop
from sobolev.weighting.points.protocol import PointRule
from sobolev.weighting.protocol import Scheme
from sobolev.weighting.schemes.fixed.fixed import Fixed, InverseEnergy
from sobolev.weighting.settings import check_scheme


@dataclass(frozen=True)
class Prepared:
    """A job, in words who optimises and why, and notes on the data."""

    job: Job
    optimiser: str
    notes: tuple[Note, ...]

    def result(self, surrogate: Surrogate, course: Course, member: int = 0) -> Fit:
        """What became of a surrogate whose course is at its end."""
        track, state = course.tracks[member], course.state
        best = track.best if self.job.stop.keep_best and track.best is not None else track.finite
        θ, epoch = (course.of(state.θ, member), course.epoch) if best is None else best[:2]
        ending = track.ending
        assert ending is not None  # the loop ends when all members have
        return Fit(
            replace(surrogate, network=unflatten_on_host(surrogate.network, np.asarray(θ))),
            History.of(self.job.watched.loss.names, track.records),
            ending,
            int(track.records[-1].rejected),
            int(epoch),
            self.optimiser,
            self.notes,
        )


def prepare(
    surrogate: Surrogate,
    train: Dataset | Rows,
    valid: Dataset | None,
    *,
    stop: Stop,
    placement: Placement,
    loss: SobolevLoss | None = None,
    residuals: Sequence[Residual] = (),
    weighting: Scheme | None = None,
    point_weights: PointRule | None = None,
    optimiser: Optimiser | None = None,
    epochs: int = 1000,
    records: int | Sequence[int] = 100,
    seed: int = 0,
    check: bool = True,
) -> Prepared:
    """The job of a training, or a refusal: what does not fit together is refused here, in order.

    The order is that of the arguments of `fit`: what is no surrogate and no data; residuals and
    rows; terms, epochs and records; stopping; a network without the derivatives asked for; then
    the optimiser on these rows, the weighting with this optimiser, and weights of points with both.
    """
    check_names(surrogate, train, valid)
    feed = feed_of(train, surrogate.scaling, placement, seed, residuals)
    equations = partial(with_operators, residuals=residuals, scaling=surrogate.scaling)
    monitored = equations(SobolevLoss.of(feed.data))
    loss = monitored if loss is None else equations(loss)
    check_settings(loss, monitored, epochs, records)
    stop.check(valid is not None)
    check_activation(surrogate.network, loss.order)
    weighting = InverseEnergy() if weighting is None else weighting
    loss, weighting = without_zeros(loss, weighting, feed.labels)
    named = optimiser is not None
    optimiser, why = chosen(
        optimiser, feed, surrogate.network, loss, whole=isinstance(train, Dataset)
    )
    feed.check(optimiser)
    check_weighting(weighting, optimiser, named)
    points = point_weighting(point_weights, optimiser, feed, surrogate.inputs)
    labels = sum(present(feed, loss).values())
    notes = data_notes(feed.data, loss, size(surrogate.network), labels, check)
    task = Task(
        surrogate.network,
        loss,
        feed.labels,
        weighting,
        jax.random.key(seed),
        points,
    )
    seen = None if valid is None else _seen(surrogate, feed.data, valid, residuals)
    plan = _record_epochs(epochs, records, feed.visits)
    watched = Watched(monitored, task.labels, seen)
    return Prepared(Job(task, feed, optimiser, watched, plan, stop), why, notes)


def _seen(
    surrogate: Surrogate, data: Dataset, valid: Dataset, residuals: Sequence[Residual]
) -> Labels:
    return without_residuals(Labels.of(like(data, valid), surrogate.scaling), residuals)


def chosen(
    optimiser: Optimiser | None,
    feed: Whole | Parts,
    network: eqx.Module,
    loss: SobolevLoss,
    whole: bool,
) -> tuple[Optimiser, str]:
    """The optimiser and a sentence about it: the given one, or by `choose_optimiser`."""
    if optimiser is not None:
        check_optimiser(optimiser)
        return optimiser, type(optimiser).__name__
    if not whole:
        return Adam(1e-3, batch_size=256), "Adam in batches of 256: the file is read in parts."
    return choose_optimiser(
        parameters=size(network),
        residuals=sum(present(feed, loss).values()),
        rows=len(feed.labels.x),
        noisy=bool(feed.data.noise),
    )


def without_zeros(
    loss: SobolevLoss, weighting: Scheme, labels: Labels
) -> tuple[SobolevLoss, Scheme]:
    """Terms whose weight is 0 for ever are left out, so that they are not even computed."""
    check_scheme("weighting", weighting)
    if not (weighting.constant and weighting.told_about_terms):
        return loss, weighting
    weights = np.asarray(weighting.init(_signals(loss, labels)))
    if not (weights == 0).any() or not weights.any():
        return loss, weighting
    return loss.only(weights != 0), Fixed(_constant(tuple(weights[weights != 0].tolist())))


def present(feed: Whole | Parts, loss: SobolevLoss) -> dict:
    """How many labels each entry of the loss has."""
    labels, equations = feed.data.labels(), iter(feed.equations)
    return {
        entry: next(equations)
        if entry.kind == "operator"
        else int(np.sum(~np.isnan(labels[entry.kind][(slice(None), *entry.index)])))
        for entry in loss.entries
    }


@eqx.filter_jit
def _signals(loss: SobolevLoss, labels: Labels) -> Array:
    return loss.signals(labels)


@lru_cache(maxsize=64)
def _constant(weights: tuple[float, ...]):
    """The same function for the same numbers: compiled code is found again by its identity."""
    return lambda energies: jnp.asarray(weights, energies.dtype)


def _record_epochs(epochs: int, records: int | Sequence[int], visits: int) -> np.ndarray:
    """In epochs of the optimiser, of which a pass over the data has `visits`."""
    if not isinstance(records, int | np.integer):
        return visits * np.unique([0, *records, epochs])
    last = epochs * visits
    return np.unique(np.linspace(0, last, min(records, last) + 1).round().astype(int))
