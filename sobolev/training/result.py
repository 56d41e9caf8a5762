"""What a fit gives back, and what it tells while it runs."""

from dataclasses import dataclass

import numpy as np

from sobolev.surrogate import Surrogate
from sobolev.training.loop.course import Course
from sobolev.training.loop.job import Job
from sobolev.training.notes import Note
from sobolev.training.outcome import Ending, Outcome
from sobolev.training.recording.history import History


@dataclass(frozen=True)
class Fit:
    """What training gave: the trained `surrogate`, its `history`, and how it ended.

    `ending` is an `Outcome` with its numbers; `result` is its sentence: "finished", "converged",
    "stopped …" with the reason, or what went wrong. `rejected` counts steps that were not taken
    because they were not finite. The surrogate is that of epoch `best_epoch`: with validation data
    the record with the smallest validation error, else the last record at which every loss was
    finite. `optimiser` says what trained it, and why when it was chosen by cost; `notes` are about
    the data: what the check of the derivatives saw, and whether the network is in danger of
    learning the noise.

    ```python
    if fitted.outcome is not Outcome.FINISHED:
        print(fitted.result)
    ```
    """

    surrogate: Surrogate
    history: History
    ending: Ending
    rejected: int
    best_epoch: int = 0
    optimiser: str = ""
    notes: tuple[Note, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """Which way it ended."""
        return self.ending.outcome

    @property
    def result(self) -> str:
        """How it ended, in words."""
        return str(self.ending)

    @property
    def good(self) -> bool:
        """Whether training ended as it should."""
        return self.outcome.good


@dataclass(frozen=True)
class Progress:
    """What a progress display is told at each record.

    `seconds` of training so far (wall); `saved` is the epoch up to which a checkpoint keeps the
    work, −1 without one.
    """

    epoch: int
    epochs: int
    terms: tuple[str, ...]
    loss: np.ndarray
    weight: np.ndarray
    valid_error: float
    seconds: float = 0.0
    saved: int = -1

    @classmethod
    def of(cls, course: Course, job: Job, saved: int) -> "Progress":
        """At the last record of a course."""
        last = course.tracks[0].records[-1]
        return cls(
            int(last.epoch),
            job.epochs,
            job.watched.train.names,
            last.loss,
            last.weight,
            float(last.valid_error),
            course.seconds,
            saved,
        )
