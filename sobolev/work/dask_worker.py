"""What is done in a Dask worker: hold the work, do some tasks, answer in sealed bytes.

Nothing of Dask is used here. Arguments and answers are bytes, so that Dask neither looks into them
nor takes two equal tasks for one.
"""

import pickle
import time
from typing import Any, NamedTuple

from sobolev._base.provenance import versions
from sobolev.work.process import Failure, in_precision, portable
from sobolev.work.sealed import seal

DECIDE = "python", "sobolev", "numpy", "scipy", "jax"
_MOST = 4  # works held at a time: a worker may outlive many campaigns
_held: dict[str, tuple[Any, Any, bool | None]] = {}


class Answer(NamedTuple):
    """Results of the first tasks, what the next one raised, and seconds of all."""

    results: list
    failure: Failure | None
    seconds: float


def hold(name: str, payload: bytes, x64: bool | None) -> bytes:
    """Keep this work under a name; the answer are the versions here.

    Raises what unpickling raises: a module that is not there.
    """
    work, common = pickle.loads(payload)
    while len(_held) >= _MOST:
        del _held[next(iter(_held))]
    _held[name] = work, common, x64
    return seal(versions(*DECIDE))


def do(name: str, tasks: bytes) -> bytes | None:
    """Do these tasks; None when this worker does not hold the work, since it is a new one."""
    if name not in _held:
        return None
    work, common, x64 = _held[name]
    results, failure, begun = [], None, time.perf_counter()
    with in_precision(x64):
        for task in pickle.loads(tasks):
            try:
                results.append(work(common, task))
            except Exception as error:
                failure = Failure(portable(error))
                break
    return seal(Answer(results, failure, time.perf_counter() - begun))
