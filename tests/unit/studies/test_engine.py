"""The engine of studies, on a preset that trains nothing."""

from collections import deque
from dataclasses import dataclass, field

import numpy as np
import pytest

from sobolev.errors import CorruptFile, SobolevError
from sobolev.studies import engine
from sobolev.studies.cells import LEDGER, Cell, Run, Training
from sobolev.studies.engine import FILE, Preset
from sobolev.work.executor import Died, Executor
from sobolev.work.progress import Progress, teller
from sobolev.work.serial import Serial

FIRST, SECOND, LATER = (Cell("p", "3", name, "") for name in ("first", "second", "later"))


@dataclass(frozen=True, eq=False)
class Counting(Preset):
    """`later` needs `first`; a training's number is made of all that it may see."""

    seeds: int = 2
    settings: dict = field(default_factory=dict)
    log: list = field(default_factory=list)
    word = "pieces"

    def jobs(self):
        return [(LATER,), (FIRST, SECOND)]

    def needs(self, job):
        return [FIRST] if job == (LATER,) else []

    def identity(self, cell):
        return cell.scheme, self.settings.get(cell.scheme)

    def following(self, cell, done, found):
        there = {run.training for run in done}
        wanted = [Training(0.1 if cell is LATER else None, seed, 5) for seed in range(self.seeds)]
        return next((t for t in wanted if t not in there), None)

    def begin(self, cell, training, found):
        self.log.append(("begin", cell.scheme))

    def train(self, cell, training, found):
        self.log.append((cell.scheme, training.seed))
        seen = sum(run.record["n"] for c, runs in found.items() if c != cell for run in runs)
        curves = {"loss": np.array([training.seed, np.nan, np.inf])}
        return Run(training, {"n": 1 + seen}, curves, np.arange(3.0) / 3)

    def finish(self, job):
        self.log.append("finished")


def done(preset, folder, where=None, told=None):
    return engine.run(
        preset, folder, where or Serial(), teller(None if told is None else told.append)
    )


def test_jobs_wait_for_what_they_need_and_every_training_is_kept(tmp_path):
    preset, told = Counting(), []
    found = done(preset, tmp_path, told=told)
    assert [step for step in preset.log if step[0] not in ("begin", "f")] == [
        ("first", 0), ("first", 1), ("second", 0), ("second", 1), ("later", 0), ("later", 1),
    ]  # fmt: skip
    assert preset.log.count("finished") == 2 and preset.log.count(("begin", "first")) == 1
    assert [run.record["n"] for run in found[SECOND]] == [3, 3]
    assert [run.record["n"] for run in found[LATER]] == [3, 3]
    assert told == [Progress("pieces", n, 2) for n in range(3)]
    again = Counting()
    kept = done(again, tmp_path, told=told)
    assert again.log == [] and told[-1] == Progress("pieces", 2, 2)
    for cell, runs in found.items():
        for mine, other in zip(runs, kept[cell], strict=True):
            assert (mine.training, mine.record) == (other.training, other.record)
            assert mine.parameters.tobytes() == other.parameters.tobytes()
            assert mine.curves["loss"].tobytes() == other.curves["loss"].tobytes()


def test_more_is_added_and_what_changed_is_done_anew(tmp_path):
    done(Counting(), tmp_path)
    more = Counting(seeds=3)
    done(more, tmp_path)
    assert [s for s in more.log if s[0] != "begin" and s != "finished"] == [
        ("first", 2), ("second", 2), ("later", 2),
    ]  # fmt: skip
    changed = Counting(seeds=3, settings={"second": 1.0})
    done(changed, tmp_path)
    assert {s[0] for s in changed.log if s[0] != "begin"} == {"second", "f"}
    assert len([s for s in changed.log if s[0] == "second"]) == 3


@pytest.mark.parametrize("cut", range(2, 8))
def test_it_goes_on_wherever_it_was_killed(tmp_path, cut):
    (tmp_path / "whole").mkdir()
    whole = done(Counting(), tmp_path / "whole")
    lines = (tmp_path / "whole" / FILE).read_bytes().splitlines(keepends=True)
    (tmp_path / FILE).write_bytes(b"".join(lines[: cut - 1]) + lines[cut - 1][:-9])
    found = done(Counting(), tmp_path)
    for cell, runs in whole.items():
        assert [(r.training, r.record) for r in runs] == [
            (r.training, r.record) for r in found[cell]
        ]


def numbers(run):
    return run.training, run.record, run.parameters.tobytes()


class Dying(Executor):
    def run(self, work, common, tasks: deque):
        yield tasks[0], work(common, tasks.popleft())
        yield tasks.popleft(), Died(-9)


def test_a_process_that_dies_costs_its_own_job(tmp_path):
    with pytest.raises(SobolevError, match=r"was killed .*finished trainings are kept, call again"):
        done(Counting(), tmp_path, Dying())
    assert (tmp_path / FILE).read_bytes().count(b"\n") == 1 + 4
    again = Counting()
    done(again, tmp_path)
    assert {s[0] for s in again.log if s[0] != "begin"} == {"later", "f"}


def test_an_altered_training_is_refused(tmp_path):
    done(Counting(), tmp_path)
    path = tmp_path / FILE
    path.write_bytes(path.read_bytes().replace(b'"n": 1', b'"n": 2', 1))
    with pytest.raises(CorruptFile, match=r"line 2 of .*study\.ledger was altered"):
        done(Counting(), tmp_path)


def test_a_line_holds_the_same_bits():
    run = Run(Training(1 / 3, 7, 5, True), {"error": np.inf, "x": 1 / 3}, {"w": np.eye(2)[:0]})
    key, again = LEDGER.piece(LEDGER.line(("abc", run.training), run))
    assert key == ("abc", run.training) and again.record == run.record
    assert again.curves["w"].shape == (0, 2) and again.parameters is None


def test_two_cells_that_are_the_same_share_what_is_kept(tmp_path):
    class Twins(Counting):
        def identity(self, cell):
            return "the same"

    done(Twins(), tmp_path)
    kept = (tmp_path / FILE).read_bytes()
    assert kept.count(b"\n") == 1 + 4  # two of `later`, which has another rate
    again = Twins()
    done(again, tmp_path)
    assert again.log == [] and (tmp_path / FILE).read_bytes() == kept
