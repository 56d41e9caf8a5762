"""What a worker process of a study does: one job on one core."""

import os
import signal
from multiprocessing.sharedctypes import Synchronized

import jax

from sobolev.study import job
from sobolev.study.schemes import BASELINES

TUNING = "tuning"


def prepare(next_core: Synchronized) -> None:
    """Take one core and switch on 64-bit, before JAX computes anything.

    One core each: networks this small only lose time to a second thread, processor seconds mean
    what they say, and the numbers do not depend on how many cores the machine has.
    """
    # Ctrl-C is the parent's to answer: it keeps what is finished and ends the workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    jax.config.update("jax_enable_x64", True)
    if hasattr(os, "sched_setaffinity"):
        with next_core.get_lock():
            turn = next_core.value
            next_core.value = turn + 1
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[turn % len(cores)]})


def work(bench: job.Bench, name: str, rates: dict[int, float]) -> list[job.Outcome] | list[dict]:
    """The tuning sweep, a baseline, or an adaptive scheme with its controls."""
    if name == TUNING:
        return job.tune(bench)
    return (job.baseline if name in BASELINES else job.adaptive)(bench, name, rates)
