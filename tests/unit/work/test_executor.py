"""What every executor does, tried on the one that needs no process."""

from collections import deque

import pytest

from sobolev.errors import ConfigError
from sobolev.work.executor import packed
from sobolev.work.serial import Serial


def test_tasks_come_back_with_their_results_in_order():
    assert list(Serial().run(lambda a, b: a * b, 3, deque([1, 2, 4]))) == [(1, 3), (2, 6), (4, 12)]


def test_a_result_may_make_more_to_do():
    tasks, found = deque([1]), []
    for task, _ in Serial().run(lambda *_: None, None, tasks):
        found.append(task)
        if task < 4:
            tasks.append(task + 1)
    assert found == [1, 2, 3, 4]


def test_what_goes_wrong_comes_through():
    with pytest.raises(ZeroDivisionError):
        list(Serial().run(lambda a, b: a / b, 1, deque([0])))


def test_what_cannot_be_sent_is_refused(tmp_path):
    with (
        open(tmp_path / "open", "w") as file,
        pytest.raises(ConfigError, match=r"cannot be sent to another process.*leave it out"),
    ):
        packed(lambda: file)
