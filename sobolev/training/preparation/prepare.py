"""What is decided once before a training: which terms have weights, and who optimises."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from sobolev._base.compiled import SELDOM, compiled
from sobolev.data.dataset import Dataset
from sobolev.data.undetermined import said
from sobolev.kriging.noise import NoiseSeen
from sobolev.losses.equations.as_before import Residual
from sobolev.losses.labelled.labelled import Labelled
from sobolev.losses.labelled.sobolev_loss import SobolevLoss
from sobolev.losses.view import ScalingArrays, View
from sobolev.networks.parameters import flatten, size, unflatten_on_host
from sobolev.optimisers.choose import choose_optimiser
from sobolev.optimisers.first_order.first_order import Adam
from sobolev.optimisers.fresh_points import drawn_before
from sobolev.optimisers.optimiser import Optimiser, Task
from sobolev.surrogate import Surrogate
from sobolev.training.feed import Rows, Whole, feed_of
from sobolev.training.fresh_residual import fresh_residual, notes_after
from sobolev.training.loop.course import Course
from sobolev.training.loop.epochs import Watched
from sobolev.training.loop.job import Job
from sobolev.training.noise import is_noisy, noise_of
from sobolev.training.notes import (
    Kind,
    Note,
    data_notes,
    notes_on_constants,
    notes_on_range,
)
from sobolev.training.outcome import Ending, Outcome
from sobolev.training.preparation.checks import (
    check_names,
    check_settings,
    check_smoothness,
    like,
    with_all_outputs,
)
from sobolev.training.preparation.compatibility import (
    check_blocks,
    check_optimiser,
    check_weighting,
)
from sobolev.training.preparation.conditions import notes_on_conditions
from sobolev.training.preparation.elsewhere import (
    notes_on_points_outside,
    notes_on_unmeasured,
    points_elsewhere,
)
from sobolev.training.preparation.left_open import constant_inputs, left_open
from sobolev.training.preparation.parts import notes_on_parts
from sobolev.training.preparation.point_weights import point_weighting
from sobolev.training.recording.history import History
from sobolev.training.result import Fit
from sobolev.training.settings.placement import Placement
from sobolev.training.settings.stop import Stop
from sobolev.training.trained_and_watched import Part, Posed
from sobolev.weighting.points.point_rule import PointRule
from sobolev.weighting.scheme import Scheme
from sobolev.weighting.schemes.fixed.fixed import Fixed, InverseEnergy, Unweighted
from sobolev.weighting.settings import check_scheme


@dataclass(frozen=True)
class Prepared:
    """A job, in words who optimises and why, notes on the data, and what these leave open."""

    job: Job
    optimiser: str
    notes: tuple[Note, ...]
    undetermined: tuple[str, ...]

    def result(self, surrogate: Surrogate, course: Course, member: int = 0) -> Fit:
        """What became of a surrogate whose course is at its end."""
        track, state = course.tracks[member], course.state
        best = track.best if self.job.stop.keep_best and track.best is not None else track.finite
        θ, epoch = (course.of(state.θ, member), course.epoch) if best is None else best[:2]
        ending = track.ending
        assert ending is not None  # the loop ends when all members have
        network = unflatten_on_host(surrogate.network, np.asarray(θ))
        evidence = self.job.optimiser.evidence(state)
        trained = replace(surrogate, network=network, undetermined=self.undetermined)
        history = History.of(self.job.watched.train.names, track.records)
        at = int(np.searchsorted(history.epoch, epoch))
        converged = ending.outcome is Outcome.CONVERGED
        notes = notes_after(self.job.watched, surrogate, trained, history, at, converged)
        for note in notes:
            if note.kind is Kind.NO_MINIMUM and ending.outcome.good:
                told = {"ended": str(ending), "sentence": note.sentence}
                ending = Ending(Outcome.NO_MINIMUM, told)
        return Fit(
            trained,
            history,
            ending,
            int(track.records[-1].rejected),
            int(epoch),
            self.optimiser,
            self.notes + notes,
            None if evidence is None else float(course.of(evidence, member)),
            fresh_residual(self.job.watched, history, at),
        )


def prepare(
    surrogate: Surrogate,
    train: Rows | Part | Sequence[Part],
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

    The order is that of the arguments of `fit`: what is no surrogate, data or block; terms, epochs
    and records; a network without the derivatives asked for; then the optimiser on these blocks,
    the weighting with this optimiser, and weights of points with both; stopping.
    """
    if isinstance(surrogate, Surrogate):
        train, valid = with_all_outputs(surrogate, train, valid)
    check_names(surrogate, train, valid)
    feed = feed_of(train, surrogate.scaling, loss, placement, seed, residuals)
    posed, whole, named = feed.posed, isinstance(feed, Whole), optimiser is not None
    check_settings(epochs, records)
    check_smoothness(posed.loss, surrogate)
    weighted = weighting is not None
    weighting = InverseEnergy() if weighting is None else weighting
    check_scheme("weighting", weighting)
    weighting = weighting.told(posed.loss.names)
    key, scaling = jax.random.key(seed), ScalingArrays.of(surrogate.scaling)
    task = without_zeros(Task(surrogate.network, posed.loss, weighting, key, scaling))
    equations = not all(isinstance(block, Labelled) for block in task.loss.blocks)
    fixed = named or weighted or equations or not whole or point_weights is not None
    noise = None if fixed else noise_of(posed.data)
    optimiser, why = chosen(optimiser, posed, task, whole, fixed, noise)
    feed.check(optimiser)
    check_blocks(task.loss, optimiser, surrogate.inputs)
    check_weighting(task.weighting, optimiser, named, task.loss, weighted)
    points = point_weighting(point_weights, optimiser, task, whole, surrogate.inputs)
    task = replace(task, points=points)
    labels = sum(block.count for block in task.loss.blocks)
    checked = check and not posed.slopes.isdisjoint(task.loss.names)
    open_ = left_open(surrogate, posed, task.loss, whole)
    notes = data_notes(posed.data, size(task.network), labels, checked, noise)
    if equations:
        notes += notes_on_range(surrogate)
    else:
        constant = constant_inputs(surrogate.scaling, posed, whole)
        notes += notes_on_constants(surrogate, posed.data, constant, whole)
    notes += tuple(Note(Kind.UNDETERMINED, text) for text in said(open_, surrogate.outputs))
    seen = None if valid is None else _seen(surrogate, posed, valid)
    elsewhere = points_elsewhere(posed.watched, View.of(surrogate))
    notes += notes_on_unmeasured(posed.watched, elsewhere)
    notes += notes_on_points_outside(posed.watched, elsewhere, surrogate)
    if equations:
        notes += notes_on_conditions(posed, surrogate, elsewhere)
        notes += notes_on_parts(posed, surrogate, elsewhere)
    evidence = any(step.weighs for step in optimiser.steps())
    stop.check(valid is not None or (bool(elsewhere) and not evidence))
    plan = _record_epochs(epochs, records, feed.visits)
    watched = Watched(posed.watched, seen, scaling, elsewhere)
    return Prepared(Job(task, feed, optimiser, watched, plan, stop), why, notes, open_)


def _seen(surrogate: Surrogate, posed: Posed, valid: Dataset) -> Labelled:
    """The terms of the first data set that is trained on, or else of the validation data."""
    if not posed.data:
        return Labelled.of(valid, surrogate.scaling)
    data = posed.data[0]
    return Labelled.of(like(data, valid), surrogate.scaling, SobolevLoss.of(data))


def chosen(
    optimiser: Optimiser | None,
    posed: Posed,
    task: Task,
    whole: bool,
    weighted: bool = False,
    noise: NoiseSeen | None = None,
) -> tuple[Optimiser, str]:
    """The optimiser and a sentence about it: the given one, or by `choose_optimiser`."""
    if optimiser is not None:
        check_optimiser(optimiser)
        return optimiser, type(optimiser).__name__
    if not whole:
        return Adam(1e-3, batch_size=256), "Adam in batches of 256: the file is read in parts."
    blocks = task.loss.blocks
    return choose_optimiser(
        parameters=size(task.network),
        residuals=sum(block.count for block in blocks),
        rows=sum(block.rows for block in blocks),
        batchable=all(block.rowwise for block in blocks),
        least_squares=all(block.least_squares for block in blocks),
        estimated=any(block.estimated for block in blocks),
        noisy=is_noisy(noise) or (noise is None and any(data.noise for data in posed.data)),
        weighted=weighted,
    )


def without_zeros(task: Task) -> Task:
    """Terms whose weight is 0 for ever are left out, so that they are not even computed."""
    loss, weighting = task.loss, task.weighting
    check_scheme("weighting", weighting)
    if not (weighting.constant and weighting.told_about_terms):
        return task
    anonymous = replace(task, weighting=Unweighted())  # another weighting compiles nothing anew
    weights = np.asarray(weighting.init(_signals(anonymous)))
    if not (weights == 0).any() or not weights.any():
        return task
    fewer = loss.only(weights != 0)
    weights = weights[np.isin(loss.names, fewer.names)]
    return replace(task, loss=fewer, weighting=Fixed(_constant(tuple(weights.tolist()))))


@compiled(SELDOM)
def _signals(task: Task) -> Array:
    return task.loss.signals(task.loss.batches(drawn_before(task, flatten(task.network))))


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
