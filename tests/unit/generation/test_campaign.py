"""Rows over an executor: what is tried again, what is kept, and when the work stops."""

import json
import warnings
from collections import Counter

import numpy as np
import pytest
from generate_problems import _function, _problem, _same, _steep

from sobolev import designs
from sobolev.errors import ConfigError, DataError, Diverged, SobolevError
from sobolev.generation import failures, generate
from sobolev.work import Died, Executor, Retries
from sobolev.work.serial import Serial

HUNG = Died(None, "it gave no answer within 5 s and was ended")


class Scripted(Executor):
    """In this process; what is planned for a row comes instead of its result, try by try."""

    def __init__(self, **planned):
        self.planned = {int(row[1:]): list(results) for row, results in planned.items()}
        self.tried = Counter()

    def run(self, work, common, tasks, patience=None):
        while tasks:
            task = tasks.popleft()
            self.tried[task[0]] += 1
            planned = self.planned.get(task[0])
            yield task, planned.pop(0) if planned else work(common, task)


def run(executor=None, function=_function, points=6, **how):
    return generate(_problem(function), designs.latin_hypercube(points), executor=executor, **how)


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()[1:]]


def test_a_row_is_tried_three_times_more_and_the_data_are_those_of_a_serial_run(tmp_path):
    where = Scripted(r1=[Died(-9), HUNG, Died(None, "its worker sent what cannot be read")])
    _same(run(where, journal=tmp_path / "j"), run())
    assert where.tried == {0: 1, 1: 4, 2: 1, 3: 1, 4: 1, 5: 1}
    assert [line["row"] for line in lines(tmp_path / "j")] == [0, 2, 3, 4, 5, 1]


def test_a_row_that_always_fails_is_a_failure_with_its_reason_and_the_others_go_on(tmp_path):
    where, path = Scripted(r1=[Died(-9)] * 9), tmp_path / "j"
    said = r"1 of 6 rows failed: row 1 .*killed by SIGKILL, often a lack of memory, 4 times.*again="
    with pytest.raises(SobolevError, match=said) as raised:
        run(where, journal=path)
    assert not isinstance(raised.value, Diverged) and "--again faults" in raised.value.in_options()
    assert where.tried[1] == 4 and sum(where.tried.values()) == 9
    with pytest.warns(match="1 of 6 rows failed: row 1"):  # the same call: as it is
        data = run(Scripted(), journal=path, on_diverged="absent")
    assert np.isnan(data.y).any(axis=1).tolist() == [False, True, *[False] * 4]
    assert failures(path).keys() == {1} and "SIGKILL" in failures(path)[1].reason
    _same(run(journal=path, retries=Retries(again="faults")), run())  # asked for: anew
    assert failures(path) == {} and len(lines(path)) == 7
    _same(run(journal=path), run())


def test_points_without_a_solution_are_tried_anew_only_when_all_are(tmp_path):
    path, calls = tmp_path / "j", []

    def function(x):
        calls.append(x[0])
        return _steep(x)

    for again, more in [("none", 6), ("none", 0), ("faults", 0), ("all", 4)]:
        calls.clear()
        how = {"journal": path, "on_diverged": "absent", "retries": Retries(again=again)}
        data = run(function=function, **how)
        assert len(calls) == more and np.isnan(data.y).all(axis=1).sum() == 4


def _moody(fail, error, times=1):
    """Raises `error` at the rows `fail`, so many times each."""
    seen = Counter()

    def function(x):
        row = round((x[0] - 1) * 10)
        seen[row] += 1
        if row in fail and seen[row] <= times:
            raise error
        return _function(x)

    points = 1 + np.arange(6)[:, None] * [0.1, 0.1]
    return (lambda **how: generate(_problem(function), points, **how)), seen


def test_an_error_costs_its_row_when_others_have_succeeded(tmp_path):
    call, seen = _moody({0, 1, 3}, ZeroDivisionError("no stiffness"), 9)
    with pytest.warns(match=r"3 of 6 rows failed: row 0 .*Row 0 says: ZeroDivisionError\('no stif"):
        data = call(journal=tmp_path / "j", on_diverged="absent")
    assert np.isnan(data.y).any(axis=1).tolist() == [True, True, False, True, False, False]
    assert seen == dict.fromkeys(range(6), 1)  # the same error would come again
    assert {row: each.why.value for row, each in failures(tmp_path / "j").items()} == {
        0: "raised", 1: "raised", 3: "raised",
    }  # fmt: skip


def test_the_first_three_errors_end_the_work_and_leave_no_failures(tmp_path):
    call, seen = _moody({0, 1, 2}, ZeroDivisionError("no stiffness"), 9)
    with pytest.raises(ZeroDivisionError, match="no stiffness") as raised:
        call(journal=tmp_path / "j")
    assert "0 of 6 rows are kept" in "".join(raised.value.__notes__)
    assert len(seen) == 3 and failures(tmp_path / "j") == {}
    with pytest.raises(SobolevError, match=r"first 3 rows have failed.*row 0: .*SIGKILL.*2 times"):
        run(Scripted(**{f"r{row}": [Died(-9)] * 2 for row in range(6)}), retries=Retries(times=1))
    with pytest.raises(SobolevError, match="the first row has failed"):
        run(Scripted(r0=[Died(-9)]), points=1, retries=Retries(times=0))


@pytest.mark.parametrize("error", [MemoryError(), ConnectionError("no licence"), DataError("?")])
def test_what_may_be_the_machine_is_tried_again(error):
    call, seen = _moody({2}, error, 3)
    assert np.isfinite(call().y).all() and seen[2] == 4


def test_a_wrong_shape_is_told_at_once_and_later_is_no_data(tmp_path):
    call, seen = _moody({0}, DataError("shape"), 9)
    with pytest.raises(DataError, match="shape"):
        call()
    assert sum(seen.values()) == 1
    call, seen = _moody({4}, DataError("shape (3,)"), 9)
    with pytest.raises(SobolevError, match=r"row 4 .*shape \(3,\), 4 times"):
        call()


def test_tasks_that_shared_a_worker_are_not_blamed():
    """A death of several together is no reason, even where nothing is tried again."""
    together = Died(-9, shared=True)
    where = Scripted(r1=[together], r2=[together, Died(-9)], r3=[together])
    with pytest.raises(SobolevError, match=r"1 of 6 rows failed: row 2 .*SIGKILL"):
        run(where, retries=Retries(times=0))
    assert where.tried == {0: 1, 1: 2, 2: 2, 3: 2, 4: 1, 5: 1}
    _same(run(Scripted(r1=[together, *[Died(-9)] * 3])), run())  # nor is it one of the tries


def test_a_result_that_comes_twice_counts_once(tmp_path):
    class Twice(Serial):
        def bursts(self, work, common, tasks, patience=None):
            for burst in super().bursts(work, common, tasks):
                yield burst * 2
                yield burst

    _same(run(Twice(), journal=tmp_path / "j"), run())
    assert [line["row"] for line in lines(tmp_path / "j")] == list(range(6))


def test_several_results_are_kept_in_one_write(tmp_path, monkeypatch):
    class AtOnce(Serial):
        def bursts(self, work, common, tasks, patience=None):
            yield list(self.run(work, common, tasks))

    synced, told = [], []
    monkeypatch.setattr("os.fsync", synced.append)
    _same(run(AtOnce(), journal=tmp_path / "j", progress=lambda p: told.append(p.done)), run())
    assert told == [0, 6] and len(synced) <= 3  # the first line, its folder, the rows


def test_an_executor_that_gives_up_is_told():
    class Lazy(Executor):
        def run(self, work, common, tasks, patience=None):
            yield tasks[0], work(common, tasks.popleft())

    with pytest.raises(SobolevError, match="left 5 rows undone"):
        run(Lazy())


@pytest.mark.parametrize(
    "how, said",
    [
        ({"executor": Serial(), "workers": 2}, "workers=2 and executor=Serial both say"),
        ({"executor": 4}, "executor is int, and must be an Executor"),
        ({"retries": 3}, "retries is int, and must be Retries"),
        ({"retries": Retries(patience=5)}, "patience = 5 s, but Serial cannot end a row"),
    ],
)
def test_bad_arguments_are_refused(how, said):
    with pytest.raises(ConfigError, match=said):
        run(**how)


@pytest.mark.parametrize(
    "how, said",
    [
        ({"times": -1}, "times must be a whole number ≥ 0: got -1"),
        ({"times": 1.5}, "times must be .* got 1.5"),
        ({"patience": 0}, "patience must be a positive number of seconds: got 0"),
        ({"patience": "5"}, "patience must be .* got '5'"),
        ({"again": "some"}, "unknown again 'some'"),
    ],
)
def test_bad_retries_are_refused(how, said):
    with pytest.raises(ConfigError, match=said):
        Retries(**how)


def test_nothing_is_warned_of_when_nothing_failed():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run(on_diverged="absent")
