"""What a fit gives back, and what it tells while it runs."""

from dataclasses import dataclass, field

import numpy as np

from sobolev.surrogate import Surrogate
from sobolev.training.loop.course import Course
from sobolev.training.loop.job import Job
from sobolev.training.notes import Note
from sobolev.training.outcome import Ending, Outcome
from sobolev.training.recording.history import History
from sobolev.work.progress import Progress


@dataclass(frozen=True)
class Fit:
    """What training gave: the trained `surrogate`, its `history`, and how it ended.

    `ending` is an `Outcome` with its numbers; `result` is its sentence: "finished", "converged",
    "stopped …" with the reason, or what went wrong. `rejected` counts steps that were not taken
    because they were not finite. The surrogate is that of epoch `best_epoch`: with validation data
    the record with the smallest validation error, else the last record at which every loss was
    finite, or, with equations, the one where these are met best away from their points (`Stop`).
    `optimiser` says what trained it, and why when it was chosen by cost; `notes` are about the
    data: what the check of the derivatives saw, and whether the network is in danger of learning
    the noise; and about the solution of equations. `evidence`: log p(labels) in nats, without a
    constant, where the optimiser knows it, to compare trainings on the same labels; None elsewhere.
    `fresh_residual`: the mean square of the residuals of equations at points on which they were
    not trained, in units of their scale, NaN without any. Where an integral fell between its
    points, or without an end, `ending` says so: that is no success, however the training ended.

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
    evidence: float | None = None
    fresh_residual: float = np.nan

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
class TrainingProgress(Progress):
    """The `Progress` of a training at a record: `done` of `total` epochs, and what was recorded.

    `seconds` of training so far (wall); `saved` is the epoch up to which a checkpoint keeps the
    work, −1 without one; `text` says the validation error and the first terms.
    """

    terms: tuple[str, ...] = ()
    loss: np.ndarray = field(default_factory=lambda: np.zeros(0))
    weight: np.ndarray = field(default_factory=lambda: np.zeros(0))
    valid_error: float = np.nan
    seconds: float = 0.0
    saved: int = -1

    @property
    def epoch(self) -> int:
        """Epochs that are done."""
        return self.done

    @property
    def epochs(self) -> int:
        """Epochs that were asked for."""
        return self.total

    @classmethod
    def of(cls, course: Course, job: Job, saved: int) -> "TrainingProgress":
        """At the last record of a course."""
        last, names = course.tracks[0].records[-1], job.watched.train.names
        error = float(last.valid_error)
        known = ~np.isnan(last.fresh_loss) & job.watched.train.squares
        fresh = last.fresh_loss[known]
        return cls(
            "epochs",
            int(last.epoch),
            job.epochs,
            _text(error, fresh, names, last.loss, last.weight),
            names,
            last.loss,
            last.weight,
            error,
            course.seconds,
            saved,
        )


def _text(
    error: float,
    fresh: np.ndarray,
    names: tuple[str, ...],
    losses: np.ndarray,
    weights: np.ndarray,
    most: int = 4,
) -> str:
    """Validation error, residual at fresh points, then loss and weight of the first terms."""
    said = [] if error != error else [f"validation error {error:.2%}"]
    said += [f"fresh residual {2 * np.mean(fresh):.1e}"] if fresh.size else []
    terms = list(zip(names, losses, weights, strict=True))
    said += [f"{name} {loss:.1e} x {weight:.3g}" for name, loss, weight in terms[:most]]
    return " | ".join(said + (["..."] if len(terms) > most else []))
