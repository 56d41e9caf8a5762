"""Whether an executor can be relied on: what every `Executor` of the house is held to."""

import os
import signal
import time
from collections import deque
from contextlib import closing
from typing import Any

from sobolev._base.conformance import Conformance, case, hold
from sobolev.work.executor import Died, Executor

KILL, HANG, RAISE = "kill", "hang", "raise"
_AWKWARD = -0.0, 5e-324, 1.7976931348623157e308, 0.1 + 0.2, -1 / 3


def conforms(executor: Executor, patience: float = 1.0) -> Conformance:
    """Tries an executor with small tasks: does it do what `Executor.run` says?

    The cases: every task has its result once, to the bit; tasks that are appended meanwhile are
    done, and so is a queue without tasks; what the work raises comes through; who takes no more
    results leaves the rest of the queue undone. Where it can end a task (`leaves_hung`): a worker
    that is killed, and one that gives no answer for `patience` seconds, cost the task that it was
    at work on, and the others have their results.

    Scripts that start processes need `if __name__ == "__main__":` around the call.

    ```python
    found = work.conforms(MyExecutor())
    assert found.good, str(found)
    ```
    """
    cases = [
        ("every task has its result", lambda: _results(executor)),
        ("tasks appended meanwhile", lambda: _appended(executor)),
        ("no tasks", lambda: _nothing(executor)),
        ("errors", lambda: _errors(executor)),
        ("no more results are taken", lambda: _left(executor)),
    ]
    if executor.leaves_hung:
        cases.append(("workers that die or hang", lambda: _deaths(executor, patience)))
    name = type(executor).__name__
    return Conformance(name, tuple(case(title, check) for title, check in cases))


def _done(common: tuple, task: Any):
    """What the tasks do: one thing with two numbers, or what they are called."""
    if task == KILL:
        os.kill(os.getpid(), signal.SIGKILL)
    if task == HANG:
        time.sleep(3600)
    if task == RAISE:
        raise ArithmeticError("there is no such number")
    return common[int(task) % len(common)], task


def _results(executor: Executor) -> str:
    tasks = deque(range(12))
    found = dict(executor.run(_done, _AWKWARD, tasks))
    expected = {task: (_AWKWARD[task % 5], task) for task in range(12)}
    hold(found.keys() == expected.keys(), f"of 12 tasks it did {sorted(found)}")
    for task, result in found.items():
        hold(repr(result) == repr(expected[task]), f"{result!r} is not {expected[task]!r}")
    hold(not tasks, f"{len(tasks)} tasks are left in the queue")
    return "12 of 12, to the bit"


def _appended(executor: Executor) -> str:
    tasks, found = deque([0]), []
    with closing(executor.run(_done, _AWKWARD, tasks)) as results:
        for task, _ in results:
            found.append(task)
            if task < 4:
                tasks.append(task + 1)
    hold(found == [0, 1, 2, 3, 4], f"of tasks that follow one another it did {found}")
    return "5 of 5"


def _nothing(executor: Executor) -> str:
    found = list(executor.run(_done, _AWKWARD, deque()))
    hold(not found, f"without tasks there were {len(found)} results")
    return "no results"


def _errors(executor: Executor) -> str:
    try:
        found = list(executor.run(_done, _AWKWARD, deque([RAISE])))
    except ArithmeticError as error:
        hold("no such number" in str(error), f"the message has become {error}")
        return "they come through as they are"
    raise AssertionError(f"an error became the result {found}")


def _left(executor: Executor) -> str:
    tasks = deque(range(1000))
    with closing(executor.run(_done, _AWKWARD, tasks)) as results:
        next(results)
    hold(tasks, "all 1000 tasks were taken before the first result was")
    return f"{len(tasks)} of 1000 tasks are left in the queue"


def _deaths(executor: Executor, patience: float) -> str:
    tasks = deque([0, KILL, 1, HANG, 2, 3])
    died, found = {}, {}
    for task, result in executor.run(_done, _AWKWARD, tasks, patience):
        if isinstance(result, Died) and (result.shared or task not in (KILL, HANG)):
            hold(result.shared, f"task {task} is blamed: {result.reason}")
            tasks.append(task)
        else:
            (died if isinstance(result, Died) else found)[task] = result
    hold(found.keys() == {0, 1, 2, 3}, f"of four tasks beside them {sorted(found)} were done")
    hold(died.keys() == {KILL, HANG}, f"deaths were told of {sorted(died)}")
    return "; ".join(f"{task}: {result.reason}" for task, result in sorted(died.items()))
