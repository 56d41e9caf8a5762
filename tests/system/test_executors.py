"""Every executor of the registry is held to the same contract, and gives the same rows."""

from collections import deque

import pytest

from sobolev.work import EXECUTORS, Died, Executor, Serial, conforms


@pytest.mark.parametrize("name", EXECUTORS)
def test_executors_do_what_the_protocol_says(name):
    found = conforms(EXECUTORS[name](2), patience=3)
    assert found.good, str(found)
    assert len(found.results) == (6 if EXECUTORS[name](2).leaves_hung else 5)


class Doubling(Serial):
    def run(self, work, common, tasks, patience=None):
        for pair in super().run(work, common, deque(tasks)):
            yield pair
            yield pair


class Swallowing(Serial):
    def run(self, work, common, tasks, patience=None):
        for task in [*tasks]:
            tasks.clear()
            try:
                yield task, work(common, task)
            except ArithmeticError as error:
                yield task, error


class Blaming(Executor):
    """The neighbour of a dead one is told to have died."""

    leaves_hung = True

    def run(self, work, common, tasks, patience=None):
        while tasks:
            task = tasks.popleft()
            dead = task in ("kill", "hang", 1)
            yield task, Died(-9) if dead and "hang" in tasks else work(common, task)


@pytest.mark.parametrize(
    "broken, fails",
    [
        (Doubling(), {"every task has its result", "tasks appended meanwhile"}),
        (Swallowing(), {"tasks appended meanwhile", "errors", "no more results are taken"}),
        (Blaming(), {"workers that die or hang"}),
    ],
)
def test_a_broken_executor_fails_by_name(broken, fails):
    assert {result.case for result in conforms(broken).failures} == fails
