"""The training itself: from record to record, interruptible, resumable, reproducible."""

import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from sobolev._base.arguments import shown
from sobolev._base.errors import ConfigError, again
from sobolev._base.precision import require_x64
from sobolev.data.dataset import Dataset
from sobolev.losses.labels import Labels
from sobolev.losses.residual import Residual, with_operators, without_residuals
from sobolev.losses.sobolev_loss import SobolevLoss
from sobolev.networks.activations import check_activation
from sobolev.networks.parameters import size, unflatten_on_host
from sobolev.optimisers.protocol import Optimiser, Task
from sobolev.surrogate import Surrogate
from sobolev.training import compiled
from sobolev.training.checkpoint import Checkpoint
from sobolev.training.checkpoint_file import CheckpointFile
from sobolev.training.checks import check_names, check_settings, like, of_kind
from sobolev.training.compatibility import check_weighting
from sobolev.training.course import Course, Record
from sobolev.training.feed import Parts, Rows, Whole, feed_of
from sobolev.training.fingerprint import digest, versions
from sobolev.training.interrupt import Interrupted, Requests
from sobolev.training.notes import data_notes
from sobolev.training.outcome import Ending, Outcome
from sobolev.training.placement import Placement
from sobolev.training.point_weights import point_weighting
from sobolev.training.preparation import chosen, present, without_zeros
from sobolev.training.renamed import with_old_names
from sobolev.training.result import Fit, Progress
from sobolev.training.stop import Stop
from sobolev.weighting.points.protocol import PointRule
from sobolev.weighting.protocol import Scheme
from sobolev.weighting.schemes.fixed.fixed import InverseEnergy

PIECE = 0.25  # s of training between two looks at the clock and at signals


def fit(
    surrogate: Surrogate,
    train: Dataset | Rows,
    valid: Dataset | None = None,
    *,
    loss: SobolevLoss | None = None,
    residuals: Sequence[Residual] = (),
    weighting: Scheme | None = None,
    point_weights: PointRule | None = None,
    optimiser: Optimiser | None = None,
    epochs: int = 1000,
    records: int | Sequence[int] = 100,
    seed: int = 0,
    stop: Stop | None = None,
    checkpoint: Checkpoint | str | os.PathLike | None = None,
    placement: Placement | None = None,
    check: bool = True,
    progress: Callable[[Progress], None] | None = None,
    **old: Any,
) -> Fit:
    """Train a surrogate on values and derivatives.

    Minimises Σ_k w_k L_k, L_k = ½ mean r_k² in scaled units, the weights w_k by `weighting`.

    **Arguments:**
    - `train`, `valid`: data; validation errors are recorded, never trained on. `train` may be a
      file that is too large for memory, `open_rows("big.h5")`: it is read in parts, and the epochs
      of the history are such parts.
    - `loss`: the terms to train on; default every value and derivative in `train`.
      `SobolevLoss.of(train, order=0)` trains on values only.
    - `residuals`: differential equations, each a further term with points of its own (`Residual`).
    - `weighting` (default `InverseEnergy()`, `docs/how-to-choose.md` says why); a term whose
      `Fixed` weight is 0 is not computed.
    - `point_weights`: weights inside the terms, one for each residual in each row, for first-order
      steps on all rows; the history is of the losses without them.
    - `optimiser`: by default chosen by cost, `choose_optimiser`; `Fit.optimiser` says which.
    - `epochs`: passes over the data; with full-batch optimisers: steps.
    - `records`: at how many evenly spaced epochs the history is taken, or at which.
    - `seed` decides the order of the mini-batches; `progress` is called at each record.
    - `stop`: `Stop(patience, seconds, keep_best)`, when to end before, and what to return: by
      default the best record where there are validation data, else the last.
    - `placement`: `Placement(part, devices)`, how much of a file is in memory, and where.
    - `check`: compare the derivatives with the values around them first (`sobolev.check`); what was
      seen is in `Fit.notes`, a wrong derivative is also a warning.
    - `checkpoint`: `Checkpoint(path, every)` or a path: a file that keeps the whole training. The
      same call with the same file continues where the last one ended, however it ended, to the same
      bits; a finished one returns at once. Ctrl-C and SIGTERM save, then raise `Interrupted` (a
      `KeyboardInterrupt`).
    - `old`: `patience`, `seconds`, `keep`, `every`, `part`, `devices`, `points`, as these were
      named before; they warn, and go with the next version.

    Same seed and same kind of machine: the same bits. Raises `ConfigError`, `DataError`,
    `PrecisionError`; with a checkpoint also `OutputError` and `CorruptFile`.

    ```python
    fitted = fit(surrogate, train, valid, epochs=5000, stop=Stop(patience=500))
    ```
    """
    require_x64("training on derivatives")
    check_names(surrogate, train, valid)
    stop, kept_in, placement, point_weights = with_old_names(
        of_kind("stop", stop, Stop), _kept_in(checkpoint),
        of_kind("placement", placement, Placement), point_weights, old,
    )  # fmt: skip
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
    watched = compiled.Watched(monitored, task.labels, seen)
    job = _Job(task, feed, optimiser, watched, plan, stop)
    course, ending = _run(job, kept_in, progress)
    kept = course.best if stop.keep_best and course.best is not None else course.finite
    θ, epoch = (course.state.θ, course.epoch) if kept is None else (kept.θ, kept.epoch)
    return Fit(
        replace(surrogate, network=unflatten_on_host(task.network, np.asarray(θ))),
        course.history(monitored.names),
        ending,
        int(course.state.rejected),
        int(epoch),
        why,
        notes,
    )


def _kept_in(checkpoint: Checkpoint | str | os.PathLike | None) -> Checkpoint | None:
    if isinstance(checkpoint, str | os.PathLike):
        return Checkpoint(checkpoint)
    if not isinstance(checkpoint, Checkpoint | None):
        raise ConfigError(f"checkpoint takes a path or a Checkpoint(...): got {shown(checkpoint)}.")
    return checkpoint


def _seen(
    surrogate: Surrogate, data: Dataset, valid: Dataset, residuals: Sequence[Residual]
) -> Labels:
    return without_residuals(Labels.of(like(data, valid), surrogate.scaling), residuals)


@dataclass(frozen=True)
class _Job:
    """What stays the same during a training."""

    task: Task
    feed: Whole | Parts
    optimiser: Optimiser
    watched: compiled.Watched
    plan: np.ndarray
    stop: Stop

    @property
    def epochs(self) -> int:
        return int(self.plan[-1])

    @property
    def place(self) -> np.ndarray:
        """Where each recorded term stands among those of the loss; −1: not trained on."""
        loss = self.task.loss
        place = dict(zip(loss.entries, loss.term_of.tolist(), strict=True))
        return np.array([place.get(term.entries[0], -1) for term in self.watched.loss.terms])

    def fingerprint(self) -> dict[str, object]:
        """What must be the same for a checkpoint to belong to this training."""
        task, watched = self.task, self.watched
        return {
            "training data": digest(task.labels),
            "validation data": digest(watched.valid),
            "loss": digest((task.loss, watched.loss)),
            "network": digest(task.network),
            "weighting": digest(
                task.weighting if task.points is None else (task.weighting, task.points)
            ),
            "optimiser": digest(self.optimiser),
            "epochs": self.epochs,
            "parts": self.feed.visits,
            "records": digest(self.plan),
            "patience": self.stop.patience,
            "seconds": self.stop.seconds,
            "seed": digest(task.key),
            **versions(),
        }


def _run(job: _Job, kept_in: Checkpoint | None, progress) -> tuple[Course, Ending]:
    fingerprint = {} if kept_in is None else job.fingerprint()
    asks = Requests(kept_in is not None)
    with CheckpointFile(kept_in, fingerprint) as checkpoint, asks as asked:
        shapes = None if kept_in is None else compiled.shapes(job.task, job.optimiser)
        course = checkpoint.read(shapes)
        if course is None:
            course = Course(compiled.start(job.task, job.optimiser))
            course.add(_record(job, course))
            checkpoint.save(course)  # refused now, not after hours of work
        if course.ending is None:
            _leave_if_asked(job, course, checkpoint, asked)
            with job.feed.reading():
                course.ending = _train(job, course, checkpoint, asked, progress)
            checkpoint.try_save(course)
    return course, course.ending


def _train(
    job: _Job, course: Course, checkpoint: CheckpointFile, asked: Requests, progress
) -> Ending:
    pace = 1
    while (ending := _ending(job, course)) is None:
        ahead = job.plan[job.plan > course.records[-1].epoch][0]
        while course.epoch < ahead and not job.stop.late(course.seconds):
            before = course.seconds
            labels, good = job.feed.ahead(course.epoch, int(ahead) - course.epoch)
            task, piece = replace(job.task, labels=labels), min(pace, good)
            with course.clock():
                state = compiled.advance(task, job.optimiser, course.state, jnp.asarray(piece))
                course.state = jax.block_until_ready(state)
            took = max(course.seconds - before, 1e-6)
            pace = max(1, min(2 * piece if piece == pace else pace, int(piece * PIECE / took)))
            _leave_if_asked(job, course, checkpoint, asked)
            checkpoint.save_if_due(course)
        course.add(_record(job, course))
        checkpoint.save_if_due(course)
        if progress is not None:
            progress(_progress(job, course, checkpoint))
        _leave_if_asked(job, course, checkpoint, asked)
    return ending


def _record(job: _Job, course: Course) -> Record:
    state, place = course.state, job.place
    weight, change = (
        np.where(place >= 0, np.asarray(a)[place], 0.0) for a in (state.weights, state.weight_step)
    )
    measured = compiled.measure(
        job.watched, job.task.network, state.θ, jnp.asarray(weight), jnp.asarray(place >= 0)
    )
    return Record(
        epoch=course.epoch,
        step=int(state.step),
        weight=weight,
        weight_step=change,
        rejected=int(state.rejected),
        seconds=course.seconds,
        cpu_seconds=course.cpu_seconds,
        **{name: np.asarray(value) for name, value in measured._asdict().items()},
    )


def _leave_if_asked(job: _Job, course: Course, checkpoint: CheckpointFile, asked: Requests) -> None:
    if not asked.signal:
        return
    checkpoint.try_save(course)
    raise Interrupted(
        again(f"{checkpoint.saved} of {job.epochs} epochs are kept in {checkpoint.path}"),
        signal.Signals(asked.signal),
    )


def _progress(job: _Job, course: Course, checkpoint: CheckpointFile) -> Progress:
    last = course.records[-1]
    return Progress(
        last.epoch,
        job.epochs,
        job.watched.loss.names,
        last.loss,
        last.weight,
        float(last.valid_error),
        course.seconds,
        checkpoint.saved,
    )


def _ending(job: _Job, course: Course) -> Ending | None:
    """How the training ended, as the last record shows it; None while it goes on."""
    last, state, best = course.records[-1], course.state, course.best
    over = last.epoch >= job.epochs
    converged = bool(state.converged) and last.epoch > 0
    late = job.stop.late(course.seconds) and last.epoch == course.epoch
    stale = job.stop.stale(last.epoch - (best.epoch if best else 0))
    if not (over or converged or late or stale):
        return None
    # What went wrong is told first, whatever ended the training.
    if not np.all(np.isfinite(course.records[0].loss)):
        return Ending(Outcome.NOT_FINITE_AT_THE_START)
    if not np.all(np.isfinite(last.loss)):
        return Ending(Outcome.NOT_FINITE, {"epoch": last.epoch})
    if converged:
        return Ending(Outcome.CONVERGED)
    if last.rejected:
        return Ending(Outcome.REJECTED, {"rejected": int(last.rejected), "step": int(last.step)})
    if over:
        return Ending(Outcome.FINISHED)
    if stale and best and job.stop.patience is not None:
        numbers = {"patience": job.stop.patience, "error": best.error, "epoch": best.epoch}
        return Ending(Outcome.STOPPED_EARLY, numbers)
    return Ending(Outcome.OUT_OF_TIME, {"seconds": course.seconds, "epoch": last.epoch})


def _record_epochs(epochs: int, records: int | Sequence[int], visits: int) -> np.ndarray:
    """In epochs of the optimiser, of which a pass over the data has `visits`."""
    if not isinstance(records, int | np.integer):
        return visits * np.unique([0, *records, epochs])
    last = epochs * visits
    return np.unique(np.linspace(0, last, min(records, last) + 1).round().astype(int))
