"""Where tasks are done: here, one after another, or in processes of their own.

An executor is asked with one function, what all its tasks have in common, and a queue. Whoever
takes the results may append to the queue meanwhile: what a result makes possible comes next.
"""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any, NamedTuple, TypeVar

from sobolev._base.errors import ConfigError, Remedy, SobolevError
from sobolev.work.process import UNGUARDED, Ending, Failure, Worker, end_if_unguarded

Common = TypeVar("Common")
Task = TypeVar("Task")
Result = TypeVar("Result")


class Died(NamedTuple):
    """The process at work on this task ended: killed, out of memory, or crashed."""

    code: int | None


class Executor(ABC):
    """Something that does tasks; `Serial` and `Processes` are its kinds."""

    @abstractmethod
    def run(
        self, work: Callable[[Common, Task], Result], common: Common, tasks: deque[Task]
    ) -> Generator[tuple[Task, Result | Died], None, None]:
        """Yield `(task, work(common, task))` of every task of the queue, as they finish.

        Tasks are taken from the left of `tasks`; more may be appended while results are taken.
        Raises what `work` raises. Close it when the results are not taken to the end.
        """


class Serial(Executor):
    """One after another, in this process."""

    def run(
        self, work: Callable[[Common, Task], Result], common: Common, tasks: deque[Task]
    ) -> Generator[tuple[Task, Result | Died], None, None]:
        """As `Executor.run`."""
        while tasks:
            task = tasks.popleft()
            yield task, work(common, task)


def packed(content: Any) -> bytes:
    """Anything as bytes for another process, functions without a module too.

    Raises `ConfigError` for what cannot be sent: an open file, a lock.
    """
    import cloudpickle

    try:
        return cloudpickle.dumps(content)
    except Exception as error:
        raise ConfigError(
            f"this cannot be sent to another process ({error}): leave it out, or do without "
            "processes."
        ) from error


IN_PLACE = Remedy("or give workers=sobolev.work.executors.Serial().", option="or give --workers 1.")
_ALONE = Remedy("or take workers=1.", option="or give --workers 1.")


@dataclass(frozen=True)
class Processes(Executor):
    """Up to `workers` processes, spawned, not forked: JAX has threads, and such a fork may hang.

    Each has a pipe of its own, so that it is known which task a dead one was at work on; it is
    replaced until `deaths` have died, and what is left in the queue then stays undone.

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
    deaths: int = 3
    alone: Remedy = _ALONE

    def __post_init__(self):
        end_if_unguarded()

    @classmethod
    def trainings(cls, workers: int, **how: Any) -> "Processes":
        """For trainings side by side: one core each, 64-bit.

        Networks this small only lose time to a second thread.
        """
        return cls(max(1, workers), pinned=True, x64=True, what="training", **how)

    def run(
        self, work: Callable[[Common, Task], Result], common: Common, tasks: deque[Task]
    ) -> Generator[tuple[Task, Result | Died], None, None]:
        """As `Executor.run`; `Died` is the result of a task whose process ended.

        Raises `SobolevError` when a process cannot even start.
        """
        team = _Team(self, self.pack((work, common)))
        try:
            while team.busy(tasks):
                for pipe in wait(list(team.workers)):
                    assert isinstance(pipe, Connection)
                    yield from team.heard(pipe, tasks)
            team.dismiss()
        finally:
            team.kill()


class _Team:
    """The processes of one run: who is starting, idle, or at work on what."""

    def __init__(self, how: Processes, payload: bytes):
        self.how, self.payload = how, payload
        self.workers: dict[Connection, Worker] = {}
        self.at_work: dict[Connection, Any] = {}
        self.idle: list[Connection] = []
        self.started = self.deaths = 0

    def busy(self, tasks: deque) -> bool:
        """Hand out what is waiting; whether there is anything to wait for."""
        while tasks and self.idle:
            self._ask(self.idle.pop(), tasks.popleft())
        starting = len(self.workers) - len(self.at_work) - len(self.idle)
        for _ in range(starting, len(tasks)):
            if len(self.workers) >= self.how.workers or self.deaths >= self.how.deaths:
                break
            self._start()
            starting += 1
        return bool(self.at_work or starting)

    def _ask(self, pipe: Connection, task: Any) -> None:
        self.at_work[pipe] = task
        self.workers[pipe].ask(task)

    def _start(self) -> None:
        how = self.how
        core = self.started if how.pinned else None
        worker = Worker.start(self.payload, how.x64, core, threads_of=how.workers)
        self.workers[worker.pipe] = worker
        self.started += 1

    def heard(self, pipe: Connection, tasks: deque) -> Generator[tuple[Any, Any], None, None]:
        """Take what a process says: that it is there, a result, an error, or its end."""
        message = self.workers[pipe].listen()
        if isinstance(message, Failure):
            raise message.error
        if isinstance(message, Ending):
            del self.workers[pipe]
            if pipe in self.idle:
                self.idle.remove(pipe)
            elif pipe in self.at_work:
                self.deaths += 1
                yield self.at_work.pop(pipe), Died(message.code)
            else:
                sentence = _NO_GUARD if message.code == UNGUARDED else _NO_START
                text = sentence.format(code=message.code, what=self.how.what)
                raise SobolevError(text, self.how.alone)
            return
        finished = [self.at_work.pop(pipe)] if pipe in self.at_work else []
        if tasks:  # at once: it works on while its result is kept
            self._ask(pipe, tasks.popleft())
        else:
            self.idle.append(pipe)
        for task in finished:
            yield task, message.result

    def dismiss(self) -> None:
        """Tell all that there is no more, and wait for their end."""
        for worker in self.workers.values():
            worker.release()
        while self.workers:
            self.workers.popitem()[1].bury()

    def kill(self) -> None:
        """End those that are still there."""
        for worker in self.workers.values():
            worker.process.kill()
        while self.workers:
            self.workers.popitem()[1].bury()


_NO_START = (
    "a worker process ended with code {code} before its first {what}. A script that starts "
    "processes needs `if __name__ == '__main__':` around its calls;"
)
_NO_GUARD = (
    "a worker process ended before its first {what}: it reads this script again, and would start "
    "processes of its own. Put `if __name__ == '__main__':` around the calls of the script,"
)
