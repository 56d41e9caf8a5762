"""Rows of a function that answers several at once, in this process."""

from collections import deque
from collections.abc import Callable, Generator
from typing import Any

from sobolev.generation.rows import tried_together
from sobolev.work.executor import Common, Died, InBursts, Result, Task


class Together(InBursts):
    """As many rows of a `Batched` function at a time as it likes; they are kept together."""

    def bursts(
        self, work: Callable[[Common, Task], Result], common: Common, tasks: deque[Task],
        patience: float | None = None,
    ) -> Generator[list[tuple[Task, Result | Died]], None, None]:  # fmt: skip
        """As `Executor.bursts`, without patience, of the work `rows.tried`."""
        asked: Any = common
        while tasks:
            some: list[Any] = [tasks.popleft() for _ in range(min(len(tasks), asked[0].at_once))]
            yield list(zip(some, tried_together(asked, some), strict=True))  # type: ignore[arg-type]
