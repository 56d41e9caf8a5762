"""One worker process: how it starts, what it does, how it is heard and buried.

Libraries read how many threads they may have, and JAX its precision, before they compute anything:
this is settled here, in the process itself and in its environment.
"""

import contextlib
import multiprocessing
import os
import pickle
import signal
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, NamedTuple

from sobolev._base.errors import SobolevError, Traced
from sobolev.work.sealed import seal, unseal

UNGUARDED = 96  # exit code of a process whose script would start processes while it is imported
_THREADS = "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NPROC"


class Said(NamedTuple):
    """A process is there, or has this result."""

    result: Any = None


class Failure(NamedTuple):
    """The work raised this in the process, which ends."""

    error: Exception


class Garbage(NamedTuple):
    """The process sent what nobody can read; it was ended."""


class Ending(NamedTuple):
    """The process is gone, with this exit code; a negative one is a signal."""

    code: int | None


@dataclass(frozen=True)
class Worker:
    """A process and our end of its pipe."""

    process: BaseProcess
    pipe: Connection

    @classmethod
    def start(cls, payload: bytes, x64: bool | None, core: int | None, threads_of: int) -> "Worker":
        """Spawn one. `core`: the how-many-th core is its own, None for a share of all threads."""
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        x64 = precision_here() if x64 is None else x64
        process = context.Process(target=_work, args=(theirs, payload, x64, core), daemon=True)
        share = _few_threads(threads_of) if core is None else contextlib.nullcontext()
        with share, no_interrupts():
            process.start()
        theirs.close()  # else the end of the process would not end the pipe
        return cls(process, ours)

    def ask(self, task: Any) -> None:
        """Hand over a task; that the process died meanwhile, `listen` will say."""
        with contextlib.suppress(OSError):
            self.pipe.send((task,))

    def listen(self) -> Said | Failure | Garbage | Ending:
        """The next that the process says; waits for it, and `kill` ends the waiting."""
        try:
            content = self.pipe.recv_bytes()
        except (EOFError, OSError):
            return Ending(self.bury())
        except Exception:  # a length that nobody sends: negative, or larger than the memory
            return self._garbage()
        try:
            message = unseal(content)
        except Exception:
            return self._garbage()
        return message if isinstance(message, Said | Failure) else self._garbage()

    def _garbage(self) -> Garbage:
        self.kill()
        self.bury()
        return Garbage()

    def kill(self) -> None:
        """End it now, one that is stopped as well."""
        self.process.kill()

    def release(self) -> None:
        """Tell it that there is no more to do."""
        with contextlib.suppress(OSError):
            self.pipe.send(None)

    def bury(self) -> int | None:
        """Wait for its end, not for ever; its exit code."""
        if self.pipe.closed:
            return self.process.exitcode
        self.process.join(timeout=10)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        self.pipe.close()
        return self.process.exitcode


def precision_here() -> bool | None:
    """Whether JAX has 64-bit switched on in this process; None when it is not loaded."""
    jax = sys.modules.get("jax")
    return None if jax is None else bool(jax.config.read("jax_enable_x64"))


@contextlib.contextmanager
def in_precision(x64: bool | None) -> Iterator[None]:
    """Within the block JAX has this precision: the process belongs to somebody else."""
    if x64 is None:
        yield
        return
    import jax

    with jax.enable_x64(x64):
        yield


def end_if_unguarded() -> None:
    """End this process, if it is a new one that still reads the script of its parent.

    A script without a guard asks for processes again there, which Python refuses by a page of
    traceback; the parent sees the exit code and says it in a sentence.
    """
    new = multiprocessing.current_process().name != "MainProcess"
    if new and multiprocessing.parent_process() is None:  # it is known when the script was read
        raise SystemExit(UNGUARDED)


def _work(pipe: Connection, payload: bytes, x64: bool | None, core: int | None) -> None:
    """What runs in the process, until it is told None or the parent is gone."""
    # Ctrl-C is the parent's business: it keeps what is finished and ends the workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    try:
        if x64 is not None:
            import jax

            jax.config.update("jax_enable_x64", x64)
        if core is not None and hasattr(os, "sched_setaffinity"):
            cores = sorted(os.sched_getaffinity(0))
            os.sched_setaffinity(0, {cores[core % len(cores)]})
        work, common = pickle.loads(payload)
        pipe.send_bytes(seal(Said()))
        while (message := pipe.recv()) is not None:
            result = work(common, message[0])
            pipe.send_bytes(seal(Said(result)))
    except (EOFError, BrokenPipeError):  # the parent is gone
        return
    except Exception as error:
        with contextlib.suppress(OSError):
            pipe.send_bytes(seal(Failure(portable(error))))


def portable(error: Exception) -> Exception:
    """The error with where it happened, or its text when it cannot be sent itself."""
    text = "".join(traceback.format_exception(error))
    error.add_note(Traced(f"in a worker process:\n{text}"))
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        told = SobolevError(f"a worker process failed: {type(error).__name__}: {error}")
        told.add_note(Traced(text))
        return told
    return error


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
def no_interrupts() -> Iterator[None]:
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
