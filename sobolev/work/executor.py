"""Where tasks are done: one protocol, whatever stands behind it.

An executor is asked with one function, what all its tasks have in common, and a queue. Whoever
takes the results may append to the queue meanwhile: what a result makes possible comes next.
"""

import signal
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Generator
from typing import Any, ClassVar, NamedTuple, TypeVar

from sobolev._base.errors import ConfigError

Common = TypeVar("Common")
Task = TypeVar("Task")
Result = TypeVar("Result")


class Died(NamedTuple):
    """No result: the worker of this task was killed, crashed, hung, or sent what nobody can read.

    **Arguments:** `code`: exit code of its process, where there is one; a negative one is a signal.
    `said`: what happened, where no code tells it. `shared`: several tasks were at work together,
    and nobody knows which of them ended the worker; appended to the queue again it works alone.
    """

    code: int | None = None
    said: str = ""
    shared: bool = False

    @property
    def reason(self) -> str:
        """What happened, as the end of a sentence."""
        if self.said:
            return self.said
        if self.code is None:
            return "its worker was lost"
        if self.code >= 0:
            return f"its worker ended with code {self.code}"
        try:
            name = signal.Signals(-self.code).name
        except ValueError:
            name = f"signal {-self.code}"
        cause = ", often a lack of memory" if name == "SIGKILL" else ""
        return f"its worker was killed by {name}{cause}"


class Executor(ABC):
    """Something that does tasks; `Serial`, `Processes` and `Dask` are its kinds.

    One of your own has `run`; `sobolev.work.conforms` tries it.
    """

    leaves_hung: ClassVar[bool] = False  # whether it can end a task that gives no answer

    @abstractmethod
    def run(
        self,
        work: Callable[[Common, Task], Result],
        common: Common,
        tasks: deque[Task],
        patience: float | None = None,
    ) -> Generator[tuple[Task, Result | Died], None, None]:
        """Yield `(task, work(common, task))` of every task of the queue, as they finish.

        Tasks are taken from the left of `tasks`; more may be appended while results are taken.
        `patience`: a task that takes more seconds than this is ended, its result is `Died`, if
        `leaves_hung`. Raises what `work` raises. Close it when the results are not taken to the
        end.
        """

    def bursts(
        self,
        work: Callable[[Common, Task], Result],
        common: Common,
        tasks: deque[Task],
        patience: float | None = None,
    ) -> Generator[list[tuple[Task, Result | Died]], None, None]:
        """As `run`, with all results that are at hand in one list: they are kept in one write."""
        for pair in self.run(work, common, tasks, patience):
            yield [pair]


class InBursts(Executor):
    """An executor whose results come several at a time: it has `bursts`."""

    @abstractmethod
    def bursts(
        self,
        work: Callable[[Common, Task], Result],
        common: Common,
        tasks: deque[Task],
        patience: float | None = None,
    ) -> Generator[list[tuple[Task, Result | Died]], None, None]:
        """As `Executor.bursts`."""

    def run(
        self,
        work: Callable[[Common, Task], Result],
        common: Common,
        tasks: deque[Task],
        patience: float | None = None,
    ) -> Generator[tuple[Task, Result | Died], None, None]:
        """As `Executor.run`."""
        bursts = self.bursts(work, common, tasks, patience)
        try:
            for burst in bursts:
                yield from burst
        finally:
            bursts.close()


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
