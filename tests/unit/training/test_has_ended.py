"""Which way a training ended, from its records: what went wrong is told before what ended it."""

from types import SimpleNamespace

import numpy as np
import pytest

from sobolev import Stop
from sobolev.training import Outcome
from sobolev.training.loop.course import Course, Kept, Track
from sobolev.training.loop.has_ended import ending_of

NAN = float("nan")


def ending(
    losses,
    *,
    epoch=4,
    of=4,
    converged=False,
    rejected=0,
    stop=None,
    seconds=0.0,
    best=None,
    cpu=0.0,
):
    """Of a training with a record at epoch 0 and one at `epoch`, which is as far as it is."""
    records = [
        SimpleNamespace(epoch=e, step=3 * e, rejected=r, loss=np.array([loss]), valid_error=0.5)
        for e, r, loss in zip((0, epoch), (0, rejected), losses, strict=True)
    ]
    kept = None if best is None else Kept(np.zeros(1), best, 0.5)
    state = SimpleNamespace(
        epoch=np.array(epoch), step=np.array(3 * epoch), converged=np.array(converged)
    )
    course = Course(state, [Track(records, best=kept)], seconds, cpu)
    return ending_of(SimpleNamespace(stop=stop or Stop(), epochs=of), course)


@pytest.mark.parametrize(
    "how, outcome, numbers",
    [
        ({}, Outcome.FINISHED, {}),
        ({"converged": True, "of": 9}, Outcome.CONVERGED, {}),
        ({"converged": True, "rejected": 2}, Outcome.CONVERGED, {}),
        ({"rejected": 2}, Outcome.REJECTED, {"rejected": 2, "step": 12}),
        ({"stop": Stop(seconds=1.0), "seconds": 1.5, "of": 9}, Outcome.OUT_OF_TIME,
         {"seconds": 1.5, "unit": "s", "epoch": 4}),
        ({"stop": Stop(seconds=9.0, cpu_seconds=1.0), "cpu": 1.2, "of": 9}, Outcome.OUT_OF_TIME,
         {"seconds": 1.2, "unit": "CPU s", "epoch": 4}),
        ({"stop": Stop(seconds=1.0), "seconds": 1.5}, Outcome.FINISHED, {}),
        ({"stop": Stop(patience=3), "best": 1, "of": 9}, Outcome.STOPPED_EARLY,
         {"what": "validation error", "patience": 3, "error": 0.5, "epoch": 1}),
        ({"losses": (NAN, 1.0)}, Outcome.NOT_FINITE_AT_THE_START, {}),
        ({"losses": (NAN, NAN), "rejected": 12}, Outcome.NOT_FINITE_AT_THE_START, {}),
        ({"losses": (1.0, np.inf), "rejected": 2}, Outcome.NOT_FINITE, {"epoch": 4}),
        ({"losses": (1.0, np.inf), "converged": True}, Outcome.NOT_FINITE, {"epoch": 4}),
    ],
)  # fmt: skip
def test_how_it_ended(how, outcome, numbers):
    found = ending(**{"losses": (2.0, 1.0), **how})
    assert (found.outcome, dict(found.numbers)) == (outcome, numbers)
    assert str(found)


@pytest.mark.parametrize(
    "how",
    [
        {"of": 9},
        {"of": 9, "rejected": 3},
        {"of": 9, "losses": (NAN, NAN)},
        {"of": 9, "stop": Stop(patience=4), "best": 1},
        {"of": 9, "stop": Stop(seconds=2.0), "seconds": 1.5},
        {"of": 9, "epoch": 0, "converged": True},
    ],
)
def test_while_it_goes_on_there_is_no_ending(how):
    assert ending(**{"losses": (2.0, 1.0), **how}) is None
