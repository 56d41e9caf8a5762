"""Worker processes with one pinned core each, for trainings that run side by side."""

import multiprocessing
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import lru_cache
from multiprocessing.sharedctypes import Synchronized
from typing import Any

from sobolev._base.errors import ConfigError, SobolevError

_kept: bytes | None = None


@contextmanager
def pinned_pool(
    workers: int, killed: str, interrupted: str, share: bytes | None = None
) -> Iterator[ProcessPoolExecutor]:
    """Processes that are spawned, not forked: JAX has threads, and such a fork may hang.

    `killed` and `interrupted` say what is lost when a process dies and on Ctrl-C; `share` is sent
    to each process once and is there as `shared()`. Raises `SobolevError` when a process dies.
    """
    spawn = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(max(1, workers), spawn, _prepare, (spawn.Value("i", 0), share))
    try:
        yield pool
    except BrokenProcessPool as error:
        raise SobolevError(killed) from error
    except KeyboardInterrupt:
        for child in multiprocessing.active_children():
            child.terminate()
        raise KeyboardInterrupt(interrupted) from None
    finally:
        pool.shutdown(cancel_futures=True)


def packed(content: Any) -> bytes:
    """Anything as bytes for another process, functions without a module too.

    Raises `ConfigError` for what cannot be sent: an open file, a lock.
    """
    import cloudpickle

    try:
        return cloudpickle.dumps(content)
    except Exception as error:
        raise ConfigError(
            f"this cannot be sent to another process ({error}): leave it out, or train in one "
            'process with by="loop".'
        ) from error


@lru_cache(maxsize=1)
def shared() -> Any:
    """In a worker process: what was packed for all of them; the same object at every call."""
    import cloudpickle

    assert _kept is not None, "only in a worker process of a pool that shares something"
    return cloudpickle.loads(_kept)


def _prepare(next_core: Synchronized, share: bytes | None) -> None:
    """Take one core and switch on 64-bit, before JAX computes anything.

    One core each: networks this small only lose time to a second thread, processor seconds mean
    what they say, and the numbers do not depend on how many cores the machine has.
    """
    import jax

    global _kept
    _kept = share
    # Ctrl-C is the parent's to answer: it keeps what is finished and ends the workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    jax.config.update("jax_enable_x64", True)
    if hasattr(os, "sched_setaffinity"):
        with next_core.get_lock():
            turn = next_core.value
            next_core.value = turn + 1
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[turn % len(cores)]})
