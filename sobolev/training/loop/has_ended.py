"""Whether a training has ended, and how, as its last record shows it."""

import numpy as np

from sobolev.training.loop.course import Course
from sobolev.training.loop.job import Job
from sobolev.training.loop.judged import by_what
from sobolev.training.outcome import Ending, Outcome


def ending_of(job: Job, course: Course, member: int = 0) -> Ending | None:
    """How the training of one member ended; None while it goes on."""
    track, stop = course.tracks[member], job.stop
    first, last, best = track.records[0], track.records[-1], track.best
    epoch = int(last.epoch)
    over = epoch >= job.epochs
    converged = bool(course.of(course.state.converged, member)) and epoch > 0
    late = stop.late(course.seconds, course.cpu_seconds) and epoch == course.epoch
    stale = stop.stale(epoch - (best.epoch if best else 0))
    if not (over or converged or late or stale):
        return None
    # What went wrong is told first, whatever ended the training.
    if not np.all(np.isfinite(first.loss)):
        return Ending(Outcome.NOT_FINITE_AT_THE_START)
    if not np.all(np.isfinite(last.loss)):
        return Ending(Outcome.NOT_FINITE, {"epoch": epoch})
    if converged:
        return Ending(Outcome.CONVERGED)
    if last.rejected:
        return Ending(Outcome.REJECTED, {"rejected": int(last.rejected), "step": int(last.step)})
    if over:
        return Ending(Outcome.FINISHED)
    if stale and best and stop.patience is not None:
        what = by_what(last)
        numbers = {
            "what": what,
            "patience": stop.patience,
            "error": best.error,
            "epoch": best.epoch,
        }
        return Ending(Outcome.STOPPED_EARLY, numbers)
    by_cpu = stop.seconds is None or course.seconds < stop.seconds
    seconds, unit = (course.cpu_seconds, "CPU s") if by_cpu else (course.seconds, "s")
    return Ending(Outcome.OUT_OF_TIME, {"seconds": seconds, "unit": unit, "epoch": epoch})
