"""The Dask workers of one run: who has which tasks, who is late, who is gone.

Each task is placed on a worker that is free, and counted here. Dask's own counting does not serve:
it blames all tasks that lie on a worker that dies, runs a task anew as often as it likes, and lets
one that hangs hang. A worker has one message of tasks at a time; so a death is that of its tasks.

Cheap tasks go several in a message, since each message takes some ten milliseconds. When such a
worker dies, nobody knows of which task: they are `Died(shared=True)` and go alone the next time.
"""

import asyncio
import threading
import time
import uuid
import warnings
from collections import deque
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any

from sobolev._base.errors import ConfigError, SobolevError
from sobolev._base.provenance import versions
from sobolev.work import dask_worker
from sobolev.work.executor import Died, packed
from sobolev.work.sealed import unseal

MESSAGE = 0.1  # seconds of work in a message, if the tasks are that cheap
MOST = 256  # tasks in a message
LOOK = 0.3  # seconds from one look at who is there to the next
START = 120.0  # seconds that a worker may take to hold the work, when somebody has lost patience
ANSWER = 60.0  # seconds that the scheduler may take to say who is there
ALONE = 30.0  # seconds without workers after which it is told that they are waited for


@dataclass(eq=False)
class _Seat:
    """A worker: whether it holds the work, which tasks it has, until when it may take."""

    address: str
    ready: bool = False
    tasks: list = field(default_factory=list)
    until: float | None = None
    call: int = 0
    future: Any = None  # Dask's; its end lets the scheduler forget the result


_GREETING = f"__import__('{dask_worker.__name__}', fromlist=['do']).__name__"
_Said = tuple[_Seat, int, BaseException | None, Any]  # of which call, what went wrong, the answer


class Team:
    """`client` is Dask's; `payload` the work and what is common to it, as bytes."""

    def __init__(self, client: Any, payload: bytes, x64: bool | None, patience: float | None):
        self.client, self.payload, self.x64, self.patience = client, payload, x64, patience
        self.name = uuid.uuid4().hex
        self.seats: dict[str, _Seat] = {}
        self.unfit: set[str] = set()  # addresses that are ended or refused
        self.alone: dict[int, Any] = {}  # tasks that were at work where a worker died
        self.inbox: SimpleQueue[_Said] = SimpleQueue()
        self._calls = 0
        self.start = None if patience is None else max(START, patience)
        self.seconds: float | None = None  # of a task
        self.size = 1  # tasks in a message
        self.failure: Exception | None = None
        self.looked, self.deserted = 0.0, time.monotonic()

    def busy(self, tasks: deque) -> bool:
        """Hand out what is waiting; whether there is anything to wait for."""
        if self.failure is not None:
            raise self.failure
        self._hand_out(tasks)
        return bool(tasks) or any(seat.tasks for seat in self.seats.values())

    def heard(self, tasks: deque) -> list[tuple[Any, Any]]:
        """What was said since: results, deaths. Whoever is free works on at once."""
        results = []
        for seat, call, error, content in self._messages():
            if seat.call == call and self.seats.get(seat.address) is seat:
                results += self._took(seat, error, content)
        results += self._overdue()
        if time.monotonic() - self.looked > LOOK:
            results += self._look()
        self._hand_out(tasks)
        return results

    def leave(self) -> None:
        """Give everything back; what is still at work ends by itself, or with the cluster."""
        for seat in self.seats.values():
            self._forget(seat)

    # What goes out.

    def _hand_out(self, tasks: deque) -> None:
        for seat in self.seats.values():
            if not tasks:
                return
            if seat.ready and not seat.tasks:
                seat.tasks = self._message(tasks)
                self._call(
                    seat, dask_worker.do, self.name, packed(seat.tasks), seconds=self.patience
                )

    def _message(self, tasks: deque) -> list:
        """The next tasks: as many as fill a message, fewer towards the end, suspects alone."""
        most = min(self.size, max(1, len(tasks) // (2 * len(self.seats))))
        message = []
        while tasks and len(message) < most:
            if id(tasks[0]) in self.alone:
                return message or [tasks.popleft()]
            message.append(tasks.popleft())
        return message

    def _call(self, seat: _Seat, function: Any, *content: Any, seconds: float | None) -> None:
        client, key = self.client, f"sobolev-{uuid.uuid4().hex}"
        seat.future = client.submit(
            function, *content, key=key, workers=[seat.address], pure=False, retries=0
        )
        slack = 10 * MESSAGE if len(seat.tasks) > 1 else 0.0
        seat.until = None if seconds is None else time.monotonic() + seconds + slack
        seat.call = self._calls = self._calls + 1
        seat.future.add_done_callback(partial(self._fetch, seat, seat.call))

    def _fetch(self, seat: _Seat, call: int, future: Any) -> None:
        """In a thread of Dask's: the answer of a worker, or what went wrong instead."""

        def said(fetched: Future) -> None:
            error = fetched.exception()
            self.inbox.put((seat, call, error, fetched.result() if error is None else None))

        if future.status == "finished":
            fetch = _fetched(self.client, future)
            loop = self.client.loop.asyncio_loop
            asyncio.run_coroutine_threadsafe(fetch, loop).add_done_callback(said)
        else:
            error = future.exception(ANSWER) if future.status == "error" else None
            self.inbox.put((seat, call, error or CancelledError("it was cancelled"), None))

    # What comes in.

    def _messages(self) -> list[_Said]:
        messages = []
        try:
            messages.append(self.inbox.get(timeout=LOOK))
            while True:
                messages.append(self.inbox.get_nowait())
        except Empty:
            pass
        return messages

    def _took(
        self, seat: _Seat, error: BaseException | None, content: Any
    ) -> list[tuple[Any, Any]]:
        tasks, ready = seat.tasks, seat.ready
        self._forget(seat)
        if error is not None:
            if not ready:
                self._refuse(seat, error)
                return []
            return self._ended(seat, tasks, f"its worker failed ({_shown(error)})")
        if content == dask_worker.__name__:
            self._hold(seat)
            return []
        if content is None:  # another process at the same address
            self._hold(seat)
            return self._died(tasks, "its worker was replaced")
        try:
            answer = unseal(content)
        except Exception:
            return self._ended(seat, tasks, "its worker sent what cannot be read")
        if not ready:
            self._welcome(seat, answer)
            return []
        return self._answered(tasks, answer)

    def _answered(self, tasks: list, answer: dask_worker.Answer) -> list[tuple[Any, Any]]:
        done = list(zip(tasks, answer.results, strict=False))
        each = answer.seconds / max(1, len(done))
        self.seconds = each if self.seconds is None else 0.7 * self.seconds + 0.3 * each
        self.size = int(max(1, min(2 * self.size, MOST, MESSAGE / max(self.seconds, 1e-9))))
        if answer.failure is not None:
            self.failure = answer.failure.error
        return done

    def _died(self, tasks: list, said: str) -> list[tuple[Any, Any]]:
        if len(tasks) > 1:
            self.alone |= {id(task): task for task in tasks}
        return [(task, Died(None, said, len(tasks) > 1)) for task in tasks]

    # Workers that come and go.

    def _look(self) -> list[tuple[Any, Any]]:
        """Take on who has come; the tasks of those who are gone."""
        try:
            here = self.client.sync(self.client.scheduler.ncores, callback_timeout=ANSWER)
        except Exception as error:
            raise SobolevError(f"the Dask scheduler is gone ({_shown(error)}).") from error
        now = self.looked = time.monotonic()
        self.unfit &= here.keys()
        for address in here.keys() - self.seats.keys() - self.unfit:
            self.seats[address] = _Seat(address)
            self._greet(self.seats[address])
        results = []
        for seat in [seat for seat in self.seats.values() if seat.address not in here]:
            del self.seats[seat.address]
            tasks = seat.tasks
            self._forget(seat)
            results += self._died(tasks, "its worker was killed or left, often for lack of memory")
        if here:
            self.deserted = now
        elif now - self.deserted > ALONE:
            self.deserted = float("inf")
            warnings.warn(
                "no Dask worker is there: one is waited for; are jobs in the queue, do workers "
                "start?",
                stacklevel=2,
            )
        return results

    def _greet(self, seat: _Seat) -> None:
        """Whether it has our package: a worker that is sent a name it cannot import breaks down."""
        self._call(seat, eval, _GREETING, seconds=self.start)

    def _hold(self, seat: _Seat) -> None:
        seat.ready = False
        how = self.name, self.payload, self.x64
        self._call(seat, dask_worker.hold, *how, seconds=self.start)

    def _welcome(self, seat: _Seat, there: dict) -> None:
        here = versions(*dask_worker.DECIDE)
        other = [f"{name} {there.get(name)}, not {here[name]}" for name in here
                 if there.get(name) != here[name]]  # fmt: skip
        if other:
            self._unfit(seat, f"has {'; '.join(other)}: results would differ. Install the same")
        else:
            seat.ready = True

    def _refuse(self, seat: _Seat, error: BaseException) -> None:
        while error.__cause__ is not None:
            error = error.__cause__
        there = "or the scheduler, " if "task graph" in str(error) else ""
        self._unfit(
            seat,
            f"{there}cannot take the work ({_shown(error)}): install the same packages and modules",
        )

    def _unfit(self, seat: _Seat, what: str) -> None:
        """Do without this worker; as long as none is fit, all are taken to be like it."""
        said = f"the Dask worker at {seat.address} {what} there as here."
        if not any(each.ready for each in self.seats.values()) and self.seconds is None:
            raise ConfigError(said)
        self.seats.pop(seat.address, None)
        self.unfit.add(seat.address)
        warnings.warn(f"{said} The others work on without it.", stacklevel=2)

    def _overdue(self) -> list[tuple[Any, Any]]:
        results, now = [], time.monotonic()
        for seat in list(self.seats.values()):
            if seat.until is not None and seat.until < now:
                said = f"it gave no answer within {self.patience:g} s and was ended"
                tasks = seat.tasks
                self._forget(seat)
                results += self._ended(seat, tasks, said)
        return results

    def _ended(self, seat: _Seat, tasks: list, said: str) -> list[tuple[Any, Any]]:
        """End a worker that is of no use; its nanny, where it has one, starts another."""
        self.seats.pop(seat.address, None)
        self.unfit.add(seat.address)
        threading.Thread(target=self._restart, args=(seat.address,), daemon=True).start()
        return self._died(tasks, said)

    def _restart(self, address: str) -> None:
        try:
            self.client.restart_workers([address], timeout=30, raise_for_error=False)
        except Exception:  # it is gone already, or the cluster is
            return

    def _forget(self, seat: _Seat) -> None:
        if seat.future is not None:
            seat.future.release()  # Dask's callbacks hold it as long as it has not ended
        seat.tasks, seat.until, seat.call, seat.future = [], None, 0, None


async def _fetched(client: Any, future: Any) -> Any:
    return await client.gather(future, asynchronous=True)


def _shown(error: BaseException) -> str:
    said = " ".join(str(error).split())
    return f"{type(error).__name__}: {said[:300]}" if said else type(error).__name__
