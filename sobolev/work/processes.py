"""Processes of our own on this machine, spawned; one that dies costs the task it was at work on."""

import threading
import time
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any, ClassVar

from sobolev._base.arguments import whole
from sobolev._base.errors import Remedy, SobolevError
from sobolev.work.executor import Common, Died, InBursts, Result, Task, packed
from sobolev.work.process import (
    UNGUARDED,
    Ending,
    Failure,
    Garbage,
    Said,
    Worker,
    end_if_unguarded,
)

START = 120.0  # seconds that a process may take to be there, when somebody has lost patience
_STARTS = 3  # processes in succession that end before they are there
_ALONE = Remedy("or take workers=1.", option="or give --workers 1.")


@dataclass(frozen=True)
class Processes(InBursts):
    """Up to `workers` processes, spawned, not forked: JAX has threads, and such a fork may hang.

    Each has a pipe of its own, so that it is known which task a dead one was at work on; it is
    replaced, or so only until `deaths` have died, and what is left in the queue then stays undone.

    **Arguments:** `pinned`: each process has one core, so that processor seconds mean what they say
    and numbers do not depend on the machine's cores; else they share the threads of the machine.
    `x64`: JAX's precision there; None: as here, if JAX is loaded. `pack`: how work and what is
    common become bytes, once; it raises `ConfigError` for what cannot be sent. `what`: the word for
    a task in messages; `alone`: how to do without processes, for messages.

    A script that starts processes needs `if __name__ == "__main__":` around its calls.
    """

    workers: int
    pinned: bool = False
    x64: bool | None = None
    pack: Callable[[Any], bytes] = packed
    what: str = "task"
    deaths: int | None = None
    alone: Remedy = _ALONE
    leaves_hung: ClassVar[bool] = True

    def __post_init__(self):
        end_if_unguarded()
        whole("workers", self.workers, 1)

    @classmethod
    def trainings(cls, workers: int, **how: Any) -> "Processes":
        """For trainings side by side: one core each, 64-bit.

        Networks this small only lose time to a second thread.
        """
        return cls(max(1, workers), pinned=True, x64=True, what="training", **how)

    def bursts(
        self,
        work: Callable[[Common, Task], Result],
        common: Common,
        tasks: deque[Task],
        patience: float | None = None,
    ) -> Generator[list[tuple[Task, Result | Died]], None, None]:
        """As `Executor.bursts`; `Died` is the result of a task whose process ended.

        Raises `SobolevError` when processes cannot even start.
        """
        team = _Team(self, self.pack((work, common)), patience)
        try:
            while team.busy(tasks):
                if results := team.heard(tasks):
                    yield results
            team.dismiss()
        finally:
            team.kill()


@dataclass(eq=False)
class _Seat:
    """A place at work: its process, the task it has, and until when it may take."""

    worker: Worker
    until: float | None
    ready: bool = False
    task: list = field(default_factory=list)  # one or none: a task may be None itself
    hung: bool = False
    ear: threading.Thread | None = None

    def listen(self, inbox: "SimpleQueue[tuple[_Seat, Any]]") -> None:
        """In a thread of its own: hand on what the process says, until its end."""
        message: Any = None
        while not isinstance(message, Ending | Failure | Garbage):
            message = self.worker.listen()
            inbox.put((self, message))
        self.worker.bury()

    def leave(self, seconds: float) -> None:
        """Wait for the end of the process, not for ever; the thread that listens buries it."""
        assert self.ear is not None
        self.ear.join(seconds)
        if self.ear.is_alive():
            self.worker.kill()
            self.ear.join()


class _Team:
    """The processes of one run: who is starting, idle, or at work on what.

    Each is listened to by a thread of its own: a process that is stopped in the middle of
    a message would hold up whoever reads it.
    """

    def __init__(self, how: Processes, payload: bytes, patience: float | None):
        self.how, self.payload, self.patience = how, payload, patience
        self.seats: set[_Seat] = set()
        self.inbox: SimpleQueue[tuple[_Seat, Any]] = SimpleQueue()
        self.started = self.deaths = self.failed_starts = 0

    def busy(self, tasks: deque) -> bool:
        """Hand out what is waiting; whether there is anything to wait for."""
        self._hand_out(tasks)
        starting = sum(not seat.ready for seat in self.seats)
        for _ in range(starting, len(tasks)):
            spent = self.how.deaths is not None and self.deaths >= self.how.deaths
            if len(self.seats) >= self.how.workers or spent:
                break
            self._start()
            starting += 1
        return bool(starting or any(seat.task for seat in self.seats))

    def _hand_out(self, tasks: deque) -> None:
        idle = [seat for seat in self.seats if seat.ready and not seat.task and not seat.hung]
        for seat in idle[: len(tasks)]:
            seat.task = [tasks.popleft()]
            seat.until = self._until(self.patience)
            seat.worker.ask(seat.task[0])

    def _until(self, seconds: float | None) -> float | None:
        return None if seconds is None else time.monotonic() + seconds

    def _start(self) -> None:
        how = self.how
        core = self.started if how.pinned else None
        worker = Worker.start(self.payload, how.x64, core, threads_of=how.workers)
        seat = _Seat(worker, self._until(self.patience and max(START, self.patience)))
        self.seats.add(seat)
        self.started += 1
        seat.ear = threading.Thread(target=seat.listen, args=(self.inbox,), daemon=True)
        seat.ear.start()

    def heard(self, tasks: deque) -> list[tuple[Any, Any]]:
        """What was said since: results, deaths. Whoever is free works on at once."""
        results = []
        for seat, message in self._messages():
            results += self._took(seat, message)
        self._hand_out(tasks)
        return results

    def _messages(self) -> list[tuple[_Seat, Any]]:
        """At least one message, or those that are hung are ended."""
        due = [seat.until for seat in self.seats if seat.until is not None and not seat.hung]
        wait = max(0.0, min(due) - time.monotonic()) if due else None
        messages = []
        try:
            messages.append(self.inbox.get(timeout=wait))
            while True:
                messages.append(self.inbox.get_nowait())
        except Empty:
            pass
        now, told = time.monotonic(), {id(seat) for seat, _ in messages}
        for seat in self.seats:
            late = seat.until is not None and seat.until <= now and id(seat) not in told
            if late and not seat.hung and (seat.task or not seat.ready):
                seat.hung = True  # its end is the next that is heard of it
                seat.worker.kill()
        return messages

    def _took(self, seat: _Seat, message: Any) -> list[tuple[Any, Any]]:
        if isinstance(message, Failure):
            raise message.error
        if isinstance(message, Said):
            task, seat.task = seat.task, []
            seat.until, self.failed_starts = None, 0
            if not seat.ready:
                seat.ready = True
                return []
            return [(each, message.result) for each in task]
        self.seats.discard(seat)
        died = self._died(seat, message)
        if seat.task:
            self.deaths += 1
            return [(seat.task[0], died)]
        if not seat.ready:
            self.failed_starts += 1
            if self.failed_starts >= _STARTS or (died.code or 0) >= 0:
                self._no_start(died)
        return []

    def _died(self, seat: _Seat, message: Ending | Garbage) -> Died:
        if seat.hung:
            return Died(None, f"it gave no answer within {self.patience:g} s and was ended")
        if isinstance(message, Garbage):
            return Died(None, "its worker sent what cannot be read")
        return Died(message.code)

    def _no_start(self, died: Died) -> None:
        sentence = _NO_GUARD if died.code == UNGUARDED else _NO_START
        told = f"with code {died.code}" if died.code is not None else f"({died.reason})"
        raise SobolevError(sentence.format(code=told, what=self.how.what), self.how.alone)

    def dismiss(self) -> None:
        """Tell all that there is no more, and wait for their end."""
        for seat in self.seats:
            seat.worker.release()
        while self.seats:
            self.seats.pop().leave(10)

    def kill(self) -> None:
        """End those that are still there."""
        for seat in self.seats:
            seat.worker.kill()
        while self.seats:
            self.seats.pop().leave(10)


_NO_START = (
    "a worker process ended {code} before its first {what}. A script that starts "
    "processes needs `if __name__ == '__main__':` around its calls;"
)
_NO_GUARD = (
    "a worker process ended before its first {what}: it reads this script again, and would start "
    "processes of its own. Put `if __name__ == '__main__':` around the calls of the script,"
)
