"""Every executor of the registry is held to the same contract, and gives the same rows.

One Dask cluster serves the whole file; the long version of the faults is
`python tests/system/faults/kill_generate.py --faults 200`.
"""

import gc
import json
import os
import subprocess
import sys
import time
from collections import deque
from contextlib import contextmanager
from pathlib import Path

import distributed
import pytest
from generate_problems import _problem, _same, _steep

from sobolev import designs
from sobolev.errors import ConfigError, SobolevError
from sobolev.generation import generate
from sobolev.work import EXECUTORS, Dask, Died, Executor, Serial, conforms

FAULTS = Path(__file__).parent / "faults"


@pytest.fixture(scope="module")
def client():
    options = {"dashboard_address": ":0", "silence_logs": 50, "threads_per_worker": 1}
    with (
        distributed.LocalCluster(n_workers=2, **options) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        yield client
    gc.collect()  # else finalisers run while others parse, which Python 3.11.7 cannot


@pytest.fixture
def made(client):
    return lambda name: Dask(client) if name == "dask" else EXECUTORS[name](2)


@pytest.mark.parametrize("name", EXECUTORS)
def test_executors_do_what_the_protocol_says(name, made):
    executor = made(name)
    found = conforms(executor, patience=3)
    assert found.good, str(found)
    assert len(found.results) == (6 if executor.leaves_hung else 5)


def test_a_journal_goes_on_from_one_executor_to_the_next(made, tmp_path):
    """Rows in any order, from anywhere, are those of one serial run to the bit."""
    problem, path, done = _problem(_steep), tmp_path / "journal", []

    def stop(now):
        done.append(now.done)
        if now.done >= 12 * len(done_by):
            raise KeyboardInterrupt

    done_by = []
    for name in EXECUTORS:
        done_by.append(name)
        with pytest.raises(KeyboardInterrupt, match="rows are kept in"):
            generate(problem, designs.grid(12), journal=path, executor=made(name), progress=stop)
    assert done == sorted(done) and 36 <= done[-1] < 144
    how = {"on_diverged": "absent"}
    data = generate(problem, designs.grid(12), journal=path, executor=made("dask"), **how)
    _same(data, generate(problem, designs.grid(12), **how))


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


def _doubled(common, task):
    return common * task


def _die_at_first(folder, task):
    """Cheap tasks, of which one ends its worker the first time."""
    with open(Path(folder) / f"{task}", "a") as log:
        log.write(".")
    if task == 150 and os.path.getsize(Path(folder) / "150") == 1:
        os._exit(1)
    return task


def _tried(folder, task):
    return os.path.getsize(Path(folder) / f"{task}")


def test_cheap_tasks_that_shared_a_worker_are_tried_alone_and_not_blamed(client, tmp_path):
    tasks, found, shared = deque(range(300)), set(), 0
    for task, result in Dask(client).run(_die_at_first, str(tmp_path), tasks):
        if isinstance(result, Died):
            shared += result.shared
            tasks.append(task)
        else:
            found.add(task)
    assert found == set(range(300)) and shared > 1
    assert _tried(tmp_path, 150) == 2 and max(_tried(tmp_path, task) for task in found) == 2


def test_nothing_of_dask_is_left_behind(client, tmp_path):
    found = list(Dask(client).run(_doubled, 2, deque(range(100))))
    assert sorted(found) == [(task, 2 * task) for task in range(100)]
    assert {type(result) for pair in found for result in pair} == {int}
    time.sleep(0.2)
    assert client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks)) == 0
    assert client.futures == {} and client.status == "running"


def test_a_worker_of_another_version_is_refused(client, monkeypatch):
    monkeypatch.setattr("sobolev.work.dask_team.versions", lambda *names: dict.fromkeys(names, "9"))
    with pytest.raises(ConfigError, match=r"Dask worker at tcp://\S+ has .*sobolev .*, not 9"):
        list(Dask(client).run(_doubled, 2, deque([1])))


@contextmanager
def started(folder, *command, **environment):
    """A program of Dask beside us, as on another machine."""
    program = subprocess.Popen(
        [sys.executable, "-m", *command, "--dashboard-address", ":0"],
        stderr=subprocess.DEVNULL, env=os.environ | environment, cwd=folder,
    )  # fmt: skip
    try:
        yield program
    finally:
        program.kill()
        program.wait()


@contextmanager
def cluster_of_one(folder, *first):
    """`(address, scheduler)` of a cluster with one worker; it looks into `first` for modules."""
    where, path = folder / "where.json", os.pathsep.join([*map(str, first), *sys.path])
    with started(
        folder, "distributed.cli.dask_scheduler", "--port", "0", "--host", "127.0.0.1",
        "--scheduler-file", str(where),
    ) as scheduler:  # fmt: skip
        while not where.exists() or not where.read_text().endswith("}"):
            time.sleep(0.05)
        address = json.loads(where.read_text())["address"]
        worker = "distributed.cli.dask_worker", address, "--nthreads", "1", "--no-nanny"
        with started(folder, *worker, "--local-directory", str(folder), PYTHONPATH=path):
            yield address, scheduler


def test_a_worker_without_the_package_is_refused(tmp_path):
    """The worker finds another package of this name first."""
    other = tmp_path / "other" / "sobolev"
    other.mkdir(parents=True)
    (other / "__init__.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'sobolev'\", name='sobolev')"
    )
    said = r"at tcp://\S+ cannot take .*No module named 'sobolev'.*install the same"
    with (
        cluster_of_one(tmp_path, other.parent) as (address, _),
        pytest.raises(ConfigError, match=said),
    ):
        list(Dask(address).run(_doubled, 2, deque([1])))


def test_a_scheduler_that_goes_away_costs_no_finished_row(tmp_path):
    problem, path, done = _problem(_steep), tmp_path / "journal", []
    with cluster_of_one(tmp_path) as (address, scheduler):

        def lose(now):
            done.append(now.done)
            if now.done > 3:
                scheduler.kill()

        with pytest.raises(SobolevError, match="the Dask scheduler is gone") as raised:
            generate(
                problem,
                designs.grid(30),
                journal=path,
                executor=Dask(address, timeout=2),
                progress=lose,
            )
    assert f"{done[-1]} of 900 rows are kept in" in "".join(raised.value.__notes__)
    how = {"journal": path, "on_diverged": "absent"}
    _same(generate(problem, designs.grid(30), **how),
          generate(problem, designs.grid(30), on_diverged="absent"))  # fmt: skip


def test_a_scheduler_that_does_not_answer_is_told():
    with pytest.raises(ConfigError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9 "):
        list(Dask("tcp://127.0.0.1:9", timeout=1).run(_doubled, 2, deque([1])))


@pytest.mark.parametrize(
    "cluster, said", [(0, "must be a whole number"), (1.5, "cluster is float, and must be")]
)
def test_what_is_no_cluster_is_refused(cluster, said):
    with pytest.raises(ConfigError, match=said):
        Dask(cluster)
