"""The rows of a generation over an executor: what is tried again, what is kept, when it stops.

A row that fails costs itself only. The one exception is the beginning: as long as no row has
succeeded, a failure is more likely a mistake that all rows share, and the first few end the work.
"""

from collections import Counter, deque
from contextlib import closing
from typing import NoReturn

import numpy as np

from sobolev._base.errors import SobolevError, again
from sobolev.function.derivatives import Derivatives
from sobolev.generation.journal import Journal
from sobolev.generation.rows import Asked, Failed, Raised, Why, tried
from sobolev.work.executor import Died, Executor
from sobolev.work.progress import Tell
from sobolev.work.retries import Retries

AT_FIRST = 3  # rows that fail before one has succeeded
Task = tuple[int, np.ndarray]


class Campaign:
    """The rows `points [n, d]` of a problem, those that `book` has and those that are missing."""

    def __init__(self, asked: Asked, points: np.ndarray, book: Journal, retries: Retries):
        self.common, self.book, self.retries, self.n = asked, book, retries, len(points)
        for row in [row for row, outcome in book.found.items() if self._anew(outcome)]:
            del book.found[row]
        self.todo = deque((row, points[row]) for row in range(self.n) if row not in book.found)
        self.tries: Counter[int] = Counter()
        self.early: dict[int, Died | Raised] = {}
        self.begun = any(isinstance(each, Derivatives) for each in book.found.values())

    def _anew(self, outcome: Derivatives | Failed) -> bool:
        faults = self.retries.again == "faults"
        return (
            isinstance(outcome, Failed)
            and self.retries.again != "none"
            and not (faults and outcome.why is Why.DIVERGED)
        )

    def run(self, where: Executor, tell: Tell) -> None:
        """Work off what is missing; `tell` is told of rows when they are safely kept.

        Raises what the first rows raise when none succeeds, `SobolevError` when their workers end.
        """
        tell("rows", len(self.book.found), self.n)
        if not self.todo:
            return
        try:
            patience = self.retries.patience
            with closing(where.bursts(tried, self.common, self.todo, patience)) as bursts:
                for burst in bursts:
                    self._keep(burst, tell)
            if self.todo:
                raise SobolevError(f"the executor ended and left {len(self.todo)} rows undone.")
            if self.early:  # fewer rows than it takes to be sure
                self._stop()
        except KeyboardInterrupt:
            raise KeyboardInterrupt(kept(self.book, self.n)) from None
        except BaseException as error:
            error.add_note(kept(self.book, self.n))
            raise

    def _keep(self, burst: list, tell: Tell) -> None:
        """Finished rows into the journal, in one write; failed ones back into the queue."""
        finished: dict[int, Derivatives | Failed] = {}
        for task, outcome in burst:
            row = task[0]
            if row in finished or row in self.book.found or row in self.early:
                continue  # done twice, by a worker that was thought to be lost
            if self._again(task, outcome):
                self.todo.append(task)
            elif isinstance(outcome, Died | Raised):
                self._failed(row, outcome, finished)
            else:
                self.begun = self.begun or isinstance(outcome, Derivatives)
                finished[row] = outcome
        if self.begun:
            finished |= {row: self._failure(row, each) for row, each in self.early.items()}
            self.early.clear()
        if finished:
            self.book.add_all(finished)
            tell("rows", len(self.book.found), self.n)
        if len(self.early) >= AT_FIRST or any(map(_told_at_once, self.early.values())):
            self._stop()

    def _again(self, task: Task, outcome: object) -> bool:
        """Whether it is tried again: the machine may be at fault, and it was not yet too often."""
        row = task[0]
        if isinstance(outcome, Died):
            if outcome.shared:  # no try of this row: it may have been a neighbour's fault
                return True
            passing = True
        elif isinstance(outcome, Raised):
            passing = outcome.passing and (self.begun or not _told_at_once(outcome))
        else:
            return False
        self.tries[row] += 1
        return passing and self.tries[row] <= self.retries.times

    def _failed(self, row: int, outcome: Died | Raised, finished: dict) -> None:
        if self.begun:
            finished[row] = self._failure(row, outcome)
        else:
            self.early[row] = outcome

    def _failure(self, row: int, outcome: Died | Raised) -> Failed:
        tries = self.tries[row]
        often = f", {tries} times" if tries > 1 else ""
        why = Why.DIED if isinstance(outcome, Died) else Why.RAISED
        return Failed(f"{outcome.reason}{often}", why)

    def _stop(self) -> NoReturn:
        """End the work with what the first rows have come to."""
        row = min(self.early)
        outcome = self.early[row]
        if isinstance(outcome, Raised):
            raise outcome.error
        reason = self._failure(row, outcome).reason
        count = len(self.early)
        rows = "row has" if count == 1 else f"{count} rows have"
        raise SobolevError(
            f"the first {rows} failed and none has succeeded, so the others were not tried: "
            f"row {row}: {reason}."
        )


def _told_at_once(outcome: Died | Raised) -> bool:
    """A wrong shape or setting is a mistake in the problem; nobody waits for three of them."""
    return isinstance(outcome, Raised) and isinstance(outcome.error, SobolevError)


def kept(book: Journal, n: int) -> str:
    """What of the work is not lost."""
    if book.path is None:
        return (
            f"{len(book.found)} of {n} rows were done and are lost: give journal=... to keep them."
        )
    return again(f"{len(book.found)} of {n} rows are kept in {book.path}")
