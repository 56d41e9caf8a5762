"""Tasks one after another, in this process."""

from collections import deque
from collections.abc import Callable, Generator

from sobolev._base.errors import Remedy
from sobolev.work.executor import Common, Died, Executor, Result, Task

IN_PLACE = Remedy("or give workers=sobolev.work.Serial().", option="or give --workers 1.")


class Serial(Executor):
    """One after another, in this process; a task that hangs hangs this process."""

    def run(
        self,
        work: Callable[[Common, Task], Result],
        common: Common,
        tasks: deque[Task],
        patience: float | None = None,
    ) -> Generator[tuple[Task, Result | Died], None, None]:
        """As `Executor.run`, without patience."""
        while tasks:
            task = tasks.popleft()
            yield task, work(common, task)
