"""Rows solved by several processes, and what to do when one of them dies.

Processes are spawned, never forked, because JAX has threads. Each has a pipe of its own, so that
it is known which row a dead one was at work on.
"""

import contextlib
import multiprocessing
import os
import pickle
import signal
import sys
import traceback
from collections import deque
from collections.abc import Generator, Iterator
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import NamedTuple

import numpy as np

from sobolev._base.errors import ConfigError, SobolevError
from sobolev.generation.rows import Failed, attempt
from sobolev.problems import Problem, Solution

_THREADS = "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NPROC"
_DEATHS = 3


class Died(NamedTuple):
    """The process at work on this row ended: killed, out of memory, or crashed."""

    code: int | None


class _Worker(NamedTuple):
    process: BaseProcess
    pipe: Connection


def solve_in_processes(
    problem: Problem, tasks: list[tuple[int, np.ndarray]], order: int, workers: int
) -> Generator[tuple[int, Solution | Failed | Died], None, None]:
    """Yield `(row, outcome)` as rows finish; a dead process is replaced, at most three times.

    Raises what the problem raises, and `SobolevError` when a process cannot even start.
    """
    payload, waiting = _pickled(problem), deque(tasks)
    team: dict[Connection, _Worker] = {}
    at_work: dict[Connection, int] = {}
    deaths = 0
    try:
        for _ in range(min(workers, len(tasks))):
            _start(team, payload, order, workers)
        while team:
            for pipe in wait(list(team)):
                assert isinstance(pipe, Connection)
                try:
                    message = pipe.recv()
                except (EOFError, OSError):
                    code = _buried(team.pop(pipe))
                    if pipe not in at_work:
                        raise SobolevError(_NO_START.format(code=code)) from None
                    deaths += 1
                    yield at_work.pop(pipe), Died(code)
                    if deaths < _DEATHS and waiting:
                        _start(team, payload, order, workers)
                    continue
                if isinstance(message, BaseException):
                    raise message
                row = at_work.pop(pipe, None)
                if waiting:
                    at_work[pipe] = waiting[0][0]
                    with contextlib.suppress(OSError):  # it died meanwhile: recv will say so
                        pipe.send(waiting.popleft())
                else:
                    _dismiss(team.pop(pipe))
                if row is not None:
                    yield row, message
    finally:
        for worker in team.values():
            worker.process.kill()
            _buried(worker)


_NO_START = (
    "a worker process ended with code {code} before its first row. A script that generates with "
    "workers > 1 needs `if __name__ == '__main__':` around its calls; or take workers=1."
)


def _start(team: dict, payload: bytes, order: int, workers: int) -> None:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    jax = sys.modules.get("jax")
    x64 = None if jax is None else bool(jax.config.read("jax_enable_x64"))
    process = context.Process(target=_work, args=(theirs, payload, order, x64), daemon=True)
    with _few_threads(workers), _no_interrupts():
        process.start()
    theirs.close()  # else the end of the process would not end the pipe
    team[ours] = _Worker(process, ours)


def _work(pipe: Connection, payload: bytes, order: int, x64: bool | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    try:
        if x64 is not None:
            import jax

            jax.config.update("jax_enable_x64", x64)
        problem = pickle.loads(payload)
        pipe.send(None)
        while (task := pipe.recv()) is not None:
            pipe.send(attempt(problem, task[1], order))
    except (EOFError, BrokenPipeError):  # the parent is gone
        return
    except Exception as error:
        with contextlib.suppress(OSError):
            pipe.send(_portable(error))


def _portable(error: Exception) -> Exception:
    text = "".join(traceback.format_exception(error))
    error.add_note(f"in a worker process:\n{text}")
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return SobolevError(f"a worker process failed:\n{text}")
    return error


def _pickled(problem: Problem) -> bytes:
    try:
        return pickle.dumps(problem)
    except Exception as error:
        raise ConfigError(
            f"'{problem.name}' cannot be sent to another process ({error}): put its functions at "
            "the top level of a module, or take workers=1."
        ) from error


def _dismiss(worker: _Worker) -> None:
    with contextlib.suppress(OSError):
        worker.pipe.send(None)
    _buried(worker)


def _buried(worker: _Worker) -> int | None:
    worker.process.join(timeout=10)
    if worker.process.is_alive():
        worker.process.kill()
        worker.process.join()
    worker.pipe.close()
    return worker.process.exitcode


@contextlib.contextmanager
def _few_threads(workers: int) -> Iterator[None]:
    """Libraries read these when they are first imported, so they must be there before the start."""
    share = str(max(1, (os.cpu_count() or 1) // workers))
    ours = [name for name in _THREADS if name not in os.environ]
    os.environ.update(dict.fromkeys(ours, share))
    try:
        yield
    finally:
        for name in ours:
            os.environ.pop(name, None)


@contextlib.contextmanager
def _no_interrupts() -> Iterator[None]:
    """Hold Ctrl-C back; a process started meanwhile inherits this, until it can ignore it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # it lets Ctrl-C through again when it starts
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
