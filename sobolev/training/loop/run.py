"""The training itself, of one network or of a team: from record to record, interruptible."""

import signal
from collections.abc import Callable
from dataclasses import dataclass, replace

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from sobolev._base.errors import again
from sobolev.training.loop import epochs
from sobolev.training.loop.checkpoint_file import CheckpointFile
from sobolev.training.loop.course import Course, Track
from sobolev.training.loop.has_ended import ending_of
from sobolev.training.loop.interrupt import Interrupted, Requests
from sobolev.training.loop.job import Job
from sobolev.training.recording.record import Record, Source, taken
from sobolev.training.recording.recorder import Recorder
from sobolev.training.settings.checkpoint import Checkpoint

PIECE = 0.25  # s of training between two looks at the clock and at signals


def run(
    job: Job,
    starts: Float[Array, "m P"] | None = None,
    kept_in: Checkpoint | None = None,
    recorder: Recorder | None = None,
    tell: Callable[[Course, int], object] | None = None,
) -> Course:
    """The course of a training to its end, from where the checkpoint is if there is one.

    **Arguments:** `starts`, the parameters of each member of a team, None for one training, which
    starts from its network; `recorder` is told of each record, `tell(course, saved)` too, with the
    epoch up to which a checkpoint holds it. Raises `Interrupted`, `OutputError`, `DataError`,
    `CorruptFile`.
    """
    fingerprint = {} if kept_in is None else job.fingerprint()
    asks = Requests(kept_in is not None)
    with CheckpointFile(kept_in, fingerprint) as checkpoint, asks as asked:
        course = checkpoint.read(None if kept_in is None else job.shapes())
        if course is None:
            state = epochs.start(job.task, job.optimiser, starts)
            course = Course(state, [Track() for _ in range(1 if starts is None else len(starts))])
            _record(job, course)
            checkpoint.save(course)  # refused now, not after hours of work
        running = _Run(job, course, checkpoint, asked, recorder, tell)
        running.to_the_end()
    return course


@dataclass
class _Run:
    """A training in progress, and who is told of it."""

    job: Job
    course: Course
    checkpoint: CheckpointFile
    asked: Requests
    recorder: Recorder | None
    tell: Callable[[Course, int], object] | None
    pace: int = 1  # epochs between two looks at the clock

    def to_the_end(self) -> None:
        """Until every member has ended."""
        first, goes_on = self.course.tracks[0], not self.course.ended
        if self.recorder is not None:
            self.recorder.begin(self.job.watched.train.names, first.records)
        if goes_on:
            self.leave_if_asked()
            with self.job.feed.reading():
                while not self.settled():
                    self.to_the_next_record()
            self.checkpoint.try_save(self.course)
        if self.recorder is not None and first.ending is not None:
            self.recorder.end(first.ending)

    def settled(self) -> bool:
        """Whether all have ended, as their last records show; what has ended stays as it is."""
        for member, track in enumerate(self.course.tracks):
            if track.ending is None:
                track.ending = ending_of(self.job, self.course, member)
        return self.course.ended

    def to_the_next_record(self) -> None:
        """As many pieces as it takes, and the record."""
        job, course = self.job, self.course
        ahead = int(job.plan[job.plan > course.recorded][0])
        while course.epoch < ahead and not job.stop.late(course.seconds, course.cpu_seconds):
            self.advance(ahead - course.epoch)
            self.leave_if_asked()
            self.checkpoint.save_if_due(course)
        _record(job, course)
        self.checkpoint.save_if_due(course)
        if self.recorder is not None:
            self.recorder.add(course.tracks[0].records[-1])
        if self.tell is not None:
            self.tell(course, self.checkpoint.saved)
        self.leave_if_asked()

    def advance(self, most: int) -> None:
        """Some epochs in one call of compiled code, so many that it takes about `PIECE`."""
        job, course, before = self.job, self.course, self.course.seconds
        loss, good = job.feed.ahead(job.task.loss, course.epoch, most)
        piece = min(self.pace, good)
        with course.clock():
            state = epochs.advance(
                replace(job.task, loss=loss), job.optimiser, course.state, jnp.asarray(piece)
            )
            course.state = jax.block_until_ready(state)
        took = max(course.seconds - before, 1e-6)
        faster = 2 * piece if piece == self.pace else self.pace
        self.pace = max(1, min(faster, int(piece * PIECE / took)))

    def leave_if_asked(self) -> None:
        """Save and raise `Interrupted` when a signal has come."""
        if not self.asked.signal:
            return
        self.checkpoint.try_save(self.course)
        saved, path = self.checkpoint.saved, self.checkpoint.path
        raise Interrupted(
            again(f"{saved} of {self.job.epochs} epochs are kept in {path}"),
            signal.Signals(self.asked.signal),
        )


def _record(job: Job, course: Course) -> None:
    """A record of the present state for each member that has not ended."""
    state, place = course.state, job.place
    terms = {
        name: np.where(place >= 0, np.asarray(values)[..., place], 0.0)
        for name, values in taken(Source.TERMS, state).items()
    }
    weights, trained = jnp.asarray(terms["weight"]), jnp.asarray(place >= 0)
    found = epochs.measure(job.watched, job.task.network, state.θ, weights, trained, state.drawn)
    found = terms | {n: np.asarray(a) for n, a in (taken(Source.STATE, state) | found).items()}
    clocks = {name: np.asarray(value) for name, value in taken(Source.CLOCK, course).items()}
    for member, track in enumerate(course.tracks):
        if track.ending is None:
            own = {name: course.of(values, member) for name, values in found.items()}
            record = Record(**own, **clocks)
            error = job.judge(record, track.records[0] if track.records else record)
            track.add(record, course.of(state.θ, member), error)
