"""Processes as an executor, and kills of the ledger."""

import os
import signal
import subprocess
import sys
from collections import deque
from contextlib import closing
from pathlib import Path

import pytest

from sobolev.errors import SobolevError
from sobolev.work import Died, Processes

FAULTS = Path(__file__).parent / "faults"


def _powered(base, exponent):
    if exponent == 13:
        os.kill(os.getpid(), signal.SIGKILL)
    return base**exponent


def _bad(_, what):
    raise ValueError(f"cannot do {what}")


def _where(_, __):
    return os.getpid(), len(os.sched_getaffinity(0)), os.environ.get("OMP_NUM_THREADS")


def test_more_tasks_may_follow_and_a_death_costs_its_own_task():
    tasks, found = deque([1, 13, 2]), {}
    with closing(Processes(2).run(_powered, 2, tasks)) as results:
        for task, result in results:
            found[task] = result
            if task == 2:
                tasks.extend([3, 4])
    assert found == {1: 2, 13: Died(-9), 2: 4, 3: 8, 4: 16}


def test_processes_are_replaced_so_often_and_no_more():
    tasks = deque([13, 13, 13, 1])
    found = list(Processes(1, deaths=2).run(_powered, 2, tasks))
    assert found == [(13, Died(-9))] * 2 and list(tasks) == [13, 1]


def test_an_error_comes_through_with_where_it_happened():
    with pytest.raises(ValueError, match="cannot do it") as raised:
        list(Processes(1).run(_bad, None, deque(["it"])))
    assert "_bad" in "".join(raised.value.__notes__)


def test_functions_without_a_module_are_sent():
    assert list(Processes(1).run(lambda a, b: a + b, 1, deque([2]))) == [(2, 3)]


def test_a_pinned_process_has_one_core():
    ((_, (_, cores, _)),) = Processes.trainings(1).run(_where, None, deque([0]))
    assert cores == 1


def test_nobody_is_left_when_results_are_not_taken_to_the_end():
    with closing(Processes(2).run(_where, None, deque(range(9)))) as results:
        _, (pid, *_) = next(results)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_process_that_cannot_start_says_so():
    with pytest.raises(SobolevError, match=r"before its first row.*__name__ == '__main__'"):
        list(Processes(1, pack=lambda _: b"", what="row").run(_where, None, deque([0])))


@pytest.mark.parametrize("store", ["ledger", "archive"])
def test_kills_of_the_store_lose_nothing(store):
    """The long form is `python tests/system/faults/kill_store.py --kills 10000`."""
    done = subprocess.run(
        [sys.executable, str(FAULTS / "kill_store.py"), "--kills", "300", "--store", store],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("300 kills")
