"""By what one number a record is better than another."""

import numpy as np

from sobolev.training.recording.record import Record


def judged(record: Record, first: Record) -> float:
    """What is chosen and stopped by: the less the better; NaN where there is nothing to tell by.

    The validation error, where there is one: it is the error itself, while a small residual may
    belong to another solution. Else, where an equation was measured at points on which it is not
    trained, Σ_k w_k L_k with L_k there. The other terms count as they are trained: a residual is
    smallest for the wrong solution as long as its conditions are not met. The weights are those of
    the `first` record, so that weights that move do not decide.
    """
    error = float(record.valid_error)
    if np.isfinite(error) or not np.isfinite(record.fresh_loss).any():
        return error
    there = np.where(np.isnan(record.fresh_loss), record.loss, record.fresh_loss)
    return float(np.sum(np.where(first.weight == 0, 0.0, first.weight * there)))


def by_what(record: Record) -> str:
    """The name of that number."""
    if np.isfinite(record.valid_error):
        return "validation error"
    return "loss at points it is not trained on"
